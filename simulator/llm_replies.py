"""What the simulated model says: scripted replies, a few answers of its own, and how text falls into tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
import re
from typing import Any, Self
import zlib

_TOKEN = re.compile(
    r"[\u3400-\u9fff]{1,2}"  # real vocabularies hold most Chinese words of two characters
    r"|[ ]?[^\W\d_\u3400-\u9fff]{1,6}"
    r"|[ ]?\d{1,3}"
    r"|\s+"
    r"|.",
    re.DOTALL,
)
_LATIN = re.compile(r"[A-Za-z]")
_HAN = re.compile(r"[\u3400-\u9fff]")

# An answer repeats the question; a long one would drown it.
_QUOTED_LENGTH = 40

_CHINESE_TOPICS: tuple[tuple[str, str], ...] = (
    (
        r"^(你好|您好|嗨|哈喽|早上好|晚上好)",
        "你好！听到你说“{question}”，我也很高兴。今天想聊点什么，还是要我帮你办件事？",
    ),
    (
        "天气|气温|下雨|冷不冷|热不热",
        (
            "今天还不错。你问“{question}”，我这里的资料是多云转晴，最高26.5℃，最低17.8℃，降水概率只有12.5%。"
            "早晚温差接近9度，出门最好带一件薄外套。"
        ),
    ),
    (
        "故事|童话",
        (
            "好呀。你说“{question}”，那我讲一个小狐狸的故事。从前，山脚下住着一只小狐狸，它每天晚上都要数一遍天上的星星。"
            "有一天星星少了一颗，它着急地跑遍了整座森林，问了猫头鹰，又问了老松树……"
            "最后它在池塘边停了下来：那颗星星正在水里对它眨眼睛呢！"
        ),
    ),
    (
        "怎么|如何|步骤|方法|做法",
        (
            "不难。关于“{question}”，可以分三步来做：\n"
            "1. 先把要用的东西准备齐，大约需要10分钟；\n"
            "2. 从最简单的部分开始，每次只做一件事；\n"
            "3. 做完以后检查一遍，记下哪里还可以改进。\n"
            "照着这个顺序来，一般半个小时就够了。"
        ),
    ),
    (
        "为什么|为啥|原因",
        (
            "这个问题问得好！“{question}”，主要有两个原因。第一个是光和空气的相互作用，波长越短的光越容易向四面八方散开；"
            "第二个是我们的眼睛对不同颜色的敏感程度不一样。两个原因加在一起，就成了我们看到的样子。"
        ),
    ),
)

_CHINESE_ANSWERS = (
    "嗯。“{question}”这件事要分情况来看。如果时间充裕，可以慢慢比较；如果着急，就先选最稳妥的那个。要我帮你列一个清单吗？",
    (
        "说到“{question}”，有个数字很有意思。一个人每天大约走6.5公里，一年下来就是2372.5公里，比北京到广州还要远。"
        "所以小事天天做，结果往往超出想象。"
    ),
    (
        "可以的。关于“{question}”，我想到三点：\n"
        "- **安全**：先确认不会影响家里的老人和孩子；\n"
        "- **省钱**：价格相差往往在1.5倍以内，不必选最贵的；\n"
        "- **省心**：选一个三年以后还能用的。\n"
        "你最看重哪一点？"
    ),
    (
        "关于“{question}”，不同的人会有不同的看法，有人觉得要趁早决定，有人觉得应该多等一等，"
        "不过大多数人事后回想起来，都认为当时想清楚自己真正要什么才是最要紧的。我的建议是先试一个星期！试过之后再决定也不迟。"
    ),
    (
        "我查了一下，“{question}”并没有唯一的答案。常见的说法是“因人而异”，大约有七成的人会先问问身边的朋友。"
        "不如你也听听家里人的意见，然后我们再接着聊？"
    ),
)

_ENGLISH_TOPICS: tuple[tuple[str, str], ...] = (
    (r"^(hi|hello|hey)\b", 'Hello! You said "{question}", and I am glad you did. What can I do for you today?'),
    (
        r"\bhow\b",
        (
            'Sure. For "{question}" three steps are enough:\n'
            "1. Get everything ready, which takes about 10 minutes.\n"
            "2. Start with the easiest part.\n"
            "3. Check the result once more.\n"
            "That is all there is to it."
        ),
    ),
)

_ENGLISH_ANSWERS = (
    (
        'Good question. "{question}" depends on what matters most to you. '
        "If you have time, compare a few options first. Shall I make a list?"
    ),
    (
        'About "{question}", here is a number worth knowing. People walk 6.5 km a day, e.g. to work and back, '
        "which makes 2372.5 km a year. Small things add up!"
    ),
    (
        'Dr. Smith was once asked "{question}" too. The answer took her 2.5 years... and it fitted on one page. '
        "Take your time, and begin with the part that you already understand."
    ),
)


def tokens(text: str) -> list[str]:
    """Split `text` into tokens of a plausible size, without losing a character."""
    return _TOKEN.findall(text)


def own_answer(question: str, *, after_tools: bool = False) -> str:
    """Return what the model says to `question` by itself: always the same to the same words.

    Args:
        question: The last thing the user said.
        after_tools: Whether the answer is to report what tools have just done.
    """
    english = len(_LATIN.findall(question)) > 2 * len(_HAN.findall(question))
    quoted = question.strip().rstrip("。.？?！!…，, ").replace("\n", " ")
    if len(quoted) > _QUOTED_LENGTH:
        quoted = f"{quoted[:_QUOTED_LENGTH]}…"
    if not quoted:
        return "我在呢。刚才没有听清，可以再说一遍吗？"
    if after_tools:
        template = 'Done. "{question}" is taken care of.' if english else "好了。“{question}”已经办好了，还有别的事吗？"
    else:
        topics, answers = (_ENGLISH_TOPICS, _ENGLISH_ANSWERS) if english else (_CHINESE_TOPICS, _CHINESE_ANSWERS)
        template = next(
            (answer for topic, answer in topics if re.search(topic, quoted, re.IGNORECASE)),
            answers[zlib.crc32(quoted.encode()) % len(answers)],
        )
    return template.replace("{question}", quoted)


class ScriptError(ValueError):
    """A script or a setting that makes no sense."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that a scripted reply calls."""

    name: str
    """Name of the function, as the request offers it."""
    arguments: str = "{}"
    """JSON text; kept as text so that a script can also send a broken one."""

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read a call whose arguments are an object, or a text to be sent as it stands.

        Raises:
            ScriptError: it is no such thing.
        """
        if not isinstance(value, Mapping) or not isinstance(name := value.get("name"), str) or not name:
            raise ScriptError("a tool call needs a name")
        match value.get("arguments", {}):
            case str() as text:
                return cls(name, text)
            case Mapping() as arguments:
                return cls(name, json.dumps(arguments, ensure_ascii=False))
            case _:
                raise ScriptError("the arguments of a tool call are an object or a text")


@dataclass(slots=True)
class ScriptedReply:
    """An answer that waits for its question."""

    match: str
    """Regular expression, searched in the last user message whatever its case; an empty one fits every question."""
    text: str = ""
    """What is said; with tool calls, once their results have come back."""
    tool_calls: list[ToolCall] = field(default_factory=list)
    """Tools that are called first, as far as the request offers them."""
    times: int | None = None
    """How many more answers it gives, None for any number. An answer with tool calls counts when its text is said."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.match)
        except re.error as err:
            raise ScriptError(f"match is no regular expression: {err}") from err

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read a reply from what a control request carries.

        Raises:
            ScriptError: a field is unknown, missing or of the wrong type.
        """
        if not isinstance(value, Mapping):
            raise ScriptError("a reply is an object")
        if unknown := value.keys() - {"match", "text", "tool_calls", "times"}:
            raise ScriptError(f"unknown fields of a reply: {', '.join(sorted(map(str, unknown)))}")
        pattern, text, calls = value.get("match", ""), value.get("text", ""), value.get("tool_calls", [])
        times = value.get("times")
        if not isinstance(pattern, str) or not isinstance(text, str) or not isinstance(calls, list):
            raise ScriptError("a reply has a match and a text (both texts), and may have a list of tool_calls")
        if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
            raise ScriptError("times is a number from 1, or null")
        if not text and not calls:
            raise ScriptError("a reply needs a text or tool_calls")
        return cls(pattern, text, [ToolCall.from_json(call) for call in calls], times)

    def as_json(self) -> dict[str, Any]:
        """Return the reply as `from_json` reads it."""
        calls = [{"name": call.name, "arguments": call.arguments} for call in self.tool_calls]
        return {"match": self.match, "text": self.text, "tool_calls": calls, "times": self.times}

    def fits(self, question: str) -> bool:
        """Return whether the reply is meant for `question` and not used up."""
        return self.times != 0 and re.search(self.match, question, re.IGNORECASE) is not None

    def use(self) -> None:
        """Count one answer given."""
        if self.times is not None:
            self.times -= 1
