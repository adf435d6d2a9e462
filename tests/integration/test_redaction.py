"""What is taken out of a text before it leaves the house."""

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.redaction import redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("给13812345678打个电话", "给〔电话〕打个电话"),
        ("我的号码是 138 1234 5678", "我的号码是 〔电话〕"),
        ("打 +86-138-1234-5678", "打 〔电话〕"),
        ("座机是010-62345678", "座机是〔电话〕"),
        ("一三八幺二三四五六七八是谁的", "〔号码〕是谁的"),
        ("身份证11010519491231002X", "身份证〔证件号〕"),
        ("卡号6222 0212 3456 7890 123", "卡号〔号码〕"),
        ("验证码是482913", "验证码是〔号码〕"),
        ("写信到 grandma.li+home@example.com 吧", "写信到 〔邮箱〕 吧"),
        ("看 https://example.com/a?token=abc，很有趣", "看 〔网址〕，很有趣"),
        ("密钥是 sk-abcdefghijklmnop1234", "密钥是 〔密钥〕"),
        ("车牌京A12345停哪了", "车牌〔车牌〕停哪了"),
        ("路由器是192.168.1.1", "路由器是〔网络地址〕"),
        ("建国路88号2单元301室怎么走", "〔地址〕怎么走"),
        ("快递放在6号楼2单元401", "快递放在〔地址〕"),
    ],
)
def test_what_tells_who_somebody_is_is_replaced(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "把空调调到26度",
        "1949年发生了什么",
        "三乘以十七等于多少",
        "从一数到五",
        "讲个一千零一夜的故事",
        "明天七点半叫我",
        "3.14159是什么",
        "北京到上海1318公里",
        "这条路怎么走",
    ],
)
def test_ordinary_questions_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


def test_the_names_of_the_home_are_replaced_the_longer_first() -> None:
    assert redact("小明和小明明还有Anna", ["小明", "小明明", "anna", " ", ""]) == "〔人名〕和〔人名〕还有〔人名〕"


@given(st.text(), st.lists(st.text(max_size=4), max_size=3))
def test_any_text_and_any_names_will_do(text: str, names: list[str]) -> None:
    assert isinstance(redact(text, names), str)
