"""Cleaning; needs the environment for training."""

import pytest

pytest.importorskip("sklearn")

from training.cleaning import Cleaned, clean, without
from training.corpus import Utterance


def said(text: str, intent: str = "device") -> Utterance:
    return Utterance(text, intent, "test")


def test_what_is_repeated_empty_or_contradicting_is_left_out() -> None:
    cleaned = clean(
        [
            said("打开灯"),
            said("小爱，打开灯。"),
            said("播放稻香", "media"),
            said("讲个笑话", "media"),
            said("讲个笑话", "chat"),
        ]
    )
    assert cleaned == Cleaned([said("打开灯"), said("播放稻香", "media")], repeated=2, near=0, contradicting=1)


def test_an_utterance_with_two_intents_of_one_side_is_kept_with_the_first() -> None:
    assert clean([said("电视声音大点", "device"), said("电视声音大点", "playback")]).utterances == [
        said("电视声音大点")
    ]


def test_what_is_almost_the_same_with_the_same_intent_is_kept_once() -> None:
    long = "明天早上七点半叫我起床去机场赶飞机可千万别忘了啊"
    cleaned = clean([said(long, "alarm"), said(f"{long}呀", "alarm"), said(f"{long}哦", "chat"), said("唱歌", "media")])
    assert [utterance.text for utterance in cleaned.utterances] == [long, f"{long}哦", "唱歌"]
    assert cleaned.near == 1


def test_what_is_measured_on_is_not_learned_from() -> None:
    assert without([said("打开灯。"), said("关灯")], [said("小爱同学，打开灯", "chat")]) == [said("关灯")]


def test_of_nothing_nothing_is_left() -> None:
    assert clean([]) == Cleaned([], repeated=0, near=0, contradicting=0)
