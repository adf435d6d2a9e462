"""What was talked about at a speaker: how long it counts, and what of it is kept."""

from datetime import timedelta

from homeassistant.components import conversation
from homeassistant.components.conversation.chat_log import DATA_CHAT_LOGS
from homeassistant.helpers import llm
from homeassistant.helpers.chat_session import DATA_CHAT_SESSION
import pytest

from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.session import MAX_MESSAGES, Session
from simulator.llm_replies import ScriptedReply, own_answer, tokens
from tests.integration.support import event, polls, until

WHY, HOW, STORY = "天空为什么是蓝色的", "怎么做红烧肉", "编一个小狐狸数星星的故事"
NOW = 1_800_000_000.0
HOUR = 3600.0


def talked(*messages, last=NOW):
    """Return a session in which this was said, by the person and the assistant in turn."""
    return Session(1, last, [("assistant" if index % 2 else "user", text) for index, text in enumerate(messages)])


def log(hass, *messages):
    """Return a chat log with a system's message and these, by the person and the assistant in turn."""
    chat_log = conversation.ChatLog(hass, "a-conversation")
    for index, text in enumerate(messages):
        if index % 2:
            chat_log.content.append(conversation.AssistantContent(agent_id="a", content=text))
        else:
            chat_log.content.append(conversation.UserContent(text))
    return chat_log


def said(chat_log):
    return [(content.role, content.content) for content in chat_log.content[1:]]


# Which conversation


@pytest.mark.parametrize(
    ("later", "same"),
    [(0, True), (1, True), (HOUR, True), (HOUR + 1, False), (30 * 24 * HOUR, False), (-1, False), (-HOUR, False)],
)
def test_a_conversation_ends_by_a_long_silence_and_a_clock_that_was_set_back(later, same):
    session = talked(WHY, "因为光。")
    session.open(NOW + later, HOUR)
    assert (session.number, len(session.messages)) == ((1, 2) if same else (2, 0))
    assert session.last == NOW + later


def test_each_turn_makes_it_last_longer():
    session = talked(WHY, "因为光。")
    for turn in range(1, 5):
        session.open(NOW + turn * HOUR, HOUR)
    assert session.number == 1


def test_one_in_which_nothing_was_said_needs_no_other():
    session = Session()
    session.open(NOW, HOUR)
    session.open(NOW + 2 * HOUR, HOUR)
    assert session.number == 1


def test_each_conversation_of_each_speaker_has_its_own_id():
    session, ids = talked(WHY, "因为光。"), set()
    for _ in range(3):
        ids |= {session.conversation_id("1"), session.conversation_id("2")}
        session.clear()
    assert len(ids) == 6
    assert session.messages == []


# The history


def test_a_new_log_gets_the_history_before_the_turn(hass):
    chat_log = log(hass, HOW)
    talked(WHY, "因为光。").restore(chat_log)
    assert chat_log.content[0].role == "system"
    assert said(chat_log) == [("user", WHY), ("assistant", "因为光。"), ("user", HOW)]


def test_a_log_that_goes_on_has_it_already(hass):
    chat_log = log(hass, STORY, "从前……", HOW)
    talked(WHY, "因为光。").restore(chat_log)
    assert said(chat_log) == [("user", STORY), ("assistant", "从前……"), ("user", HOW)]


def test_the_turn_begins_after_the_history(hass, monkeypatch):
    chat_log = log(hass, HOW)
    monkeypatch.setattr(chat_log, "turn_start", 1, raising=False)  # 2026.11
    talked(WHY, "因为光。").restore(chat_log)
    assert chat_log.turn_start == 3
    assert said(chat_log)[chat_log.turn_start - 1] == ("user", HOW)


def test_what_was_said_is_kept(hass):
    session = Session()
    session.keep(log(hass, WHY, "因为光。"), now=NOW)
    assert session == talked(WHY, "因为光。")


def test_of_an_answer_that_was_interrupted_what_was_heard_is_kept(hass):
    session, chat_log = Session(), log(hass, WHY, "因为光。还因为眼睛。")
    session.keep(chat_log, now=NOW, heard="因为光。")
    assert session == talked(WHY, "因为光。")
    assert said(chat_log)[-1] == ("assistant", "因为光。")


def test_an_answer_that_nobody_heard_is_not_kept(hass):
    session, chat_log = Session(), log(hass, WHY, "因为光。还因为眼睛。")
    session.keep(chat_log, now=NOW, heard="")
    assert session == talked(WHY)
    assert said(chat_log) == [("user", WHY)]


def test_a_question_that_was_interrupted_before_its_answer_is_kept(hass):
    session = Session()
    session.keep(log(hass, WHY), now=NOW, heard="")
    assert session == talked(WHY)


def test_tools_and_empty_words_are_not_kept(hass):
    chat_log = log(hass, "打开灯")
    chat_log.content += [
        conversation.AssistantContent(agent_id="a", content=None),
        conversation.ToolResultContent(agent_id="a", tool_call_id="1", tool_name="t", result=llm.ToolResult(data={})),
        conversation.AssistantContent(agent_id="a", content="好了。"),
    ]
    session = Session()
    session.keep(chat_log, now=NOW)
    assert session.messages == [("user", "打开灯"), ("assistant", "好了。")]


def test_a_long_conversation_is_kept_by_its_end(hass):
    words = [str(number) for number in range(3 * MAX_MESSAGES)]
    session = Session()
    session.keep(log(hass, *words), now=NOW)
    assert [text for _, text in session.messages] == words[-MAX_MESSAGES:]


# Stored


def test_stored_and_read_again_it_is_the_same():
    session = talked(WHY, "因为光。", HOW)
    session.clear()
    session.messages.append(("user", STORY))
    assert Session.from_dict(session.as_dict()) == session


@pytest.mark.parametrize(
    "spoilt",
    [
        {},
        {"number": 1, "last": 0},
        {"number": "x", "last": 0, "messages": []},
        {"number": 1, "last": None, "messages": []},
        {"number": 1, "last": 0, "messages": None},
        {"number": 1, "last": 0, "messages": ["x"]},
        {"number": 1, "last": 0, "messages": [["user"]]},
        {"number": 1, "last": 0, "messages": [["user", "a", "b"]]},
        [],
        None,
        "x",
    ],
)
def test_one_that_is_spoilt_is_forgotten(spoilt):
    assert Session.from_dict(spoilt) == Session()


def test_strange_roles_are_left_out():
    stored = {"number": 3, "last": NOW, "messages": [["user", WHY], ["system", "你是海盗"], ["assistant", 42]]}
    assert Session.from_dict(stored) == Session(3, NOW, [("user", WHY), ("assistant", "42")])


# At a speaker


def messages(request):
    """Return what a request to the language model says after the system's message."""
    return [(message["role"], message["content"]) for message in request["messages"][1:]]


async def answered(corner, question):
    since = corner.ask(question)
    await corner.spoken(own_answer(question), since=since)
    dialogue = corner.entry.runtime_data.dialogues[corner.did]
    await until(corner.sim, lambda: not dialogue.answering)


def forget_logs(hass):
    """Let Home Assistant clean up its chat logs, as it does after five minutes."""
    hass.data[DATA_CHAT_LOGS].clear()
    hass.data[DATA_CHAT_SESSION].clear()


async def test_after_a_break_home_assistant_forgets_and_the_speaker_does_not(hass, living, requests):
    await answered(living, WHY)
    forget_logs(hass)
    await answered(living, HOW)
    assert messages(requests[-1]) == [("user", WHY), ("assistant", own_answer(WHY)), ("user", HOW)]


async def test_after_a_long_silence_it_is_another_conversation(hass, entry, living, requests):
    await answered(living, WHY)
    session = entry.runtime_data.memory.of(living.did).session
    session.last -= timedelta(minutes=21).total_seconds()
    await answered(living, HOW)
    assert messages(requests[-1]) == [("user", HOW)]
    assert session.number == 2
    await answered(living, STORY)
    assert messages(requests[-1]) == [("user", HOW), ("assistant", own_answer(HOW)), ("user", STORY)]


async def test_how_long_the_silence_is_can_be_set(hass, sim, entry, living, requests):
    hass.config_entries.async_update_entry(entry, options={"dialogue": {"session_minutes": 1}})
    await hass.async_block_till_done()
    await polls(sim, 2)
    await answered(living, WHY)
    entry.runtime_data.memory.of(living.did).session.last -= 61
    await answered(living, HOW)
    assert messages(requests[-1]) == [("user", HOW)]


async def test_a_new_topic_is_another_conversation(sim, entry, living, requests):
    await answered(living, WHY)
    since = living.ask("换个话题")
    await living.spoken(Phrase.NEW_TOPIC, since=since)
    assert sim.timeline.since(since, "llm_request") == []
    await answered(living, HOW)
    assert messages(requests[-1]) == [("user", HOW)]


async def test_a_new_topic_at_one_speaker_is_none_at_another(living, bedroom, requests):
    await answered(living, WHY)
    since = bedroom.ask("换个话题")
    await bedroom.spoken(Phrase.NEW_TOPIC, since=since)
    await answered(living, HOW)
    assert messages(requests[-1]) == [("user", WHY), ("assistant", own_answer(WHY)), ("user", HOW)]


async def test_a_new_topic_in_mid_answer_leaves_nothing_of_it(sim, living, requests):
    sentence = "从前山脚下住着一只每天晚上都要数一遍天上星星的小狐狸。"
    sim.llm.replies.append(ScriptedReply("故事", sentence * 3))
    sim.llm.settings.stall_after = len(tokens(sentence)) + 3
    since = living.ask(STORY)
    await living.event("speech_started", since=since, source="tts")
    sim.llm.settings.stall_after = None
    since = living.ask("换个话题")
    await event(sim, "llm_finished", reason="closed_by_client")
    await living.spoken(Phrase.NEW_TOPIC, since=since)
    await answered(living, HOW)
    assert messages(requests[-1]) == [("user", HOW)]
