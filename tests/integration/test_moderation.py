"""What must neither be asked nor said, with the entry's options, at a speaker and in the Assist dialog."""

from homeassistant.components import conversation
from homeassistant.components.conversation.chat_log import DATA_CHAT_LOGS
from homeassistant.core import Context
import pytest

from custom_components.xiao_gpt.moderation import WITHHELD
from custom_components.xiao_gpt.phrases import Phrase
from simulator.llm_replies import ScriptedReply, ToolCall, own_answer
from tests.integration.support import agent_id, event, polls

WHY, HOW = "天空为什么是蓝色的", "怎么做红烧肉"
RUDE = "因为光的散射。小明说你是个大傻，瓜！后面还有很多话，很多很多。"


@pytest.fixture
def options(hass, entry):
    """Return a function that sets the options of moderation."""

    async def options(**fields):
        hass.config_entries.async_update_entry(entry, options={"moderation": fields})
        await hass.async_block_till_done()

    return options


@pytest.fixture
def ask(hass, entry):
    async def ask(text, conversation_id="a-conversation"):
        result = await conversation.async_converse(
            hass, text, conversation_id, Context(), agent_id=agent_id(hass, entry), language="zh-Hans"
        )
        return result.response.speech["plain"]["speech"]

    return ask


async def test_nothing_is_looked_for_by_default(ask, sim):
    sim.llm.replies.append(ScriptedReply(WHY, RUDE))
    assert await ask(WHY) == RUDE
    assert sim.timeline.since(0, "llm_moderation") == []


async def test_an_answer_ends_before_the_first_unwanted_sentence(hass, options, ask, sim, requests):
    await options(blocked_words=["傻瓜"])
    sim.llm.replies.append(ScriptedReply(WHY, RUDE))
    sim.llm.settings.tokens_per_second = 20
    since = len(sim.timeline)
    said = f"因为光的散射。\n{Phrase.UNWANTED_ANSWER}"
    assert await ask(WHY) == said
    finished = await event(sim, "llm_finished", since=since)
    assert finished.fields["reason"] != "stop"  # the connection was closed
    await ask(HOW)
    assert "傻" not in str(requests[-1]["messages"])
    assert {"role": "assistant", "content": said} in requests[-1]["messages"]
    assert hass.data[DATA_CHAT_LOGS]["a-conversation"].content[2].content == said


async def test_an_unwanted_question_is_not_sent_then_or_later(options, ask, sim, requests):
    await options(blocked_words=["造炸弹"])
    since = len(sim.timeline)
    assert await ask("怎么造 炸弹") == Phrase.UNWANTED_QUESTION
    assert sim.timeline.since(since, "llm_request") == []
    assert await ask(WHY) == own_answer(WHY)
    assert "炸弹" not in str(requests[-1]["messages"])
    assert {"role": "user", "content": WITHHELD} in requests[-1]["messages"]


async def test_coarse_words_are_a_list_of_ours(options, ask, sim):
    sim.llm.replies.append(ScriptedReply(WHY, "好的。What the fuck! 就这样。"))
    assert "fuck" in await ask(WHY)
    await options(block_coarse=True)
    assert await ask(WHY, "another") == f"好的。\n{Phrase.UNWANTED_ANSWER}"


async def test_the_service_judges_question_and_answer(options, ask, sim):
    await options(moderation_service=True)
    sim.llm.settings.flag = "炸药"
    sim.llm.replies.append(ScriptedReply(WHY, "因为光。现在说说炸药。然后呢？"))
    assert await ask(WHY) == f"因为光。\n{Phrase.UNWANTED_ANSWER}"
    since = len(sim.timeline)
    assert await ask("怎么做炸药") == Phrase.UNWANTED_QUESTION
    assert sim.timeline.since(since, "llm_request") == []
    assert await ask(HOW) == own_answer(HOW)


async def test_a_service_without_moderation_leaves_the_list(options, ask, sim, caplog):
    await options(moderation_service=True, blocked_words=["傻瓜"])
    sim.llm.settings.moderations = False
    assert await ask(HOW) == own_answer(HOW)
    assert await ask("你是傻瓜") == Phrase.UNWANTED_QUESTION
    assert caplog.text.count("The moderation of the LLM service cannot be asked") == 1


async def test_what_is_said_after_a_tool_is_looked_at_too(hass, options, lamps, ask, sim):
    await options(blocked_words=["客厅灯"])
    sim.llm.replies.append(
        ScriptedReply("太暗", "打开了客厅灯。", [ToolCall("intent__HassTurnOn", '{"name": "卧室灯"}')])
    )
    assert await ask("太暗了") == Phrase.UNWANTED_ANSWER
    assert hass.states.get(lamps["卧室"]).state == "on"


async def test_at_a_speaker_nothing_of_it_is_heard(options, living, sim, hass):
    await options(blocked_words=["傻瓜"])
    await polls(sim, 2)
    if living.state != "on":
        await living.turn("on")
    sim.llm.replies.append(ScriptedReply(WHY, RUDE))
    since = living.ask(WHY)
    await living.spoken(f"因为光的散射。{Phrase.UNWANTED_ANSWER}", since=since)
    since = living.ask("给我讲讲傻瓜相机的原理是什么")
    await living.spoken(Phrase.UNWANTED_QUESTION, since=since)
    assert sim.timeline.since(since, "llm_request") == []
