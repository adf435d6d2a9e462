"""Turns a piece of an answer into what a mouth can say."""

import html
import re
import unicodedata

from .borders import FENCE

_CJK = r"\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_CODE = re.compile(r"```([^\n`]*\n)?(.*?)(?:\n[ \t]*)?```", re.DOTALL)
_CODE_CUT = re.compile(r"```[A-Za-z0-9+#.-]+\n.*", re.DOTALL)
_PLAIN_WORDS = re.compile(rf"[\s\w{_CJK}'’.,!?%-]*")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LINE_TAG = re.compile(r"</?(?:br|p|div|li|tr|h[1-6])\b[^<>\n]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]*>")
_TARGET = r"\((?:[^()\n]|\([^()\n]*\))*\)"
_IMAGE = re.compile(rf"!\[[^\[\]\n]*\](?:{_TARGET}|\[[^\[\]\n]*\])")
_LINK = re.compile(rf"\[([^\[\]\n]*)\](?:{_TARGET}|\[[^\[\]\n]*\])")
_NOTE = re.compile(
    r"^[ \t]*\[[^\[\]\n]+\]:[ \t]*(?:[a-z]+://|www\.|[/#.<]).*$"
    r"|\[\^[^\[\]\n]*\]:?|\[\d{1,3}\]|【\d+[^【】\n]*†[^【】\n]*】",
    re.MULTILINE,
)
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>\"'`|，。！？；：、（）【】《》“”‘’\u3400-\u9fff]*", re.IGNORECASE
)
_URL_END = re.compile(r"[.,:;!?)\]}*_~]+$")

_RULE = re.compile(r"[-=*_~+#:|—\s]*")
_LINE_MARK = re.compile(r"#{1,6}(?:\s+|$)|>+\s*|[-*+•·◦▪‣●○■□](?:\s+|$)|\[[ xX]\]\s*")
_CLOSED_HEADING = re.compile(r"\s+#+$")
_LIST_NUMBER = re.compile(rf"^(\d{{1,3}})[.)]\s+(?=[{_CJK}*_`])")

_SYMBOLS = (
    (re.compile(r"(?<=\d)\s*(?<!\*)\*(?!\*)\s*(?=\d)"), "×"),
    (re.compile(r"(?<=\d)\s*[~～]\s*(?=\d)"), "到"),
    (re.compile(r"(?<=\w)_+(?=\w)"), " "),
    (re.compile(r"(?<![A-Za-z])#+"), ""),
    (re.compile(r"\s*\|\s*|\s*[\u2190-\u21ff\u27f0-\u27ff\u2900-\u297f\u2b00-\u2bff]\ufe0f?\s*"), "，"),
    (re.compile(r"[‼⁉]"), "！"),
    (re.compile(r"[*_~～`\\\[\]]|-{3,}|={2,}"), ""),
)
# Symbols that are words: a speaker reads them as units.
_UNITS = "°℃℉№℡㎎㎏㎜㎝㎞㎡㏄"

_PAUSES = "，。！？；：、…,.!?;:"
_EMPTY = re.compile(r"\(\s*\)|（\s*）|\{\s*\}|【\s*】|《\s*》|“\s*”|「\s*」|\"\s*\"|''")
_LAYOUT = (
    (re.compile(r"[^\S\n]+"), " "),
    (re.compile(r" ?\n ?"), "\n"),
    (re.compile(rf"(?<=[{re.escape(_PAUSES)}])\n+"), "\n"),
    (re.compile(rf"(?<=[，。！？；：、…])\n|\n(?=[{re.escape(_PAUSES)}])"), ""),
    (re.compile(rf"(?<=[{re.escape(_PAUSES)}])\n"), " "),
    (re.compile(r"\n{2,}"), "。"),
    (re.compile(r"\n"), "，"),
    (re.compile(rf"(?<=[{_CJK}“”‘’…—]) | (?=[，。！？；：、…）】》”’])"), None),
    (re.compile(r" +(?=[,.!?;:](?:\s|$))"), ""),
    (re.compile(r"[，、,；：]+(?=[。！？])|(?<=[。！？；：…])[，、,]+|[，、]+(?=，)"), ""),
    (re.compile(r"([，。、；：！？,!])\1+"), r"\1"),
)
_NOT_FIRST = re.compile(rf"^(?:[{re.escape(_PAUSES)}”’」』）】》〉)\]}}%>=/—\s]|[-+](?!\d)|\.(?!\d))+")


def speakable(text: str) -> str:
    """Return what a speaker should say of a piece of an answer.

    Markup, code, addresses and pictures have no sound; line breaks become pauses. Marks that lost their partner
    because the answer was cut between them vanish like the others. The result is never longer than the text, and
    saying it again changes nothing.

    Returns:
        The words, or an empty text where there is nothing to say.
    """
    # One mark may hide another, and dropping the outer one uncovers it. Each round shortens the text or lessens its
    # marks, so this ends, as a rule after two rounds.
    while (cleaned := _clean(text)) != text:
        text = cleaned
    return text


def speakable_piece(piece: str, *, in_code: bool, goes_on_in_code: bool) -> str:
    """Return what a speaker should say of one of the pieces into which an answer was cut.

    Args:
        piece: a code fence that was cut is shown to the cleaner as the code that it is.
        in_code: whether it begins within such a fence.
        goes_on_in_code: whether it ends within one.
    """
    fenced = f"{FENCE}\n\n{piece}" if in_code else piece
    return speakable(f"{fenced}\n{FENCE}" if goes_on_in_code else fenced)


def _clean(text: str) -> str:
    text = _CODE.sub(_code, text)
    text = _CODE_CUT.sub("", text).replace("```", "")
    text = _COMMENT.sub("", text)
    text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    text = _URL.sub(_url, _NOTE.sub("", text))
    text = _TAG.sub("", _LINE_TAG.sub("\n", text))
    text = html.unescape(text).replace("\r\n", "\n").replace("\r", "\n")
    text = "\n".join(_line(line) for line in text.split("\n") if not _is_rule(line))
    for pattern, sound in _SYMBOLS:
        text = pattern.sub(sound, text)
    text = "".join(filter(_has_sound, text))
    text = _layout(_EMPTY.sub("", text))
    return text if any(map(str.isalnum, text)) else ""


def _code(match: re.Match[str]) -> str:
    """Keep what stands between fences only where it is a line of plain words."""
    language, body = match.group(1), match.group(2).strip()
    if language and not body:
        return ""
    plain = "\n" not in body and _PLAIN_WORDS.fullmatch(body)
    return f" {body} " if plain else "\n"


def _url(match: re.Match[str]) -> str:
    end = _URL_END.search(match.group())
    return end.group() if end else ""


def _is_rule(line: str) -> bool:
    """Tell whether a line is drawn rather than written: a rule, the border of a table or of a heading."""
    return len(line.strip()) > 1 and _RULE.fullmatch(line) is not None


def _line(line: str) -> str:
    """Take the marks off the beginning and the end of a line."""
    line = line.strip()
    while mark := _LINE_MARK.match(line):
        line = line[mark.end() :]
    line = _CLOSED_HEADING.sub("", line).strip("|").strip()
    return _LIST_NUMBER.sub(r"\1、", line)


def _has_sound(char: str) -> bool:
    if char in _UNITS or char == "\n" or char == "\t":
        return True
    # Pictographs, modifiers of pictographs, joiners, control and private characters; what Unicode does not know yet
    # is most likely a new pictograph.
    return unicodedata.category(char) not in ("So", "Sk", "Cf", "Cc", "Co", "Cn", "Cs", "Me") and char != "\ufe0f"


def _layout(text: str) -> str:
    text = text.strip()
    for pattern, pause in _LAYOUT:
        text = pattern.sub(_between_scripts if pause is None else pause, text)
    return _NOT_FIRST.sub("", text).strip()


def _between_scripts(match: re.Match[str]) -> str:
    """Keep the space that parts Chinese from Latin, drop the one inside Chinese."""
    after = match.string[match.end() : match.end() + 1]
    before = match.string[match.start() - 1 : match.start()]
    parts = before.isalnum() and after.isascii() and after.isalnum()
    return " " if parts else ""
