"""What XiaoAI's own answer tells about who should have answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
import json
from pathlib import Path
import re

_WEIGHTS = Path(__file__).parent / "models" / "reply.json"

PLAYS = -3.0
"""Log odds of XiaoAI playing something at a question, one time in twenty by estimate, against at a request for music,
nearly always. Learned, it would be too weak: the set's requests are plain ones, at a speaker they are titles."""

SURE = 6.0
"""Log odds beyond which words alone say nothing more where there is an answer, whose worth was learned that way."""

_FAILED = re.compile(
    "没学会|没有学会|还在学|正在学|还没?有?学|学习中|[我还也]不知道|^不知道|不清楚|没听懂|听不懂|没有?听清|听不清|不明白|没明白|"
    "不太懂|不太理解|没理解|换个(?:问法|说法|问题|话题)|换一个|我不会|还不会|不太会|暂时不|还不支持|不支持|没有?找到|未找到|找不到|"
    "没有?发现|未发现|没有?查到|查不到|无法|回答不了|答不上|帮不上|做不到|办不到|没办法|难倒|超出|能力有限|再说一遍|再问|"
    "抱歉|对不起|不好意思|还?没有?添加|还?没有?绑定|聊点别的|说点别的|跳过|本领|还小|努力"
)
_ASKS_BACK = re.compile(r"请问|哪[个首台一位]|几点|什么时候|是什么$|[吗呢么][？?]?$|还是.+[？?]?$|[？?]$")
_WANTS_PERSON = re.compile("会员|登录|版权|授权|开通|绑定.*账号|付费|购买|认证|隐私|权限|App|APP|app")
_DONE = re.compile(
    "^(?:好的|好嘞|好滴|收到|没问题|行|嗯|OK|ok|已|遵命)|已(?:经)?(?:为你|帮你|打开|关闭|设|调|加|取消|删)|为你|正在|马上|这就|给你"
)
_LIVE = re.compile(r"\d|度|多云|晴|雨|点|分|星期|农历|涨|跌|公里|元")


@dataclass(frozen=True, slots=True)
class Reply:
    """What XiaoAI has done with an utterance, as far as its record tells."""

    words: str = ""
    plays_audio: bool = False
    """It plays music, a story or the like."""
    by_llm: bool = False
    """Its words are those of its own language model."""

    @property
    def failed(self) -> bool:
        """Whether its words say that it can not, does not know, or did not understand."""
        return _FAILED.search(self.words) is not None

    @property
    def is_good(self) -> bool:
        """Whether its words say anything, as far as they tell."""
        return sum(map(str.isalnum, self.words)) >= 2 and not self.failed


def features(reply: Reply, *, native: bool) -> frozenset[str]:
    """Return what is to be seen in a reply, apart for utterances that look native and others."""
    words = reply.words
    seen = {
        "says_nothing": not words,
        "by_llm": reply.by_llm,
        "failed": reply.failed,
        "asks_back": _ASKS_BACK.search(words) is not None,
        "wants_person": _WANTS_PERSON.search(words) is not None,
        "done": _DONE.search(words) is not None and not reply.failed,
        "live": _LIVE.search(words) is not None and not reply.failed,
        "long": len(words) > 30,
    }
    side = "native" if native else "llm"
    return frozenset({side, *(f"{side}.{name}" for name, there in seen.items() if there)})


def shift(reply: Reply, *, native: bool) -> float:
    """Return what a reply adds to the log odds that the language model should answer.

    The weights are learned, see `training/evidence.py`.
    """
    if reply.plays_audio:
        return PLAYS
    weights = read_weights()
    return sum(weights.get(feature, 0.0) for feature in features(reply, native=native))


@cache
def read_weights() -> Mapping[str, float]:
    """Return the learned weights; read from disk once, so call it first where that may take a moment."""
    weights: dict[str, float] = json.loads(_WEIGHTS.read_text("utf-8"))["weights"]
    return weights
