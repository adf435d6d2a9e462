"""What the things and rooms of the home are called, as the router knows it."""

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import CoreState
from homeassistant.helpers import area_registry as ar, entity_registry as er
import pytest

from custom_components.xiao_gpt.names import HomeNames


@pytest.fixture
def names(hass, lamps):
    """The names, followed."""
    names = HomeNames(hass)
    stop = names.follow()
    yield names
    stop()


async def test_exposed_things_and_areas_have_names(names):
    assert {"客厅灯", "卧室灯", "客厅", "卧室"} <= names.all


async def test_a_home_without_things_has_none(hass, entry):
    assert HomeNames(hass).all == frozenset()


async def test_they_are_read_once_as_long_as_nothing_changes(names):
    assert names.all is names.all


async def test_what_is_hidden_from_the_assistants_has_none(hass, names, lamps):
    assert "客厅灯" in names.all
    async_expose_entity(hass, "conversation", lamps["客厅"], False)
    await hass.async_block_till_done()
    assert "客厅灯" not in names.all
    async_expose_entity(hass, "conversation", lamps["客厅"], True)
    await hass.async_block_till_done()
    assert "客厅灯" in names.all


async def test_what_is_renamed_is_known_by_its_new_name(hass, names, lamps):
    assert "客厅灯" in names.all
    er.async_get(hass).async_update_entity(lamps["客厅"], name="大吊灯")
    await hass.async_block_till_done()
    assert "大吊灯" in names.all
    assert "客厅灯" not in names.all


async def test_other_names_count_too(hass, names, lamps):
    assert "小太阳" not in names.all
    er.async_get(hass).async_update_entity(lamps["客厅"], aliases=["小太阳"])
    await hass.async_block_till_done()
    assert "小太阳" in names.all


async def test_a_new_area_is_known_and_one_that_is_gone_is_not(hass, names):
    assert "阳台" not in names.all
    area = ar.async_get(hass).async_create("阳台", aliases={"露台"})
    await hass.async_block_till_done()
    assert {"阳台", "露台"} <= names.all
    ar.async_get(hass).async_delete(area.id)
    await hass.async_block_till_done()
    assert not {"阳台", "露台"} & names.all


async def test_they_are_compared_as_utterances_are(hass, names):
    ar.async_get(hass).async_create("Study Room 1")
    await hass.async_block_till_done()
    assert "studyroom1" in names.all


async def test_a_name_of_one_character_would_be_found_everywhere(hass, names):
    ar.async_get(hass).async_create("厅")
    await hass.async_block_till_done()
    assert "厅" not in names.all


async def test_not_followed_any_longer_nothing_is_noticed(hass, lamps):
    names = HomeNames(hass)
    stop = names.follow()
    before = names.all
    stop()
    ar.async_get(hass).async_create("阳台")
    await hass.async_block_till_done()
    assert names.all is before


async def test_the_router_is_told_of_a_new_name(hass, entry, living, lamps):
    names = entry.runtime_data.names
    assert "阳台" not in names.all
    ar.async_get(hass).async_create("阳台")
    await hass.async_block_till_done()
    assert "阳台" in names.all


async def test_while_home_assistant_starts_things_appear_of_which_nothing_tells(hass, names):
    hass.set_state(CoreState.starting)
    assert "院子灯" not in names.all
    hass.states.async_set("light.yard", "off", {"friendly_name": "院子灯"})
    async_expose_entity(hass, "conversation", "light.yard", True)
    assert "院子灯" in names.all
    hass.states.async_set("light.gate", "off", {"friendly_name": "大门灯"})
    assert "大门灯" in names.all
    hass.set_state(CoreState.running)
    assert names.all is names.all
