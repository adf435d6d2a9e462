"""What cannot be understood, or must not be obeyed twice, without what was before."""

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.routing.steps import goes_on, is_step, is_the_speakers

STEPS = (
    "切换客厅灯|把客厅灯切换一下|再暗一点|客厅灯调亮一点|把空调调高两度|亮度加10|"
    "温度升高一度|把窗帘关小一点|声音大一点|调暗些|温度降低两度"
)
GOALS = (
    "打开客厅灯|关灯|调到26度|把灯调到最亮|灯亮度提高到80|切换到电影模式|"
    "把灯换成红色|亮度设为百分之五十|空调温度降到二十度"
)


@pytest.mark.parametrize("utterance", STEPS.split("|"))
def test_twice_is_not_once(utterance: str) -> None:
    assert is_step(utterance)


@pytest.mark.parametrize("utterance", GOALS.split("|"))
def test_what_has_a_goal_may_be_done_twice(utterance: str) -> None:
    assert not is_step(utterance)


@pytest.mark.parametrize(
    "utterance", ["再暗一点", "那卧室呢", "卧室也一样", "还有厨房", "关掉它", "把它打开", "换一个", "第二个"]
)
def test_what_goes_on(utterance: str) -> None:
    assert goes_on(utterance)


@pytest.mark.parametrize("utterance", ["打开客厅灯", "天空为什么是蓝色的", "那什么叫做人工智能的发展历史呢你说说看"])
def test_what_stands_by_itself(utterance: str) -> None:
    assert not goes_on(utterance)


def test_the_speakers_own() -> None:
    assert is_the_speakers("声音再大一点")
    assert not is_the_speakers("再亮一点")


@given(st.text())
def test_any_text_is_looked_at(utterance: str) -> None:
    assert {goes_on(utterance), is_step(utterance), is_the_speakers(utterance)} <= {True, False}
