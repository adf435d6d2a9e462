"""Answers at a volume of their own, and what becomes of the speaker's."""

from homeassistant.const import Platform
from homeassistant.core import State
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import mock_restore_cache_with_extra_data

from custom_components.xiao_gpt.const import DOMAIN
from simulator.llm_replies import own_answer
from tests.integration.support import begin_story, until

WHY, SONG = "天空为什么是蓝色的", "放一首小河淌水"
USUAL = 40


@pytest.fixture
def volume_id(hass):
    """Return a function that returns the entity id of a speaker's volume of answers."""
    return lambda corner: er.async_get(hass).async_get_entity_id(Platform.NUMBER, DOMAIN, f"{corner.did}-answer_volume")


@pytest.fixture
def answer_at(hass, volume_id):
    """Return a function that sets the volume of a speaker's answers."""

    async def set_(corner, percent):
        data = {"entity_id": volume_id(corner), "value": percent}
        await hass.services.async_call("number", "set_value", data, blocking=True)

    return set_


def real(corner):
    """Return the simulated speaker itself."""
    return corner.sim.world.speaker(corner.name)


def volumes(corner, since):
    """Return the volumes that the speaker was set to."""
    return [event.fields["value"] for event in corner.told("volume", since=since)]


async def over(corner):
    dialogue = corner.entry.runtime_data.dialogues[corner.did]
    await until(corner.sim, lambda: not dialogue.turns)


async def test_an_answer_is_as_loud_as_was_set_and_the_speaker_as_before(living, bedroom, answer_at):
    for corner in (living, bedroom):  # one tells what it plays, the other does not
        await answer_at(corner, 70)
        since = corner.ask(WHY)
        await corner.spoken(own_answer(WHY), since=since)
        await over(corner)
        assert volumes(corner, since) == [70, USUAL]


async def test_so_is_what_we_say_ourselves(living, answer_at):
    await answer_at(living, 70)
    since = living.ask("换个话题")
    await living.event("speech_ended", since=since, source="tts")
    await over(living)
    assert volumes(living, since) == [70, USUAL]


async def test_so_is_an_answer_that_an_automation_asks_for(hass, living, answer_at):
    await answer_at(living, 70)
    since = len(living.sim.timeline)
    data = {"device_id": living.device.id, "question": WHY}
    await hass.services.async_call(DOMAIN, "ask", data, blocking=True, return_response=True)
    assert volumes(living, since) == [70, USUAL]


async def test_what_xiaoai_does_stays_as_loud_as_it_is(living, answer_at):
    await answer_at(living, 70)
    since = living.ask(SONG, SONG)
    await living.event("speech_ended", since=since, source="xiaoai")
    await over(living)
    assert volumes(living, since) == []


async def test_nothing_is_changed_where_nothing_was_set_or_the_set_one_is_there(living, answer_at):
    for percent in (0, USUAL):
        await answer_at(living, percent)
        since = living.ask(WHY)
        await living.spoken(own_answer(WHY), since=since)
        await over(living)
        assert volumes(living, since) == []


async def test_it_goes_back_after_an_interruption(living, answer_at):
    await answer_at(living, 70)
    await begin_story(living)
    await until(living.sim, lambda: real(living).volume == 70)
    since = living.ask("别说了")
    await over(living)
    assert volumes(living, since)[0] == USUAL
    assert real(living).volume == USUAL


async def test_a_person_who_changes_it_meanwhile_has_the_last_word(living, answer_at):
    await answer_at(living, 70)
    since = living.ask(WHY)
    await until(living.sim, lambda: real(living).volume == 70)
    real(living).volume = 25
    await living.spoken(own_answer(WHY), since=since)
    await over(living)
    assert real(living).volume == 25


async def test_the_models_least_is_the_least(living, answer_at):
    await answer_at(living, 1)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    await over(living)
    assert volumes(living, since) == [real(living).model.min_volume, USUAL]


async def test_it_is_restored(hass, volume_id, living):
    entity_id = volume_id(living)
    assert hass.states.get(entity_id).state == "0"
    assert await hass.config_entries.async_unload(living.entry.entry_id)
    stored = {
        "native_max_value": 100,
        "native_min_value": 0,
        "native_step": 1,
        "native_unit_of_measurement": "%",
        "native_value": 70,
    }
    mock_restore_cache_with_extra_data(hass, [(State(entity_id, "70"), stored)])
    assert await hass.config_entries.async_setup(living.entry.entry_id)
    await hass.async_block_till_done()
    dialogue = living.entry.runtime_data.dialogues[living.did]
    assert dialogue.loudness.percent == 70
    assert hass.states.get(entity_id).state == "70"


async def test_a_speaker_that_does_not_tell_its_volume_answers_all_the_same(living, answer_at, monkeypatch):
    async def unknown():
        return None

    monkeypatch.setattr(living.entry.runtime_data.dialogues[living.did].speaker, "volume", unknown)
    await answer_at(living, 70)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    assert volumes(living, since) == []
