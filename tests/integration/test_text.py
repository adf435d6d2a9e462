"""What is typed is told to XiaoAI."""

from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from simulator.world import Home
from tests.integration.support import polls


@pytest.fixture
def directive(hass, living):
    """Return a function that returns the entity id of a speaker's text."""

    def find(corner=living):
        return er.async_get(hass).async_get_entity_id(Platform.TEXT, DOMAIN, f"{corner.did}-directive")

    return find


@pytest.fixture
def type_in(hass, directive):
    """Return a function that types something and presses enter."""

    async def perform(text):
        await hass.services.async_call("text", "set_value", {"entity_id": directive(), "value": text}, blocking=True)

    return perform


async def test_it_is_empty_at_first(hass, directive):
    assert hass.states.get(directive()).state == ""


async def test_what_is_typed_is_told_and_shown_and_answered_by_nobody_else(hass, sim, living, directive, type_in):
    since = len(sim.timeline)
    await type_in(" 天空为什么是蓝色的 ")
    (command,) = living.told("execute", since=since)
    assert (command.fields["text"], command.fields["silent"]) == ("天空为什么是蓝色的", False)
    assert hass.states.get(directive()).state == "天空为什么是蓝色的"
    await polls(sim)
    assert sim.timeline.since(since, "llm_request") == []


async def test_nothing_is_not_told(hass, living, directive, type_in):
    await type_in("今天几号")
    told = len(living.told())
    await type_in("  ")
    assert len(living.told()) == told
    assert hass.states.get(directive()).state == ""


async def test_what_could_not_be_told_is_not_shown(hass, sim, entry, living, directive, type_in):
    sim.world.set_online(living.name, False)
    with pytest.raises(HomeAssistantError) as raised:
        await type_in("今天几号")
    assert raised.value.translation_key == "speaker_unreachable"
    sim.world.set_online(living.name, True)
    await entry.runtime_data.coordinator.async_refresh()
    assert hass.states.get(directive()).state == ""


async def test_a_model_without_it_has_none(hass, sim, entry, corner, directive):
    sim.world.add_speaker(Home("走廊小爱", "M01", "走廊"))
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert directive(corner("走廊小爱")) is None


async def test_it_is_unavailable_when_the_speaker_is(hass, sim, entry, living, directive):
    sim.world.set_online(living.name, False)
    await entry.runtime_data.coordinator.async_refresh()
    assert hass.states.get(directive()).state == STATE_UNAVAILABLE
