"""How long texts take to say."""

import pytest

from simulator import voice


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("你好", 2),
        ("", 0),
        ("  \n", 2),
        ("🙂", 0),
        ("你好。", 4),
        ("你好，世界", 5),
        ("2026", 4),
        ("3.14", 4),
        ("OK", 1),
        ("Home Assistant", 4 / 3 + 3),
        ("真的？！", 4),
    ],
)
def test_weight_of_a_text(text: str, characters: float) -> None:
    assert voice.weight(text) == pytest.approx(characters)


def test_a_faster_voice_needs_less_time() -> None:
    assert voice.seconds("今天天气很好", 5) == pytest.approx(2 * voice.seconds("今天天气很好", 10))
