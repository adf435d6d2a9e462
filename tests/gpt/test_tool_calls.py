"""Tool calls put together from parts that share an index, an id, or nothing."""

from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall
import pytest

from custom_components.xiao_gpt.gpt import ToolCall
from custom_components.xiao_gpt.gpt.tool_calls import ToolCalls

type Part = tuple[int | None, str | None, str | None, str | None]
"""Index, id, name, arguments."""


def put_together(parts: list[Part]) -> list[ToolCall]:
    calls = ToolCalls()
    for index, part_id, name, arguments in parts:
        function = {"name": name, "arguments": arguments}
        calls.add(ChoiceDeltaToolCall.construct(index=index, id=part_id, function=_Function(**function)))
    return calls.whole()


class _Function:
    def __init__(self, name: str | None, arguments: str | None) -> None:
        self.name = name
        self.arguments = arguments


@pytest.mark.parametrize(
    ("parts", "calls"),
    [
        # OpenAI
        (
            [
                (0, "1", "on", ""),
                (0, None, None, '{"a'),
                (0, None, None, '":1}'),
                (1, "2", "on", ""),
                (1, None, None, "{}"),
            ],
            [ToolCall("1", "on", {"a": 1}), ToolCall("2", "on", {})],
        ),
        # Gemini: each whole, all with index 0
        (
            [(0, "1", "on", '{"a":1}'), (0, "2", "on", '{"a":2}'), (0, "3", "off", "{}")],
            [ToolCall("1", "on", {"a": 1}), ToolCall("2", "on", {"a": 2}), ToolCall("3", "off", {})],
        ),
        # ... of tools without arguments
        ([(0, "1", "on", ""), (0, "2", "on", "")], [ToolCall("1", "on", {}), ToolCall("2", "on", {})]),
        # ... and without ids
        (
            [(0, "", "on", '{"a":1}'), (0, "", "on", '{"a":2}')],
            [ToolCall("on", "on", {"a": 1}), ToolCall("on-2", "on", {"a": 2})],
        ),
        # Older versions of Ollama: no index
        ([(None, "1", "on", "{}"), (None, "2", "on", "{}")], [ToolCall("1", "on", {}), ToolCall("2", "on", {})]),
        # Older versions of vLLM: another id in each part
        (
            [(0, "1", "on", ""), (0, "2", None, '{"a"'), (0, "3", None, ":1}"), (1, "4", "on", ""), (1, "5", "", "{}")],
            [ToolCall("1", "on", {"a": 1}), ToolCall("4", "on", {})],
        ),
        # An empty part at the end that says it all again
        ([(0, "1", "on", "{}"), (0, "1", "on", "")], [ToolCall("1", "on", {})]),
        # The same id twice
        ([(0, "1", "on", "{}"), (1, "1", "off", "{}")], [ToolCall("1", "on", {}), ToolCall("1-2", "off", {})]),
    ],
)
def test_each_call_is_whole_and_has_an_id_of_its_own(parts: list[Part], calls: list[ToolCall]) -> None:
    assert put_together(parts) == calls
