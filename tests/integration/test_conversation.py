"""The assistants as conversation agents, as the Assist dialog and automations use them."""

from homeassistant.components import conversation
from homeassistant.components.conversation.agent_manager import async_get_agent
from homeassistant.core import Context
from homeassistant.helpers import chat_session
from homeassistant.helpers.intent import IntentResponseType
import pytest

from simulator.llm_replies import ScriptedReply, ToolCall, own_answer, tokens
from tests.integration.support import agent_id, assistant, event, renew_keys

WHY, HOW = "天空为什么是蓝色的", "怎么做红烧肉"


@pytest.fixture
def ask(hass, entry):
    """Return a function that asks the assistant."""

    async def ask(text, **options):
        return await conversation.async_converse(
            hass, text, options.pop("conversation_id", None), Context(), agent_id=agent_id(hass, entry), **options
        )

    return ask


def speech(result):
    return result.response.speech["plain"]["speech"]


async def change(hass, entry, **data):
    """Change the assistant's settings."""
    subentry = assistant(entry)
    changed = {key: value for key, value in {**subentry.data, **data}.items() if value is not None}
    hass.config_entries.async_update_subentry(entry, subentry, data=changed)
    await hass.async_block_till_done()


async def test_it_answers(ask):
    result = await ask(WHY)
    assert result.response.response_type is IntentResponseType.ACTION_DONE
    assert speech(result) == own_answer(WHY)
    assert not result.continue_conversation


async def test_a_question_of_its_own_waits_for_an_answer(ask, sim):
    sim.llm.replies.append(ScriptedReply(WHY, "你想听详细一点的吗？"))
    assert (await ask(WHY)).continue_conversation


async def test_it_remembers_the_conversation(ask, requests):
    first = await ask(WHY)
    second = await ask(HOW, conversation_id=first.conversation_id)
    assert second.conversation_id == first.conversation_id
    assert [(message["role"], message["content"]) for message in requests[-1]["messages"][1:]] == [
        ("user", WHY),
        ("assistant", own_answer(WHY)),
        ("user", HOW),
    ]
    await ask(HOW)
    assert [message["role"] for message in requests[-1]["messages"]] == ["system", "user"]


async def test_it_streams(hass, entry):
    deltas = []
    user_input = conversation.ConversationInput(
        text=WHY,
        context=Context(),
        conversation_id="a-conversation",
        device_id=None,
        satellite_id=None,
        language="zh-Hans",
        agent_id=agent_id(hass, entry),
    )
    with (
        chat_session.async_get_chat_session(hass, "a-conversation") as session,
        conversation.async_get_chat_log(
            hass, session, user_input, chat_log_delta_listener=lambda _, delta: deltas.append(delta)
        ),
    ):
        await conversation.async_converse(
            hass, WHY, session.conversation_id, Context(), agent_id=agent_id(hass, entry), language="zh-Hans"
        )
    assert deltas[0] == {"role": "assistant"}
    assert [delta["content"] for delta in deltas[1:]] == tokens(own_answer(WHY))


async def test_home_assistant_knows_what_it_can(hass, entry):
    state = hass.states.get(agent_id(hass, entry))
    assert state.name == "小爱 GPT"
    assert state.attributes["supported_features"] == conversation.ConversationEntityFeature.CONTROL
    info = conversation.async_get_agent_info(hass, agent_id(hass, entry))
    assert info.supports_streaming
    assert async_get_agent(hass, agent_id(hass, entry)).supported_languages == "*"


async def test_without_the_home_it_only_talks(hass, entry, ask, requests):
    await change(hass, entry, llm_hass_api=None)
    assert hass.states.get(agent_id(hass, entry)).attributes["supported_features"] == 0
    assert speech(await ask(WHY)) == own_answer(WHY)
    assert "tools" not in requests[-1]


async def test_it_is_who_it_was_told_to_be(hass, entry, ask, requests):
    await change(hass, entry, prompt="你是{{ '诗' }}人。", model="gpt-4o-mini")
    await ask(WHY, extra_system_prompt="现在是晚上。")
    assert requests[-1]["model"] == "gpt-4o-mini"
    prompt = requests[-1]["messages"][0]
    assert prompt["role"] == "system"
    assert "你是诗人。" in prompt["content"]
    assert "现在是晚上。" in prompt["content"]


async def test_tools_are_called_and_their_results_brought_back(hass, entry, lamps, ask, sim, requests):
    calls = [
        ToolCall("intent__HassTurnOn", '{"name": "客厅灯"}'),
        ToolCall("intent__HassTurnOn", '{"name": "不存在的灯"}'),
    ]
    sim.llm.replies.append(ScriptedReply("太暗", "好了。", calls))
    assert speech(await ask("太暗了")) == "好了。"
    assert hass.states.get(lamps["客厅"]).state == "on"
    *_, call, done, failed = requests[-1]["messages"]
    assert [each["id"] for each in call["tool_calls"]] == [done["tool_call_id"], failed["tool_call_id"]]
    assert '"error":false' in done["content"]
    assert '"error":true' in failed["content"]
    names = [tool["function"]["name"] for tool in requests[-1]["tools"]]
    assert "intent__HassTurnOn" in names
    assert all(tool["function"]["parameters"]["type"] == "object" for tool in requests[-1]["tools"])


async def test_a_device_tells_the_room(hass, entry, lamps, corner, ask, requests):
    await ask(WHY, device_id=corner("卧室小爱").device.id)
    assert "卧室" in requests[-1]["messages"][0]["content"]


async def test_a_prompt_that_cannot_be_rendered_is_told(hass, entry, ask, sim):
    await change(hass, entry, prompt="{{ nonsense( }}")
    since = len(sim.timeline)
    result = await ask(WHY)
    assert result.response.response_type is IntentResponseType.ERROR
    assert "template" in speech(result)
    assert sim.timeline.since(since, "llm_request") == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-Hans", "抱歉，大模型的密钥失效了"),
        ("zh-CN", "抱歉，大模型的密钥失效了"),
        ("zh", "抱歉，大模型的密钥失效了"),
        ("en", "Sorry, the key"),
        ("de", "Sorry, the key"),
    ],
)
async def test_a_failure_is_told_in_the_language_of_the_question(ask, entry, sim, language, words):
    sim.llm.settings.fail = "auth"
    result = await ask(WHY, language=language)
    assert result.response.response_type is IntentResponseType.ERROR
    assert speech(result).startswith(words)
    sim.llm.settings.fail = None
    renew_keys(entry)
    again = await ask(WHY, language=language, conversation_id=result.conversation_id)
    assert speech(again) == own_answer(WHY)


async def test_an_answer_of_nothing_is_a_failure(ask, sim):
    sim.llm.replies.append(ScriptedReply(WHY))
    result = await ask(WHY, language="zh-Hans")
    assert result.response.response_type is IntentResponseType.ERROR
    assert speech(result) == "抱歉，大模型没有给出回答，请再问我一次。"


async def test_nothing_after_a_tool_is_asked_for_once(ask, lamps, sim):
    sim.llm.replies.append(ScriptedReply("太暗", "", [ToolCall("intent__HassTurnOn", '{"name": "客厅灯"}')]))
    since = len(sim.timeline)
    result = await ask("太暗了", language="zh-Hans")
    assert result.response.response_type is IntentResponseType.ERROR
    assert len(sim.timeline.since(since, "llm_request")) == 2


async def test_an_unloaded_assistant_is_gone(hass, entry, ask, sim):
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ValueError, match="not found"):
        await ask(WHY)
    assert await hass.config_entries.async_setup(entry.entry_id)
    since = len(sim.timeline)
    await ask(WHY)
    await event(sim, "llm_finished", since=since, reason="stop")
