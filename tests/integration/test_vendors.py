"""An assistant of every vendor, in a real Home Assistant: what is asked, done and said is the same."""

from homeassistant.components import conversation
from homeassistant.core import Context
import pytest

from custom_components.xiao_gpt.gpt import Vendor, vendors
from simulator.llm_profiles import PROFILES
from simulator.llm_replies import ScriptedReply, ToolCall, own_answer
from tests.integration.support import agent_id, assistant

WHY = "天空为什么是蓝色的"
NAMES = {
    "openai": Vendor.OPENAI,
    "deepseek": Vendor.DEEPSEEK,
    "qwen": Vendor.QWEN,
    "moonshot": Vendor.MOONSHOT,
    "zhipu": Vendor.ZHIPU,
    "doubao": Vendor.DOUBAO,
}


@pytest.fixture
def settle(hass, sim, entry, monkeypatch):
    """Return a function that makes the simulated service a vendor's, and gives the assistant its model and settings."""

    async def settle(profile, model="gpt-4o-mini", **data):
        sim.llm.settings.update({"profile": profile, "models": [model]})
        monkeypatch.setitem(vendors._HOSTS, "127.0.0.1", NAMES.get(profile, Vendor.OTHER))
        subentry = assistant(entry)
        hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "model": model, **data})
        await hass.async_block_till_done()

    return settle


async def ask(hass, entry, text, conversation_id=None):
    result = await conversation.async_converse(
        hass, text, conversation_id, Context(), agent_id=agent_id(hass, entry), language="zh-Hans"
    )
    return result.response.speech["plain"]["speech"], result.conversation_id


@pytest.mark.parametrize("profile", list(PROFILES))
async def test_a_dialogue_with_tools(hass, sim, entry, lamps, settle, requests, profile):
    await settle(profile, "kimi-k2.5" if profile == "moonshot" else "gpt-4o-mini")
    calls = [ToolCall("intent__HassTurnOn", f'{{"name": "{lamp}"}}') for lamp in ("客厅灯", "卧室灯")]
    sim.llm.replies.append(ScriptedReply("太暗", "好了。", calls))
    said, conversation_id = await ask(hass, entry, "太暗了")
    assert said == "好了。"
    assert [hass.states.get(lamp).state for lamp in lamps.values()] == ["on", "on"]
    # The history with the calls in it is taken by the service, too.
    said, _ = await ask(hass, entry, WHY, conversation_id)
    assert said == own_answer(WHY)
    roles = [message["role"] for message in requests[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant", "user"]


async def test_what_home_assistant_did_by_itself_does_not_put_a_thinking_model_off(
    hass, sim, entry, lamps, settle, living, requests
):
    await settle("deepseek")
    since = living.ask("打开客厅灯")
    await living.event("speech_ended", since=since, source="tts")
    assert hass.states.get(lamps["客厅"]).state == "on"
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    said = requests[-1]["messages"]
    assert [message["role"] for message in said] == ["system", "user", "assistant", "user"]
    assert said[1]["content"] == "打开客厅灯"
    assert said[2]["content"]


async def test_moonshot_is_given_its_search_back(hass, sim, entry, settle, requests):
    await settle("moonshot", "moonshot-v1-8k", search={"web_search": True})
    search = ToolCall("$web_search", '{"search_result": {"search_id": "1"}, "usage": {"total_tokens": 8}}')
    sim.llm.replies.append(ScriptedReply("新闻", "今天没有新闻。", [search]))
    assert (await ask(hass, entry, "有什么新闻"))[0] == "今天没有新闻。"
    assert {"type": "builtin_function", "function": {"name": "$web_search"}} in requests[-1]["tools"]
    *_, calling, result = requests[-1]["messages"]
    assert calling["tool_calls"][0]["type"] == "builtin_function"
    assert result["tool_call_id"] == calling["tool_calls"][0]["id"]
    assert result["content"] == '{"search_result":{"search_id":"1"},"usage":{"total_tokens":8}}'


async def test_searching_and_acting_at_once(hass, sim, entry, lamps, settle, requests):
    await settle("moonshot", "moonshot-v1-8k", search={"web_search": True})
    calls = [ToolCall("$web_search", '{"q": "1"}'), ToolCall("intent__HassTurnOn", '{"name": "客厅灯"}')]
    sim.llm.replies.append(ScriptedReply("新闻", "好了。", calls))
    assert (await ask(hass, entry, "开灯读新闻"))[0] == "好了。"
    assert hass.states.get(lamps["客厅"]).state == "on"
    called = [call["id"] for call in requests[-1]["messages"][-3]["tool_calls"]]
    assert {message["tool_call_id"] for message in requests[-1]["messages"][-2:]} == set(called)


async def test_thoughts_are_not_spoken(hass, entry, living, settle, requests):
    await settle("zhipu")
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_thoughts_alone_are_no_answer(hass, sim, entry, settle):
    await settle("deepseek")
    sim.llm.replies.append(ScriptedReply(WHY))
    assert (await ask(hass, entry, WHY))[0] == "抱歉，大模型没有给出回答，请再问我一次。"
