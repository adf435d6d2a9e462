"""The assistants as AI tasks: data with and without a structure, pictures as input and as output."""

from pathlib import Path

from homeassistant.components import ai_task
from homeassistant.config_entries import SOURCE_USER
from homeassistant.const import Platform
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, llm, selector
import probatio as vol
import pytest

from custom_components.xiao_gpt import attachments
from custom_components.xiao_gpt.const import CONF_IMAGE_MODEL, DOMAIN, SUBENTRY_ASSISTANT
from simulator.llm_images import draw
from simulator.llm_replies import ScriptedReply, ToolCall, own_answer
from tests.integration.support import add_integration, assistant, suggested

ASKED = "数一数照片里有几个人"
PEOPLE = vol.Schema(
    {
        vol.Required("people", description="How many"): selector.selector({"number": {"min": 0, "max": 50}}),
        vol.Required("place"): selector.selector({"select": {"options": ["室内", "室外"]}}),
        vol.Optional("words"): selector.selector({"text": {}}),
    }
)
GOOD = '{"people": 2, "place": "室内", "words": null}'


@pytest.fixture
def folder(hass, house, tmp_path):
    """Where media are, from before they are set up."""
    hass.config.media_dirs = {"local": str(tmp_path)}
    return tmp_path


@pytest.fixture
async def entry(hass, folder, sim):
    """The integration, in a home with media."""
    return await add_integration(hass, sim)


def task_id(hass, entry):
    found = er.async_get(hass).async_get_entity_id(Platform.AI_TASK, DOMAIN, assistant(entry).subentry_id)
    assert found is not None
    return found


@pytest.fixture
def do(hass, entry):
    """Return a function that has data generated, and returns it."""

    async def do(structure=None, **options):
        result = await ai_task.async_generate_data(
            hass,
            task_name="数人 people",
            entity_id=task_id(hass, entry),
            instructions=ASKED,
            structure=structure,
            **options,
        )
        return result.data

    return do


@pytest.fixture
async def painter(hass, folder, sim):
    """The integration with a service that has an image model."""
    sim.llm.settings.image_models = ["dall-e-3", "gpt-image-1"]
    return await add_integration(hass, sim)


async def paint(hass, entry, **options):
    return await hass.services.async_call(
        "ai_task",
        "generate_image",
        {"entity_id": task_id(hass, entry), "task_name": "画", "instructions": "一只数星星的小狐狸", **options},
        blocking=True,
        return_response=True,
    )


async def change(hass, entry, **data):
    subentry = assistant(entry)
    changed = {key: value for key, value in {**subentry.data, **data}.items() if value is not None}
    hass.config_entries.async_update_subentry(entry, subentry, data=changed)
    await hass.async_block_till_done()


# Data


async def test_each_assistant_has_one_at_its_device(hass, entry):
    registry = er.async_get(hass)
    task = registry.async_get(task_id(hass, entry))
    agent_id = registry.async_get_entity_id(Platform.CONVERSATION, DOMAIN, assistant(entry).subentry_id)
    assert agent_id is not None
    assert task.device_id == registry.async_get(agent_id).device_id
    assert task.config_subentry_id == assistant(entry).subentry_id
    state = hass.states.get(task.entity_id)
    features = ai_task.AITaskEntityFeature
    assert state.attributes["supported_features"] == features.GENERATE_DATA | features.SUPPORT_ATTACHMENTS


async def test_it_answers_in_words(do, requests):
    assert await do() == own_answer(ASKED)
    assert "response_format" not in requests[-1]
    assert "音箱" not in requests[-1]["messages"][0]["content"]  # a persona is for people


async def test_it_answers_with_data(do, sim, requests):
    sim.llm.replies.append(ScriptedReply("照片", GOOD))
    assert await do(PEOPLE) == {"people": 2, "place": "室内"}
    form = requests[-1]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    assert form["json_schema"]["schema"]["required"] == ["people", "place", "words"]
    assert form["json_schema"]["schema"]["properties"]["people"]["description"] == "How many"


async def test_the_service_keeps_to_the_schema(do):
    assert await do(PEOPLE) == {"people": 0, "place": "室内", "words": ASKED}


@pytest.mark.parametrize(
    "first",
    [
        "对不起，我看不清。",
        '{"people": "很多", "place": "室内"}',
        '{"people": 2}',
        "[1]",
        '{"people": 2, "place": "室内"',
    ],
)
async def test_a_reply_that_does_not_fit_may_be_mended_once(do, sim, requests, first):
    sim.llm.replies += [ScriptedReply("照片", first, times=1), ScriptedReply("Answer again", GOOD)]
    assert await do(PEOPLE) == {"people": 2, "place": "室内"}
    *_, asked, answer, again = requests[-1]["messages"]
    assert (asked["content"], answer["content"]) == (ASKED, first)
    assert again["role"] == "user"
    assert requests[-1]["response_format"] == requests[-2]["response_format"]


async def test_what_never_fits_is_an_error(do, sim):
    since = len(sim.timeline)
    sim.llm.replies.append(ScriptedReply("", "不知道。"))
    with pytest.raises(HomeAssistantError) as caught:
        await do(PEOPLE)
    assert caught.value.translation_key == "no_data"
    assert caught.value.translation_placeholders["name"] == "小爱 GPT"
    assert len(sim.timeline.since(since, "llm_request")) == 2


async def test_a_service_without_schemas_is_asked_in_words(do, sim, requests):
    sim.llm.settings.json_schema = False
    sim.llm.replies.append(ScriptedReply("照片", f"```json\n{GOOD}\n```"))
    assert await do(PEOPLE) == {"people": 2, "place": "室内"}
    assert "response_format" in requests[-2]
    assert "response_format" not in requests[-1]
    system = requests[-1]["messages"][0]["content"]
    assert '"enum": ["室内", "室外"]' in system
    seen = len(requests)
    await do(PEOPLE)
    assert len(requests) == seen + 1  # it is known now


async def test_a_request_that_is_refused_for_another_reason_is_no_question_of_schemas(hass, entry, do, sim, requests):
    await change(hass, entry, model="gpt-4")
    with pytest.raises(HomeAssistantError) as caught:
        await do(PEOPLE)
    assert caught.value.translation_key == "llm_no_such_model"
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("fail", "key"), [("auth", "llm_invalid_key"), ("quota", "llm_quota"), ("server", "llm_service_error")]
)
async def test_a_failure_is_translated(do, sim, fail, key):
    sim.llm.settings.fail = fail
    with pytest.raises(HomeAssistantError) as caught:
        await do()
    assert (caught.value.translation_domain, caught.value.translation_key) == (DOMAIN, key)


async def test_an_answer_of_nothing_is_a_failure(do, sim):
    sim.llm.replies.append(ScriptedReply("照片"))
    with pytest.raises(HomeAssistantError) as caught:
        await do()
    assert caught.value.translation_key == "llm_empty_reply"


async def test_tools_may_be_lent(hass, entry, do, sim, requests):
    (api,) = [api for api in llm.async_get_apis(hass) if api.id == DOMAIN]
    sim.llm.replies.append(ScriptedReply("照片", GOOD, [ToolCall("xiao_gpt__ListSpeakers", "{}")]))
    assert await do(PEOPLE, llm_api=api) == {"people": 2, "place": "室内"}
    assert "客厅小爱" in requests[-1]["messages"][-1]["content"]


# Pictures that come along


@pytest.fixture
def media(folder):
    """Return a function that puts a file among the media, and returns how it is attached."""

    def put(name, data, kind):
        Path(folder, name).write_bytes(data)
        return {"media_content_id": f"media-source://media_source/local/{name}", "media_content_type": kind}

    return put


async def test_a_picture_is_sent_along(do, media, requests):
    assert await do(attachments=[media("door.png", draw("门"), "image/png")]) == own_answer(ASKED)
    text, picture = requests[-1]["messages"][-1]["content"]
    assert text == {"type": "text", "text": ASKED}
    assert picture["type"] == "image_url"
    assert picture["image_url"]["url"].startswith("data:image/png;base64,iVBOR")


async def test_other_files_are_refused(do, media, sim):
    since = len(sim.timeline)
    with pytest.raises(HomeAssistantError) as caught:
        await do(attachments=[media("a.mp3", b"ID3", "audio/mpeg")])
    assert caught.value.translation_key == "attachment_kind"
    assert caught.value.translation_placeholders == {"name": "a.mp3", "kind": "audio/mpeg"}
    assert sim.timeline.since(since, "llm_request") == []


async def test_a_picture_that_is_gone_or_too_large_is_told(do, media, folder, monkeypatch):
    picture = media("door.png", draw("门"), "image/png")
    monkeypatch.setattr(attachments, "MAX_BYTES", 10)
    with pytest.raises(HomeAssistantError) as caught:
        await do(attachments=[picture])
    assert caught.value.translation_key == "attachment_too_large"
    monkeypatch.undo()
    (folder / "door.png").unlink()
    with pytest.raises(HomeAssistantError) as caught:
        await do(attachments=[picture])
    assert caught.value.translation_key == "attachment_unreadable"


# Pictures that are made


@pytest.mark.parametrize("model", ["gpt-image-1", "dall-e-3", "cogview-4"])
async def test_it_paints(hass, painter, sim, model, folder):
    sim.llm.settings.image_models.append("cogview-4")
    await change(hass, painter, image_model=model)
    result = await paint(hass, painter)
    assert result["mime_type"] == "image/png"
    assert result["model"] == model
    assert (result["width"], result["height"]) == ((16, 16) if model == "gpt-image-1" else (None, None))
    revised = "A picture: 一只数星星的小狐狸" if model == "dall-e-3" else "一只数星星的小狐狸"
    assert result["revised_prompt"] == revised
    (made,) = folder.rglob("*.png")
    assert made.read_bytes() == draw("一只数星星的小狐狸")
    (event,) = sim.timeline.since(0, "llm_picture")
    assert event.fields["prompt"] == "一只数星星的小狐狸"


async def test_an_image_model_of_the_service_is_suggested_and_kept(hass, painter):
    assert assistant(painter).data[CONF_IMAGE_MODEL] == "gpt-image-1"
    step = await hass.config_entries.subentries.async_init(
        (painter.entry_id, SUBENTRY_ASSISTANT), context={"source": SOURCE_USER}
    )
    assert suggested(step)[CONF_IMAGE_MODEL] == "gpt-image-1"
    (field,) = [value for key, value in step["data_schema"].schema.items() if key == CONF_IMAGE_MODEL]
    assert field.config["options"] == ["dall-e-3", "gpt-image-1"]


async def test_without_an_image_model_it_does_not_paint(hass, entry):
    assert CONF_IMAGE_MODEL not in assistant(entry).data
    with pytest.raises(HomeAssistantError, match="generat"):
        await paint(hass, entry)


@pytest.mark.parametrize(
    ("change_it", "key"),
    [
        ({"image_model": "dall-e-9"}, "llm_no_such_model"),
        ({"fail": "quota"}, "llm_quota"),
    ],
)
async def test_a_picture_that_fails_is_told(hass, painter, sim, change_it, key):
    if "fail" in change_it:
        sim.llm.settings.fail = change_it["fail"]
    else:
        await change(hass, painter, **change_it)
    with pytest.raises(HomeAssistantError) as caught:
        await paint(hass, painter)
    assert caught.value.translation_key == key


async def test_pictures_count_and_none_is_made_once_the_days_budget_is_spent(hass, painter, sim):
    await paint(hass, painter)
    account = painter.runtime_data.ledger.of_assistant(assistant(painter).subentry_id)
    assert (account.total.requests, account.total.prompt_tokens, account.total.completion_tokens) == (1, 10, 100)
    hass.config_entries.async_update_entry(painter, options={**painter.options, "costs": {"daily_tokens": 100}})
    await hass.async_block_till_done()
    with pytest.raises(HomeAssistantError) as caught:
        await paint(hass, painter)
    assert caught.value.translation_key == "llm_budget_spent"
    assert len(sim.timeline.since(0, "llm_picture")) == 1


async def test_pictures_are_not_made_of_pictures(hass, painter, media):
    with pytest.raises(HomeAssistantError) as caught:
        await paint(hass, painter, attachments=[media("door.png", draw("门"), "image/png")])
    assert caught.value.translation_key == "no_picture_of_pictures"
