"""Actions on speakers."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.setup import async_setup_component
import probatio
import pytest

from custom_components.xiao_gpt.const import DOMAIN, GATEWAY_VARIABLE
from custom_components.xiao_gpt.polling import Attention
from simulator.account import Account
from simulator.app import Simulator
from simulator.settings import Settings
from simulator.world import Home, World
from tests.integration.support import add_integration, assistant, begin_story, break_cloud, event, polls, until

WHY, STORY = "天空为什么是蓝色的", "讲个恐龙的故事"


@pytest.fixture
async def act(hass):
    """Return a function that performs an action."""

    async def perform(action, **data):
        await hass.services.async_call(DOMAIN, action, data, blocking=True)

    return perform


@pytest.fixture
def area(hass, living):
    """The room where the speaker stands."""
    area = ar.async_get(hass).async_create("客厅")
    dr.async_get(hass).async_update_device(living.device.id, area_id=area.id)
    return area


@pytest.fixture
def target(living, area):
    """Return a function that returns a way to name the speaker."""

    def by(way):
        return {
            "device": {"device_id": living.device.id},
            "entity": {"entity_id": living.switch},
            "area": {"area_id": area.id},
        }[way]

    return by


@pytest.fixture
def paid(entry):
    """Return a function that returns the attention of a speaker's dialogue."""
    return lambda corner: entry.runtime_data.dialogues[corner.did].attention


WAYS = ["device", "entity", "area"]


@pytest.mark.parametrize("way", WAYS)
async def test_stop_ends_the_answer(sim, living, act, target, way):
    request = await begin_story(living)
    since = len(sim.timeline)
    await act("stop", **target(way))
    finished = await event(sim, "llm_finished", id=request.fields["id"])
    assert finished.fields["reason"] == "closed_by_client"
    assert [command.fields["command"] for command in living.told(since=since)] == ["pause", "stop"]
    await polls(sim)
    assert living.pieces(since) == []
    assert living.state == "on"


async def test_stop_with_nothing_to_end_sends_nothing(living, act, target):
    await act("stop", **target("device"))
    assert living.told() == []


async def test_stop_ends_no_other_speakers_answer(sim, living, bedroom, act):
    request = await begin_story(living)
    await act("stop", device_id=bedroom.device.id)
    await polls(sim)
    assert sim.timeline.since(request.seq, "llm_finished") == []
    await act("stop", device_id=[bedroom.device.id, living.device.id])
    await event(sim, "llm_finished", id=request.fields["id"], reason="closed_by_client")


async def test_a_speaker_that_cannot_be_silenced_is_told(sim, living, act, target):
    await begin_story(living)
    break_cloud(sim, path="/remote/ubus", status=502)
    with pytest.raises(HomeAssistantError) as raised:
        await act("stop", **target("device"))
    assert raised.value.translation_key == "speaker_unreachable"
    assert raised.value.translation_placeholders == {"name": living.name}


@pytest.mark.parametrize("way", WAYS)
async def test_attention_is_paid_for_a_while(entry, living, bedroom, act, target, paid, way):
    budget = entry.runtime_data.budget
    before = budget.interval(living.did)
    await act("attention", duration={"seconds": 30}, **target(way))
    assert (paid(living), paid(bedroom)) == (Attention.LIVELY, Attention.IDLE)
    assert budget.interval(living.did) < before
    await act("attention", duration={"seconds": 0}, **target(way))
    assert paid(living) is Attention.IDLE
    assert budget.interval(living.did) == before


async def test_attention_is_paid_by_asking_more_often(sim, entry, living, act, target):
    budget = entry.runtime_data.budget
    await act("attention", **target("device"))
    assert budget.interval(living.did) < 2 * budget.interval("nobody")
    assert budget.shares()[living.did] > 2 * max(share for did, share in budget.shares().items() if did != living.did)


async def test_attention_ends_by_itself(sim, living, act, target, paid):
    await act("attention", duration={"milliseconds": 300}, **target("device"))
    assert paid(living) is Attention.LIVELY
    await until(sim, lambda: paid(living) is Attention.IDLE)


async def test_less_attention_does_not_end_more(living, entry, act, target, paid):
    await act("attention", duration="00:10:00", **target("device"))
    await act("attention", duration={"milliseconds": 1}, **target("device"))
    await polls(living.sim, 1)
    assert paid(living) is Attention.LIVELY


async def test_one_that_is_switched_off_can_be_paid_attention_too(corner, act, paid):
    living = corner("客厅小爱")
    assert paid(living) is Attention.OFF
    await act("attention", device_id=living.device.id)
    assert paid(living) is Attention.LIVELY
    await act("attention", duration=0, device_id=living.device.id)
    assert paid(living) is Attention.OFF


async def test_switched_off_attention_ends(living, act, target, paid):
    await act("attention", **target("device"))
    await living.turn("off")
    assert paid(living) is Attention.OFF


@pytest.mark.parametrize("duration", [{"hours": 2, "seconds": 1}, {"seconds": -1}, "soon"])
async def test_a_duration_that_makes_no_sense_is_refused(act, target, duration):
    with pytest.raises(probatio.Invalid):
        await act("attention", duration=duration, **target("device"))


@pytest.mark.parametrize("action", ["stop", "attention"])
async def test_a_target_is_needed(act, living, action):
    with pytest.raises(probatio.Invalid):
        await act(action)


@pytest.mark.parametrize("action", ["stop", "attention"])
async def test_a_target_that_is_no_speaker_is_refused(hass, entry, living, act, action):
    empty = ar.async_get(hass).async_create("阳台")
    (service,) = [
        device
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if (DOMAIN, assistant(entry).subentry_id) in device.identifiers
    ]
    for wrong in (
        {"device_id": service.id},
        {"device_id": "nobody"},
        {"entity_id": "light.nobody"},
        {"entity_id": "all"},
        {"area_id": empty.id},
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await act(action, **wrong)
        assert (raised.value.translation_domain, raised.value.translation_key) == (DOMAIN, "no_speaker_chosen")


async def test_a_speaker_that_is_not_loaded_is_refused(hass, entry, living, act):
    device_id = living.device.id
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as raised:
        await act("stop", device_id=device_id)
    assert "XiaoAI" in str(raised.value) or raised.value.translation_key == "no_speaker_chosen"


async def test_they_are_there_before_any_account_is(hass):
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.async_services_for_domain(DOMAIN).keys() == {
        "stop",
        "attention",
        "route",
        "correct",
        "forget_corrections",
        "speak",
        "ask",
        "execute",
        "wake",
        "clear_history",
        "export_conversations",
    }


# Who answers


@pytest.fixture
def route(hass):
    """Return a function that returns who would answer."""

    async def perform(text, **data):
        return await hass.services.async_call(
            DOMAIN, "route", {"text": text, **data}, blocking=True, return_response=True
        )

    return perform


@pytest.fixture
async def grandmothers(hass, sim, entry, monkeypatch):
    """A second account in the same home."""
    account = Account(user="13900139000", password="another-one", user_id=987654321)
    world = World(Settings(**sim.settings.as_json()), home=(Home("奶奶家小爱", "LX06", "卧室"),), account=account)
    async with Simulator(world=world, llm_settings=sim.llm.settings) as other:
        monkeypatch.setenv(GATEWAY_VARIABLE, other.url)
        second = await add_integration(hass, other)
        yield second
        if second.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(second.entry_id)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WHY, {"route": "llm", "label": "llm", "intent": "knowledge", "reason": "classifier"}),
        ("怎么做红烧肉", {"route": "llm", "label": "llm", "reason": "classifier"}),
        ("你觉得猫和狗哪个聪明", {"route": "llm", "label": "llm", "intent": "chat", "reason": "classifier"}),
        ("明天天气怎么样", {"route": "native", "label": "native", "intent": "weather", "reason": "classifier"}),
        ("放一首小河淌水", {"route": "native", "label": "native", "intent": "media", "reason": "classifier"}),
        (STORY, {"route": "native", "label": "native", "intent": "media", "reason": "classifier"}),
        ("打开灯", {"route": "native", "label": "native", "intent": "device", "reason": "classifier"}),
        ("换个话题", {"route": "command", "intent": "new_topic", "reason": "voice_command"}),
        ("，。", {"route": "native", "label": "native", "reason": "says_nothing"}),
    ],
)
async def test_it_is_told_who_would_answer_and_why(sim, living, route, text, expected):
    since = len(sim.timeline)
    told = await route(text)
    assert told.keys() == {"route", "label", "intent", "reason", "score", "model"}
    assert told.items() >= expected.items()
    assert 0.5 <= told["score"] <= 1
    assert told["model"] in ("both", "bert", "svm")
    await polls(sim, 1)
    assert living.told(since=since) == []  # nothing is answered
    assert sim.timeline.since(since, "llm_request") == []


async def test_with_things_at_hand_the_home_would_be_asked(lamps, route):
    assert (await route("打开客厅灯"))["route"] == "home"
    assert (await route("明天天气怎么样"))["route"] == "native"


async def test_it_is_told_though_advanced_dialogue_is_off(corner, route):
    assert corner("客厅小爱").state == "off"
    assert (await route(WHY))["route"] == "llm"


@pytest.mark.parametrize(("answerer", "text", "label"), [("gpt", STORY, "llm"), ("xiaoai", WHY, "native")])
async def test_a_correction_counts_from_then_on_until_it_is_forgotten(entry, act, route, answerer, text, label):
    before = await route(text)
    assert before["label"] != label
    await act("correct", text=text, answerer=answerer)
    after = await route(text)
    assert (after["label"], after["reason"]) == (label, "corrected")
    await act("forget_corrections")
    assert await route(text) == before


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("correct", {"text": STORY}),
        ("correct", {"text": STORY, "answerer": "alexa"}),
        ("correct", {"text": "", "answerer": "gpt"}),
        ("correct", {"answerer": "gpt"}),
    ],
)
async def test_a_correction_that_says_too_little_is_refused(entry, act, action, data):
    with pytest.raises(probatio.Invalid):
        await act(action, **data)
    assert list(entry.runtime_data.memory.corrections) == []


@pytest.mark.parametrize("data", [{}, {"text": ""}])
async def test_nothing_is_no_utterance(hass, entry, data):
    with pytest.raises(probatio.Invalid):
        await hass.services.async_call(DOMAIN, "route", data, blocking=True, return_response=True)


async def test_of_several_accounts_one_is_to_be_named(hass, entry, grandmothers, act, route):
    for perform in (
        lambda: route(STORY),
        lambda: act("correct", text=STORY, answerer="gpt"),
        lambda: act("forget_corrections"),
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await perform()
        assert raised.value.translation_key == "which_account"
    await act("correct", text=STORY, answerer="gpt", config_entry_id=grandmothers.entry_id)
    assert (await route(STORY, config_entry_id=grandmothers.entry_id))["label"] == "llm"
    assert (await route(STORY, config_entry_id=entry.entry_id))["label"] == "native"
    await act("forget_corrections", config_entry_id=entry.entry_id)
    assert (await route(STORY, config_entry_id=grandmothers.entry_id))["label"] == "llm"
    await act("forget_corrections", config_entry_id=grandmothers.entry_id)
    assert (await route(STORY, config_entry_id=grandmothers.entry_id))["label"] == "native"


async def test_of_several_accounts_the_one_that_is_loaded_needs_no_name(hass, entry, grandmothers, route):
    await hass.config_entries.async_unload(grandmothers.entry_id)
    assert (await route(WHY))["label"] == "llm"


async def test_without_an_account_there_is_nobody_to_decide(hass, entry, act, route):
    for data in ({"config_entry_id": "nobody"}, {}):
        if not data:
            await hass.config_entries.async_unload(entry.entry_id)
        for perform in (
            lambda data=data: route(STORY, **data),
            lambda data=data: act("correct", text=STORY, answerer="gpt", **data),
            lambda data=data: act("forget_corrections", **data),
        ):
            with pytest.raises(ServiceValidationError) as raised:
                await perform()
            assert (raised.value.translation_domain, raised.value.translation_key) == (DOMAIN, "no_account")
