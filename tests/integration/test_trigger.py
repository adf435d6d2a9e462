"""Automations that are set off by what happens at a speaker."""

from collections.abc import Mapping

from homeassistant.helpers import area_registry as ar, config_validation as cv, device_registry as dr
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component
import probatio as vol
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.trigger import KINDS
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

    async def add(target=None, **options):
        told: dict[str, list[Mapping[str, str]]] = {kind: [] for kind in KINDS}

        async def note(call):
            told[call.data["kind"]].append(call.data)

        hass.services.async_register("test", "note", note)
        automations = [
            {
                "alias": kind,
                "triggers": {
                    "trigger": f"{DOMAIN}.{kind}",
                    "target": target or {"device_id": device_id},
                    "options": options,
                },
                "actions": {
                    "action": "test.note",
                    "data": {
                        "kind": kind,
                        "utterance": "{{ trigger.utterance }}",
                        "device_id": "{{ trigger.device_id }}",
                        "reason": "{{ trigger.reason }}",
                        "answer": "{{ trigger.answer | default('') }}",
                    },
                },
            }
            for kind in KINDS
        ]
        assert await async_setup_component(hass, "automation", {"automation": automations})
        await hass.async_block_till_done()
        return told

    return add


def kinds(told):
    return {kind for kind, calls in told.items() if calls}


async def test_home_assistant_offers_them_for_a_speaker(hass, hass_ws_client, device_id):
    assert await async_setup_component(hass, "automation", {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "get_triggers_for_target", "target": {"device_id": [device_id]}})
    offered = (await client.receive_json())["result"]
    assert {f"{DOMAIN}.{kind}" for kind in KINDS} <= set(offered)


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


async def test_a_speaker_that_has_moved_is_another_rooms(hass, sim, living, bedroom, automate, device_id):
    rooms = ar.async_get(hass)
    kitchen, hall = rooms.async_create("厨房"), rooms.async_create("走廊")
    devices = dr.async_get(hass)
    devices.async_update_device(device_id, area_id=kitchen.id)
    told = await automate({"area_id": kitchen.id})
    bedroom.ask(SONG, kind="AUDIO")
    living.ask(SONG, kind="AUDIO")
    await until(sim, lambda: told["routed_to_xiaoai"])
    assert [call["device_id"] for call in told["heard"]] == [device_id]
    devices.async_update_device(device_id, area_id=hall.id)
    dialogue = living.entry.runtime_data.dialogues[living.did]
    before = len(dialogue.recent)
    living.ask(WHY)
    await until(sim, lambda: len(dialogue.recent) > before)
    await hass.async_block_till_done()
    assert len(told["heard"]) == 1


@pytest.mark.parametrize("wrong", [{}, {"target": {}, "options": {"sounds_like": "故事"}}])
async def test_one_without_a_place_or_with_what_is_not_known_is_refused(hass, entry, wrong):
    with pytest.raises(vol.Invalid):
        await async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA([{"trigger": f"{DOMAIN}.heard", **wrong}]))
