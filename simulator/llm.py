"""An OpenAI-compatible endpoint whose answers, pace and failures are set by whoever tests with it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
import json
from typing import Any

from aiohttp import web

from .llm_azure import check_version, for_deployment, preamble, presented_key, refused
from .llm_delivery import Completion, Delivery, request_id
from .llm_images import PATH as PICTURES_PATH, Pictures
from .llm_moderation import moderate
from .llm_profile import Profile
from .llm_profiles import PROFILES
from .llm_protocol import ApiError, ChatRequest, parse_chat, unknown_model, wrong_key
from .llm_replies import ScriptedReply, ScriptError, ToolCall, own_answer
from .llm_settings import FAILURES, FAILURES_EVERYWHERE, KEY_FAILURES, LLMSettings, error_of, raise_failure
from .llm_structure import fitting, parse_response_format
from .timeline import Timeline

__all__ = ["LLMEndpoint", "LLMSettings", "ScriptedReply", "ToolCall"]

# When every model came out, in Unix time: clients show it and nothing else.
_CREATED = 1735689600

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LLMEndpoint:
    """The endpoint: its routes are mounted by whoever runs the server."""

    def __init__(self, timeline: Timeline, settings: LLMSettings | None = None) -> None:
        self.settings = settings or LLMSettings()
        """May be changed at any time; new requests follow it."""
        self.replies: list[ScriptedReply] = []
        """Scripted replies; the first that fits a question answers it."""
        self._timeline = timeline
        self._pictures = Pictures()
        self._answering: set[asyncio.Task[Any]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the API and those that control it."""
        return [
            web.get("/v1/models", self._api(self._list_models)),
            web.get("/v1/models/{id:.+}", self._api(self._show_model)),
            web.post("/v1/chat/completions", self._api(self._chat)),
            web.get("/openai/models", self._api(self._list_models, azure=True)),
            web.post("/openai/deployments/{deployment}/chat/completions", self._api(self._chat, azure=True)),
            web.post("/v1/moderations", self._api(self._moderate)),
            web.post("/v1/images/generations", self._api(self._draw)),
            web.get(f"{PICTURES_PATH}/{{index}}", self._pictures.show),
            web.get("/_sim/llm/settings", self._show_settings),
            web.patch("/_sim/llm/settings", _control(self._change_settings)),
            web.get("/_sim/llm/replies", self._show_replies),
            web.put("/_sim/llm/replies", _control(self._replace_replies)),
            web.post("/_sim/llm/replies", _control(self._add_reply)),
            web.delete("/_sim/llm/replies", self._clear_replies),
        ]

    def close(self) -> None:
        """Break off all answers in progress, so that a server that shuts down need not wait for a stalled one."""
        for task in self._answering:
            task.cancel()

    def _api(self, handler: _Handler, *, azure: bool = False) -> _Handler:
        """Return `handler` behind the key, with its refusals as error bodies and on the timeline."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                key = self._check_key(presented_key(request, azure=azure))
                if azure:
                    check_version(request)
                if not self._fails_later and (failure := self.settings.take_failure(*FAILURES_EVERYWHERE, key=key)):
                    raise_failure(failure)
                response = await handler(request)
            except ApiError as error:
                refusal = refused(error) if azure else error
                self._timeline.record("llm_refused", status=refusal.status, code=refusal.code)
                response = self._profile.refuse(refusal)
            if not response.prepared:
                response.headers["x-request-id"] = request_id()
            return response

        return answer

    @property
    def _profile(self) -> Profile:
        return PROFILES[self.settings.profile]

    def _check_key(self, key: str) -> str:
        if self.settings.api_key is not None and key not in (self.settings.api_key, *self.settings.more_keys):
            raise wrong_key(key)
        return key

    @property
    def _fails_later(self) -> bool:
        """Whether what a key suffers from comes in the middle of the answer."""
        return self.settings.fail_after is not None and (
            bool(self.settings.fail_keys) or self.settings.fail in KEY_FAILURES
        )

    async def _list_models(self, request: web.Request) -> web.Response:
        self._check_models_route(request)
        return web.json_response({"object": "list", "data": [_model(name) for name in self._all_models]})

    async def _show_model(self, request: web.Request) -> web.Response:
        self._check_models_route(request)
        name = request.match_info["id"]
        if name not in self._all_models:
            raise unknown_model(name)
        return web.json_response(_model(name))

    @property
    def _all_models(self) -> list[str]:
        return [*self.settings.models, *self.settings.image_models]

    async def _draw(self, request: web.Request) -> web.Response:
        body = await request.read()
        if failure := self.settings.take_failure(*FAILURES):
            raise_failure(failure)
        base_url = f"{request.scheme}://{request.host}"
        answer, prompt = self._pictures.generate(body, self.settings.image_models, base_url)
        self._timeline.record("llm_picture", prompt=prompt)
        return web.json_response(answer)

    def _check_models_route(self, request: web.Request) -> None:
        if not self.settings.list_models:
            raise ApiError(404, f"Invalid URL ({request.method} {request.path})", code="unknown_url")

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        # A slow upload is the client's time, not the model's: the first token is due from here on.
        body = await request.read()
        deployment = request.match_info.get("deployment")
        key = presented_key(request, azure=deployment is not None)
        if deployment is not None:
            body = for_deployment(body, deployment, self.settings.models)
        began = asyncio.get_running_loop().time()
        chat = parse_chat(body, self.settings.models)
        profile, data = self._profile, json.loads(body)
        profile.check(data)
        failure = self.settings.take_failure(*FAILURES, key=key)
        later = failure in KEY_FAILURES and chat.stream and self.settings.fail_after is not None
        if failure and not later:
            raise_failure(failure)
        schema = parse_response_format(chat.response_format, chat.words)
        if schema and not self.settings.json_schema:  # as DeepSeek says it
            raise ApiError(400, "This response_format type is unavailable now", code="invalid_request_error")
        completion = Completion(chat, *self._answer(chat), profile, thinks=profile.thinks(data))
        if deployment is not None:
            completion.preamble = preamble()
        self._timeline.record(
            "llm_request",
            id=completion.id,
            model=chat.model,
            stream=chat.stream,
            messages=len(chat.messages),
            tools=chat.tools,
            question=chat.question,
            key=key[-4:],
        )
        break_at = len(completion.deltas) // 2 if failure else None
        break_with = error_of(failure) if failure and later else None
        if break_with is not None:
            break_at = min(self.settings.fail_after or 0, len(completion.deltas))
        delivery = Delivery(
            request, chat, completion, replace(self.settings), self._timeline, began, break_at, break_with
        )
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler always runs in one
        self._answering.add(task)
        try:
            return await delivery.run()
        finally:
            self._answering.discard(task)

    async def _moderate(self, request: web.Request) -> web.Response:
        if not self.settings.moderations:
            raise ApiError(404, f"Invalid URL ({request.method} {request.path})", code="unknown_url")
        verdict = moderate(await request.read(), self.settings.flag)
        self._timeline.record("llm_moderation", flagged=any(result["flagged"] for result in verdict["results"]))
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler always runs in one
        self._answering.add(task)
        try:
            await asyncio.sleep(self.settings.moderation_time)
        finally:
            self._answering.discard(task)
        return web.json_response(verdict)

    def _answer(self, chat: ChatRequest) -> tuple[str, list[ToolCall]]:
        """Return what is said to `chat`, or the tools that are called first."""
        reply = next((reply for reply in self.replies if reply.fits(chat.question)), None)
        if reply is None:
            if schema := parse_response_format(chat.response_format, chat.words):
                return fitting(schema, chat.question), []
            return own_answer(chat.question, after_tools=chat.brings_results), []
        if chat.may_call and not chat.brings_results:
            calls = [call for call in reply.tool_calls if call.name in chat.tools]
            if calls:
                return "", calls
        reply.use()
        return reply.text, []

    async def _show_settings(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(self.settings))

    async def _change_settings(self, request: web.Request) -> web.Response:
        self.settings.update(await request.json())
        return await self._show_settings(request)

    async def _show_replies(self, _: web.Request) -> web.Response:
        return web.json_response([reply.as_json() for reply in self.replies])

    async def _replace_replies(self, request: web.Request) -> web.Response:
        replies = await request.json()
        if not isinstance(replies, list):
            raise ScriptError("replies are a list")
        self.replies[:] = [ScriptedReply.from_json(reply) for reply in replies]
        return await self._show_replies(request)

    async def _add_reply(self, request: web.Request) -> web.Response:
        self.replies.insert(0, ScriptedReply.from_json(await request.json()))
        return await self._show_replies(request)

    async def _clear_replies(self, request: web.Request) -> web.Response:
        self.replies.clear()
        return await self._show_replies(request)


def _control(handler: _Handler) -> _Handler:
    """Return `handler` with what it cannot make sense of answered as a bad request."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ValueError as err:
            return web.json_response({"error": str(err)}, status=400)

    return answer


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "simulator"}
