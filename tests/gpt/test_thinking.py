"""Thoughts between tags are no words, whatever the pieces they come in."""

import pytest

from custom_components.xiao_gpt.gpt.thinking import ThoughtFilter


def heard(pieces: list[str]) -> str:
    thoughts = ThoughtFilter()
    return "".join([*(thoughts.feed(piece) for piece in pieces), thoughts.end()])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>\n他问天气。\n</think>\n\n今天晴。", "今天晴。"),
        ("\n <think>想</think>好", "好"),
        ("<think></think>好\n吗", "好\n吗"),
        ("今天晴。", "今天晴。"),
        ("\n\n今天晴。", "\n\n今天晴。"),
        ("<thin 是什么", "<thin 是什么"),
        ("<", "<"),
        ("标签<think>想</think>", "标签<think>想</think>"),
        ("<think>没想完", ""),
        ("<think>想</think>一<think>二</think>", "一<think>二</think>"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_only_the_answer_is_heard(text: str, said: str, size: int) -> None:
    assert heard([text[at : at + size] for at in range(0, len(text), size)]) == said


def test_words_do_not_wait() -> None:
    thoughts = ThoughtFilter()
    assert thoughts.feed("今") == "今"
    assert thoughts.feed("天<") == "天<"
