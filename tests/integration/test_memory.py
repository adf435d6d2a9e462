"""What is known of each speaker from one start to the next."""

from datetime import timedelta

from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.memory import SAVE_DELAY_S, STORAGE_VERSION, Memory, async_forget
from custom_components.xiao_gpt.session import Session
from custom_components.xiao_gpt.speech import SpeechRate
from simulator.llm_replies import own_answer
from tests.integration.support import polls, until

WHY, HOW = "天空为什么是蓝色的", "怎么做红烧肉"


def rarity(token):
    """Let every token say as much as any other."""
    return 1.0


async def answered(corner, question):
    since = corner.ask(question)
    await corner.spoken(own_answer(question), since=since)
    dialogue = corner.entry.runtime_data.dialogues[corner.did]
    await until(corner.sim, lambda: not dialogue.answering)


def stored(data):
    return {"version": STORAGE_VERSION, "minor_version": 1, "data": data}


async def reload(hass, sim, entry):
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    await polls(sim, 2)


async def test_one_that_nothing_is_known_of_begins_anew(hass):
    memory = Memory(hass, "a", rarity)
    await memory.async_load()
    assert memory.of("1").session == Session()
    assert memory.of("1").rate == SpeechRate()
    assert memory.of("1") is memory.of("1") is not memory.of("2")


async def test_what_is_saved_is_there_again(hass, hass_storage):
    memory = Memory(hass, "a", rarity)
    memory.of("1").session.messages.append(("user", WHY))
    memory.of("1").rate = SpeechRate.at(4.5)
    memory.of("2").session.number = 7
    await memory.async_close()
    again = Memory(hass, "a", rarity)
    await again.async_load()
    assert {did: again.of(did) for did in "12"} == {did: memory.of(did) for did in "12"}
    other = Memory(hass, "b", rarity)
    await other.async_load()
    assert other.of("1").session == Session()


async def test_corrections_are_kept_beside_the_speakers(hass, hass_storage):
    memory = Memory(hass, "a", rarity)
    memory.correct("讲个恐龙的故事", llm=True)
    memory.correct("放一首歌", llm=False)
    memory.of("1").session.number = 7
    await memory.async_close()
    again = Memory(hass, "a", rarity)
    await again.async_load()
    assert list(again.corrections) == list(memory.corrections)
    assert [llm for _, llm in again.corrections] == [True, False]
    assert again.corrections.shift("讲个恐龙的故事") > 0 > again.corrections.shift("放一首歌")
    assert again.of("1").session.number == 7


async def test_the_rhythm_of_the_day_is_kept_and_forgotten_with_the_corrections(hass, hass_storage):
    memory = Memory(hass, "a", rarity)
    memory.rhythm.learn(7, -3.0)
    await memory.async_close()
    again = Memory(hass, "a", rarity)
    await again.async_load()
    assert again.rhythm.shift(7) == pytest.approx(memory.rhythm.shift(7), abs=0.001) != 0
    again.forget_corrections()
    assert again.rhythm.shift(7) == 0


async def test_a_correction_is_saved_after_a_while_and_so_is_that_it_is_forgotten(hass, hass_storage):
    memory = Memory(hass, "a", rarity)
    for change, expected in ((lambda: memory.correct("放一首歌", llm=True), 1), (memory.forget_corrections, 0)):
        change()
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SAVE_DELAY_S + 1))
        await hass.async_block_till_done()
        assert len(hass_storage[f"{DOMAIN}.a"]["data"]["corrections"]) == expected


async def test_changes_are_saved_after_a_while(hass, hass_storage):
    memory = Memory(hass, "a", rarity)
    memory.of("1").session.number = 7
    memory.async_changed()
    await hass.async_block_till_done()
    assert f"{DOMAIN}.a" not in hass_storage
    memory.of("1").session.number = 8
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SAVE_DELAY_S + 1))
    await hass.async_block_till_done()
    assert hass_storage[f"{DOMAIN}.a"]["data"]["1"]["session"]["number"] == 8


async def test_once_closed_it_keeps_nothing_more(hass, hass_storage):
    memory = Memory(hass, "a", rarity)
    await memory.async_close()
    memory.correct("放一首歌", llm=True)  # by a turn that ends late
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SAVE_DELAY_S + 1))
    await hass.async_block_till_done()
    assert hass_storage[f"{DOMAIN}.a"]["data"]["corrections"] == []


async def test_removed_it_is_forgotten(hass, hass_storage):
    memory = Memory(hass, "a", rarity)
    memory.of("1").session.number = 7
    await memory.async_close()
    await async_forget(hass, "a")
    assert f"{DOMAIN}.a" not in hass_storage


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"1": {}},
        {"1": {"session": None, "rate": None}},
        {"1": {"session": {"number": "x"}, "rate": {"weights": "x"}}},
        {"1": {"session": [], "rate": []}},
        {"1": {}, "corrections": None},
        {"1": {}, "corrections": {"utterance": "开灯", "llm": True}},
        {"1": {}, "corrections": ["开灯", {"utterance": "开灯"}, {"llm": True}]},
    ],
)
async def test_what_is_spoilt_is_learned_anew(hass, hass_storage, data):
    hass_storage[f"{DOMAIN}.a"] = stored(data)
    memory = Memory(hass, "a", rarity)
    await memory.async_load()
    assert memory.of("1").session == Session()
    assert memory.of("1").rate == SpeechRate()
    assert list(memory.corrections) == []


async def test_one_that_is_spoilt_does_not_spoil_the_others(hass, hass_storage):
    session = {"number": 3, "last": 1.0, "messages": [["user", WHY]]}
    hass_storage[f"{DOMAIN}.a"] = stored({"1": {"session": {}}, "2": {"session": session}})
    memory = Memory(hass, "a", rarity)
    await memory.async_load()
    assert memory.of("1").session == Session()
    assert memory.of("2").session == Session(3, 1.0, [("user", WHY)])


# Over a reload


async def test_a_conversation_goes_on_after_a_reload(hass, sim, entry, living, requests):
    await answered(living, WHY)
    hass.data["conversation_chat_logs"].clear()  # as after a restart
    hass.data["chat_session"].clear()
    before = entry.runtime_data.memory
    await reload(hass, sim, entry)
    assert entry.runtime_data.memory is not before
    await answered(living, HOW)
    assert [(message["role"], message["content"]) for message in requests[-1]["messages"][1:]] == [
        ("user", WHY),
        ("assistant", own_answer(WHY)),
        ("user", HOW),
    ]


async def test_it_is_forgotten_in_time_after_a_reload_too(hass, sim, entry, living, requests):
    await answered(living, WHY)
    entry.runtime_data.memory.of(living.did).session.last -= 3600
    await reload(hass, sim, entry)
    await answered(living, HOW)
    assert [message["content"] for message in requests[-1]["messages"][1:]] == [HOW]


async def test_the_pace_is_kept_over_a_reload(hass, sim, entry, living, corner):
    await answered(living, WHY)
    rate = entry.runtime_data.memory.of(living.did).rate
    assert rate.lessons > 0
    known = rate.as_dict()
    await reload(hass, sim, entry)
    again = entry.runtime_data.memory.of(living.did).rate
    assert again is not rate
    assert again.as_dict() == known


async def test_the_words_of_a_home_go_with_its_entry(hass, entry, living, hass_storage):
    await answered(living, WHY)
    key = f"{DOMAIN}.{entry.entry_id}"
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert WHY in str(hass_storage[key])
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert key not in hass_storage
    assert WHY not in str(hass_storage)


async def test_it_is_not_for_everyone_to_read(hass, entry):
    assert entry.runtime_data.memory._store._private
