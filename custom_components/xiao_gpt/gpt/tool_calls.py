"""Tool calls while their parts come in, put together from what the services send."""

from dataclasses import dataclass
import json
from typing import Any

from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from .errors import GptError, Reason


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants to be called."""

    id: str
    name: str
    arguments: dict[str, Any]


class ToolCalls:
    """The tool calls of one reply."""

    def __init__(self) -> None:
        self._calls: list[tuple[int, _PartialCall]] = []

    def add(self, part: ChoiceDeltaToolCall) -> None:
        """Take the next part."""
        index = part.index or 0
        # The latest of that index: Gemini and older versions of Ollama send every call, each whole, with the same one.
        call = next((call for at, call in reversed(self._calls) if at == index), None)
        if call is None or call.is_ended_by(part):
            call = _PartialCall()
            self._calls.append((index, call))
        call.add(part)

    def whole(self) -> list[ToolCall]:
        """Return the calls in their order, each with an id of its own.

        Raises:
            GptError: one makes no sense.
        """
        calls: list[ToolCall] = []
        for _, call in sorted(self._calls, key=lambda indexed: indexed[0]):
            taken = {known.id for known in calls}
            unique = base = call.id or call.name
            number = 1
            while unique in taken:
                number += 1
                unique = f"{base}-{number}"
            calls.append(ToolCall(unique, call.name, call.arguments()))
        return calls


class _PartialCall:
    """A tool call while its parts come in."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self._text = ""

    def is_ended_by(self, part: ChoiceDeltaToolCall) -> bool:
        """Return whether a part with the same index belongs to another call.

        An id alone says nothing: older versions of vLLM make up another one for each part.
        """
        if part.function is None or not part.function.name or not self.name:
            return False
        if part.id and self.id:
            return part.id != self.id and (self._is_complete() or part.function.name != self.name)
        return bool(part.function.arguments and self._text) and self._is_complete()

    def _is_complete(self) -> bool:
        if not self._text.strip():
            return True
        try:
            json.loads(self._text)
        except ValueError:
            return False
        return True

    def add(self, part: ChoiceDeltaToolCall) -> None:
        """Take a part."""
        self.id = self.id or part.id or ""
        if part.function is not None:
            self.name = part.function.name or self.name
            self._text += part.function.arguments or ""

    def arguments(self) -> dict[str, Any]:
        """Return what the tool is called with.

        Raises:
            GptError: it is no JSON object.
        """
        try:
            arguments = json.loads(self._text or "{}")
        except ValueError as err:
            raise GptError(Reason.REFUSED, f"arguments of {self.name} are not JSON") from err
        if not isinstance(arguments, dict):
            raise GptError(Reason.REFUSED, f"arguments of {self.name} are not an object")
        return arguments
