"""An answer that broke off and is carried on by another request: what asks for the rest, and what joins it."""

from collections.abc import Iterator, Sequence
import re

from openai.types.chat import ChatCompletionMessageParam

GO_ON = (
    "（你的回答说到一半被打断了，上一条就是已经说出口的部分。请用同一种语言从断开的地方直接接着说完："
    "不要重复说过的话，不要重新开头，也不要提到中断。）"
)

WINDOW = 60
"""How many characters before the break are looked at for what is said again."""
LEAST_OVERLAP = 3
"""Fewer characters that come twice are as likely meant so: 慢慢, ha ha."""
LEAST_RESTART = 8
"""A sentence may begin like the answer did without being its beginning: both speak of the same."""

_FILLERS = re.compile(r"(?:\s|…|\.{2,})+")


def continuing(messages: Sequence[ChatCompletionMessageParam], said: str) -> list[ChatCompletionMessageParam]:
    """Return the messages that ask for the rest of an answer.

    The services differ in how an answer is prefilled (some continue a last message of the assistant, some refuse it,
    some need a flag); a user's message after it is understood by all of them.
    """
    return [*messages, {"role": "assistant", "content": said}, {"role": "user", "content": GO_ON}]


class Seam:
    """Lets the rest of an answer through, without what has been said already.

    Models repeat the words before the break, or begin anew, whatever they are asked. So the first words are held back
    as long as they are those that were said, from the beginning on or from somewhere before the break.
    """

    def __init__(self, said: str) -> None:
        """Take what was said before the break."""
        self._said = said
        self._held: str | None = ""

    def feed(self, text: str) -> Iterator[str]:
        """Yield what of the next piece is new, once that is certain."""
        if self._held is None or not self._said:
            yield text
            return
        self._held += text if self._held else text[len(fill.group()) :] if (fill := _FILLERS.match(text)) else text
        if self._held and not self._may_repeat(self._held):
            yield from self.end()

    def end(self) -> Iterator[str]:
        """Yield what is still held back: no more words come before a tool call or the end."""
        held, self._held = self._held, None
        if held and (rest := self._new(held)):
            yield rest

    def _may_repeat(self, held: str) -> bool:
        """Return whether more words could still make it a repetition."""
        tail = self._said[-WINDOW:]
        return self._said.startswith(held) or any(tail.startswith(held, at) for at in range(len(tail) - len(held)))

    def _new(self, held: str) -> str:
        """Return what was not said before."""
        again = _common_start(self._said, held)
        if again < min(LEAST_RESTART, len(self._said)):
            again = 0
        tail = self._said[-WINDOW:]
        lengths = range(min(len(tail), len(held)), max(again, LEAST_OVERLAP - 1), -1)
        repeated = next((length for length in lengths if held.startswith(tail[-length:])), again)
        if repeated:
            return held[repeated:]
        return " " + held if _joins_words(self._said, held) else held


def _common_start(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _joins_words(before: str, after: str) -> bool:
    """Return whether two words of a language that parts them would become one."""
    ends = before[-1:] + after[:1]
    return len(ends) == 2 and ends.isascii() and ends.isalnum()
