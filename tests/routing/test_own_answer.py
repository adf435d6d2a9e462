"""Whether what XiaoAI answers by itself says anything."""

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.routing import is_good


@pytest.mark.parametrize(
    "answer",
    [
        "天空发蓝是因为空气把阳光里的蓝光散向了四面八方。",
        "今天北京晴，最高26度。",
        "好的",
        "42",
        "3.5",
        "It is ten o'clock.",
        "已经为你设好了明早七点的闹钟。",
        "学习需要时间。",
        "知道的人不多，不过确有其事。",
    ],
)
def test_one_that_says_something_is_good(answer: str) -> None:
    assert is_good(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "。",
        "……！",
        "嗯",
        "我还没学会这个技能，你可以换个问法。",
        "这个我没有学会",
        "这个问题我还在学习中",
        "我不知道你在说什么",
        "这个我也不清楚呢",
        "抱歉，我没听懂",
        "我听不懂",
        "我没听清，再说一遍好吗",
        "没有听清",
        "我不明白",
        "还没明白你的意思",
        "我不太懂",
        "换个问题试试吧",
        "我不会唱歌",
        "暂时不支持这个功能",
        "还不支持哦",
        "没找到相关的内容",
        "没有找到你要的设备",
        "我无法回答这个问题",
        "这个我答不上来",
    ],
)
def test_one_that_says_nothing_or_that_it_cannot_is_not(answer: str) -> None:
    assert not is_good(answer)


@given(st.text())
def test_any_text_is_judged(answer: str) -> None:
    assert is_good(answer) in (True, False)
    assert not is_good(f"{answer}我没听懂")
