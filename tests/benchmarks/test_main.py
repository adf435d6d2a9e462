"""The options of scripts/bench."""

import os

import pytest

from benchmarks.__main__ import _parser
from benchmarks.load import _cpu_seconds


def test_everything_is_measured_by_default() -> None:
    options = _parser().parse_args([])
    assert options.systems == ["product", "xiaogpt", "migpt"]
    assert options.speakers is None
    assert options.loads == [1, 5, 20]
    assert (options.quick, options.load, options.write) == (False, False, False)


@pytest.mark.parametrize(
    "wrong",
    [["--speakers", "L00"], ["--answers", ""], ["--systems", "product,x"], ["--loads", "0"], ["--quick", "--load"]],
)
def test_wrong_options_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args(wrong)


def test_the_processor_time_of_a_process() -> None:
    assert 0 < _cpu_seconds(os.getpid()) < 3600
