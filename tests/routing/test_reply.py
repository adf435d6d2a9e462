"""What XiaoAI's own answer tells."""

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.routing import Reply
from custom_components.xiao_gpt.routing.reply import features, shift

GOOD = [
    "天空发蓝是因为空气把阳光里的蓝光散向了四面八方。",
    "今天北京晴，最高26度。",
    "好的",
    "42",
    "3.5",
    "It is ten o'clock.",
    "已经为你设好了明早七点的闹钟。",
    "学习需要时间。",
    "知道的人不多，不过确有其事。",
]
FAILED = [
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
    "未找到名为书房灯的设备",
    "你还没有绑定设备",
    "对不起，这个超出了我的能力",
    "不好意思，我做不到",
    "这可难倒我了",
    "我们聊点别的吧",
]
EMPTY = ["", "。", "……！", "嗯", " \n", "😀😀"]


@pytest.mark.parametrize("words", GOOD)
def test_one_that_says_something_is_good(words: str) -> None:
    assert Reply(words).is_good
    assert not Reply(words).failed


@pytest.mark.parametrize("words", FAILED)
def test_one_that_says_that_it_cannot_has_failed(words: str) -> None:
    assert Reply(words).failed
    assert not Reply(words).is_good


@pytest.mark.parametrize("words", EMPTY)
def test_one_that_says_nothing_is_not_good_and_has_not_failed(words: str) -> None:
    assert not Reply(words).is_good
    assert not Reply(words).failed


@given(st.text(), st.booleans(), st.booleans())
def test_any_text_is_judged(words: str, plays: bool, by_llm: bool) -> None:
    reply = Reply(words, plays, by_llm)
    assert reply.is_good in (True, False)
    assert not (reply.is_good and reply.failed)
    assert Reply(f"{words}我没听懂", plays, by_llm).failed
    for native in (True, False):
        assert abs(shift(reply, native=native)) < 50


@pytest.mark.parametrize(
    ("reply", "seen"),
    [
        (Reply(), "says_nothing"),
        (Reply("为你播放这首歌", plays_audio=True), "done"),
        (Reply("好的"), "done"),
        (Reply("已打开"), "done"),
        (Reply("好的，但我没听懂"), "failed"),
        (Reply("抱歉，26度我还没学会"), "failed"),
        (Reply("今天多云"), "live"),
        (Reply("现在是北京时间8:30"), "live"),
        (Reply("请问要哪一个"), "asks_back"),
        (Reply("要打开吗？"), "asks_back"),
        (Reply("需要先开通会员"), "wants_person"),
        (Reply("请在App里登录"), "wants_person"),
        (Reply("蓝光散开", by_llm=True), "by_llm"),
        (Reply("蓝" * 31), "long"),
        (Reply("蓝" * 30), ""),
    ],
)
@pytest.mark.parametrize("native", [True, False])
def test_what_is_seen_in_a_reply_is_apart_for_either_side(reply: Reply, seen: str, native: bool) -> None:
    side = "native" if native else "llm"
    assert features(reply, native=native) == {side, *(f"{side}.{name}" for name in seen.split())}


@pytest.mark.parametrize("words", FAILED)
def test_a_failure_speaks_for_the_language_model_whatever_the_words_look_like(words: str) -> None:
    assert shift(Reply(words), native=True) > 0
    assert shift(Reply(words), native=False) > 0


@pytest.mark.parametrize(
    "reply",
    [
        Reply("", plays_audio=True),
        Reply("好的，为你播放", plays_audio=True),
        Reply("好的"),
        Reply("已打开客厅灯"),
        Reply("今天北京晴，最高26度。"),
        Reply("已为你设好明早7点的闹钟"),
        Reply("需要先开通会员"),
    ],
)
def test_where_a_command_was_done_xiaoai_keeps_it(reply: Reply) -> None:
    assert shift(reply, native=True) < 0


@pytest.mark.parametrize("native", [True, False])
def test_what_is_done_or_played_speaks_less_for_the_language_model_than_what_failed(native: bool) -> None:
    failed = shift(Reply("抱歉，我没听懂"), native=native)
    assert shift(Reply("好的"), native=native) < failed
    assert shift(Reply("", plays_audio=True), native=native) < failed


def test_what_is_done_speaks_against_the_language_model_compared_with_plain_words() -> None:
    assert shift(Reply("好的，蓝光散开"), native=False) < shift(Reply("蓝光散开"), native=False)


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("words", ["", "好的", "为你播放晴天", "抱歉，没有找到原唱，听听这首吧", "蓝光散开"])
def test_what_plays_speaks_for_xiaoai_whatever_is_said_with_it(words: str, native: bool) -> None:
    assert shift(Reply(words, plays_audio=True), native=native) < 0
