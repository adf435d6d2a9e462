"""Taking out of a text what tells who its people are, before it leaves the house."""

from collections.abc import Iterable
import re

_DIGIT = "[0-9０-９零〇一二三四五六七八九幺]"
_NUMBER = "[0-9零一二三四五六七八九十百]+"
_STREET = "[一-龥]{1,8}(?:路|街|大道|道|巷|弄|胡同)"
_FLAT = f"(?:{_NUMBER}(?:号楼|栋|幢|单元|室|楼|号)?)"

_PATTERNS = (
    ("网址", r"(?:https?://|www\.)[^\s，。；、！？）」]+"),
    ("邮箱", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("密钥", r"\b(?:sk|pk|ak|key|token)[-_][\w-]{12,}"),
    ("证件号", r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])"),
    ("车牌", r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·\s]?[A-Z0-9]{5,6}"),
    ("网络地址", r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    ("电话", r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)"),
    ("电话", r"(?<!\d)0\d{2,3}[-\s]?\d{7,8}(?!\d)"),
    ("地址", f"{_STREET}{_NUMBER}(?:号|弄){_FLAT}*"),
    ("地址", f"{_NUMBER}(?:号楼|栋|幢){_FLAT}+"),
    # Codes, passwords, numbers of cards and accounts, as they are written and as they are spoken.
    ("号码", rf"{_DIGIT}(?:[-\s]?{_DIGIT}){{5,}}"),
)
"""What is found, in this order, and what it is replaced by."""
_COMPILED = tuple((f"〔{kind}〕", re.compile(pattern)) for kind, pattern in _PATTERNS)
_NAME = "〔人名〕"


def redact(text: str, names: Iterable[str] = ()) -> str:
    """Return a text in which numbers, addresses and names of people are replaced by what they are.

    Args:
        text: anything that was said or answered.
        names: of the people of the home; nobody can find the others' by a rule.
    """
    for replacement, pattern in _COMPILED:
        text = pattern.sub(replacement, text)
    for name in sorted({name.strip() for name in names} - {""}, key=len, reverse=True):
        text = re.sub(re.escape(name), _NAME, text, flags=re.IGNORECASE)
    return text
