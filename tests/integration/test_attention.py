"""How much attention a speaker gets: by its dialogue, by who is in the room, by the time of the day."""

from datetime import time, timedelta
import threading

from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.xiao_gpt import attention
from custom_components.xiao_gpt.attention import AttentionGuide
from custom_components.xiao_gpt.polling import Attention
from custom_components.xiao_gpt.settings import Settings
from simulator.llm_replies import own_answer
from simulator.speaker import Track
from tests.integration.support import PROFILE, event, polls, until

WHY = "天空为什么是蓝色的"


def night(begins, ends):
    """Return options with a rest from so many hours after now to so many after now."""
    now = dt_util.now()
    begin, end = ((now + timedelta(hours=hours)).strftime("%H:%M:%S") for hours in (begins, ends))
    return {"polling": {"night_rest": True, "night_from": begin, "night_to": end}}


@pytest.fixture
def guide(hass, entry, monkeypatch):
    """Return a function that makes a guide for some options, which follows all dialogues."""
    monkeypatch.setattr(attention, "SENSORS_S", -1)

    def make(options=None):
        guide = AttentionGuide(hass, Settings.of(options or {}))
        for dialogue in entry.runtime_data.dialogues.values():
            guide.follow(dialogue, lambda: None)
        return guide

    return make


@pytest.fixture
def dialogue(entry, living):
    return entry.runtime_data.dialogues[living.did]


@pytest.fixture
def room(hass, living):
    """The living room, where the speaker stands."""
    area = ar.async_get(hass).async_create("客厅")
    dr.async_get(hass).async_update_device(living.device.id, area_id=area.id)
    return area


@pytest.fixture
def sense(hass):
    """Return a function that adds a sensor to an area, by itself or by its device, and gives it a state."""

    def add(area, state, *, kind="occupancy", by_device=False, domain="binary_sensor"):
        owner = MockConfigEntry(domain="test")
        owner.add_to_hass(hass)
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=owner.entry_id, identifiers={("test", owner.entry_id)}
        )
        entities = er.async_get(hass)
        entity = entities.async_get_or_create(
            domain,
            "test",
            owner.entry_id,
            config_entry=owner,
            device_id=device.id,
            original_name="有人",
            original_device_class=kind,
        )
        if by_device:
            dr.async_get(hass).async_update_device(device.id, area_id=area.id)
        else:
            entities.async_update_entity(entity.entity_id, area_id=area.id)
        if state is not None:
            hass.states.async_set(entity.entity_id, state, {"device_class": kind})
        return entity.entity_id

    return add


async def is_over(sim, dialogue):
    """Wait until the answer is over, and a follow-up question is not expected any more."""
    await until(sim, lambda: not dialogue.answering)
    dialogue.pay_attention(0)


# The dialogue


async def test_one_that_nothing_is_known_of_is_idle(guide, dialogue):
    assert guide().attention(dialogue) is Attention.IDLE


async def test_switched_off_only_the_order_to_switch_on_is_waited_for(guide, dialogue, room, sense):
    sense(room, "on")
    dialogue.set(enabled=False)
    assert guide().attention(dialogue) is Attention.OFF


async def test_a_dialogue_is_lively_and_the_last_one_near(sim, guide, entry, living, bedroom):
    guide = guide()
    first, second = (entry.runtime_data.dialogues[corner.did] for corner in (living, bedroom))
    since = living.ask(WHY)
    await living.event("speech_started", since=since, source="tts")
    assert [guide.attention(each) for each in (first, second)] == [Attention.LIVELY, Attention.IDLE]
    await living.spoken(own_answer(WHY), since=since)
    assert guide.attention(first) is Attention.LIVELY
    await is_over(sim, first)
    assert guide.attention(first) is Attention.NEAR
    since = bedroom.ask(WHY)
    await bedroom.event("speech_started", since=since, source="tts")
    assert [guide.attention(each) for each in (first, second)] == [Attention.IDLE, Attention.LIVELY]


async def test_one_that_plays_is_near(sim, entry, guide, living, dialogue):
    guide = guide()
    sim.world.speaker(living.name).play_music(Track("小河淌水"))
    await polls(sim, 1)  # the status is late
    await entry.runtime_data.coordinator.async_refresh()
    assert guide.attention(dialogue) is Attention.NEAR
    sim.world.speaker(living.name).stop_music()
    await polls(sim, 1)
    await entry.runtime_data.coordinator.async_refresh()
    assert guide.attention(dialogue) is Attention.IDLE


async def test_who_follows_is_told_of_changes_until_it_ends(guide, dialogue):
    told = []
    stop = guide().follow(dialogue, lambda: told.append(dialogue.enabled))
    dialogue.set(enabled=False)
    stop()
    dialogue.set(enabled=True)
    assert told == [False]


# The room


@pytest.mark.parametrize("by_device", [False, True])
@pytest.mark.parametrize("kind", ["occupancy", "presence", "motion"])
@pytest.mark.parametrize(("state", "expected"), [("on", Attention.NEAR), ("off", Attention.AWAY)])
async def test_who_is_in_the_room_counts(guide, dialogue, room, sense, by_device, kind, state, expected):
    sense(room, state, kind=kind, by_device=by_device)
    assert guide().attention(dialogue) is expected


async def test_one_sensor_that_sees_someone_is_enough(guide, dialogue, room, sense):
    sense(room, "off")
    sense(room, "on", kind="motion", by_device=True)
    sense(room, "unavailable")
    assert guide().attention(dialogue) is Attention.NEAR


@pytest.mark.parametrize("state", ["unknown", "unavailable", None])
async def test_a_sensor_that_does_not_know_says_nothing(guide, dialogue, room, sense, state):
    sense(room, state)
    assert guide().attention(dialogue) is Attention.IDLE


async def test_what_does_not_tell_of_people_says_nothing(guide, dialogue, room, sense):
    sense(room, "on", kind="door")
    sense(room, "on", domain="sensor")
    assert guide().attention(dialogue) is Attention.IDLE


async def test_another_rooms_sensors_say_nothing(hass, guide, dialogue, room, sense):
    kitchen = ar.async_get(hass).async_create("厨房")
    sense(kitchen, "on")
    # Its device stands here, and it looks into another room.
    moved = sense(room, "on", by_device=True)
    er.async_get(hass).async_update_entity(moved, area_id=kitchen.id)
    assert guide().attention(dialogue) is Attention.IDLE


async def test_a_speaker_without_a_room_is_idle(hass, guide, dialogue, living, room, sense):
    sense(room, "off")
    dr.async_get(hass).async_update_device(living.device.id, area_id=None)
    assert guide().attention(dialogue) is Attention.IDLE


async def test_a_speaker_whose_device_is_gone_is_idle(hass, guide, dialogue, living):
    guide = guide()
    dr.async_get(hass).async_remove_device(living.device.id)
    assert guide.attention(dialogue) is Attention.IDLE


async def test_someone_who_was_there_last_keeps_it_near_in_an_empty_room(sim, guide, dialogue, living, room, sense):
    sense(room, "off")
    guide = guide()
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    await is_over(sim, dialogue)
    assert guide.attention(dialogue) is Attention.NEAR


async def test_the_list_of_sensors_is_kept_for_a_while_their_states_are_not(
    hass, guide, dialogue, room, sense, monkeypatch
):
    guide = guide()
    sensor = sense(room, "off")
    monkeypatch.setattr(attention, "SENSORS_S", 60)
    assert guide.attention(dialogue) is Attention.AWAY
    hass.states.async_set(sensor, "on", {"device_class": "occupancy"})
    assert guide.attention(dialogue) is Attention.NEAR
    hass.states.async_set(sensor, "off", {"device_class": "occupancy"})
    sense(room, "on")
    assert guide.attention(dialogue) is Attention.AWAY
    monkeypatch.setattr(attention, "SENSORS_S", -1)
    assert guide.attention(dialogue) is Attention.NEAR


async def test_an_empty_room_is_asked_for_less_often(entry, living, room, sense, monkeypatch):
    monkeypatch.setattr(attention, "SENSORS_S", -1)
    budget = entry.runtime_data.budget
    idle = budget.interval(living.did)
    sense(room, "off")
    assert budget.interval(living.did) > idle


# The night


@pytest.mark.parametrize(
    ("begin", "end", "now", "expected"),
    [
        ("23:00:00", "06:00:00", time(22, 59, 59), False),
        ("23:00:00", "06:00:00", time(23), True),
        ("23:00:00", "06:00:00", time(0), True),
        ("23:00:00", "06:00:00", time(5, 59, 59), True),
        ("23:00:00", "06:00:00", time(6), False),
        ("23:00:00", "06:00:00", time(12), False),
        ("01:00:00", "06:00:00", time(0, 59), False),
        ("01:00:00", "06:00:00", time(1), True),
        ("01:00:00", "06:00:00", time(6), False),
        ("01:00:00", "06:00:00", time(23), False),
        ("13:00", "14:30", time(14), True),
    ],
)
def test_the_night_may_go_over_midnight(begin, end, now, expected):
    polling = {"night_rest": True, "night_from": begin, "night_to": end}
    assert Settings.of({"polling": polling}).is_night(now) is expected
    assert not Settings.of({"polling": polling | {"night_rest": False}}).is_night(now)


@pytest.mark.parametrize(("begins", "ends"), [(-1, 1), (-1, 22), (-22, 1)])
async def test_at_night_it_rests(guide, dialogue, room, sense, begins, ends):
    sense(room, "on")
    guide = guide(night(begins, ends))
    assert guide.attention(dialogue) is Attention.RESTING
    dialogue.set(enabled=False)
    assert guide.attention(dialogue) is Attention.RESTING


@pytest.mark.parametrize(("begins", "ends"), [(1, 2), (-2, -1), (1, 23)])
async def test_by_day_it_does_not(guide, dialogue, begins, ends):
    assert guide(night(begins, ends)).attention(dialogue) is Attention.IDLE


async def test_a_lively_dialogue_is_still_listened_to_at_night(guide, dialogue):
    guide = guide(night(-1, 1))
    dialogue.pay_attention(60)
    assert guide.attention(dialogue) is Attention.LIVELY
    dialogue.pay_attention(0)
    assert guide.attention(dialogue) is Attention.RESTING


async def sleep(hass, sim, entry, options):
    """Let the night be as the options say, and wait until all rest, after the look that decides what is old."""
    since = len(sim.timeline)
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done()
    await until(sim, lambda: len(looks(sim, since)) >= len(sim.world.speakers))
    # Some of these may have been the last ones of the day.
    sim.world.ask("厨房小爱", "有人吗")
    await event(sim, "speech_ended", since=since, speaker="厨房小爱")


def looks(sim, since):
    """Return the requests for records."""
    return [entry for entry in sim.timeline.since(since, "http") if entry.fields["host"] == PROFILE]


async def test_at_night_the_cloud_is_left_alone_and_words_are_xiaoais(hass, sim, entry, living):
    await sleep(hass, sim, entry, night(-1, 1))
    budget = entry.runtime_data.budget
    assert set(budget.shares().values()) == {0}
    since = living.ask(WHY, "因为光的散射。")
    ended = await living.event("speech_ended", since=since)
    assert (ended.fields["source"], ended.fields["reason"]) == ("xiaoai", "finished")
    assert looks(sim, since) == []
    # What was said meanwhile was not for us, even now that it listens.
    since = len(sim.timeline)
    entry.runtime_data.dialogues[living.did].pay_attention(60)
    for _ in range(3):
        await event(sim, "http", since=len(sim.timeline), host=PROFILE)
    assert sim.timeline.since(since, "llm_request") == []
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_when_the_night_ends_everyone_looks_again(hass, sim, entry, living, monkeypatch):
    options = night(-1, 1)
    await sleep(hass, sim, entry, options)
    reviews = []
    monkeypatch.setattr(entry.runtime_data.budget, "review", lambda: reviews.append(threading.current_thread()))
    end = dt_util.now() + timedelta(hours=1)
    hours, minutes, seconds = map(int, options["polling"]["night_to"].split(":"))
    async_fire_time_changed(hass, end.replace(hour=hours, minute=minutes, second=seconds, microsecond=600_000))
    await hass.async_block_till_done()
    assert reviews == [threading.main_thread()]
