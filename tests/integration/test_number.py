"""The pace of a speaker that does not tell when it is silent."""

from homeassistant.const import STATE_UNKNOWN, EntityCategory, Platform
from homeassistant.core import State
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import mock_restore_cache_with_extra_data

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.speech import SpeechRate
from simulator.llm_replies import own_answer
from tests.integration.support import audible, until

STORY = "编一个小狐狸数星星的故事"


@pytest.fixture
def rate(hass, bedroom):
    """The entity id of the bedroom speaker's pace."""
    return er.async_get(hass).async_get_entity_id(Platform.NUMBER, DOMAIN, f"{bedroom.did}-speaking_rate")


@pytest.fixture
def dialogue(entry, bedroom):
    return entry.runtime_data.dialogues[bedroom.did]


async def set_rate(hass, entity_id, value):
    await hass.services.async_call("number", "set_value", {"entity_id": entity_id, "value": value}, blocking=True)


async def test_only_a_speaker_that_does_not_report_has_one(hass, sim, rate):
    assert [entity_id for entity_id in hass.states.async_entity_ids("number") if "rate" in entity_id] == [rate]
    state = hass.states.get(rate)
    assert state.state == STATE_UNKNOWN
    assert (state.attributes["min"], state.attributes["max"]) == (3, 8)


async def test_it_is_hidden_from_the_assistants(hass, rate, exposed):
    assert er.async_get(hass).async_get(rate).entity_category is EntityCategory.CONFIG
    assert not exposed(rate)


async def test_until_it_is_set_the_pace_is_what_is_usual(dialogue):
    assert dialogue.set_rate is None


async def test_it_is_applied(hass, rate, dialogue, bedroom):
    usual = SpeechRate().estimate(STORY * 5).seconds
    await set_rate(hass, rate, 3.5)
    assert hass.states.get(rate).state == "3.5"
    slow = dialogue.set_rate.estimate(STORY * 5).seconds
    await set_rate(hass, rate, 6)
    quick = dialogue.set_rate.estimate(STORY * 5).seconds
    assert slow > usual > quick


async def test_it_takes_the_place_of_what_was_learned_and_the_answer_is_whole(
    hass, sim, rate, dialogue, bedroom, entry
):
    assert dialogue.rate is entry.runtime_data.memory.of(bedroom.did).rate
    await set_rate(hass, rate, 4)
    assert dialogue.rate is dialogue.set_rate
    since = bedroom.ask(STORY)
    await until(sim, lambda: audible("".join(bedroom.pieces(since))).endswith(audible(own_answer(STORY))))


@pytest.mark.parametrize("value", [2.9, 8.1])
async def test_a_pace_that_nobody_speaks_at_is_refused(hass, rate, dialogue, value):
    with pytest.raises(ServiceValidationError):
        await set_rate(hass, rate, value)
    assert dialogue.set_rate is None


async def test_it_stays_over_a_reload(hass, entry, bedroom, rate):
    await set_rate(hass, rate, 4.2)
    known = entry.runtime_data.dialogues[bedroom.did].set_rate
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert hass.states.get(rate).state == "4.2"
    assert entry.runtime_data.dialogues[bedroom.did].set_rate == known


async def test_one_that_was_never_set_stays_unknown(hass, entry, bedroom, rate):
    await hass.config_entries.async_unload(entry.entry_id)
    kept = {
        "native_max_value": 8.0,
        "native_min_value": 3.0,
        "native_step": 0.1,
        "native_unit_of_measurement": None,
        "native_value": None,
    }
    mock_restore_cache_with_extra_data(hass, [(State(rate, STATE_UNKNOWN), kept)])
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert hass.states.get(rate).state == STATE_UNKNOWN
    assert entry.runtime_data.dialogues[bedroom.did].set_rate is None


async def test_what_is_set_does_not_count_as_learned(hass, entry, bedroom, rate):
    await set_rate(hass, rate, 4.2)
    assert entry.runtime_data.memory.of(bedroom.did).rate == SpeechRate()
