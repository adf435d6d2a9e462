"""Utterances that choose who answers from now on: "换成英语老师", "换个助手"."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
import re

from .commands import CLOSERS, OPENERS, normal

_KIND = r"(?:语音|智能|对话|AI)?(?:助手|助理|智能体)"
_CHANGE = r"(?:切?换|切|转|改|变|调)(?:成|到|为|回|至|用|给|接|由)"
_TO = rf"(?:{_CHANGE}|使用|改用|换|切换|叫|请出?|呼叫|召唤)"
_FORMS = tuple(
    re.compile(f"{OPENERS}(?:{form}){CLOSERS}", re.IGNORECASE)
    for form in (
        rf"(?:我?(?:想|要|想要))?(?:把|将)?(?:{_KIND}|角色)?{_TO}(?:一?个|另一?个|别的|其他的?)?(?P<name>.+?)",
        r"我?(?:想|要|想要)?(?:和|跟|找)(?P<name>.+?)(?:聊一?聊|聊天|聊会儿?|说说?话|对话|谈谈)",
        r"(?:让|由)(?P<name>.+?)(?:以后|现在)?(?:都)?来(?:回答|答|说|聊|陪我)(?:吧)?",
    )
)
"""What is said about a name: it must be an assistant's."""
_EXPLICIT = re.compile(
    rf"{OPENERS}(?:我?(?:想|要|想要))?(?:"
    rf"(?:把|将)?{_KIND}(?:{_CHANGE}|换|切换)(?:一?个|一?下)?(?P<after>.*?)"
    rf"|(?:{_CHANGE}|换|切换|更换)(?:一?个|一?下)?(?:另一?个|别的|其他的?)?{_KIND}(?:(?:叫做?|名叫|名字叫|到|成|为|是)(?P<named>.*?))?"
    rf"|(?:{_CHANGE}|切换|更换)(?:一?个)?(?P<before>.*?)(?:这个|那个|的)?{_KIND}"
    rf"){CLOSERS}",
    re.IGNORECASE,
)
"""What is about an assistant whatever the name is."""
_FILLER = re.compile(rf"^(?:叫做?|名叫|名字叫|那个|这个|我的|一?个)+|(?:这个|那个|的)?(?:{_KIND}|角色)$", re.IGNORECASE)
_SOUNDS = (("g皮t", "gpt"), ("鸡皮踢", "gpt"), ("chatgpt", "gpt"), ("小爱同学", "小爱"))
"""How a recogniser may write what is said."""
_LONG_ENOUGH = 4
"""Characters of a name of which one may be misheard."""
_ALIKE = 0.75
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants another assistant."""

    name: str | None
    """The name of the one that is meant, as it was given; None: none of them is."""
    said: str = ""
    """What it was called; empty where no name was said."""


def wanted_assistant(utterance: str, names: Iterable[str]) -> Wish | None:
    """Return the assistant that an utterance asks for, or None if it is about something else.

    "换成蓝色" is about a lamp, unless an assistant is called so; "换个助手" is about assistants in any case.

    Args:
        utterance: what was said.
        names: what the assistants are called.
    """
    words, known = normal(utterance), {name: _plain(name) for name in names}
    if not known or not words or len(words) > _LONGEST:
        return None
    if (explicit := _EXPLICIT.fullmatch(words)) is not None:
        said = _bare(explicit["after"] or explicit["named"] or explicit["before"] or "")
        # "换成翻译助手" may name an assistant that has the word in its name.
        return Wish(_exactly(words, known) or _like(said, known), said)
    found = _exactly(words, known)
    return None if found is None else Wish(found, found)


def _exactly(words: str, known: dict[str, str]) -> str | None:
    """Return the assistant that is named as it is called, or nearly so."""
    for form in _FORMS:
        if (match := form.fullmatch(words)) is None:
            continue
        for said in (match["name"], _bare(match["name"])):
            plain = _plain(said)
            for name, own in known.items():
                if plain and plain in (own, _bare(own)) and not (own != plain and len(plain) < _LONG_ENOUGH):
                    return name
            near = [name for name, own in known.items() if _misheard(plain, own)]
            if len(near) == 1:
                return near[0]
    return None


def _like(said: str, known: dict[str, str]) -> str | None:
    """Return the assistant that is meant most likely, where it is certain that one is meant."""
    plain = _plain(said)
    if not plain:
        return None
    within = [name for name, own in known.items() if plain in own or own in plain]
    if len(within) == 1:
        return within[0]
    ratios = {name: SequenceMatcher(None, plain, own).ratio() for name, own in known.items()}
    best = max(ratios, key=lambda name: ratios[name])
    alone = sum(ratio == ratios[best] for ratio in ratios.values()) == 1
    return best if alone and ratios[best] > _ALIKE else None


def _misheard(said: str, name: str) -> bool:
    """Return whether one character of a long name was understood as another one.

    Not the first: 法语老师 is somebody else than 英语老师.
    """
    if len(said) != len(name) or len(name) < _LONG_ENOUGH or said[0] != name[0]:
        return False
    return sum(mine != theirs for mine, theirs in zip(said, name, strict=True)) == 1


def _plain(name: str) -> str:
    """Return a name as it is compared."""
    plain = "".join(filter(str.isalnum, normal(name)))
    for heard, meant in _SOUNDS:
        plain = plain.replace(heard, meant)
    return plain


def _bare(name: str) -> str:
    """Return a name without the words around it that say what it is."""
    return _FILLER.sub("", name) or name
