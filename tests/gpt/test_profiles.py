"""The same dialogues with every vendor's deviations from the protocol."""

import asyncio
from typing import Any

import httpx
from openai import AsyncOpenAI
import pytest

from custom_components.xiao_gpt.gpt import (
    GptError,
    Parameters,
    Reason,
    Request,
    Thought,
    ToolCall,
    Usage,
    Vendor,
    make_client,
    probe,
    stream_reply,
    vendors,
)
from simulator.app import Simulator
from simulator.llm import ScriptedReply, ToolCall as ScriptedCall
from simulator.llm_profiles import PROFILES
from simulator.llm_replies import own_answer, tokens

from .conftest import Connect

VENDORS = {
    "openai": (Vendor.OPENAI, "gpt-4o-mini"),
    "deepseek": (Vendor.DEEPSEEK, "deepseek-v4-flash"),
    "qwen": (Vendor.QWEN, "qwen-plus"),
    "moonshot": (Vendor.MOONSHOT, "kimi-k2.5"),
    "zhipu": (Vendor.ZHIPU, "glm-4.7"),
    "doubao": (Vendor.DOUBAO, "ep-20260101000000-abcde"),
    "ollama": (Vendor.OTHER, "llama3.2"),
    "vllm": (Vendor.OTHER, "Qwen/Qwen3-8B"),
    "gemini": (Vendor.OTHER, "gemini-2.5-flash"),
}
THINKS_UNASKED = {"deepseek", "moonshot", "zhipu", "doubao"}
LIGHT: Any = {
    "type": "function",
    "function": {"name": "turn_on", "parameters": {"type": "object", "properties": {"name": {"type": "string"}}}},
}
QUESTION = "开灯"


@pytest.fixture
def settle(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that makes the simulated service a vendor's, and returns its model."""

    def settle(profile: str, model: str | None = None) -> str:
        vendor, usual = VENDORS[profile]
        sim.llm.settings.update({"profile": profile, "models": [usual, *([model] if model else [])]})
        monkeypatch.setitem(vendors._HOSTS, "127.0.0.1", vendor)
        return model or usual

    return settle


@pytest.fixture(params=list(VENDORS))
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_all_profiles_are_gone_through() -> None:
    assert VENDORS.keys() == PROFILES.keys()


async def ask(
    client: AsyncOpenAI, model: str, *messages: Any, parameters: Parameters | None = None
) -> list[str | Thought | ToolCall]:
    said = messages or ({"role": "user", "content": QUESTION},)
    request = Request(model, said, [LIGHT], parameters or Parameters())
    parts = stream_reply(client, request, asyncio.Event())
    return [part async for part in parts if not isinstance(part, Usage)]


def words(parts: list[str | Thought | ToolCall]) -> str:
    return "".join(part for part in parts if isinstance(part, str))


def thoughts(parts: list[str | Thought | ToolCall]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Thought))


def calls(parts: list[str | Thought | ToolCall]) -> list[ToolCall]:
    return [part for part in parts if isinstance(part, ToolCall)]


async def failure(client: AsyncOpenAI, model: str, parameters: Parameters | None = None) -> GptError:
    with pytest.raises(GptError) as caught:
        await probe(client, model, parameters)
    with pytest.raises(GptError) as again:
        await ask(client, model, parameters=parameters)
    assert (again.value.reason, again.value.parameter) == (caught.value.reason, caught.value.parameter)
    return caught.value


async def test_a_plain_answer(client: AsyncOpenAI, profile: str, settle: Any) -> None:
    parts = await ask(client, settle(profile))
    assert words(parts) == own_answer(QUESTION)
    assert bool(thoughts(parts)) == (profile in THINKS_UNASKED)
    assert calls(parts) == []


@pytest.mark.parametrize("count", [1, 2])
async def test_tools_and_what_is_said_of_their_results(
    sim: Simulator, client: AsyncOpenAI, profile: str, settle: Any, count: int
) -> None:
    model = settle(profile)
    lamps = ["客厅灯", "台灯"][:count]
    scripted = [ScriptedCall("turn_on", f'{{"name": "{lamp}"}}') for lamp in lamps]
    sim.llm.replies.append(ScriptedReply(QUESTION, "好了。", scripted))
    parts = await ask(client, model)
    called = calls(parts)
    assert [(call.name, call.arguments) for call in called] == [("turn_on", {"name": lamp}) for lamp in lamps]
    assert len({call.id for call in called}) == count
    assert words(parts) == ""
    calling = {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": "{}"}} for call in called
        ],
    }
    if thought := thoughts(parts):
        calling["reasoning_content"] = thought
    results = [{"role": "tool", "tool_call_id": call.id, "content": "{}"} for call in called]
    parts = await ask(client, model, {"role": "user", "content": QUESTION}, calling, *results)
    assert words(parts) == "好了。"


@pytest.mark.parametrize("profile", ["deepseek", "moonshot"])
async def test_thoughts_that_are_lost_are_missed(client: AsyncOpenAI, profile: str, settle: Any) -> None:
    """That the simulator is as strict as the services are."""
    calling = {"role": "assistant", "content": None, "tool_calls": [_call()]}
    result = {"role": "tool", "tool_call_id": "1", "content": "{}"}
    with pytest.raises(GptError, match="reasoning_content"):
        await ask(client, settle(profile), {"role": "user", "content": QUESTION}, calling, result)
    quiet = Parameters(reasoning_effort="none")
    parts = await ask(client, settle(profile), {"role": "user", "content": QUESTION}, calling, result, parameters=quiet)
    assert words(parts)


def _call() -> dict[str, Any]:
    return {"id": "1", "type": "function", "function": {"name": "turn_on", "arguments": "{}"}}


@pytest.mark.parametrize("profile", sorted(THINKS_UNASKED | {"qwen"}))
async def test_thinking_is_switched_off_and_on(client: AsyncOpenAI, profile: str, settle: Any) -> None:
    model = settle(profile)
    assert not thoughts(await ask(client, model, parameters=Parameters(reasoning_effort="none")))
    parts = await ask(client, model, parameters=Parameters(reasoning_effort="high"))
    assert thoughts(parts)
    assert words(parts) == own_answer(QUESTION)


@pytest.mark.parametrize(
    ("profile", "model", "parameters"),
    [
        ("ollama", "qwen3:8b", Parameters()),
        ("vllm", None, Parameters(extras={"chat_template_kwargs": {"enable_thinking": True}})),
    ],
)
async def test_thoughts_at_home_are_not_spoken(
    client: AsyncOpenAI, settle: Any, profile: str, model: str | None, parameters: Parameters
) -> None:
    assert words(await ask(client, settle(profile, model), parameters=parameters)) == own_answer(QUESTION)


async def test_parameters_within_their_ranges_are_taken(client: AsyncOpenAI, profile: str, settle: Any) -> None:
    parameters = Parameters(
        temperature=0.5,
        top_p=0.9,
        max_tokens=500,
        presence_penalty=0.1,
        frequency_penalty=0.1,
        stop=("再见",),
        extras={} if profile == "openai" else {"top_k": 3},
    )
    assert words(await ask(client, settle(profile), parameters=parameters)) == own_answer(QUESTION)


async def test_the_limit_is_understood(client: AsyncOpenAI, profile: str, settle: Any) -> None:
    model = settle(profile)
    parameters = Parameters(max_tokens=2, reasoning_effort="none" if profile in THINKS_UNASKED else None)
    assert words(await ask(client, model, parameters=parameters)) == "".join(tokens(own_answer(QUESTION))[:2])


@pytest.mark.parametrize(
    ("profile", "parameters", "name", "field"),
    [
        ("openai", Parameters(temperature=3), "temperature", "temperature"),
        ("openai", Parameters(extras={"top_k": 3}), "top_k", "extras"),
        ("deepseek", Parameters(max_tokens=9000), "max_tokens", "max_tokens"),
        ("deepseek", Parameters(temperature=2.5), "temperature", "temperature"),
        ("qwen", Parameters(temperature=2), "temperature", "temperature"),
        ("qwen", Parameters(max_tokens=9000), "max_tokens", "max_tokens"),
        ("moonshot", Parameters(temperature=1.5), "temperature", "temperature"),
        ("zhipu", Parameters(temperature=1.5), "temperature", "temperature"),
        ("doubao", Parameters(max_tokens=20000), "max_tokens", "max_tokens"),
        ("ollama", Parameters(reasoning_effort="high"), "reasoning_effort", "reasoning_effort"),
        ("vllm", Parameters(top_p=1.5), "top_p", "top_p"),
        ("gemini", Parameters(temperature=3), "temperature", "temperature"),
    ],
)
async def test_a_refused_parameter_is_named(
    client: AsyncOpenAI, settle: Any, profile: str, parameters: Parameters, name: str, field: str
) -> None:
    error = await failure(client, settle(profile), parameters)
    assert (error.reason, error.parameter) == (Reason.PARAMETER_REFUSED, name)
    assert parameters.field_of(name) == field
    assert error.detail
    assert not error.detail.startswith("HTTP")


@pytest.mark.parametrize(
    "parameters",
    [Parameters(temperature=0.3), Parameters(top_p=0.9), Parameters(stop=("x",)), Parameters(presence_penalty=1)],
)
async def test_openais_thinking_models_refuse_most_of_them(
    client: AsyncOpenAI, settle: Any, parameters: Parameters
) -> None:
    error = await failure(client, settle("openai", "gpt-5-mini"), parameters)
    assert error.reason is Reason.PARAMETER_REFUSED


async def test_their_limit_has_its_new_name_behind_a_gateway_too(
    client: AsyncOpenAI, settle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = settle("openai", "gpt-5-mini")
    monkeypatch.setitem(vendors._HOSTS, "127.0.0.1", Vendor.OTHER)
    assert words(await ask(client, model, parameters=Parameters(max_tokens=2)))


@pytest.mark.parametrize("profile", ["qwen", "zhipu", "moonshot"])
async def test_the_services_own_search_is_asked_for_in_its_words(
    client: AsyncOpenAI, profile: str, settle: Any
) -> None:
    parts = await ask(client, settle(profile), parameters=Parameters(web_search=True))
    assert words(parts) == own_answer(QUESTION)


async def test_a_model_that_searches_searches(client: AsyncOpenAI, settle: Any) -> None:
    model = settle("openai", "gpt-5-search-api")
    assert words(await ask(client, model, parameters=Parameters(web_search=True))) == own_answer(QUESTION)


# Failures


@pytest.mark.parametrize(
    ("fail", "reason"),
    [
        ("auth", Reason.INVALID_KEY),
        ("quota", Reason.QUOTA),
        ("rate", Reason.RATE_LIMITED),
        ("server", Reason.SERVICE),
        ("overloaded", Reason.SERVICE),
        ("disconnect", Reason.SERVICE),
    ],
)
async def test_each_failure_is_told_from_the_others(
    sim: Simulator, client: AsyncOpenAI, profile: str, settle: Any, fail: str, reason: Reason
) -> None:
    if fail == "quota" and profile in ("ollama", "vllm", "gemini"):
        pytest.skip("has no balance that could be spent, or says it as it says a rate")
    model = settle(profile)
    sim.llm.settings.fail = fail
    with pytest.raises(GptError) as caught:
        await ask(client, model)
    assert caught.value.reason is reason
    assert caught.value.detail


async def test_a_wrong_key(connect: Connect, profile: str, settle: Any) -> None:
    assert (await failure(connect(key="sk-wrong"), settle(profile))).reason is Reason.INVALID_KEY


async def test_no_key_at_home(sim: Simulator, http_client: httpx.AsyncClient, settle: Any) -> None:
    sim.llm.settings.api_key = None
    assert words(await ask(make_client("", sim.llm_url, http_client), settle("ollama")))


async def test_a_model_that_there_is_not(client: AsyncOpenAI, profile: str, settle: Any) -> None:
    settle(profile)
    assert (await failure(client, "no-such-thing")).reason is Reason.NO_SUCH_MODEL
