"""How the loop that tells MIGPT again cuts a text."""

import pytest

from benchmarks.migpt_loop import WITH_COMMAS, WITHOUT_COMMAS, cut


@pytest.mark.parametrize(
    ("text", "delimiters", "expected"),
    [
        ("天空，是蓝色的。太阳", WITH_COMMAS, ("天空，", "是蓝色的。太阳")),
        ("一，二，三", WITH_COMMAS, ("一，二，", "三")),
        ("天空，是蓝色的。太阳", WITHOUT_COMMAS, ("天空，是蓝色的。", "太阳")),
        ("没有标点", WITH_COMMAS, ("", "没有标点")),
    ],
)
def test_cut(text: str, delimiters: str, expected: tuple[str, str]) -> None:
    assert cut(text, delimiters) == expected
