"""One turn: an utterance goes through the conversation API, and the words of the answer to the speaker."""

from collections.abc import Callable
import json
from typing import Any

from homeassistant.components import conversation
from homeassistant.components.conversation.chat_log import DATA_CHAT_LOGS
from homeassistant.core import Context
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt.interruption import current_interruption, interruption
from custom_components.xiao_gpt.session import Session
from custom_components.xiao_gpt.speech import SpeechRate, Talk
from custom_components.xiao_gpt.turn import Turn, Words, converse
from simulator.llm_replies import ScriptedReply, ToolCall, own_answer, tokens
from tests.integration.support import agent_id, event

WHY = "天空为什么是蓝色的"


class Recorder(Talk):
    """A talk that notes what it is fed instead of speaking."""

    def __init__(self, speaker) -> None:
        super().__init__(speaker, SpeechRate())
        self.deltas: list[str] = []
        self._then: tuple[int, Callable[[], None]] | None = None

    def when_fed(self, count: int, then: Callable[[], None]) -> None:
        """Call `then` when so many deltas have come."""
        self._then = count, then

    def feed(self, delta: str) -> None:
        self.deltas.append(delta)
        if self._then and len(self.deltas) == self._then[0]:
            self._then[1]()

    @property
    def text(self) -> str:
        return "".join(self.deltas)


@pytest.fixture
def take(hass, entry, corner):
    """Return a function that takes a turn at the speaker and returns what was to be spoken."""
    living = corner("客厅小爱")

    async def take(utterance, *, agent=None, turn=None):
        turn = turn or Turn(utterance, Recorder(living.speaker))
        failure = await converse(
            hass,
            turn,
            Words(turn, 1000),
            agent_id=agent or agent_id(hass, entry),
            session=Session(),
            conversation_id="a-conversation",
            device_id=living.device.id,
            language="zh-Hans",
            context=Context(),
        )
        if failure is not None:
            turn.talk.feed(failure)
        return turn.talk

    return take


@pytest.fixture
def new_turn(corner):
    return lambda utterance: Turn(utterance, Recorder(corner("客厅小爱").speaker))


def history(hass):
    """Return roles and words of the conversation."""
    log = hass.data[DATA_CHAT_LOGS]["a-conversation"]
    return [(content.role, getattr(content, "content", None)) for content in log.content[1:]]


async def test_the_words_come_as_the_model_says_them(take):
    talk = await take(WHY)
    assert talk.text == own_answer(WHY)
    assert talk.deltas == tokens(own_answer(WHY))


async def test_what_is_said_after_a_tool_is_not_glued_to_what_was_said_before_it(take, hass, start_service, entry):
    def chunk(delta: dict[str, Any]) -> str:
        choices = [{"index": 0, "delta": delta}]
        fields = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices}
        return f"data: {json.dumps(fields)}\n\n"

    call = {"index": 0, "id": "c", "function": {"name": "llm__GetDateTime", "arguments": "{}"}}
    body = chunk({"role": "assistant", "content": "我看看"}) + chunk({"tool_calls": [call]}) + "data: [DONE]\n\n"
    url = await start_service(200, body, ["m"])
    hass.config_entries.async_update_entry(entry, data={**entry.data, "base_url": url})
    await hass.async_block_till_done()
    talk = await take(WHY)
    # This service says so each time it is asked, until that is too often.
    assert talk.text.startswith("我看看\n我看看\n我看看")
    assert talk.text.count("我看看") == 10
    assert talk.deltas[-1] == "抱歉，大模型没有接受这个问题。"


async def test_an_agent_that_does_not_stream_is_spoken_at_its_end(take):
    talk = await take(WHY, agent=conversation.HOME_ASSISTANT_AGENT)
    (words,) = talk.deltas
    assert words.startswith("抱歉")


async def test_an_automation_may_answer_with_nothing(take, hass, sim):
    automation = {
        "triggers": [{"trigger": "conversation", "command": ["晚安"]}],
        "actions": [{"set_conversation_response": ""}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    since = len(sim.timeline)
    talk = await take("晚安")
    assert talk.text == ""
    assert sim.timeline.since(since, "llm_request") == []


async def test_the_home_comes_first(take, hass, lamps, sim):
    since = len(sim.timeline)
    talk = await take("打开客厅灯")
    assert "打开" in talk.text
    assert hass.states.get(lamps["客厅"]).state == "on"
    assert sim.timeline.since(since, "llm_request") == []
    assert history(hass)[-1] == ("assistant", talk.text)


async def test_an_attempt_of_the_home_leaves_no_trace(take, hass):
    await take("打开灯")
    assert history(hass) == [("user", "打开灯"), ("assistant", own_answer("打开灯"))]


async def test_interrupted_it_ends_with_what_was_said(take, hass, sim, new_turn):
    sim.llm.settings.stall_after = 12
    turn, since = new_turn(WHY), len(sim.timeline)
    turn.talk.when_fed(12, turn.interrupt)
    await take(WHY, turn=turn)
    finished = await event(sim, "llm_finished", since=since)
    assert finished.fields["reason"] == "closed_by_client"
    assert turn.interrupted
    assert turn.talk.text == finished.fields["text"]
    assert history(hass) == [("user", WHY), ("assistant", turn.talk.text)]


async def test_interrupted_while_a_tool_runs_it_asks_no_further(take, hass, lamps, sim, new_turn):
    sim.llm.replies.append(ScriptedReply("太暗", "亮了。", [ToolCall("intent__HassTurnOn", '{"name": "客厅灯"}')]))
    turn, since = new_turn("这里太暗了"), len(sim.timeline)
    hass.bus.async_listen("call_service", lambda _: turn.interrupt())
    await take("这里太暗了", turn=turn)
    assert len(sim.timeline.since(since, "llm_request")) == 1
    assert turn.talk.text == ""


async def test_a_turn_tells_its_agent_only(take, new_turn):
    assert current_interruption.get() is None
    await take(WHY)
    assert current_interruption.get() is None
    assert not interruption().is_set()


async def test_an_agent_that_is_not_there_is_no_secret(take):
    with pytest.raises(ValueError, match="not found"):
        await take(WHY, agent="conversation.nobody")
    assert current_interruption.get() is None
