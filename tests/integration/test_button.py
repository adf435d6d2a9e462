"""The buttons of a speaker."""

from homeassistant.const import STATE_UNAVAILABLE, EntityCategory, Platform
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.phrases import Phrase
from simulator.speaker import Track
from simulator.world import Home
from tests.integration.support import begin_story, event, until

WHY = "天空为什么是蓝色的"


@pytest.fixture
def button(hass, living):
    """Return a function that returns the entity id of a button."""

    def find(key, corner=living):
        return er.async_get(hass).async_get_entity_id(Platform.BUTTON, DOMAIN, f"{corner.did}-{key}")

    return find


@pytest.fixture
def press(hass, button):
    """Return a function that presses a button."""

    async def perform(key):
        await hass.services.async_call("button", "press", {"entity_id": button(key)}, blocking=True)

    return perform


async def test_each_speaker_has_them(hass, sim, entry, corner, button):
    registry = er.async_get(hass)
    categories = {
        "wake": None,
        "stop": None,
        "clear_history": EntityCategory.CONFIG,
        "test": EntityCategory.DIAGNOSTIC,
    }
    for speaker in sim.world.speakers:
        for key, category in categories.items():
            known = registry.async_get(button(key, corner(speaker.name)))
            assert known.entity_category is category
            assert not known.disabled


async def test_a_model_that_cannot_be_woken_has_no_button_for_it(hass, sim, entry, corner, button):
    sim.world.add_speaker(Home("走廊小爱", "L7A", "走廊"))
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()
    hall = corner("走廊小爱")
    assert button("wake", hall) is None
    assert button("test", hall) is not None


async def test_wake_lets_it_listen(living, press):
    await press("wake")
    assert [one.fields["command"] for one in living.told()] == ["wake"]


async def test_stop_silences_an_answer(sim, living, press):
    request = await begin_story(living)
    await press("stop")
    await event(sim, "llm_finished", id=request.fields["id"], reason="closed_by_client")
    await until(sim, lambda: not sim.world.speaker(living.name).state.sounding)


async def test_stop_silences_music_that_nobody_here_began(sim, living, press):
    sim.world.speaker(living.name).play_music(Track("小河淌水"))
    await press("stop")
    assert not sim.world.speaker(living.name).state.sounding


async def test_a_new_conversation_begins(sim, entry, living, press):
    session = entry.runtime_data.memory.of(living.did).session
    session.messages.append(("user", WHY))
    before = session.number
    await press("clear_history")
    session = entry.runtime_data.memory.of(living.did).session
    assert (session.messages, session.number) == ([], before + 1)


async def test_the_test_speaks(sim, living, press):
    since = len(sim.timeline)
    await press("test")
    await living.spoken(Phrase.TEST, since=since)


@pytest.mark.parametrize("key", ["wake", "stop", "test"])
async def test_a_speaker_that_does_not_answer_is_told_of(hass, sim, living, button, press, key):
    sim.world.set_online(living.name, False)
    with pytest.raises(HomeAssistantError) as raised:
        await press(key)
    assert raised.value.translation_key == "speaker_unreachable"


async def test_they_are_unavailable_when_the_speaker_is(hass, sim, entry, living, button):
    sim.world.set_online(living.name, False)
    await entry.runtime_data.coordinator.async_refresh()
    assert {hass.states.get(button(key)).state for key in ("wake", "stop", "clear_history", "test")} == {
        STATE_UNAVAILABLE
    }
