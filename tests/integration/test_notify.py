"""Messages to a speaker."""

import asyncio

from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.phrases import Phrase
from simulator.llm_replies import own_answer
from simulator.speaker import Track
from tests.integration.support import STORY, audible, begin_story, event, polls, until

LAUNDRY = "洗衣机的衣服已经洗好了，别忘了拿出来晾。"
SMOKE = "厨房里有烟，请马上去看一看。"
LONG = "今天是个好天气。早上有一点雾，中午会散开。下午三点有一个会。晚上记得给奶奶打电话。"


@pytest.fixture
def notify(hass, entry):
    """Return a function that sends a message to a speaker and returns when it has been said."""

    async def send(corner, key, message, **data):
        entity_id = er.async_get(hass).async_get_entity_id(Platform.NOTIFY, DOMAIN, f"{corner.did}-{key}")
        await hass.services.async_call(
            "notify", "send_message", {"entity_id": entity_id, "message": message, **data}, blocking=True
        )

    return send


def texts(corner, since):
    """Return what the speaker began to say."""
    return [
        one.fields["text"]
        for one in corner.sim.timeline.since(since, "speech_started")
        if one.fields["speaker"] == corner.name and one.fields["source"] == "tts"
    ]


@pytest.mark.parametrize("name", ["客厅小爱", "卧室小爱", "厨房小爱"])
@pytest.mark.parametrize("message", [LAUNDRY, LONG])
async def test_a_message_is_spoken_and_has_been_when_it_is_sent(sim, corner, notify, name, message):
    place = corner(name)  # advanced dialogue is off: that is about questions
    since = len(sim.timeline)
    await notify(place, "speak", message)
    await place.spoken(message, since=since)
    assert [one.fields["reason"] for one in sim.timeline.since(since, "speech_ended")] == ["finished"] * len(
        texts(place, since)
    )


async def test_an_announcement_calls_for_attention(sim, corner, notify):
    living = corner("客厅小爱")
    since = len(sim.timeline)
    await notify(living, "announce", LAUNDRY)
    await living.spoken(Phrase.ATTENTION + LAUNDRY, since=since)


@pytest.mark.parametrize(("title", "opening"), [("门铃", "门铃。"), ("开饭啦！", "开饭啦！"), (" ", Phrase.ATTENTION)])
async def test_the_title_of_an_announcement_calls_for_attention(sim, corner, notify, title, opening):
    living = corner("客厅小爱")
    since = len(sim.timeline)
    await notify(living, "announce", "有人来了。", title=title)
    await living.spoken(f"{opening}有人来了。", since=since)


async def test_a_message_waits_for_the_end_of_an_answer(sim, living, notify):
    question = "编一个小狐狸数星星的故事"
    since = living.ask(question)
    await living.event("speech_started", since=since, source="tts")
    await notify(living, "speak", LAUNDRY)
    await living.spoken(own_answer(question) + LAUNDRY, since=since)


async def test_an_announcement_ends_an_answer(sim, living, notify):
    request = await begin_story(living)
    await notify(living, "announce", SMOKE)
    finished = await event(sim, "llm_finished", id=request.fields["id"])
    assert finished.fields["reason"] == "closed_by_client"
    assert audible("".join(texts(living, request.seq))).endswith(audible(Phrase.ATTENTION + SMOKE))
    since = len(sim.timeline)
    await polls(sim)
    assert living.pieces(since) == []  # the story does not go on


async def test_two_messages_are_said_one_after_the_other(sim, corner, notify):
    living = corner("客厅小爱")
    since = len(sim.timeline)
    await asyncio.gather(notify(living, "speak", LAUNDRY), notify(living, "speak", SMOKE))
    await living.spoken(LAUNDRY + SMOKE, since=since)


async def test_an_announcement_ends_a_message_but_no_announcement(sim, corner, notify):
    living = corner("客厅小爱")
    since = len(sim.timeline)
    message = asyncio.create_task(notify(living, "speak", STORY * 3))
    await living.event("speech_started", since=since)
    await asyncio.gather(notify(living, "announce", SMOKE), notify(living, "announce", LAUNDRY))
    await message
    said = texts(living, since)
    assert audible("".join(said[1:])) == audible(Phrase.ATTENTION + SMOKE + Phrase.ATTENTION + LAUNDRY)


async def test_other_speakers_do_not_wait(hass, sim, corner, notify):
    places = [corner("客厅小爱"), corner("卧室小爱")]
    registry = er.async_get(hass)
    since = len(sim.timeline)
    entity_ids = [registry.async_get_entity_id(Platform.NOTIFY, DOMAIN, f"{place.did}-speak") for place in places]
    await hass.services.async_call("notify", "send_message", {"entity_id": entity_ids, "message": LONG}, blocking=True)
    spoken = [one.fields["speaker"] for one in sim.timeline.since(since, "speech_started")]
    first_end = next(one for one in sim.timeline.since(since, "speech_ended"))
    begun = {one.fields["speaker"] for one in sim.timeline.since(since, "speech_started") if one.seq < first_end.seq}
    assert set(spoken) == begun == {place.name for place in places}


async def test_who_speaks_to_the_speaker_ends_a_message(sim, living, notify):
    since = len(sim.timeline)
    sent = asyncio.create_task(notify(living, "speak", STORY * 20))
    await living.event("speech_started", since=since)
    asked = living.ask("天空为什么是蓝色的")
    await sent  # nobody is told that it failed: somebody was there
    await event(sim, "llm_request", since=asked)
    assert living.pieces(since)[0] in STORY * 20
    assert audible("".join(living.pieces(since))) != audible(STORY * 20)


async def test_music_goes_on_after_a_message(sim, corner, notify):
    living = corner("客厅小爱")
    sim.settings.update({"status_lag": 0.0})
    sim.world.speaker(living.name).play_music(Track("小河淌水"))
    since = len(sim.timeline)
    await notify(living, "speak", LAUNDRY)
    await living.spoken(LAUNDRY, since=since)
    first, *speech, last = [one.fields["command"] for one in living.told(since=since)]
    assert (first, set(speech), last) == ("pause", {"tts"}, "play")
    assert sim.world.speaker(living.name).state.status == 1


async def test_a_message_is_spoken_over_what_may_be_music(sim, corner, notify):
    sim.settings.update({"status_lag": 0.0})
    kitchen = corner("厨房小爱")  # tells that something plays, not what
    sim.world.speaker(kitchen.name).play_music(Track("小河淌水"))
    since = len(sim.timeline)
    await notify(kitchen, "speak", LAUNDRY)
    assert {one.fields["command"] for one in kitchen.told(since=since)} == {"tts"}
    await kitchen.spoken(LAUNDRY, since=since)


@pytest.mark.parametrize("message", ["", "  ", "😀", "**"])
@pytest.mark.parametrize("key", ["speak", "announce"])
async def test_what_cannot_be_spoken_is_refused(corner, notify, key, message):
    living = corner("客厅小爱")
    with pytest.raises(ServiceValidationError) as raised:
        await notify(living, key, message)
    assert raised.value.translation_key == "nothing_to_say"
    assert living.told() == []


async def test_a_speaker_that_does_not_answer_is_told_of(sim, corner, notify):
    living = corner("客厅小爱")
    sim.world.set_online(living.name, False)
    with pytest.raises(HomeAssistantError) as raised:
        await notify(living, "speak", LAUNDRY)
    assert raised.value.translation_key == "speaker_unreachable"
    assert raised.value.translation_placeholders == {"name": living.name}


async def test_they_are_unavailable_when_the_speaker_is(hass, sim, entry, corner):
    living = corner("客厅小爱")
    sim.world.set_online("客厅小爱", False)
    await entry.runtime_data.coordinator.async_refresh()
    for key in ("speak", "announce"):
        entity_id = er.async_get(hass).async_get_entity_id(Platform.NOTIFY, DOMAIN, f"{living.did}-{key}")
        assert hass.states.get(entity_id).state == STATE_UNAVAILABLE


async def test_an_unload_ends_a_message(hass, sim, entry, living, notify):
    since = len(sim.timeline)
    sent = asyncio.create_task(notify(living, "speak", STORY * 20))
    await living.event("speech_started", since=since)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await sent
    await until(sim, lambda: sim.world.speaker(living.name).speech is None)
