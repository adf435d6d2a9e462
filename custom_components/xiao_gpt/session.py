"""What was talked about at a speaker: the history that the agent is given, kept over restarts, forgotten in time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from homeassistant.components import conversation

from .compat import async_insert_history
from .const import DOMAIN

MAX_MESSAGES = 40
"""Kept for a restart, or a break longer than Home Assistant keeps a chat log (5 minutes)."""


@dataclass
class Session:
    """A conversation at one speaker. Times are seconds since 1970, since they outlive the process."""

    number: int = 1
    """Which conversation it is."""
    last: float = 0.0
    """When something was said last."""
    messages: list[tuple[Literal["user", "assistant"], str]] = field(default_factory=list)

    def conversation_id(self, speaker: str) -> str:
        """Return what Home Assistant knows this conversation by."""
        return f"{DOMAIN}-{speaker}-{self.number}"

    def open(self, now: float, expiry: float) -> None:
        """Begin a turn: what is older than `expiry` seconds is another conversation."""
        # A clock that was set back must not keep an old conversation for ever.
        if self.messages and not 0 <= now - self.last <= expiry:
            self.clear()
        self.last = now

    def clear(self) -> None:
        """Begin another conversation."""
        self.number += 1
        self.messages.clear()

    def restore(self, chat_log: conversation.ChatLog) -> None:
        """Give a chat log that is new the history that it should have."""
        if any(isinstance(content, conversation.AssistantContent) for content in chat_log.content):
            return
        async_insert_history(
            chat_log,
            [
                conversation.UserContent(text)
                if role == "user"
                else conversation.AssistantContent(agent_id=DOMAIN, content=text)
                for role, text in self.messages
            ],
        )

    def keep(self, chat_log: conversation.ChatLog, *, now: float, heard: str | None = None) -> None:
        """Keep what was said in this turn.

        Args:
            chat_log: the log of the turn.
            now: seconds since 1970.
            heard: the part of the answer that was spoken, where it was interrupted; the rest nobody has heard, so it
                leaves the log, too.
        """
        if heard is not None:
            _forget_unheard(chat_log, heard)
        self.last = now
        self.messages = [
            (content.role, content.content)
            for content in chat_log.content
            if isinstance(content, conversation.UserContent | conversation.AssistantContent) and content.content
        ][-MAX_MESSAGES:]

    def as_dict(self) -> dict[str, Any]:
        """Return the session as data to store."""
        return {"number": self.number, "last": self.last, "messages": [list(message) for message in self.messages]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return a stored session; one that is spoilt is forgotten."""
        try:
            messages = [(role, str(text)) for role, text in data["messages"] if role in ("user", "assistant")]
            return cls(int(data["number"]), float(data["last"]), messages)
        except KeyError, TypeError, ValueError, OverflowError:
            return cls()


def _forget_unheard(chat_log: conversation.ChatLog, heard: str) -> None:
    """Leave of the turn's answers, which are one text to the ear, only what was heard."""
    content = chat_log.content
    asked = max(at for at, said in enumerate(content) if isinstance(said, conversation.UserContent))
    for at in range(asked + 1, len(content)):
        said = content[at]
        if not isinstance(said, conversation.AssistantContent) or not said.content:
            continue
        if said.content != (part := heard[: len(said.content)]):
            content[at] = replace(said, content=part or None)
        heard = heard[len(said.content) :].removeprefix("\n")
    while isinstance(last := content[-1], conversation.AssistantContent) and not (last.content or last.tool_calls):
        content.pop()
