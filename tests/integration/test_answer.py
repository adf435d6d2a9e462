"""Giving an answer: thinking aloud, stalls, lengths, failures, and a speaker that is told to be silent."""

import asyncio

from homeassistant.components.conversation import ChatLog
import pytest

from custom_components.xiao_gpt import answer as answer_module, answering as answering_module
from custom_components.xiao_gpt.answer import Answer, Said
from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.speech import SpeechRate, Talk
from custom_components.xiao_gpt.turn import Turn, Words
from custom_components.xiao_gpt.xiaomi import SpeakerOfflineError
from simulator.llm_replies import ScriptedReply, own_answer, tokens
from tests.integration.support import audible, event, polls, renew_keys, until

STORY, WHY, HOW = "编一个小狐狸数星星的故事", "天空为什么是蓝色的", "怎么做红烧肉"
SENTENCE = "从前山脚下住着一只每天晚上都要数一遍天上星星的小狐狸。"
GOOD = "天空发蓝是因为空气把阳光里的蓝光散向了四面八方。"
LONG_AND_GOOD = GOOD * 3
REFUSAL = "这个问题我还没学会，换个问法试试吧。"


@pytest.fixture
def set_options(hass, sim, entry):
    """Return a function that sets options of the dialogue; also such as the form would not take."""

    async def change(**options):
        hass.config_entries.async_update_entry(entry, options={"dialogue": options})
        await hass.async_block_till_done()
        await polls(sim, 2)

    return change


@pytest.fixture
def new_answer(living):
    """Return a function that returns an answer at the speaker and its words."""

    def make(**options):
        turn = Turn(WHY, Talk(living.speaker, SpeechRate()))
        words = Words(turn, 1000)
        return Answer(living.speaker, turn, words, **options), turn, words

    return make


@pytest.fixture
def fails(sim, living):
    """Let the language model fail, once noticed already."""

    async def noticed():
        sim.llm.settings.fail = "auth"
        since = living.ask(WHY, GOOD)
        await living.spoken(GOOD, since=since)
        await over(living)
        renew_keys(living.entry)  # a revoked one would not be tried again

    return noticed


async def over(corner):
    """Wait until the answer is over."""
    dialogue = corner.entry.runtime_data.dialogues[corner.did]
    await until(corner.sim, lambda: not dialogue.answering)


def say(words, text):
    """Let the assistant say something, as a chat log tells of it."""
    words(None, {"role": "assistant"})
    words(None, {"content": text})


async def forever():
    await asyncio.Event().wait()


# Thinking aloud


async def test_it_thinks_aloud_once_if_nothing_comes_in_time(sim, living, set_options):
    await set_options(thinking_after=0.3)
    sim.llm.settings.first_token = 1.5
    since = living.ask(WHY)
    await living.event("speech_started", since=since, source="tts", text=Phrase.THINKING)
    assert sim.timeline.since(since, "llm_first_token") == []
    await until(sim, lambda: audible("".join(living.pieces(since))) == audible(Phrase.THINKING + own_answer(WHY)))
    assert living.pieces(since).count(Phrase.THINKING) == 1
    await over(living)


async def test_it_does_not_think_aloud_once_words_have_come(sim, living, set_options):
    await set_options(thinking_after=3)
    since = living.ask(STORY)
    await living.spoken(own_answer(STORY), since=since)


async def test_it_never_thinks_aloud_where_that_is_switched_off(sim, living, set_options):
    await set_options(thinking_after=0)
    sim.llm.settings.first_token = 1.0
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_one_that_was_told_to_stop_does_not_think_aloud(sim, living, set_options):
    await set_options(thinking_after=5)
    sim.llm.settings.first_token = 60
    since = living.ask(WHY)
    await event(sim, "llm_request", since=since)
    living.ask("停")
    await event(sim, "llm_finished", since=since, reason="closed_by_client")
    await polls(sim, 5)
    assert living.pieces(since) == []


async def test_a_speaker_that_does_not_think_aloud_answers_all_the_same(living, new_answer, monkeypatch):
    answer, _, words = new_answer(thinking_after_s=0.1)
    say_aloud, refused = living.speaker.say, []

    async def refuse(text):
        if text == Phrase.THINKING:
            refused.append(text)
            raise SpeakerOfflineError("It does not answer")
        await say_aloud(text)

    async def ask():
        await asyncio.sleep(0.3)
        say(words, "你好。")

    monkeypatch.setattr(living.speaker, "say", refuse)
    assert await answer.give(ask) is Said.BY_AGENT
    assert refused == [Phrase.THINKING]
    assert living.pieces() == ["你好。"]


# Stalls


async def test_an_answer_that_stops_coming_is_given_up(sim, living, monkeypatch, caplog):
    monkeypatch.setattr(answer_module, "STALL_S", 0.4)
    sim.llm.replies.append(ScriptedReply(STORY, SENTENCE * 3))
    sim.llm.settings.stall_after = len(tokens(SENTENCE)) + 3
    since = living.ask(STORY)
    finished = await event(sim, "llm_finished", since=since)
    sim.llm.settings.stall_after = None
    assert finished.fields["reason"] == "closed_by_client"
    await living.spoken(finished.fields["text"] + Phrase.STALLED, since=since)
    assert "stopped coming" in caplog.text
    await over(living)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_a_model_that_thinks_first_has_not_stalled(sim, living, monkeypatch):
    monkeypatch.setattr(answer_module, "STALL_S", 0.2)
    sim.llm.settings.first_token = 1.0
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_an_agent_that_cannot_be_told_is_cancelled(living, new_answer, monkeypatch):
    monkeypatch.setattr(answer_module, "STALL_S", 0.1)
    monkeypatch.setattr(answer_module, "_CLOSING_S", 0.1)
    answer, _, words = new_answer()
    ended = []

    async def ask():
        say(words, "你好。")
        try:
            await forever()
        finally:
            ended.append(True)

    assert await answer.give(ask) is Said.BY_US
    assert ended == [True]
    assert audible("".join(living.pieces())) == audible("你好。" + Phrase.STALLED)


async def test_an_agent_that_fails_after_some_words_is_apologised_for(living, new_answer):
    answer, _, words = new_answer()

    async def ask():
        say(words, "你好。")
        raise RuntimeError

    assert await answer.give(ask, instead=GOOD) is Said.BY_US
    assert audible("".join(living.pieces())) == audible("你好。" + Phrase.SORRY)


async def test_an_answer_that_cannot_be_spoken_ends_and_says_so(living, new_answer, monkeypatch):
    answer, turn, words = new_answer()

    async def refuse(text):
        raise SpeakerOfflineError("It does not answer")

    async def ask():
        say(words, "你好。")
        await turn.enough.wait()

    monkeypatch.setattr(living.speaker, "say", refuse)
    with pytest.raises(SpeakerOfflineError):
        await answer.give(ask)
    assert turn.interrupted


# Length


async def test_an_answer_that_is_too_long_ends_with_a_sentence(sim, living, set_options, requests):
    await set_options(max_characters=50)
    sim.llm.replies.append(ScriptedReply(STORY, SENTENCE * 10))
    sim.llm.settings.tokens_per_second = 100
    since = living.ask(STORY)
    finished = await event(sim, "llm_finished", since=since)
    assert finished.fields["reason"] == "closed_by_client"
    await living.spoken(SENTENCE * 2, since=since)
    await over(living)
    since = living.ask(WHY)  # nothing has failed
    await living.spoken(
        own_answer(WHY)[: own_answer(WHY).index("散开；") + 50].split("一样。")[0] + "一样。", since=since
    )


@pytest.mark.parametrize(
    ("deltas", "limit", "expected"),
    [
        (["一二三。四五六。七"], 4, "一二三。四五六。"),
        (["一二三。四五六。七"], 3, "一二三。"),
        (["一二三。", "四五六。", "七八九。"], 5, "一二三。四五六。"),
        (["一二三。", "四五六。", "七八九。"], 4, "一二三。四五六。"),
        (["一二三，四五六，", "七八九，"], 1, "一二三，四五六，七八九，"),
        (["一二三", "四五", "？六。"], 1, "一二三四五？"),
        (["好！", "嗯…", "行\n", "二"], 1, "好！"),
        (["一二三。四五六。"], 100, "一二三。四五六。"),
    ],
)
def test_the_first_end_of_a_sentence_after_so_many_characters_is_the_end(hass, corner, deltas, limit, expected):
    fed = []

    class Recorder(Talk):
        def feed(self, delta):
            fed.append(delta)

    turn = Turn(WHY, Recorder(corner("客厅小爱").speaker, SpeechRate()))
    words = Words(turn, limit)
    chat_log = ChatLog(hass, "a-conversation")
    words(chat_log, {"role": "assistant"})
    for delta in deltas:
        words(chat_log, {"content": delta})
    assert "".join(fed) == expected
    assert turn.enough.is_set() == (expected != "".join(deltas))


# Failures


async def test_a_failure_gives_way_to_xiaoais_own_answer(sim, living):
    sim.llm.settings.fail = "auth"
    since = living.ask(WHY, GOOD)
    await living.spoken(GOOD, since=since)


@pytest.mark.parametrize("own", [REFUSAL, None, "嗯"])
async def test_xiaoais_refusal_does_not_take_the_place_of_an_apology(sim, living, own):
    sim.llm.settings.fail = "quota"
    since = living.ask(WHY, own)
    ended = await living.event("speech_ended", since=since, source="tts")
    assert "额度用完" in ended.fields["text"]


async def test_an_answer_that_breaks_off_is_not_followed_by_xiaoais_own(sim, living):
    sim.llm.settings.fail = "disconnect"
    since = living.ask(WHY, GOOD)
    half = (await event(sim, "llm_finished", since=since)).fields["text"]
    await living.spoken(half + "抱歉，大模型那边出了问题，请稍后再问我。", since=since)


async def test_after_a_failure_xiaoai_is_not_silenced_in_vain(sim, living, fails):
    await fails()
    since = living.ask(HOW, LONG_AND_GOOD)
    ended = await living.event("speech_ended", since=since)
    assert (ended.fields["source"], ended.fields["reason"]) == ("xiaoai", "finished")
    assert ended.fields["text"] == LONG_AND_GOOD
    assert sim.timeline.since(since, "llm_refused") != []
    assert living.told(since=since) == []


async def test_after_a_failure_a_bad_answer_of_xiaoais_is_silenced_as_ever(sim, living, fails):
    await fails()
    since = living.ask(HOW, REFUSAL * 3)
    ended = await living.event("speech_ended", since=since, source="tts")
    assert "密钥失效" in ended.fields["text"]
    assert living.told("pause", since=since) != []


async def test_once_it_answers_again_it_is_trusted_again(sim, living, fails):
    await fails()
    sim.llm.settings.fail = None
    since = living.ask(HOW, LONG_AND_GOOD)
    await living.spoken(own_answer(HOW), since=since)
    xiaoai = await living.event("speech_ended", since=since, source="xiaoai")
    assert xiaoai.fields["reason"] == "replaced"
    assert living.told("pause", "stop", since=since) == []
    await over(living)
    since = living.ask(WHY, LONG_AND_GOOD)
    await living.spoken(own_answer(WHY), since=since)
    assert living.told("pause", since=since) != []


async def test_a_failure_is_forgotten_in_time(sim, living, fails, monkeypatch):
    monkeypatch.setattr(answering_module, "DISTRUST_S", 0)
    await fails()
    since = living.ask(HOW, LONG_AND_GOOD)
    await living.spoken(LONG_AND_GOOD, since=since)
    assert living.told("pause", since=since) != []


async def test_where_it_may_fail_it_does_not_think_aloud_over_xiaoai(sim, living, new_answer):
    answer, *_ = new_answer(thinking_after_s=0.3)
    since = len(sim.timeline)
    sim.world.speaker(living.name).say(LONG_AND_GOOD, "xiaoai")

    async def ask():
        await asyncio.sleep(0.8)
        return "抱歉，大模型太久没有回答。"

    assert await answer.give(ask, instead=LONG_AND_GOOD, patient=True) is Said.BY_XIAOAI
    ended = await living.event("speech_ended", since=since)
    assert (ended.fields["source"], ended.fields["reason"]) == ("xiaoai", "finished")


async def test_where_it_failed_a_continuous_dialogue_lets_xiaoai_finish(sim, entry, living, fails):
    await fails()
    entry.runtime_data.dialogues[living.did].set(continuous=True)
    since = living.ask(HOW, LONG_AND_GOOD)
    ended = await living.event("speech_ended", since=since)
    assert (ended.fields["source"], ended.fields["reason"]) == ("xiaoai", "finished")


# Silenced at the speaker itself


@pytest.mark.parametrize("by", ["stop", "wake word"])
async def test_silenced_at_the_speaker_itself_the_answer_ends(sim, entry, living, by):
    rate = SpeechRate.at(5.0)
    rate.lessons, rate.shown_after, rate.unsteadiness = 10, 0.5, 0.004  # known so well that pieces are long
    rate.doubt = [[value / 1000 for value in row] for row in rate.doubt]
    entry.runtime_data.memory.of(living.did).rate = rate
    sim.llm.replies.append(ScriptedReply(STORY, SENTENCE * 9))
    sim.llm.settings.stall_after = len(tokens(SENTENCE * 8)) + 2
    since = living.ask(STORY)
    request = await event(sim, "llm_request", since=since)
    await until(sim, lambda: len(living.pieces(since)) == 2)
    long = living.told("tts", since=since)[-1]
    assert len(long.fields["text"]) >= 2 * len(SENTENCE)
    await living.event("status_read", since=long.seq, status=1)
    speaker = sim.world.speaker(living.name)
    speaker.stop("ubus") if by == "stop" else speaker.interrupt()
    silent = len(sim.timeline)
    finished = await event(sim, "llm_finished", id=request.fields["id"])
    assert finished.fields["reason"] == "closed_by_client"
    await over(living)
    await polls(sim, 2)
    assert living.pieces(silent) == []
