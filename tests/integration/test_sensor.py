"""The sensors of usage: what they show, and that statistics can be made of them."""

from homeassistant.components import conversation
from homeassistant.components.sensor import ATTR_STATE_CLASS, SensorDeviceClass, SensorStateClass
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_UNIT_OF_MEASUREMENT, EntityCategory
from homeassistant.core import Context
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.gpt import Usage
from custom_components.xiao_gpt.gpt.prices import PRICES
from tests.integration.support import agent_id, assistant

COUNTS = ("requests", "prompt_tokens", "completion_tokens", "tokens_today")


async def ask(hass, entry, text="你好"):
    await conversation.async_converse(hass, text, None, Context(), language="zh-Hans", agent_id=agent_id(hass, entry))


def sensor(hass, owner, key):
    return er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{owner}-{key}")


def shown(hass, entry, key):
    entity_id = sensor(hass, assistant(entry).subentry_id, key)
    assert entity_id is not None
    return hass.states.get(entity_id)


async def change(hass, entry, **data):
    subentry = assistant(entry)
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **data})
    await hass.async_block_till_done()


async def test_an_assistants_sensors_show_what_was_counted(hass, entry):
    assert [shown(hass, entry, key).state for key in COUNTS] == ["0"] * 4
    assert float(shown(hass, entry, "cost").state) == 0
    await ask(hass, entry)
    total = entry.runtime_data.ledger.of_assistant(assistant(entry).subentry_id).total
    assert [int(shown(hass, entry, key).state) for key in COUNTS] == [
        1,
        total.prompt_tokens,
        total.completion_tokens,
        total.tokens,
    ]
    cost = PRICES["gpt-5-mini"].cost(Usage(total.prompt_tokens, total.completion_tokens))
    assert float(shown(hass, entry, "cost").state) == pytest.approx(cost, abs=1e-6)
    assert cost > 0


async def test_they_show_the_same_after_a_reload(hass, entry):
    await ask(hass, entry)
    before = [shown(hass, entry, key).state for key in (*COUNTS, "cost")]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert [shown(hass, entry, key).state for key in (*COUNTS, "cost")] == before


async def test_they_belong_to_the_assistants_device(hass, entry):
    subentry = assistant(entry)
    registry = er.async_get(hass)
    devices = {registry.async_get(sensor(hass, subentry.subentry_id, key)).device_id for key in (*COUNTS, "cost")}
    assert devices == {registry.async_get(agent_id(hass, entry)).device_id}
    (device,) = (dr.async_get(hass).async_get(str(device_id)) for device_id in devices)
    assert device.name == subentry.title


async def test_statistics_can_be_made_of_them(hass, entry, caplog):
    for key in COUNTS:
        assert shown(hass, entry, key).attributes[ATTR_STATE_CLASS] == SensorStateClass.TOTAL_INCREASING
        assert shown(hass, entry, key).attributes[ATTR_UNIT_OF_MEASUREMENT]
    cost = shown(hass, entry, "cost").attributes
    assert cost[ATTR_STATE_CLASS] == SensorStateClass.TOTAL
    assert cost[ATTR_DEVICE_CLASS] == SensorDeviceClass.MONETARY
    assert cost[ATTR_UNIT_OF_MEASUREMENT] == "USD"
    assert "impossible considering device class" not in caplog.text  # what Home Assistant says of a wrong pair
    assert "is not valid for the device class" not in caplog.text


async def test_a_typed_price_counts_in_its_own_currency(hass, entry):
    await ask(hass, entry)
    await change(hass, entry, prices={"input": 1000, "output": 1000, "currency": "CNY"})
    assert shown(hass, entry, "cost").attributes[ATTR_UNIT_OF_MEASUREMENT] == "CNY"
    assert float(shown(hass, entry, "cost").state) == 0  # what was paid in dollars are no yuan
    before = int(shown(hass, entry, "prompt_tokens").state) + int(shown(hass, entry, "completion_tokens").state)
    await ask(hass, entry)
    after = int(shown(hass, entry, "prompt_tokens").state) + int(shown(hass, entry, "completion_tokens").state)
    assert float(shown(hass, entry, "cost").state) == pytest.approx((after - before) / 1000)


async def test_a_model_without_a_price_has_no_cost(hass, entry, sim):
    sim.llm.settings.models.append("my-own")
    subentry = assistant(entry)
    await change(hass, entry, model="my-own")
    assert hass.states.get(sensor(hass, subentry.subentry_id, "cost")).state == "unavailable"  # it had one before
    await ask(hass, entry)
    assert shown(hass, entry, "requests").state == "1"


async def test_a_keys_sensors_are_there_for_those_who_want_them(hass, entry):
    registry = er.async_get(hass)
    (key,) = entry.runtime_data.service.ring.keys
    owner = f"{entry.entry_id}-{key.id}"
    for what in ("key_requests", "key_tokens"):
        found = registry.async_get(sensor(hass, owner, what))
        assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION
        assert found.entity_category is EntityCategory.DIAGNOSTIC
        assert registry.async_update_entity(found.entity_id, disabled_by=None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    await ask(hass, entry)
    total = entry.runtime_data.ledger.of_key(key.id).total
    states = [hass.states.get(sensor(hass, owner, what)) for what in ("key_requests", "key_tokens")]
    assert [state.state for state in states] == ["1", str(total.tokens)]
    assert key.shown in states[0].name
    assert key.reveal() not in states[0].name


async def test_the_sensors_of_a_key_go_with_it(hass, sim, entry):
    (old,) = entry.runtime_data.service.ring.keys
    sim.llm.settings.more_keys = ["sk-another-key-0000-e5f6"]
    hass.config_entries.async_update_entry(entry, data={**entry.data, "api_keys": ["sk-another-key-0000-e5f6"]})
    await hass.async_block_till_done()
    (new,) = entry.runtime_data.service.ring.keys
    assert sensor(hass, f"{entry.entry_id}-{old.id}", "key_tokens") is None
    assert sensor(hass, f"{entry.entry_id}-{new.id}", "key_tokens") is not None


async def test_they_are_not_lent_to_the_assistants(hass, entry, exposed):
    """Nobody asks a lamp what it costs; and the prompt gets no longer by them."""
    assert await async_setup_component(hass, "conversation", {})
    assert not any(exposed(sensor(hass, assistant(entry).subentry_id, key)) for key in (*COUNTS, "cost"))
