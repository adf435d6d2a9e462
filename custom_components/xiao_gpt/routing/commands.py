"""Utterances that steer the dialogue itself."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
import re


class Command(StrEnum):
    """What a person can tell the dialogue."""

    TURN_ON = "turn_on"
    TURN_OFF = "turn_off"
    STOP = "stop"
    CONTINUE = "continue"
    """After each answer the speaker listens again, without the wake word."""
    DISCONTINUE = "discontinue"
    NEW_TOPIC = "new_topic"
    """What was talked about is forgotten."""
    ASK_LLM = "ask_llm"
    """The language model should have answered what was said before; it does so now."""
    ASK_XIAOAI = "ask_xiaoai"
    """XiaoAI should have answered what was said before; it is told to do so now."""
    ASSISTANT = "assistant"
    """Another assistant shall answer from now on; see `wanted_assistant`."""


_NOISE = re.compile(r"[\s，。！？、,.!?~～…]+")
# No phrase of these two may be made of others: "请你请你…" would be tried in every combination.
OPENERS = (
    r"(?:小爱同学|小爱|请|帮我|给我|麻烦|求|你|能不能|可不可以|可以|我们|咱们|好了|好啦|行了|喂|快|赶紧|马上|立刻|先)*"
)
CLOSERS = r"(?:一下|吧|了|啦|啊|呀|嘛|谢谢|好吗|好不好|行吗|可以吗)*"
_SUBJECT = r"高级(?:对话|会话)(?:模式|功能)?"
_CONTINUOUS = r"(?:持续|连续)(?:对话|会话|聊天)(?:模式|功能)?"
_THIS = (
    r"(?:以后|下次)?(?:像|把)?(?:(?:这|那|上)一?(?:个|句|种|类|条|些|件|样)|(?:这|那)(?=话|问题|事)|刚才|刚刚)(?:那|这)?(?:个|句|样|条)?的?"
    r"(?:话|问题|事情|事|指令)?(?:以后|下次)?(?:都|就|应该|应当|要|得)*去?"
)
_GIVE = r"(?:问(?:一下|问)?|让|找|交给|给|由|归)"
_DO = r"(?:来|去)?(?:回答|答|处理|做|说|执行|办|管)"
_LLM = r"(?:chat)?(?:gpt|g皮t|ai|大模型|语言模型|人工智能)"
_XIAOAI = r"(?:小爱同学|小爱|音箱)"
_BEGIN = r"(?:打开|开启|启动|开始|进入|启用|开)(?:一下)?"
_END = r"(?:关闭|关掉|关上|关了|退出|停止|停用|禁用|结束|取消|关)(?:一下)?"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{OPENERS}(?:{pattern}){CLOSERS}", re.IGNORECASE)


_PATTERNS = {
    Command.TURN_ON: _whole(
        rf"{_BEGIN}{_SUBJECT}|(?:把)?{_SUBJECT}(?:给我|帮我)?(?:打开|开启|启动|启用|开)|turnon{_SUBJECT}"
    ),
    Command.TURN_OFF: _whole(rf"{_END}{_SUBJECT}|(?:把)?{_SUBJECT}(?:给我|帮我)?(?:关闭|关掉|关上|停用|禁用|关)"),
    Command.CONTINUE: _whole(rf"{_BEGIN}{_CONTINUOUS}|(?:把)?{_CONTINUOUS}(?:打开|开启|启动|启用|开)"),
    Command.DISCONTINUE: _whole(rf"{_END}{_CONTINUOUS}|(?:把)?{_CONTINUOUS}(?:关闭|关掉|关上|停用|禁用|关)"),
    Command.NEW_TOPIC: _whole(
        r"换(?:一?个)?(?:新)?话题|聊(?:点|些)别的|重新开始(?:对话|聊天)?|(?:开始)?新(?:的)?(?:话题|对话)|"
        r"(?:清空|清除|忘掉|忘记|删除)(?:刚才|之前|以前|前面)?(?:的|说的|聊的)?(?:对话|聊天|话题|内容)(?:记录|历史)?"
    ),
    Command.ASK_LLM: _whole(rf"{_THIS}(?:{_GIVE}{_LLM}(?:{_DO}|来)?|叫{_LLM}{_DO})"),
    Command.ASK_XIAOAI: _whole(rf"{_THIS}(?:{_GIVE}{_XIAOAI}(?:{_DO}|来)?|叫{_XIAOAI}{_DO})"),
    Command.STOP: _whole(
        "闭嘴|住口|住嘴|打住|停+|停止|停下|停下来|停一停|停止回答|停止说话|停止播放|暂停|暂停播放|"
        "(?:别|不要|不用|甭|别再|不要再)(?:说|讲|念|读|播|放|唱|回答|吵|出声|啰嗦)(?:话|下去)?|安静(?:一?点)?|够|算|嘘+|"
        "stop|shutup|bequiet"
    ),
}


def voice_command(utterance: str, own_words: Mapping[Command, Iterable[str]] | None = None) -> Command | None:
    """Return the command that the whole utterance is, or None.

    An utterance that only contains such words ("怎么让孩子闭嘴") is none.

    Args:
        utterance: what was said.
        own_words: more words for each command, a person's own.
    """
    words = normal(utterance)
    for command, phrases in (own_words or {}).items():
        if words and any(words == normal(phrase) for phrase in phrases):
            return command
    return next((command for command, pattern in _PATTERNS.items() if pattern.fullmatch(words)), None)


def normal(words: str) -> str:
    """Return words without the punctuation that a recogniser adds as it likes."""
    return _NOISE.sub("", words).lower()
