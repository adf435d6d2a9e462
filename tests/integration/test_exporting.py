"""Conversations that are kept where the home agrees, and exported for fine-tuning."""

from datetime import timedelta
import json

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.xiao_gpt.archive import MOST, SAVE_DELAY_S, Archive, Kept
from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.exchange import By, Exchange
from custom_components.xiao_gpt.exporting import as_lines
from custom_components.xiao_gpt.routing import Reason, Route
from custom_components.xiao_gpt.settings import CONF_KEEP, CONF_KEEP_DAYS, SECTION_RECORDS
from simulator.llm_replies import own_answer
from tests.integration.support import polls, until

WHY, HOW, SONG = "天空为什么是蓝色的", "怎么做红烧肉", "放一首小河淌水"
AGENT = "conversation.a"
PHONE = "13812345678是哪里的号码"


@pytest.fixture
def agree(hass, sim, entry):
    """Return a function that agrees to keep conversations, or no longer."""

    async def set_(*, keep=True, days=30):
        options = {**entry.options, SECTION_RECORDS: {CONF_KEEP: keep, CONF_KEEP_DAYS: days}}
        hass.config_entries.async_update_entry(entry, options=options)
        await hass.async_block_till_done()
        await polls(sim, 2)

    return set_


@pytest.fixture
def export(hass):
    """Return a function that exports."""

    async def call(context=None, **data):
        return await hass.services.async_call(
            DOMAIN, "export_conversations", data, blocking=True, return_response=True, context=context
        )

    return call


async def talk(corner, *questions):
    for question in questions:
        since = corner.ask(question)
        await corner.spoken(own_answer(question), since=since)
        await until(corner.sim, lambda: not corner.entry.runtime_data.dialogues[corner.did].turns)


def messages(response):
    return [json.loads(line)["messages"] for line in response["jsonl"].splitlines()]


async def test_nothing_is_kept_that_nobody_has_agreed_to(hass, living, entry, export, hass_storage):
    await talk(living, WHY)
    await entry.runtime_data.archive.async_close()
    assert f"{DOMAIN}.{entry.entry_id}.conversations" not in hass_storage
    with pytest.raises(ServiceValidationError) as raised:
        await export()
    assert raised.value.translation_key == "conversations_not_kept"


async def test_what_belongs_together_is_one_line(living, bedroom, agree, export):
    await agree()
    await talk(living, WHY, HOW)
    await talk(bedroom, WHY)
    response = await export(system_prompt=False)
    said = [[message["content"] for message in one] for one in messages(response)]
    assert said == [[WHY, own_answer(WHY), HOW, own_answer(HOW)], [WHY, own_answer(WHY)]]
    assert [message["role"] for message in messages(response)[1]] == ["user", "assistant"]
    assert response["conversations"] == 2


async def test_the_prompt_of_the_assistant_comes_first(living, agree, export):
    await agree()
    await talk(living, WHY)
    ((system, *_),) = messages(await export())
    assert system["role"] == "system"
    assert "语音助手" in system["content"]


async def test_it_is_redacted_unless_that_is_not_wanted(hass, living, agree, export):
    hass.states.async_set("person.ming", "home", {"friendly_name": "小明"})
    await agree()
    await talk(living, PHONE)
    ((question, _),) = messages(await export(system_prompt=False))
    assert question["content"] == "〔电话〕是哪里的号码"
    ((question, _),) = messages(await export(system_prompt=False, redact=False))
    assert question["content"] == PHONE


async def test_whose_answers_can_be_chosen(living, agree, export):
    await agree()
    since = living.ask(SONG, "好的，小河淌水")
    await living.event("speech_ended", since=since, source="xiaoai")
    dialogue = living.entry.runtime_data.dialogues[living.did]
    await until(living.sim, lambda: dialogue.exchanges)
    assert messages(await export(system_prompt=False)) == []
    ((question, answer),) = messages(await export(system_prompt=False, answered_by=["xiaoai"]))
    assert (question["content"], answer["content"]) == (SONG, "好的，小河淌水")


async def test_it_is_kept_over_a_reload_and_deleted_when_nobody_agrees_any_more(
    hass, living, entry, agree, export, hass_storage
):
    await agree()
    await talk(living, WHY)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert len(messages(await export())) == 1
    await agree(keep=False)
    assert f"{DOMAIN}.{entry.entry_id}.conversations" not in hass_storage
    await agree()
    assert messages(await export()) == []


async def test_it_goes_with_the_entry(hass, living, entry, agree, hass_storage):
    await agree()
    await talk(living, WHY)
    await entry.runtime_data.archive.async_close()
    assert f"{DOMAIN}.{entry.entry_id}.conversations" in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}.conversations" not in hass_storage


async def test_a_file_is_written_where_that_is_allowed_only(hass, living, agree, export, tmp_path):
    await agree()
    await talk(living, WHY)
    path = tmp_path / "out.jsonl"
    with pytest.raises(ServiceValidationError) as raised:
        await export(path=str(path))
    assert raised.value.translation_key == "path_not_allowed"
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    assert await export(path=str(path)) == {"conversations": 1, "path": str(path)}
    (line,) = path.read_text("utf-8").splitlines()
    assert json.loads(line)["messages"][-1]["content"] == own_answer(WHY)
    with pytest.raises(HomeAssistantError) as failed:
        await export(path=str(tmp_path))  # a folder
    assert failed.value.translation_key == "cannot_write"


async def test_only_administrators_may(hass, entry, agree, export, hass_read_only_user):
    hass_read_only_user.mock_policy({"entities": {"all": {POLICY_READ: True}}})
    await agree()
    with pytest.raises(Unauthorized):
        await export(context=Context(user_id=hass_read_only_user.id))


def exchange(question, *, when=None, answer="好", **more):
    return Exchange(
        question, answer, By.AGENT, Route.LLM, Reason.CLASSIFIER, None, 1.0, 0.5,
        **{"interrupted": False, "conversation": "a", "when": when or dt_util.utcnow(), **more},
    )  # fmt: skip


async def test_the_old_and_the_too_many_are_forgotten(hass, hass_storage):
    archive = Archive(hass, "a", days=7)
    archive.add(exchange("old", when=dt_util.utcnow() - timedelta(days=8)), AGENT)
    assert list(archive) == []
    for number in range(MOST + 3):
        archive.add(exchange(str(number)), AGENT)
    assert len(list(archive)) == MOST
    assert next(iter(archive)).question == "3"
    await archive.async_close()
    again = Archive(hass, "a", days=7)
    await again.async_load()
    assert list(again) == list(archive)


async def test_once_closed_it_keeps_nothing_more(hass, hass_storage):
    archive = Archive(hass, "a", days=7)
    archive.add(exchange("in time"), AGENT)
    await archive.async_close()
    archive.add(exchange("too late"), AGENT)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SAVE_DELAY_S + 1))
    await hass.async_block_till_done()
    stored = hass_storage[f"{DOMAIN}.a.conversations"]["data"]["exchanges"]
    assert [kept["question"] for kept in stored] == ["in time"]


async def test_what_is_spoilt_costs_only_itself(hass, hass_storage):
    archive = Archive(hass, "a", days=7)
    archive.add(exchange("whole"), AGENT)
    await archive.async_close()
    stored = hass_storage[f"{DOMAIN}.a.conversations"]["data"]["exchanges"]
    stored += [{}, {**stored[0], "by": "martian"}, {**stored[0], "at": "yesterday"}, {**stored[0], "more": 1}, None]
    again = Archive(hass, "a", days=7)
    await again.async_load()
    assert [kept.question for kept in again] == ["whole"]


def test_what_teaches_nothing_is_left_out():
    whole = Kept.of(exchange("问"), AGENT)
    others = [
        Kept.of(exchange("问", interrupted=True), AGENT),
        Kept.of(exchange("问", answer=""), AGENT),
    ]
    (line,) = as_lines([whole, *others], str, {})
    assert len(json.loads(line)["messages"]) == 2
