"""What is told of each exchange: by the event, by the sensors, and by what can be posted in public."""

import asyncio
from datetime import timedelta
import json

from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.exchange import By, Exchange
from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.routing import Route
from simulator.llm_replies import own_answer
from tests.integration.support import PATIENCE_S, event, polls, wait_for_state

WHY, STORY = "天空为什么是蓝色的", "编一个小狐狸数星星的故事"


@pytest.fixture
async def talkative(hass, sim, entry, living):
    """Return a function that waits for the end of the next exchange in the living room."""
    await hass.services.async_call("switch", "turn_on", {"entity_id": living.switch}, blocking=True)
    await polls(sim, 2)

    async def over(text, *xiaoai):
        exchanges = asyncio.Queue[Exchange]()
        # After a reload the dialogue is another one.
        end = entry.runtime_data.dialogues[living.did].follow(exchanges.put_nowait)
        try:
            living.ask(text, *xiaoai)
            return await asyncio.wait_for(exchanges.get(), PATIENCE_S)
        finally:
            end()

    return over


def state(hass, living, platform, key):
    entity_id = er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{living.did}-{key}")
    assert entity_id is not None
    return hass.states.get(entity_id)


async def test_an_answer_of_the_assistants(hass, living, talkative):
    exchange = await talkative(WHY)
    assert (exchange.question, exchange.answer, exchange.by) == (WHY, own_answer(WHY), By.AGENT)
    assert exchange.route is Route.LLM
    assert not exchange.interrupted
    assert 0 < exchange.first_words_s < PATIENCE_S * 10
    told = state(hass, living, "event", "answered").attributes
    assert (told["event_type"], told["utterance"], told["interrupted"]) == ("agent", WHY, False)
    assert told["answer"] == own_answer(WHY)
    assert told["first_words"] == pytest.approx(exchange.first_words_s, abs=0.001)
    assert state(hass, living, "sensor", "last_question").state == WHY
    assert state(hass, living, "sensor", "last_answer").state == own_answer(WHY)
    assert float(state(hass, living, "sensor", "first_words").state) == told["first_words"]
    assert state(hass, living, "sensor", "questions_today").state == "1"


async def test_what_the_home_and_xiaoai_and_the_dialogue_did(hass, living, lamps, talkative):
    assert (await talkative("打开客厅灯", "没有找到客厅灯")).by is By.HOME
    await wait_for_state(hass, lamps["客厅"], "on")
    weather = await talkative("明天会下雨吗", "明天没有雨。")
    assert (weather.by, weather.answer, weather.first_words_s) == (By.XIAOAI, "明天没有雨。", None)
    assert state(hass, living, "sensor", "last_answer").state == "明天没有雨。"
    command = await talkative("换个话题")
    assert (command.by, command.answer) == (By.DIALOGUE, Phrase.NEW_TOPIC)
    assert state(hass, living, "sensor", "questions_today").state == "3"
    assert state(hass, living, "sensor", "first_words").state == "unknown"  # it is the assistant's alone


async def test_what_is_interrupted_is_told_as_far_as_it_was_heard(hass, sim, living, talkative):
    sim.llm.settings.stall_after = 60
    since = len(sim.timeline)
    telling = asyncio.create_task(talkative(STORY))
    await living.event("speech_started", since=since, source="tts")
    living.ask("停")
    exchange = await telling
    assert exchange.interrupted
    assert own_answer(STORY).startswith(exchange.answer)
    await event(sim, "llm_finished", since=since)


async def test_a_long_answer_is_shortened_in_a_state(hass, living, talkative):
    exchange = await talkative(STORY)
    shown = state(hass, living, "sensor", "last_answer").state
    assert len(shown) <= 255
    assert exchange.answer.startswith(shown.removesuffix("…"))


async def test_a_new_day_begins_with_no_questions(hass, living, talkative):
    await talkative("换个话题")
    assert state(hass, living, "sensor", "questions_today").state == "1"
    async_fire_time_changed(hass, dt_util.start_of_local_day() + timedelta(days=1))
    await hass.async_block_till_done()
    assert state(hass, living, "sensor", "questions_today").state == "0"


async def test_what_is_shown_outlives_a_reload(hass, entry, living, talkative):
    await talkative("换个话题")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state(hass, living, "sensor", "last_question").state == "换个话题"
    assert state(hass, living, "sensor", "last_answer").state == Phrase.NEW_TOPIC
    assert state(hass, living, "sensor", "questions_today").state == "1"


async def test_diagnostics_can_be_posted_in_public(hass, hass_client, sim, entry, living, talkative):
    hass.config_entries.async_update_entry(
        entry, options={"words": {"to_llm": ["我家的菜谱"]}, "routing": {"doubt": "xiaoai_first"}}
    )
    await hass.async_block_till_done()
    await polls(sim, 2)
    await talkative(WHY)
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    account = sim.world.account
    text = json.dumps(told, ensure_ascii=False)
    secrets = [account.password, str(account.user_id), account.user, str(sim.llm.settings.api_key), sim.llm_url]
    words = [WHY, own_answer(WHY)[:8], "菜谱", *(speaker.name for speaker in sim.world.speakers)]
    ids = [speaker.did for speaker in sim.world.speakers]
    assert [found for found in (*secrets, *words, *ids) if found and found in text] == []
    assert told["options"] == {"words": {"to_llm": "1 entries"}, "routing": {"doubt": "xiaoai_first"}}
    speaker = next(one for one in told["speakers"] if one["exchanges"])
    assert speaker["hardware"] == "LX06"
    (exchange,) = speaker["exchanges"]
    assert (exchange["by"], exchange["characters"], exchange["route"]) == ("agent", len(WHY), "llm")
    assert told["state"] == "loaded"
    assert told["service"]["keys"] == [{"fault": None, "usable": True}]


async def test_diagnostics_of_an_account_that_is_not_loaded(hass, hass_client, entry):
    assert await hass.config_entries.async_unload(entry.entry_id)
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert told == {"state": "not_loaded", "options": {}}
