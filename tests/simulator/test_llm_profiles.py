"""How the profiles of the vendors look by the wire."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulator.llm_profiles import PROFILES
from simulator.llm_replies import ScriptedReply, ToolCall
from tests.simulator.test_llm import LIGHT_TOOL, Server, serve, text_of, user

QUIET = {"thinking": {"type": "disabled"}}


@pytest.fixture
async def server(socket_enabled: None) -> AsyncIterator[Server]:
    async with serve() as running:
        running.endpoint.replies.append(ScriptedReply("灯", "好了。", [ToolCall("turn_on"), ToolCall("turn_on")]))
        yield running


def deltas(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [choice["delta"] for chunk in chunks for choice in chunk["choices"]]


async def test_a_profile_is_set_by_its_name(server: Server) -> None:
    for name in PROFILES:
        status, settings, _ = await server.send("PATCH", "/_sim/llm/settings", {"profile": name})
        assert (status, settings["profile"]) == (200, name)
    status, _, _ = await server.send("PATCH", "/_sim/llm/settings", {"profile": "nobody"})
    assert status == 400


@pytest.mark.parametrize(
    ("profile", "asked", "places"),
    [
        ("openai", False, []),
        ("openai", True, ["chunk of its own"]),
        ("qwen", False, []),
        ("qwen", True, ["chunk of its own"]),
        ("moonshot", False, ["last choice"]),
        ("moonshot", True, ["last choice", "chunk of its own"]),
        ("zhipu", False, ["last chunk"]),
    ],
)
async def test_where_the_tokens_are_counted(server: Server, profile: str, asked: bool, places: list[str]) -> None:
    server.endpoint.settings.profile = profile
    options = {"stream_options": {"include_usage": True}} if asked else {}
    chunks = await server.stream(user("你好"), **options)
    found = []
    for chunk in chunks:
        found += ["last choice" for choice in chunk["choices"] if choice.get("usage")]
        if chunk.get("usage"):
            found.append("last chunk" if chunk["choices"] else "chunk of its own")
    assert found == places


@pytest.mark.parametrize("profile", ["ollama", "zhipu", "gemini"])
async def test_a_role_in_each_delta(server: Server, profile: str) -> None:
    server.endpoint.settings.profile = profile
    assert {delta["role"] for delta in deltas(await server.stream(user("你好")))} == {"assistant"}


@pytest.mark.parametrize("profile", ["ollama", "gemini"])
async def test_whole_calls_with_one_index(server: Server, profile: str) -> None:
    server.endpoint.settings.profile = profile
    chunks = await server.stream(user("开灯"), tools=[LIGHT_TOOL])
    parts = [part for delta in deltas(chunks) for part in delta.get("tool_calls", ())]
    assert [(part["index"], part["function"]["arguments"]) for part in parts] == [(0, "{}"), (0, "{}")]
    assert len({part["id"] for part in parts}) == 2
    assert chunks[-1]["choices"][0]["finish_reason"] == ("stop" if profile == "ollama" else "tool_calls")


async def test_vllm_makes_up_an_id_for_each_part(server: Server) -> None:
    server.endpoint.settings.profile = "vllm"
    chunks = await server.stream(user("开灯"), tools=[LIGHT_TOOL])
    ids = [part["id"] for delta in deltas(chunks) for part in delta.get("tool_calls", ())]
    assert len(set(ids)) == len(ids) > 2
    assert deltas(chunks)[1] == {}
    assert "stop_reason" in chunks[-1]["choices"][0]


@pytest.mark.parametrize("profile", ["deepseek", "zhipu", "doubao"])
async def test_thoughts_come_before_words_unless_they_are_switched_off(server: Server, profile: str) -> None:
    server.endpoint.settings.profile = profile
    chunks = await server.stream(user("你好"))
    kinds = ["words" if delta.get("content") else "thoughts" for delta in deltas(chunks)[1:-1]]
    assert kinds == sorted(kinds)
    assert set(kinds) == {"thoughts", "words"}
    quiet = await server.stream(user("你好"), **QUIET)
    assert not any(delta.get("reasoning_content") for delta in deltas(quiet))
    assert text_of(quiet) == text_of(chunks)


async def test_deepseek_knows_no_developer(server: Server) -> None:
    server.endpoint.settings.profile = "deepseek"
    status, answer = await server.chat({"role": "developer", "content": "简短"}, user("你好"))
    assert status == 422
    assert "developer" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("profile", "status", "error"),
    [
        ("deepseek", 402, {"message": "Insufficient Balance", "type": "unknown_error"}),
        ("zhipu", 429, {"code": "1113"}),
        ("doubao", 403, {"code": "AccountOverdueError"}),
        ("qwen", 400, {"code": "Arrearage"}),
        ("moonshot", 429, {"type": "exceeded_current_quota_error"}),
    ],
)
async def test_a_spent_account(server: Server, profile: str, status: int, error: dict[str, str]) -> None:
    server.endpoint.settings.update({"profile": profile, "fail": "quota"})
    got, answer = await server.chat(user("你好"))
    assert got == status
    assert answer["error"].items() >= error.items()


async def test_gemini_puts_its_errors_in_a_list(server: Server) -> None:
    server.endpoint.settings.profile = "gemini"
    status, answer, _ = await server.send("GET", "/v1/models", key="sk-wrong")
    assert status == 400
    assert answer[0]["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"temperature": 3}, "temperature"),
        ({"top_k": 1}, "top_k"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"web_search_options": {}}, "web_search_options"),
    ],
)
async def test_openai_is_strict(server: Server, options: dict[str, Any], param: str) -> None:
    status, answer = await server.chat(user("你好"), **options)
    assert (status, answer["error"]["param"]) == (400, param)


async def test_zhipu_wants_to_know_which_engine_searches(server: Server) -> None:
    server.endpoint.settings.profile = "zhipu"
    status, answer = await server.chat(user("你好"), tools=[{"type": "web_search", "web_search": {"enable": True}}])
    assert (status, answer["error"]["code"]) == (400, "1214")
