"""What a home's people have said about who should answer what."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.routing import (
    Classifier,
    Context,
    Corrections,
    ModelKind,
    Reason,
    Reply,
    Route,
    Router,
    load,
)
from custom_components.xiao_gpt.routing.corrections import DECISIVE, MOST

ON = Context(enabled=True)
UNRELATED = (
    "明天会下雨吗|播放周杰伦的稻香|现在几点了|明天早上七点叫我|给妈妈打电话|导航去机场|空调调到二十六度|下一首|声音大一点|"
    "今天有什么新闻|茅台股价多少|取消闹钟|扫地机器人回去充电|把窗帘拉上|单曲循环|打开蓝牙|今天星期几|上海限行吗|"
    "我想听评书|倒计时十分钟|天空为什么是蓝色的|黑洞是什么|写一首关于秋天的诗|三百乘以五等于多少|苹果用英语怎么说|"
    "孩子不爱吃饭怎么办|你喜欢什么颜色|红烧肉怎么做|恐龙怎么灭绝的|守株待兔是什么意思|我该不该换工作|能再详细一点吗|"
    "你会孤单吗|编一个小兔子的故事|帮我写请假条|光速有多快|李白是哪个朝代的|怎么练腹肌|牙疼怎么缓解|用虽然但是造句|"
    "为什么猫怕水|区块链是什么东西"
)
CORRECTED = [
    ("我要睡觉了", True),
    ("我要睡觉了", False),
    ("讲个笑话吧", True),
    ("屋里有点冷", False),
    ("今天穿什么好", False),
    ("苏州有哪些好玩的地方", False),
    ("推荐一部好看的电影", True),
    ("打开客厅的灯", True),
    ("天空为什么是蓝色的", False),
]
VARIANTS = [
    ("我要睡觉了", "我要睡觉啦"),
    ("我要睡觉了", "小爱同学，我要睡觉了！"),
    ("讲个笑话吧", "讲个笑话"),
    ("讲个笑话吧", "给我讲个笑话吧"),
    ("屋里有点冷", "屋里有点冷啊"),
    ("今天穿什么好", "今天穿什么好呢"),
    ("苏州有哪些好玩的地方", "苏州有哪些好玩的"),
    ("推荐一部好看的电影", "给我推荐一部好看的电影"),
    ("推荐一部好看的电影", "推荐一部好看的电影吧"),
]


@pytest.fixture(scope="module")
def both() -> Classifier:
    return load(ModelKind.BOTH)


def even(_: str) -> float:
    return 1.0


@pytest.mark.parametrize(("utterance", "llm"), CORRECTED)
def test_the_same_utterance_goes_to_whom_a_person_has_named(both: Classifier, utterance: str, llm: bool) -> None:
    corrections = Corrections(both.rarity)
    router = Router(both, corrections)
    before = router.decide(utterance, ON)
    corrections.add(utterance, llm=llm)
    after = router.decide(utterance, ON)
    assert corrections.shift(utterance) == pytest.approx(DECISIVE if llm else -DECISIVE)
    assert after.llm is llm
    assert after.reason is (Reason.CLASSIFIER if before.route is after.route else Reason.CORRECTED)
    assert after.route is (Route.LLM if llm else Route.NATIVE)


@pytest.mark.parametrize(("corrected", "said"), VARIANTS)
@pytest.mark.parametrize("llm", [True, False])
def test_a_close_variant_goes_there_too(both: Classifier, corrected: str, said: str, llm: bool) -> None:
    corrections = Corrections(both.rarity, [(corrected, llm)])
    assert Router(both, corrections).decide(said, ON).llm is llm


@pytest.mark.parametrize("llm", [True, False])
def test_utterances_that_have_nothing_to_do_with_it_stay_where_they_were(both: Classifier, llm: bool) -> None:
    known = ["我要睡觉了", "讲个笑话吧", "屋里有点冷", "打开客厅的灯", "今天穿什么好", "推荐一部好看的电影"]
    corrections = Corrections(both.rarity, [(utterance, llm) for utterance in known])
    router, bare = Router(both, corrections), Router(both)
    assert len(set(UNRELATED.split("|"))) >= 40
    for utterance in UNRELATED.split("|"):
        assert corrections.shift(utterance) == 0, utterance
        assert router.decide(utterance, ON) == bare.decide(utterance, ON)


def test_a_correction_outweighs_xiaoais_failure(both: Classifier) -> None:
    router = Router(both, Corrections(both.rarity, [("把书房的灯打开", False)]))
    assert router.decide("把书房的灯打开", Context(enabled=True, reply=Reply("抱歉，我没听懂"))).llm is False


def test_the_less_alike_an_utterance_is_the_less_a_correction_counts() -> None:
    corrections = Corrections(even, [("打开客厅的灯", True)])
    shifts = [
        corrections.shift(said) for said in ("打开客厅的灯", "打开客厅的门", "打开卧室的门", "关上卧室的门", "唱歌")
    ]
    assert shifts == sorted(shifts, reverse=True)
    assert shifts[0] == pytest.approx(DECISIVE)
    assert shifts[-1] == 0


def test_the_most_similar_correction_counts() -> None:
    corrections = Corrections(even, [("打开客厅的灯", True), ("打开客厅的门", False)])
    assert corrections.shift("打开客厅的灯") == pytest.approx(DECISIVE)
    assert corrections.shift("打开客厅的门") == pytest.approx(-DECISIVE)


def test_the_newest_word_counts() -> None:
    corrections = Corrections(even)
    corrections.add("我要睡觉了", llm=True)
    corrections.add("讲个笑话", llm=True)
    corrections.add("小爱同学，我要睡觉了。", llm=False)
    assert len(corrections) == 2
    assert corrections.shift("我要睡觉了") < 0
    assert [llm for _, llm in corrections] == [True, False]


def test_of_two_that_are_as_similar_the_newest_counts() -> None:
    corrections = Corrections(even, [("灯好亮", False), ("灯好暗", True)])
    assert corrections.shift("灯好大") > 0
    corrections.add("灯好亮", llm=False)
    assert corrections.shift("灯好大") < 0


@pytest.mark.parametrize("utterance", ["", "。。。", " \n", "😀"])
def test_what_says_nothing_is_not_remembered_and_like_nothing(utterance: str) -> None:
    corrections = Corrections(even, [(utterance, True)])
    assert len(corrections) == 0
    corrections.add("你好", llm=True)
    assert corrections.shift(utterance) == 0


def test_where_nothing_was_said_nothing_is_shifted() -> None:
    assert Corrections(even).shift("打开灯") == 0


def test_the_newest_five_hundred_are_kept() -> None:
    names = [
        f"{first}{second}"
        for first in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地"
        for second in "春夏秋冬东西南北一二三四五六七八九十百千万亿"
    ]
    assert len(names) > MOST == 500
    corrections = Corrections(even, [(name, True) for name in names])
    assert len(corrections) == len(list(corrections)) == MOST
    assert corrections.shift(names[-1]) == pytest.approx(DECISIVE)
    assert corrections.as_list()[0]["utterance"] == " ".join(names[-MOST])


def test_all_can_be_forgotten() -> None:
    corrections = Corrections(even, [("打开灯", True)])
    corrections.clear()
    assert (len(corrections), corrections.as_list(), corrections.shift("打开灯")) == (0, [], 0)
    corrections.add("打开灯", llm=False)
    assert corrections.shift("打开灯") == pytest.approx(-DECISIVE)


@given(st.lists(st.tuples(st.text(max_size=20), st.booleans()), max_size=8), st.text(max_size=20))
def test_what_is_stored_and_read_again_is_the_same(known: list[tuple[str, bool]], utterance: str) -> None:
    corrections = Corrections(even, known)
    again = Corrections.from_list(even, corrections.as_list())
    assert list(again) == list(corrections)
    assert again.shift(utterance) == pytest.approx(corrections.shift(utterance))


@pytest.mark.parametrize(
    "data",
    [
        None,
        "x",
        7,
        {},
        {"utterance": "x", "llm": True},
        [None, 1, "x", [], {}],
        [{"utterance": "x"}, {"llm": True}],
        [{"utterance": None, "llm": True}],
        [{"utterance": {"a": 1}, "llm": True}],
    ],
)
def test_what_is_no_correction_is_left_out(data: Any) -> None:
    assert len(Corrections.from_list(even, data)) == 0


def test_good_corrections_among_garbage_are_kept() -> None:
    stored = [None, {"utterance": "打开灯", "llm": True}, {"utterance": "。", "llm": True}, 3]
    assert list(Corrections.from_list(even, stored)) == [("打 开 灯", True)]


LONG = (
    "从前有一座山山里有一座庙庙里有个老和尚在给小和尚讲故事" * 2
    + "你猜他们后来怎么样了呀我觉得他们肯定是下山去买西瓜吃结果碰见下雨只好躲进桥洞里面等天晴"
)


@pytest.mark.parametrize(
    "utterance",
    [
        LONG[:90],
        pytest.param(
            "".join(map(chr, range(0x4E00, 0x4E00 + 190))),
        ),
    ],
)
def test_a_long_utterance_is_like_itself(utterance: str) -> None:
    assert Corrections(even, [(utterance, True)]).shift(utterance) == pytest.approx(DECISIVE)


@given(st.text(), st.text(), st.booleans())
def test_any_text_can_be_corrected_and_never_counts_more_than_the_strength(one: str, other: str, llm: bool) -> None:
    corrections = Corrections(even, [(one, llm)])
    assert 0 <= corrections.shift(other) * (1 if llm else -1) <= DECISIVE
