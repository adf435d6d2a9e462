"""Automations that are set off by what happens at a speaker."""

from collections.abc import Mapping

from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.components.device_automation.exceptions import InvalidDeviceAutomationConfig
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_get_device_automations

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.device_trigger import (
    TRIGGERS,
    async_get_trigger_capabilities,
    async_validate_trigger_config,
)
from simulator.llm_replies import own_answer
from tests.integration.support import until

WHY, STORY, SONG, STOP = "天空为什么是蓝色的", "编一个小狐狸数星星的故事", "放一首小河淌水", "别说了"


@pytest.fixture
async def device_id(entry, living):
    """Return the speaker's device."""
    return entry.runtime_data.dialogues[living.did].device_id


@pytest.fixture
async def automate(hass, device_id):
    """Return a function that adds an automation for each type, and returns what they were told, by type."""

    async def add(**fields):
        told: dict[str, list[Mapping[str, str]]] = {kind: [] for kind in TRIGGERS}

        async def note(call):
            told[call.data["kind"]].append(call.data)

        hass.services.async_register("test", "note", note)
        automations = [
            {
                "alias": kind,
                "triggers": {"trigger": "device", "domain": DOMAIN, "device_id": device_id, "type": kind, **fields},
                "actions": {
                    "action": "test.note",
                    "data": {
                        "kind": kind,
                        "utterance": "{{ trigger.utterance }}",
                        "reason": "{{ trigger.reason }}",
                        "answer": "{{ trigger.answer | default('') }}",
                    },
                },
            }
            for kind in TRIGGERS
        ]
        assert await async_setup_component(hass, "automation", {"automation": automations})
        await hass.async_block_till_done()
        return told

    return add


def kinds(told):
    return {kind for kind, calls in told.items() if calls}


async def test_a_speaker_offers_all_and_what_is_no_speaker_none(hass, entry, device_id):
    offered = await async_get_device_automations(hass, DeviceAutomationType.TRIGGER, device_id)
    assert {one["type"] for one in offered if one["domain"] == DOMAIN} == set(TRIGGERS)
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        if not any(identifier[1].isdecimal() for identifier in device.identifiers):
            offered = await async_get_device_automations(hass, DeviceAutomationType.TRIGGER, device.id)
            assert [one for one in offered if one["domain"] == DOMAIN] == []


async def test_words_can_be_asked_for(hass, device_id):
    fields = (await async_get_trigger_capabilities(hass, {"type": "heard"}))["extra_fields"]
    assert fields({"contains": "故事"}) == {"contains": "故事"}


async def test_an_answer_sets_off_what_waits_for_it(living, sim, automate):
    told = await automate()
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    await until(sim, lambda: told["answered"])
    assert kinds(told) == {"heard", "routed_to_llm", "answered"}
    assert told["heard"][0]["utterance"] == told["answered"][0]["utterance"] == WHY
    assert told["heard"][0]["reason"] == "classifier"
    assert told["answered"][0]["answer"] == own_answer(WHY)


async def test_what_is_left_to_xiaoai(living, sim, automate):
    told = await automate()
    living.ask(SONG, kind="AUDIO")
    await until(sim, lambda: told["routed_to_xiaoai"])
    assert kinds(told) == {"heard", "routed_to_xiaoai"}


async def test_an_interrupted_answer(living, sim, automate):
    told = await automate()
    since = living.ask(STORY)
    await living.event("speech_started", since=since, source="tts")
    living.ask(STOP)
    await until(sim, lambda: told["interrupted"])
    assert told["interrupted"][0]["utterance"] == STORY
    assert told["answered"] == []


async def test_only_what_contains_the_words(living, sim, automate):
    told = await automate(contains="为什么，")  # as a person types it
    living.ask(SONG, kind="AUDIO")
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    await until(sim, lambda: told["answered"])
    assert [call["utterance"] for call in told["heard"]] == [WHY]


async def test_triggers_outlive_a_reload(hass, entry, living, sim, automate):
    told = await automate()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    await until(sim, lambda: told["answered"])
    assert len(told["heard"]) == 1


async def test_a_device_that_is_no_speaker_is_refused(hass, entry):
    other = dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers={("test", "lamp")})
    with pytest.raises(InvalidDeviceAutomationConfig, match="is no speaker"):
        await async_validate_trigger_config(
            hass, {"platform": "device", "domain": DOMAIN, "device_id": other.id, "type": "heard"}
        )
