"""What a user or another program can ask of a running Home Assistant: REST, websocket commands, Assist."""

import asyncio
from collections.abc import AsyncIterator, Mapping
import contextlib
from dataclasses import dataclass, field
import time
from typing import Any, Literal

import aiohttp

from simulator.house_socket import HouseError, HouseSocket

__all__ = ["Answer", "HouseClient", "HouseError"]

type FlowKind = Literal["config", "options", "subentries"]

_FLOWS: dict[FlowKind, str] = {
    "config": "/api/config/config_entries/flow",
    "options": "/api/config/config_entries/options/flow",
    "subentries": "/api/config/config_entries/subentries/flow",
}

NO_VOICE = (
    "stt_engine",
    "stt_language",
    "tts_engine",
    "tts_language",
    "tts_voice",
    "wake_word_entity",
    "wake_word_id",
)
"""What an assistant for text has not; Home Assistant wants each of them named."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Assist answered to one sentence."""

    speech: str
    """The whole answer in plain text."""
    conversation_id: str | None
    continue_conversation: bool
    """True if the agent waits for more without being called."""
    response: dict[str, Any]
    """The intent response: ``response_type``, ``speech``, ``data`` ..."""
    processed_locally: bool
    """True if Home Assistant's own agent answered in place of the assistant's."""
    deltas: list[dict[str, Any]] = field(default_factory=list)
    """The chat log's deltas in order: ``role``, ``content``, ``tool_calls`` ..."""
    first_delta: float | None = None
    """Seconds until the first text, None if nothing was streamed."""
    seconds: float = 0
    """Seconds until the run's end."""

    @property
    def streamed(self) -> str:
        """Return the assistant's streamed text, joined."""
        role = ""
        text = ""
        for delta in self.deltas:
            role = delta.get("role", role)
            if role == "assistant":
                text += delta.get("content") or ""
        return text


class HouseClient:
    """Everything that a user or another program can ask of a running Home Assistant."""

    def __init__(self, url: str, *, language: str) -> None:
        """Name the server; `open` connects.

        Args:
            url: Address without a path.
            language: Language of the assistants that are made.
        """
        self.url = url
        self.language = language
        self._session: aiohttp.ClientSession | None = None
        self._socket: HouseSocket | None = None

    async def open(self, token: str) -> None:
        """Connect with an access token; the server must answer already."""
        self._session = aiohttp.ClientSession(self.url, headers={"Authorization": f"Bearer {token}"})
        self._socket = await HouseSocket.connect(self._session, self.url, token)

    async def close(self) -> None:
        """Disconnect."""
        socket, self._socket = self._socket, None
        session, self._session = self._session, None
        if socket:
            await socket.close()
        if session:
            await session.close()

    @property
    def socket(self) -> HouseSocket:
        """Return the websocket connection."""
        if self._socket is None:
            raise HouseError("the house is not running")
        return self._socket

    async def get(self, path: str) -> Any:
        """GET a path and return its JSON, or its text if it is none."""
        return await self._rest("GET", path)

    async def post(self, path: str, json: Any = None) -> Any:
        """POST JSON to a path and return its JSON, or its text if it is none."""
        return await self._rest("POST", path, json=json)

    async def delete(self, path: str) -> Any:
        """DELETE a path."""
        return await self._rest("DELETE", path)

    async def states(self, entity_id: str) -> dict[str, Any]:
        """Return an entity's state object."""
        state: dict[str, Any] = await self.get(f"/api/states/{entity_id}")
        return state

    async def flow(self, handler: str | list[str], *, kind: FlowKind = "config") -> dict[str, Any]:
        """Start a flow and return its first step.

        Args:
            handler: A domain; an entry's id for options; ``[entry_id, subentry_type]`` for subentries.
            kind: Which of Home Assistant's flow managers to ask.
        """
        step: dict[str, Any] = await self.post(_FLOWS[kind], {"handler": handler})
        return step

    async def flow_step(
        self, flow_id: str, data: Mapping[str, Any] | None = None, *, kind: FlowKind = "config"
    ) -> dict[str, Any]:
        """Answer a flow's step (a menu with ``next_step_id``) and return the next one."""
        step: dict[str, Any] = await self.post(f"{_FLOWS[kind]}/{flow_id}", dict(data or {}))
        return step

    async def call(
        self, domain: str, service: str, data: Mapping[str, Any] | None = None, *, return_response: bool = False
    ) -> Any:
        """Perform an action; return its response if asked for, else the states that it changed."""
        path = f"/api/services/{domain}/{service}" + ("?return_response" if return_response else "")
        answer = await self.post(path, dict(data or {}))
        return answer["service_response"] if return_response else answer

    async def ws(self, kind: str, /, **fields: Any) -> Any:
        """Send one websocket command and return its result."""
        return await self.socket.request(kind, **fields)

    def events(
        self, kind: str = "subscribe_events", /, **fields: Any
    ) -> contextlib.AbstractAsyncContextManager[AsyncIterator[Any]]:
        """Subscribe: ``async with house.events(event_type="x") as events: async for event in events``."""
        return self.socket.subscribe(kind, **fields)

    async def wait_for_state(
        self,
        entity_id: str,
        state: str,
        timeout: float = 10,
    ) -> None:
        """Wait until an entity has a state; it may have it already, and need not exist yet."""
        seen: list[str] = []
        try:
            async with asyncio.timeout(timeout), self.events("subscribe_entities", entity_ids=[entity_id]) as events:
                async for event in events:
                    # Added entities come whole, changed ones as a difference under "+".
                    change = event.get("a", {}).get(entity_id) or event.get("c", {}).get(entity_id, {}).get("+", {})
                    if "s" in change:
                        seen.append(change["s"])
                        if change["s"] == state:
                            return
        except TimeoutError:
            raise HouseError(
                f"{entity_id} was not {state} within {timeout} s; it was {seen or 'never there'}"
            ) from None

    async def assistant(
        self, agent_id: str, *, name: str | None = None, prefer_local: bool = False, preferred: bool = False
    ) -> str:
        """Return the id of the assistant (pipeline) of an agent, made now if there is none.

        Args:
            agent_id: Conversation agent.
            name: Name of a new one; None is the agent's id.
            prefer_local: Whether Home Assistant's own agent is asked first.
            preferred: Whether to make it the one that answers when none is named.
        """
        known = await self.ws("assist_pipeline/pipeline/list")
        for pipeline in known["pipelines"]:
            if pipeline["conversation_engine"] == agent_id and pipeline["prefer_local_intents"] == prefer_local:
                break
        else:
            pipeline = await self.ws(
                "assist_pipeline/pipeline/create",
                name=name or agent_id,
                language=self.language,
                conversation_engine=agent_id,
                conversation_language=self.language,
                prefer_local_intents=prefer_local,
                **dict.fromkeys(NO_VOICE),
            )
        if preferred:
            await self.ws("assist_pipeline/pipeline/set_preferred", pipeline_id=pipeline["id"])
        return str(pipeline["id"])

    async def assist(
        self,
        text: str,
        *,
        agent_id: str | None = None,
        conversation_id: str | None = None,
        device_id: str | None = None,
        timeout: float = 60,
    ) -> Answer:
        """Say something to an agent, as the Assist dialog does, and return its answer with all that was streamed.

        Args:
            text: The sentence.
            agent_id: Conversation agent; None is whoever the preferred assistant has.
            conversation_id: Conversation to go on with.
            device_id: Where it was said.
            timeout: Seconds that the whole answer may take.
        """
        fields: dict[str, Any] = {"conversation_id": conversation_id, "device_id": device_id, "timeout": timeout}
        if agent_id:
            fields["pipeline"] = await self.assistant(agent_id)
        started = time.monotonic()
        deltas: list[dict[str, Any]] = []
        first: float | None = None
        end: dict[str, Any] = {}
        async with self.events(
            "assist_pipeline/run", start_stage="intent", end_stage="intent", input={"text": text}, **fields
        ) as events:
            async for event in events:
                match event["type"]:
                    case "intent-progress" if delta := event["data"].get("chat_log_delta"):
                        deltas.append(delta)
                        if first is None and delta.get("content"):
                            first = time.monotonic() - started
                    case "intent-end":
                        end = event["data"]
                    case "error":
                        raise HouseError(f"assist: {event['data']['code']}: {event['data']['message']}")
                    case "run-end":
                        break
        output = end["intent_output"]
        return Answer(
            speech=output["response"]["speech"].get("plain", {}).get("speech", ""),
            conversation_id=output["conversation_id"],
            continue_conversation=output["continue_conversation"],
            response=output["response"],
            processed_locally=end["processed_locally"],
            deltas=deltas,
            first_delta=first,
            seconds=time.monotonic() - started,
        )

    async def _rest(self, method: str, path: str, **request: Any) -> Any:
        if self._session is None:
            raise HouseError("the house is not running")
        async with self._session.request(method, path, **request) as response:
            if response.status >= 400:
                raise HouseError(f"{method} {path}: {response.status}: {await response.text()}")
            if response.content_type == "application/json":
                return await response.json()
            return await response.text()
