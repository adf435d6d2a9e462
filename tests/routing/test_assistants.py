"""Asking for another assistant, in the ways people say it, and what only sounds like it."""

from hypothesis import example, given, strategies as st
import pytest

from custom_components.xiao_gpt.routing import Wish, wanted_assistant

NAMES = ("小爱 GPT", "英语老师", "老师", "翻译助手", "Ollama", "Home Assistant")
WANTED = {
    "老师": "换成老师|换老师|请换成老师|换到老师|切换到老师|切到老师|换回老师吧|换成老师助手|把角色换成老师|"
    "换个助手叫老师|切换到老师助手|把助手换成老师|我想和老师聊天|我要跟老师说话|找老师聊聊|让老师来回答|由老师来回答吧|叫老师",
    "英语老师": "切换到英语老师|换成英语老师，谢谢|小爱同学，换成英语老师|换个英语老师|"
    "换成英语老是|换成英语助手|换个助手叫英语老师",
    "小爱 GPT": "换成小爱GPT|换成小爱 gpt 吧|切回小爱GPT|换成小爱g皮t|换回小爱GPT",
    "翻译助手": "切换到翻译助手|换成翻译助手|把助手换成翻译助手|换成翻译助手吧",
    "Ollama": "换到ollama|切换成Ollama。|换个助手叫Ollama",
    "Home Assistant": "切换到Home Assistant|换成home assistant",
}
UNKNOWN = {
    "": "换个助手|换助手|切换助手|我要换助手|请换一个助手|换一个别的助手|换个其他的助手吧",
    "医生": "把助手换成医生|换个助手叫医生|切换到医生助手|换一个助手名字叫医生",
}
NONE = (
    "换成蓝色|把灯换成蓝色|换成英语|换成翻译|换一首歌|换个话题|换个灯泡|切换到电视|换台|换个角色|老师|英语老师|老师好|"
    "英语助手是什么|怎么换助手|为什么要换助手|打开翻译助手|翻译助手切换成英语|换个频道|切换客厅灯|换成两百块|换老师干什么|"
    "我们的老师换成别人了吗|叫外卖|让小爱来回答|和妈妈聊天怎么开头|换成冷风|切换到制冷模式|助手|智能助手是什么"
)


@pytest.mark.parametrize(
    ("utterance", "name"), [(utterance, name) for name, said in WANTED.items() for utterance in said.split("|")]
)
def test_who_is_named_is_wanted(utterance: str, name: str) -> None:
    wish = wanted_assistant(utterance, NAMES)
    assert wish is not None
    assert wish.name == name


@pytest.mark.parametrize(
    ("utterance", "said"), [(utterance, said) for said, all_of in UNKNOWN.items() for utterance in all_of.split("|")]
)
def test_who_is_not_there_is_wanted_all_the_same(utterance: str, said: str) -> None:
    assert wanted_assistant(utterance, NAMES) == Wish(None, said)


@pytest.mark.parametrize("utterance", NONE.split("|"))
def test_what_is_about_something_else_is_no_wish(utterance: str) -> None:
    assert wanted_assistant(utterance, NAMES) is None


@pytest.mark.parametrize("utterance", ["换成老师", "换个助手", "换成蓝色"])
def test_where_there_is_nobody_nobody_is_wanted(utterance: str) -> None:
    assert wanted_assistant(utterance, ()) is None


def test_a_lamp_is_one_where_no_assistant_has_its_name() -> None:
    assert wanted_assistant("换成蓝色", ["小爱 GPT"]) is None
    assert wanted_assistant("换成蓝色", ["小爱 GPT", "蓝色"]) == Wish("蓝色", "蓝色")


def test_what_is_like_two_names_is_neither() -> None:
    assert wanted_assistant("换成英语老是", ["英语老师", "英语老大"]) is None
    assert wanted_assistant("换个助手叫英语", ["英语老师", "英语同学"]) == Wish(None, "英语")


def test_the_teacher_of_another_language_is_somebody_else() -> None:
    assert wanted_assistant("换成法语老师", ["英语老师"]) is None
    assert wanted_assistant("换个助手叫法语老师", ["英语老师"]) == Wish(None, "法语老师")


@given(st.text(), st.lists(st.text(), max_size=3))
@example("换成" * 20000, ["换成"])
@example("换个助手叫" * 5000, ["老师"])
@example("吧" * 20000, ["吧"])
@example("换成" + "的助手" * 12, ["助手"])
def test_any_text_is_looked_at_without_failing_or_hanging(utterance: str, names: list[str]) -> None:
    wish = wanted_assistant(utterance, names)
    assert wish is None or wish.name is None or wish.name in names
