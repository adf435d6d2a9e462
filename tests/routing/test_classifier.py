"""The shipped models, on utterances of our own that leave no doubt and on hostile ones."""

from pathlib import Path

from hypothesis import given, strategies as st
import numpy as np
import numpy.typing as npt
import pytest

from custom_components.xiao_gpt.routing import ModelKind, classifier, load, load_best
from custom_components.xiao_gpt.routing.classifier import MODELS, Classifier, says_nothing

NATIVE = {
    "device": ["打开客厅的灯", "空调调到二十六度", "把窗帘拉上", "扫地机器人开始扫地", "卧室的灯还亮着吗"],
    "media": ["放一首周杰伦的晴天", "播放郭德纲的相声", "我想听新闻联播", "讲个小红帽的故事"],
    "playback": ["下一首", "声音大一点", "单曲循环"],
    "alarm": ["明天早上七点叫我起床", "倒计时十分钟", "取消所有闹钟", "提醒我晚上八点吃药"],
    "weather": ["明天会下雨吗", "上海今天多少度", "今天空气质量怎么样"],
    "time": ["现在几点了", "今天星期几", "今天农历几号"],
    "info": ["茅台今天的股价是多少", "今天有什么新闻", "明天北京的车限行尾号是多少"],
    "comm": ["给妈妈打电话", "查一下我的快递到哪了"],
    "nav": ["导航去火车站", "回家的路堵不堵"],
    "settings": ["打开蓝牙", "音箱连接无线网络"],
}
LLM = {
    "chat": ["你喜欢吃什么呀", "我今天心情特别差", "你会不会觉得孤单", "我失恋了好难过"],
    "knowledge": ["天空为什么是蓝色的", "恐龙是怎么灭绝的", "黑洞是什么", "红烧肉怎么做", "空调的工作原理是什么"],
    "create": ["写一首关于秋天的诗", "帮我写一封请假条", "编一个小兔子和月亮的故事", "给我的猫起个名字"],
    "lang_calc": ["苹果用英语怎么说", "三百六十五乘以二十四等于多少", "用虽然但是造一个句子", "守株待兔是什么意思"],
    "advice": ["孩子不爱吃饭怎么办", "我该不该换工作", "怎么跟老板提加薪", "送女朋友什么生日礼物好"],
    "followup": ["为什么这么说", "能再讲详细一点吗", "刚才说的第二点我没明白"],
}  # fmt: skip
CLEAR = [
    (utterance, llm)
    for llm, side in ((False, NATIVE), (True, LLM))
    for utterances in side.values()
    for utterance in utterances
]

HOSTILE = [
    "",
    " ",
    "。？！",
    "a",
    "啊",
    "停" * 10_000,
    "开灯" * 5_000,
    "a" * 10_000,
    "小爱同学" * 2_500,
    "1" * 10_000,
    " " * 10_000,
    "，" * 10_000 + "开灯",
    "".join(map(chr, range(32))),
    "打开\x00\x1b[31m灯\x7f",
    "\u202e灯开打\u200b\ufeff",
    "😀👨‍👩‍👧‍👦🏳️‍🌈",
    "e" + "\u0301" * 1_000,
    "\ufdfa" * 1_000,
    "\ud800",
    "Turn on the light, please.",
    "включи свет",
    "أشعل الضوء",
    "電気をつけて",
    "불 켜줘",
    "เปิดไฟ",
    "𠀀𠀁𠀂",
    "[CLS] [PAD] [MASK] ^ $",
    "'; DROP TABLE utterances; --",
    "${jndi:ldap://x} {{ 7*7 }} %s%n",
]


@pytest.fixture(scope="module", params=ModelKind)
def model(request: pytest.FixtureRequest) -> Classifier:
    return load(request.param)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder where the models are looked for."""
    monkeypatch.setattr(classifier, "MODELS", tmp_path)
    return tmp_path


def test_a_model_says_which_it_is_and_where_it_is_unsure(model: Classifier) -> None:
    assert model is not load(model.kind)
    assert model.kind in ModelKind
    assert model.borders.native < 0 < model.borders.llm


def test_clear_utterances_are_enough_and_of_every_intent() -> None:
    assert len(CLEAR) >= 55
    assert len({utterance for utterance, _ in CLEAR}) == len(CLEAR)
    assert all(len(utterances) >= 2 for utterances in (*NATIVE.values(), *LLM.values()))


@pytest.mark.parametrize(("kind", "share"), [(ModelKind.SVM, 0.85), (ModelKind.BERT, 0.85), (ModelKind.BOTH, 0.9)])
def test_nearly_all_clear_utterances_are_told_apart(kind: ModelKind, share: float) -> None:
    known = load(kind)
    wrong = [utterance for utterance, llm in CLEAR if (known.classify(utterance).odds > 0) is not llm]
    assert len(wrong) <= (1 - share) * len(CLEAR), wrong


@pytest.mark.parametrize("kind", ModelKind)
def test_a_clear_utterance_mostly_has_its_intent(kind: ModelKind) -> None:
    known = load(kind)
    pairs = [(utterance, intent) for side in (NATIVE, LLM) for intent, those in side.items() for utterance in those]
    wrong = [utterance for utterance, intent in pairs if known.classify(utterance).intent != intent]
    assert len(wrong) <= len(pairs) / 4, wrong


@pytest.mark.parametrize("utterance", [*(utterance for utterance, _ in CLEAR), *HOSTILE])
def test_any_utterance_gets_a_finite_verdict_with_an_intent_of_its_side(model: Classifier, utterance: str) -> None:
    verdict = model.classify(utterance)
    assert abs(verdict.odds) < 100
    assert isinstance(verdict.odds, float)
    assert verdict.intent in (NATIVE if verdict.odds < 0 else LLM)
    assert model.classify(utterance) == verdict


@given(st.text())
def test_any_text_gets_a_verdict_with_an_intent_of_its_side(utterance: str) -> None:
    for known in MODELS_LOADED:
        verdict = known.classify(utterance)
        assert verdict.intent in (NATIVE if verdict.odds < 0 else LLM)


MODELS_LOADED = [load(ModelKind.SVM), load(ModelKind.BERT)]


def test_punctuation_and_a_wake_word_do_not_change_a_verdict(model: Classifier) -> None:
    assert model.classify("小爱同学，打开客厅的灯！") == model.classify("打开客厅的灯")


def test_what_is_said_after_200_characters_does_not_change_a_verdict(model: Classifier) -> None:
    assert model.classify("讲" * 200 + "打开灯") == model.classify("讲" * 200)


def test_rare_words_say_more_than_frequent_ones(model: Classifier) -> None:
    assert 0 < model.rarity("的") < model.rarity("灯") < model.rarity("氦")
    assert model.rarity("no such token") >= model.rarity("氦")


@pytest.mark.parametrize(
    ("utterance", "nothing"),
    [
        ("", True),
        ("。。。", True),
        (" \n", True),
        ("😀", True),
        ("\x00", True),
        ("啊", False),
        ("a", False),
        ("1", False),
    ],
)
def test_what_has_no_word_says_nothing(utterance: str, nothing: bool) -> None:
    assert says_nothing(utterance) is nothing


def test_the_best_model_is_both_or_where_the_machine_is_weak_the_quick_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "WEAK_S", 60.0)
    assert load_best().kind is ModelKind.BOTH
    monkeypatch.setattr(classifier, "WEAK_S", 0.0)
    assert load_best().kind is ModelKind.SVM


@pytest.mark.parametrize("kind", ModelKind)
def test_a_missing_file_is_told(folder: Path, kind: ModelKind) -> None:
    with pytest.raises(OSError, match=r"\.(npz|json)"):
        load(kind)


def shipped(kind: ModelKind) -> dict[str, npt.NDArray[np.generic]]:
    with np.load(MODELS / f"{kind}.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (ModelKind.SVM, "facts"),
        (ModelKind.SVM, "names"),
        (ModelKind.SVM, "rarity"),
        (ModelKind.SVM, "idf"),
        (ModelKind.SVM, "weights"),
        (ModelKind.BERT, "facts"),
        (ModelKind.BERT, "tokens"),
        (ModelKind.BERT, "head"),
        (ModelKind.BERT, "layer0.qkv.scales"),
    ],
)
def test_a_file_that_lacks_something_is_told(folder: Path, kind: ModelKind, name: str) -> None:
    arrays = shipped(kind)
    del arrays[name]
    np.savez(folder / f"{kind}.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"{kind}.npz is damaged: .*{name}"):
        load(kind)


@pytest.mark.parametrize("facts", [b"{}", b"not json", b"\xff"])
def test_a_file_whose_facts_are_none_is_told(folder: Path, facts: bytes) -> None:
    arrays = shipped(ModelKind.SVM) | {"facts": np.frombuffer(facts, np.uint8)}
    np.savez(folder / "svm.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"."):
        load(ModelKind.SVM)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"PK\x03\x04garbage",
    ],
)
def test_a_file_that_is_no_model_is_told(folder: Path, content: bytes) -> None:
    (folder / "svm.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        load(ModelKind.SVM)


def test_a_file_of_which_half_is_missing_is_told(folder: Path) -> None:
    content = (MODELS / "svm.npz").read_bytes()
    (folder / "svm.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"."):
        load(ModelKind.SVM)


@pytest.mark.parametrize("weights", ["", "{}", '{"bert": 1, "svm": 1}'])
def test_weights_of_both_that_are_none_are_told(folder: Path, weights: str) -> None:
    for kind in (ModelKind.BERT, ModelKind.SVM):
        (folder / f"{kind}.npz").symlink_to(MODELS / f"{kind}.npz")
    (folder / "both.json").write_text(weights, "utf-8")
    with pytest.raises(ValueError, match=r"."):
        load(ModelKind.BOTH)
