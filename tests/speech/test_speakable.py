# mypy: disable-error-code="no-untyped-call"
"""What reaches the mouth of a speaker, and what has no sound."""

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.speech import speakable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("今天天气很好。", "今天天气很好。"),
        ("# 标题", "标题"),
        ("### 标题 ###\n正文", "标题，正文"),
        ("**重点**是*这个*，~~不是~~__那个__", "重点是这个，不是那个"),
        ("运行`ls`命令", "运行ls命令"),
        ("[官网](https://a.com/b(c))在这里", "官网在这里"),
        ("[官网][1]在这里\n\n[1]: https://a.com", "官网在这里"),
        ("看图![猫](cat.png)吧", "看图吧"),
        ("- 苹果\n- 香蕉\n* 梨\n+ 桃", "苹果，香蕉，梨，桃"),
        ("- [x] 买菜\n- [ ] 做饭", "买菜，做饭"),
        ("1. 开门\n2. 关门", "1、开门，2、关门"),
        ("1. **开门**：推", "1、开门：推"),
        ("1. Open it", "1. Open it"),
        ("> 引用\n>> 又一句", "引用，又一句"),
        ("> - # 标题", "标题"),
        ("上面\n\n---\n\n下面", "上面。下面"),
        ("| 名 | 值 |\n|---|:-:|\n| 一 | 1 |", "名，值，一，1"),
        ("见https://a.com/b?c=d。然后", "见。然后"),
        ("（https://a.com）好", "好"),
        ("见 www.a.com/b, 好", "见, 好"),
        ("<b>粗</b>体<br>换行<!-- 注释 -->", "粗体，换行"),
        ("a &amp; b", "a & b"),
        ("你好😀世界👨‍👩‍👧🇨🇳👍🏽❤️", "你好世界"),
        ("1️⃣ 第一", "1 第一"),
        ("你 好 世 界", "你好世界"),
        ("我 用 Python 写", "我用 Python 写"),
        ("Hello   world .", "Hello world."),
        ("第一行\n第二行", "第一行，第二行"),
        ("第一段。\n\n第二段", "第一段。第二段"),
        ("First line.\nSecond", "First line. Second"),
        ("事实[1]，另外[^2]如此【3†source】", "事实，另外如此"),
        ("2*3=6，3~5个", "2×3=6，3到5个"),
        ("snake_case 和 _斜体_", "snake case 和斜体"),
        ("用C#写#标签", "用C#写标签"),
        ("A → B", "A，B"),
        ("真的‼", "真的！"),
        ("温度-5℃，湿度40%", "温度-5℃，湿度40%"),
        ("-5度", "-5度"),
        ("价格$5（含税）", "价格$5（含税）"),
        ("“你好。”他说", "“你好。”他说"),
        ("，。好的", "好的"),
        ("”好的", "好的"),
        ("好，，好。。，再见", "好，好。再见"),
        ("好\u200b的\ufeff", "好的"),
        ("坏\ud83d字", "坏字"),
        ("第一\r\n第二", "第一，第二"),
        ("```\npip install foo\n```", "pip install foo"),
        ("代码：\n```python\nprint('x')\ny = 1\n```\n完", "代码：完"),
        ("```python\n```", ""),
        ("执行```ls```吧", "执行 ls 吧"),
    ],
)
def test_markup_has_no_sound(text, said):
    assert speakable(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("**半个", "半个"),
        ("半个**后面", "半个后面"),
        ("`半个", "半个"),
        ("~~半个", "半个"),
        ("[半个", "半个"),
        ("半个](https://a.com)后面", "半个后面"),
        ("```\n半个", "半个"),
        ("半个\n```\n后面", "半个。后面"),
        ("```python\nprint(1)\n", ""),
        ("<!-- 半个", ""),
    ],
)
def test_a_mark_without_its_partner_vanishes(text, said):
    assert speakable(text) == said


@pytest.mark.parametrize(
    "text", ["", " \n", "。", "……", "---", "***", "😀", "**", "|---|---|", "（）", "“”", "```", "- ", "#"]
)
def test_symbols_alone_are_nothing(text):
    assert speakable(text) == ""


MARKS = (
    "``` ```py\n ** ~~ --- |---| [x] [a](b) ![a](b) <b> </b> <br> <!-- --> &lt; &amp; http://a.b/c www.a.b [^1] "
    "【1†a】 👨‍👩‍👧 1️⃣ \ud83d"
)
LETTERS = "好天气a1b2。！？；，、：…!?;,.: \n\t\"'“”（）()[]《》{}`*_~～#|-+<>=&\\/@%$→‼😀"
PARTS = st.sampled_from([*LETTERS, *MARKS.split(" "), "- ", "1. ", "> ", "# ", "\r\n"])
TEXTS = st.lists(st.one_of(PARTS, st.text(max_size=3)), max_size=40).map("".join)


@given(TEXTS)
def test_saying_it_again_changes_nothing(text):
    assert speakable(speakable(text)) == speakable(text)


@given(TEXTS)
def test_no_mark_is_ever_said(text):
    said = speakable(text)
    assert not set(said) & set("*`~|\\[]\n\t😀\ufe0f\u200d")
    assert "  " not in said
    assert said == said.strip()


@given(TEXTS)
def test_it_never_grows(text):
    assert len(speakable(text)) <= len(text)


@given(st.text("今天气好我们去公园散步吧，。！？", min_size=1))
def test_words_are_never_lost(text):
    def words(of):
        return [char for char in of if char.isalnum()]

    assert words(speakable(text)) == words(text)
