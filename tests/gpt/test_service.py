"""A service with several keys: one takes over from another, unnoticed, before the first word and after it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
import ssl
from typing import Any

import httpx
from openai.types.chat import ChatCompletionFunctionToolParam
import pytest

from custom_components.xiao_gpt.gpt import GptError, Reason, Request, ToolCall, Usage, list_models
from custom_components.xiao_gpt.gpt.keys import LAST_RESORT_S, Fault, Key
from custom_components.xiao_gpt.gpt.seam import GO_ON
from custom_components.xiao_gpt.gpt.service import Kind, Service, ServiceConfig
from simulator.app import Simulator
from simulator.llm import ScriptedReply, ToolCall as ScriptedCall
from simulator.llm_replies import own_answer, tokens

from .conftest import Oddity

MODEL = "gpt-5-mini"
FIRST, SECOND, THIRD = "sk-simulator-0000-a1b2", "sk-simulator-0000-c3d4", "sk-simulator-0000-e5f6"
STORY = "从前山脚下住着一只每天晚上都要数一遍天上星星的小狐狸。"
LIGHT: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {"name": "turn_on", "parameters": {"type": "object", "properties": {"name": {"type": "string"}}}},
}

type Make = Callable[..., Service]


class Clock:
    """A clock that a test sets; it runs as well, so that what is waited for comes."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make(sim: Simulator, http_client: httpx.AsyncClient, clock: Clock) -> AsyncGenerator[Make]:
    """Return a function that makes a service, with three keys that the simulated one accepts."""
    made = []
    sim.llm.settings.update({"api_key": FIRST, "more_keys": [SECOND, THIRD]})

    def make(*keys: str, url: str | None = None, **options: Any) -> Service:
        config = ServiceConfig(url or sim.llm_url, keys or (FIRST, SECOND, THIRD), **options)
        made.append(service := Service.make(config, http_client, ssl.create_default_context(), clock))
        return service

    yield make
    for service in made:
        await service.close()


@pytest.fixture
def service(make: Make) -> Service:
    return make()


def ask(question: str = "你好", *tools: ChatCompletionFunctionToolParam) -> Request:
    return Request(MODEL, [{"role": "user", "content": question}], tools)


async def heard(service: Service, request: Request | None = None, used: list[Key] | None = None) -> str:
    """Return all that is said."""
    parts = service.reply(request or ask(), asyncio.Event(), None if used is None else used.append)
    return "".join([part async for part in parts if isinstance(part, str)])


async def failure(service: Service) -> GptError:
    with pytest.raises(GptError) as caught:
        await heard(service)
    return caught.value


def served(sim: Simulator) -> list[str]:
    """Return the ends of the keys whose requests were accepted."""
    return [event.fields["key"] for event in sim.timeline.since(0, "llm_request")]


def refused(sim: Simulator) -> int:
    return len(sim.timeline.since(0, "llm_refused"))


# Before the first word


async def test_the_first_key_serves(sim: Simulator, service: Service) -> None:
    used: list[Key] = []
    assert await heard(service, used=used) == own_answer("你好")
    assert served(sim) == ["a1b2"]
    assert [key.shown for key in used] == ["…a1b2"]


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_key_that_fails_is_replaced_unnoticed(sim: Simulator, service: Service, fault: Fault) -> None:
    sim.llm.settings.fail_keys = {FIRST: fault, SECOND: fault}
    used: list[Key] = []
    begin = asyncio.get_running_loop().time()
    assert await heard(service, used=used) == own_answer("你好")
    assert asyncio.get_running_loop().time() - begin < 1  # the limit's Retry-After is not waited for
    assert served(sim) == ["e5f6"]
    assert [key.shown for key in used] == ["…e5f6"]
    assert [service.ring.fault(key) for key in service.ring.keys] == [fault, fault, None]
    refusals = refused(sim)
    assert await heard(service) == own_answer("你好")
    assert refused(sim) == refusals  # those that rest are left alone


async def test_a_key_comes_back_after_its_rest(sim: Simulator, service: Service, clock: Clock) -> None:
    sim.llm.settings.fail_keys = {FIRST: "quota"}
    await heard(service)
    sim.llm.settings.fail_keys = {}
    clock.ahead += 3601
    await heard(service)
    assert served(sim) == ["c3d4", "a1b2"]
    assert service.ring.last_fault(service.ring.keys[0]) is None


async def test_what_no_key_can_mend_is_told_at_once(sim: Simulator, service: Service) -> None:
    with pytest.raises(GptError) as caught:
        await heard(service, Request("gpt-9", [{"role": "user", "content": "你好"}]))
    assert caught.value.reason is Reason.NO_SUCH_MODEL
    assert refused(sim) == 1
    assert service.ring.fault(service.ring.keys[0]) is None


async def test_a_failure_that_passes_is_survived_with_the_same_key(sim: Simulator, service: Service) -> None:
    sim.llm.settings.update({"fail": "overloaded", "fail_times": 1})
    assert await heard(service) == own_answer("你好")
    assert served(sim) == ["a1b2"]


async def test_a_failure_that_does_not_pass_is_told(sim: Simulator, service: Service) -> None:
    sim.llm.settings.fail = "server"
    assert (await failure(service)).reason is Reason.SERVICE
    assert refused(sim) == 2


# When none is left


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (("auth", "auth", "auth"), Reason.INVALID_KEY),
        (("quota", "auth", "auth"), Reason.QUOTA),
        (("auth", "quota", "rate"), Reason.RATE_LIMITED),
    ],
)
async def test_the_error_is_that_which_passes_soonest(
    sim: Simulator, service: Service, faults: tuple[str, ...], reason: Reason
) -> None:
    sim.llm.settings.fail_keys = dict(zip((FIRST, SECOND, THIRD), faults, strict=True))
    for _ in range(2):  # the second time without a request, or after another try
        error = await failure(service)
        assert error.reason is reason
        assert bool(error.detail) == (reason is not Reason.INVALID_KEY)


async def test_a_moments_limit_is_waited_for_where_there_is_no_other_key(sim: Simulator, make: Make) -> None:
    service = make(FIRST)
    sim.llm.settings.update({"fail": "rate", "fail_times": 1})
    assert await heard(service) == own_answer("你好")
    assert refused(sim) == 1


async def test_nobody_waits_for_a_limit_once_interrupted(sim: Simulator, make: Make) -> None:
    service, stop = make(FIRST), asyncio.Event()
    sim.llm.settings.fail = "rate"
    asking = asyncio.ensure_future(anext(service.reply(ask(), stop), "nothing"))
    await sim.timeline.wait_for(lambda event: event.event == "llm_refused")
    stop.set()
    async with asyncio.timeout(0.8):
        assert await asking == "nothing"


async def test_a_revoked_key_is_not_used_again(sim: Simulator, make: Make, clock: Clock) -> None:
    service = make(FIRST)
    sim.llm.settings.fail = "auth"
    await failure(service)
    clock.ahead += 1e6
    assert (await failure(service)).reason is Reason.INVALID_KEY
    assert refused(sim) == 1


async def test_a_key_that_was_topped_up_works_within_a_minute(sim: Simulator, make: Make, clock: Clock) -> None:
    service = make(FIRST)
    sim.llm.settings.fail = "quota"
    await failure(service)
    assert (await failure(service)).reason is Reason.QUOTA
    assert refused(sim) == 1
    sim.llm.settings.fail = None
    clock.ahead += LAST_RESORT_S
    assert await heard(service) == own_answer("你好")


# In the middle of an answer


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("rest", ["", "它叫小星，", STORY[10:] + "它叫小星，"])
async def test_an_answer_that_breaks_off_is_carried_on_and_nothing_said_twice(
    sim: Simulator, service: Service, fault: Fault, rest: str
) -> None:
    said = "".join(tokens(STORY)[:12])
    rest = STORY[len(said) :] + rest if not rest.startswith(STORY[10:]) else rest
    sim.llm.replies += [ScriptedReply("故事", STORY * 2), ScriptedReply("接着说完", rest)]
    sim.llm.settings.update({"fail_keys": {FIRST: fault.value}, "fail_after": 12})
    used: list[Key] = []
    text = await heard(service, ask("讲个故事"), used)
    overlap = len(said) - 10 if rest.startswith(STORY[10:]) else 0
    assert text == said + rest[overlap:]
    assert [key.shown for key in used] == ["…a1b2", "…c3d4"]
    assert served(sim) == ["a1b2", "c3d4"]
    last = sim.timeline.since(0, "llm_request")[-1]
    assert (last.fields["messages"], last.fields["question"]) == (3, GO_ON)


async def test_an_answer_that_breaks_off_twice_is_whole_in_the_end(sim: Simulator, service: Service) -> None:
    sim.llm.replies += [ScriptedReply("故事", STORY), ScriptedReply("接着说完", "一二三四五六七八九十")]
    sim.llm.settings.update({"fail_keys": {FIRST: "rate", SECOND: "quota"}, "fail_after": 4})
    parts = tokens(STORY)[:4] + tokens("一二三四五六七八九十")[:4]
    assert await heard(service, ask("讲个故事")) == "".join(parts) + "一二三四五六七八九十"[len("".join(parts[4:])) :]


async def test_an_answer_that_nobody_can_carry_on_ends_with_the_error(sim: Simulator, make: Make) -> None:
    service = make(FIRST)
    sim.llm.replies += [ScriptedReply("故事", STORY)]
    sim.llm.settings.update({"fail": "quota", "fail_after": 4})
    reply = service.reply(ask("讲个故事"), asyncio.Event())
    assert [await anext(reply) for _ in range(4)] == tokens(STORY)[:4]
    with pytest.raises(GptError) as caught:
        await anext(reply)
    assert caught.value.reason is Reason.QUOTA


async def test_a_connection_that_breaks_is_not_the_keys_fault(sim: Simulator, service: Service) -> None:
    sim.llm.settings.fail = "disconnect"
    assert (await failure(service)).reason is Reason.SERVICE
    assert served(sim) == ["a1b2"]


async def test_a_tool_is_called_once(sim: Simulator, service: Service) -> None:
    sim.llm.replies.append(ScriptedReply("开灯", "好了。", [ScriptedCall("turn_on", '{"name": "客厅灯"}')]))
    sim.llm.settings.update({"fail_keys": {FIRST: "rate"}, "fail_after": 2})
    parts = [part async for part in service.reply(ask("开灯", LIGHT), asyncio.Event())]
    assert [(part.name, part.arguments) for part in parts if isinstance(part, ToolCall)] == [
        ("turn_on", {"name": "客厅灯"})
    ]
    assert [type(part) for part in parts] == [ToolCall, Usage]
    assert sim.timeline.since(0, "llm_request")[-1].fields["question"] == "开灯"  # nothing had been said: asked anew


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"code": 429, "message": "Provider returned error"}, Reason.RATE_LIMITED),  # OpenRouter
        ({"code": 402, "message": "Insufficient credits"}, Reason.QUOTA),
        ({"code": "insufficient_quota", "type": "insufficient_quota", "message": "x"}, Reason.QUOTA),
        ({"code": None, "type": "rate_limit_error", "message": "x"}, Reason.RATE_LIMITED),
        ({"code": "invalid_api_key", "message": "x"}, Reason.INVALID_KEY),
        ({"code": 502, "message": "the model is down"}, Reason.SERVICE),
        ({"message": "the model has crashed"}, Reason.SERVICE),
    ],
)
async def test_errors_inside_a_stream_are_told_apart(
    oddity: Oddity, make: Make, error: dict[str, Any], reason: Reason
) -> None:
    oddity.streams({"id": "1", "choices": [{"index": 0, "delta": {"content": "好"}}]}, {"error": error})
    assert (await failure(make(FIRST, url=oddity.url))).reason is reason


# Secrets


async def test_no_key_is_told_by_anything(oddity: Oddity, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    service = make(FIRST, url=oddity.url, proxy="")
    for status, message in ((401, f"Wrong key {FIRST}"), (429, f"Too much for {FIRST}")):
        oddity.says({"error": {"message": message}}, status)
        error = await failure(service)
        service.ring.worked(service.ring.keys[0])
        assert FIRST not in f"{error} {error.detail}"
    assert "…a1b2" in caplog.text
    ours = [record.getMessage() for record in caplog.records if "xiao_gpt" in record.name]
    assert ours
    assert not [line for line in ours if FIRST in line]
    assert FIRST not in f"{service.config!r} {service.ring.keys!r}"


# Other requests


async def test_any_request_goes_on_with_the_next_key(sim: Simulator, service: Service) -> None:
    sim.llm.settings.fail_keys = {FIRST: "auth"}
    used: list[Key] = []
    models = await service.call(list_models, used.append)
    assert len(models) == 2
    assert [key.shown for key in used] == ["…c3d4"]


async def test_models_are_listed_by_a_key_that_rests_if_need_be(sim: Simulator, make: Make) -> None:
    service = make(FIRST)
    sim.llm.settings.fail = "quota"
    await failure(service)
    assert await service.list_models() == ["gpt-4o-mini", "gpt-5-mini"]
    assert service.ring.fault(service.ring.keys[0]) is Fault.QUOTA  # a list says nothing about it


async def test_a_probe_that_works_proves_the_key(sim: Simulator, make: Make) -> None:
    service = make(FIRST, SECOND)
    sim.llm.settings.fail = "auth"
    with pytest.raises(GptError) as caught:
        await service.probe(MODEL)
    assert caught.value.reason is Reason.INVALID_KEY
    sim.llm.settings.fail = None
    await service.probe(MODEL)
    assert await heard(service) == own_answer("你好")


async def test_a_probe_of_one_key_tells_of_that_one(sim: Simulator, service: Service) -> None:
    sim.llm.settings.fail_keys = {SECOND: "quota"}
    await service.probe(MODEL, service.ring.keys[0])
    with pytest.raises(GptError) as caught:
        await service.probe(MODEL, service.ring.keys[1])
    assert caught.value.reason is Reason.QUOTA


# Azure


def azure(sim: Simulator, make: Make, **options: Any) -> Service:
    return make(FIRST, SECOND, url=sim.url, kind=Kind.AZURE, **options)


async def test_azure_is_spoken_to_in_its_own_way(oddity: Oddity, make: Make) -> None:
    verdict = {"id": "", "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}
    oddity.streams(verdict, {"id": "1", "choices": [{"index": 0, "delta": {"content": "好"}}]}, "[DONE]")
    service = make(FIRST, url=f"{oddity.url}/prefix", kind=Kind.AZURE)
    assert await heard(service) == "好"
    (asked,) = oddity.asked
    assert asked["path"] == f"/v1/prefix/openai/deployments/{MODEL}/chat/completions"
    assert asked["headers"]["api-key"] == FIRST
    assert "authorization" not in asked["headers"]


async def test_what_could_be_deployed_at_azure_is_not_what_is(sim: Simulator, make: Make) -> None:
    assert await azure(sim, make, api_version="2025-01-01-preview").list_models() == []


async def test_azures_keys_take_turns_too(sim: Simulator, make: Make) -> None:
    service = azure(sim, make)
    sim.llm.settings.fail_keys = {FIRST: "rate"}
    assert await heard(service) == own_answer("你好")
    assert served(sim) == ["c3d4"]


async def test_azures_refusals_are_understood(sim: Simulator, make: Make) -> None:
    service = azure(sim, make)
    with pytest.raises(GptError) as caught:
        await service.probe("no-such-deployment")
    assert caught.value.reason is Reason.NO_SUCH_MODEL
    sim.llm.settings.update({"api_key": "other", "more_keys": []})
    for asking in (service.list_models(), service.probe(MODEL)):
        with pytest.raises(GptError) as caught:
            await asking
        assert caught.value.reason is Reason.INVALID_KEY
    wrong = azure(sim, make, api_version="latest")
    sim.llm.settings.api_key = None
    with pytest.raises(GptError) as caught:
        await wrong.probe(MODEL)
    assert caught.value.reason is Reason.NOT_FOUND


# The way there


async def test_a_proxy_is_gone_through_and_closed_with_the_service(oddity: Oddity, make: Make) -> None:
    oddity.streams({"id": "1", "choices": [{"index": 0, "delta": {"content": "好"}}]}, "[DONE]")
    proxy = oddity.url.removesuffix("/v1").replace("http://", "http://user:secret@")
    service = make(FIRST, url="http://api.example.invalid/v1", proxy=proxy)
    assert await heard(service) == "好"
    (asked,) = oddity.asked
    assert asked["headers"]["host"] == "api.example.invalid"
    assert "proxy-authorization" in asked["headers"]
    assert "secret" not in repr(service.config)
    await service.close()
    with pytest.raises((GptError, RuntimeError)):
        await heard(service)


async def test_a_proxy_that_is_not_there_is_no_connection(make: Make, unused_tcp_port: int) -> None:
    service = make(FIRST, proxy=f"http://127.0.0.1:{unused_tcp_port}")
    assert (await failure(service)).reason is Reason.CANNOT_CONNECT


async def test_a_borrowed_http_client_stays_open(service: Service, http_client: httpx.AsyncClient) -> None:
    await heard(service)
    await service.close()
    assert not http_client.is_closed
