"""The choice of which questions the language model answers."""

from homeassistant.const import STATE_UNAVAILABLE, EntityCategory, Platform
from homeassistant.core import State
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import mock_restore_cache_with_extra_data

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.routing import Mode
from simulator.llm_replies import own_answer
from tests.integration.support import polls

STORY, POLITE_STORY, SONG = "编一个小狐狸数星星的故事", "请编一个小狐狸数星星的故事", "放一首小河淌水"


@pytest.fixture
def mode(hass, living):
    """Return the entity id of a speaker's choice."""

    def find(corner=living):
        return er.async_get(hass).async_get_entity_id(Platform.SELECT, DOMAIN, f"{corner.did}-answering_mode")

    return find


@pytest.fixture
def select(hass, mode):
    """Return a function that makes the choice."""

    async def make(option, entity_id=None):
        target = entity_id or mode()
        await hass.services.async_call(
            "select", "select_option", {"entity_id": target, "option": option}, blocking=True
        )
        assert hass.states.get(target).state == option

    return make


async def left_to_xiaoai(corner, question, **options):
    """Ask, and see that XiaoAI answers as if nobody else were there."""
    since = corner.ask(question, "从前有座山。", **options)
    ended = await corner.event("speech_ended", since=since)
    assert (ended.fields["source"], ended.fields["reason"]) == ("xiaoai", "finished")
    await polls(corner.sim)
    assert corner.told(since=since) == []
    assert corner.sim.timeline.since(since, "llm_request") == []


async def test_each_speaker_has_one_and_it_is_automatic_at_first(hass, sim, entry, mode, corner):
    for speaker in sim.world.speakers:
        state = hass.states.get(mode(corner(speaker.name)))
        assert state.state == Mode.AUTOMATIC
        assert state.attributes["options"] == list(Mode)
        assert state.name == f"{speaker.name} 回答模式"


async def test_it_is_hidden_from_the_assistants(hass, mode, exposed):
    assert er.async_get(hass).async_get(mode()).entity_category is EntityCategory.CONFIG
    assert not exposed(mode())


async def test_what_cannot_be_chosen_is_refused(hass, mode, select):
    with pytest.raises(ServiceValidationError):
        await select("sometimes")
    assert hass.states.get(mode()).state == Mode.AUTOMATIC


async def test_it_is_one_speakers_alone(hass, mode, select, bedroom):
    await select(Mode.KEYWORD)
    assert hass.states.get(mode(bedroom)).state == Mode.AUTOMATIC


async def test_automatic_leaves_music_to_xiaoai_alone(living):
    await left_to_xiaoai(living, SONG, kind="AUDIO")
    since = living.ask(STORY)
    await living.spoken(own_answer(STORY), since=since)


async def test_in_keyword_mode_only_what_begins_with_a_keyword_is_answered(select, living):
    await select(Mode.KEYWORD)
    await left_to_xiaoai(living, STORY)
    since = living.ask(POLITE_STORY)
    await living.spoken(own_answer(POLITE_STORY), since=since)


async def test_in_keyword_mode_commands_need_no_keyword(select, living):
    await select(Mode.KEYWORD)
    since = living.ask("关闭高级对话")
    await living.event("speech_started", since=since, source="tts")
    assert living.state == "off"


async def test_in_keyword_mode_a_continuous_dialogue_needs_no_keyword(entry, select, living):
    await select(Mode.KEYWORD)
    entry.runtime_data.dialogues[living.did].set(continuous=True)
    since = living.ask(STORY)
    await living.spoken(own_answer(STORY), since=since)


async def test_always_means_what_xiaoai_would_play_too(select, living):
    await select(Mode.ALWAYS)
    since = living.ask(SONG, kind="AUDIO")
    await living.spoken(own_answer(SONG), since=since)
    since = living.ask(STORY)
    await living.spoken(own_answer(STORY), since=since)


async def test_it_stays_over_a_reload(hass, entry, living, mode, select):
    await select(Mode.KEYWORD)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert hass.states.get(mode()).state == Mode.KEYWORD
    assert entry.runtime_data.dialogues[living.did].mode is Mode.KEYWORD


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ({"mode": "always"}, "always"),
        ({"mode": "sometimes"}, "automatic"),
        ({"mode": None}, "automatic"),
        ({}, "automatic"),
    ],
)
async def test_what_counts_is_what_it_was_not_that_it_could_not_be_reached(hass, entry, mode, kept, expected):
    entity_id = mode()
    await hass.config_entries.async_unload(entry.entry_id)
    mock_restore_cache_with_extra_data(hass, [(State(entity_id, STATE_UNAVAILABLE), kept)])
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert hass.states.get(entity_id).state == expected
