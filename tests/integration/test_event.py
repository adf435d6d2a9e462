"""The event that tells what was heard, who answers it, and why."""

from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.routing import Command, Reason, Route
from simulator.llm_replies import own_answer
from tests.integration.support import heard

WHY, SONG = "天空为什么是蓝色的", "放一首小河淌水"
BECAUSE = "因为空气把太阳的蓝光散射到了四面八方。"


@pytest.fixture
def event_id(hass):
    """Return a function that returns the entity id of a speaker's event."""
    return lambda corner: er.async_get(hass).async_get_entity_id(Platform.EVENT, DOMAIN, f"{corner.did}-heard")


async def test_each_speaker_has_one_and_nothing_was_heard_at_first(hass, sim, entry, corner, event_id):
    for speaker in sim.world.speakers:
        state = hass.states.get(event_id(corner(speaker.name)))
        assert state.state == STATE_UNKNOWN
        assert state.attributes["event_types"] == list(Route)
        assert state.name == f"{speaker.name} 听到"


async def test_it_is_hidden_from_the_assistants(living, event_id, exposed):
    assert not exposed(event_id(living))


async def test_it_shows_what_was_said_who_answers_and_why(living):
    since = living.ask(WHY, BECAUSE)
    shown = await heard(living, WHY)
    assert 0.5 < shown["score"] <= 1
    assert {name: shown[name] for name in ("event_type", "utterance", "xiaoai", "reason", "intent")} == {
        "event_type": Route.LLM,
        "utterance": WHY,
        "xiaoai": BECAUSE,
        "reason": Reason.CLASSIFIER,
        "intent": "knowledge",
    }
    await living.spoken(own_answer(WHY), since=since)


@pytest.mark.parametrize(
    ("utterance", "kind", "route", "reason", "intent"),
    [
        (SONG, "AUDIO", Route.NATIVE, Reason.CLASSIFIER, "media"),
        ("换个话题", "TTS", Route.COMMAND, Reason.VOICE_COMMAND, Command.NEW_TOPIC),
        ("停", "EMPTY", Route.NATIVE, Reason.NOTHING_TO_STOP, Command.STOP),
    ],
)
async def test_it_shows_what_is_not_answered_too(living, utterance, kind, route, reason, intent):
    living.ask(utterance, kind=kind)
    shown = await heard(living, utterance)
    assert (shown["event_type"], shown["reason"], shown["intent"]) == (route, reason, intent)


async def test_it_shows_what_is_heard_while_switched_off(corner):
    living = corner("客厅小爱")
    living.ask(WHY, BECAUSE)
    shown = await heard(living, WHY)
    assert (shown["event_type"], shown["reason"], shown["intent"]) == (Route.NATIVE, Reason.SWITCHED_OFF, None)


async def test_it_is_one_speakers_alone(hass, living, bedroom, event_id):
    living.ask(SONG, kind="AUDIO")
    await heard(living, SONG)
    assert hass.states.get(event_id(bedroom)).state == STATE_UNKNOWN


async def test_the_same_words_again_are_another_event(hass, living, event_id):
    living.ask(SONG, kind="AUDIO")
    await heard(living, SONG)
    first = hass.states.get(event_id(living))
    living.ask(SONG, kind="AUDIO")
    await heard(living, SONG)
    assert hass.states.get(event_id(living)).state > first.state


async def test_of_long_words_the_beginning_is_shown(living):
    words = "今天我想跟你说一件很长很长的事情，" * 20
    living.ask(words, words)
    shown = await heard(living, words[:255])
    assert (shown["utterance"], shown["xiaoai"]) == (words[:255], words[:255])
