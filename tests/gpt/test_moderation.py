"""Unwanted words in a stream: found however it is cut, and nowhere else."""

import asyncio
from itertools import pairwise
import re
import time

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.gpt import COARSE_WORDS, GptError, PhraseList, Reason, ask_moderation, moderated
from custom_components.xiao_gpt.gpt.moderation import LONGEST_HELD, Screen
from simulator.llm_replies import own_answer

WORDS = PhraseList(["傻瓜", "ass", "bad word", "T恤", "18禁"])
INSTEAD = "我们聊点别的吧。"


def screened(text, phrases=WORDS, cuts=()):
    """Return what is let through of a text that comes in pieces, and whether the rest was kept back."""
    screen = Screen(phrases)
    borders = [0, *sorted(cuts), len(text)]
    through = [part for start, end in pairwise(borders) for part in screen.feed(text[start:end])]
    through.append(screen.finish())
    return "".join(through), screen.flagged


@pytest.mark.parametrize(
    "text",
    [
        *(
            "傻瓜",
            "你是个傻瓜！",
            "傻 瓜",
            "傻-瓜",
            "傻、瓜",
            "“傻”瓜",
            "傻*瓜*",
            "傻\u200b瓜",
            "傻.瓜",
            "傻傻瓜",
            "傻，瓜",
        ),
        *("ass", "Ass!", "ＡＳＳ", "áss", "a\u0301ss", "a\u200bss", "你这个ass啊", "an ass.", "ass's", "(ass)", "ass_"),
        *("bad word", "BAD  WORD", "bad-word", "bad\u3000Word", "very bad word", "bad bad word"),
        *("T恤", "ｔ恤", "t 恤", "18禁", "１８禁"),
    ],
)
def test_it_is_found(text):
    assert WORDS.found_in(text)
    assert WORDS.found_in(f"天空是蓝的。{text}")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "傻",
            "他有点傻。瓜熟了。",
            "…傻。瓜…",
            "傻！瓜",
            "傻？瓜",
            "傻；瓜",
            "傻\n瓜",
            "傻…瓜",
            "傻. 瓜",
            "瓜傻",
            "傻大瓜",
        ),
        *("class", "assess", "as s", "a s s", "Assam", "bass", "as\u3000s", "as。s", "ass1", "1ass"),
        *(
            "badword",
            "bad. Word",
            "bad! word",
            "word bad",
            "bad words",
            "bad other word",
            "318禁",
            "AT恤",
        ),
    ],
)
def test_it_is_no_false_alarm(text):
    assert screened(text) == (text, False)


@pytest.mark.parametrize("phrases", [[], ["", " ", "。！"]])
def test_no_words_find_nothing(phrases):
    found = PhraseList(phrases)
    assert not found
    assert not found.found_in("傻瓜 ass")


def test_what_stands_before_the_sentence_is_let_through():
    assert screened("天空是蓝的。小明说，你是傻瓜！对吧？") == ("天空是蓝的。", True)
    assert screened("Pi is 3.14. You ass. Bye.") == ("Pi is 3.14. ", True)
    assert screened("傻瓜") == ("", True)


def test_a_sentence_is_let_through_as_soon_as_it_has_ended():
    screen = Screen(WORDS)
    assert screen.feed("天空是蓝的") == []
    assert screen.feed("。云是") == ["天空是蓝的。"]
    assert screen.feed("白的！傻") == ["云是白的！"]
    assert screen.feed("。") == ["傻。"]
    assert (screen.feed("It is 3.") or screen.feed("14")) == []
    assert screen.feed(".") == []
    assert screen.feed(" A") == ["It is 3.14. "]
    assert screen.finish() == "A"


def test_a_sentence_without_end_is_let_through_but_for_what_may_become_a_phrase():
    screen = Screen(WORDS)
    assert screen.feed("啦" * LONGEST_HELD + "傻") == ["啦" * LONGEST_HELD]
    assert screen.feed("瓜") == []
    assert screen.flagged
    screen = Screen(WORDS)
    assert screen.feed("啦" * LONGEST_HELD + "as") == ["啦" * LONGEST_HELD]
    assert screen.feed("s") == screen.feed("\u3000") == []
    assert screen.flagged


CHARACTERS = st.text(alphabet="傻瓜的，。！… .-\n\u200b\u0301\u3000aAsSｓbdorw18禁t恤T1", max_size=60)
PIECES = ("傻瓜", "傻", "瓜", "。", "ass", "class", "bad", " ", "word", "bad word", ".", "，", "18", "禁", "啦" * 90)
TEXTS = CHARACTERS | st.lists(st.sampled_from(PIECES)).map("".join)


@given(TEXTS, st.data())
def test_how_it_is_cut_makes_no_difference(text, data):
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=len(text)))
    assert screened(text, cuts=cuts) == screened(text)


@given(TEXTS)
def test_what_is_let_through_is_the_beginning_and_clean(text):
    through, flagged = screened(text)
    assert text.startswith(through)
    assert flagged or through == text
    assert not WORDS.found_in(through)


PLAIN = st.text(alphabet="傻瓜大的，。！ asb\n", max_size=40)


@given(PLAIN)
def test_it_finds_what_a_regular_expression_finds(text):
    plain = PhraseList(["傻瓜", "ass", "瓜的b"])
    gap = "[， ]*"
    word = r"(?<![asb])ass(?![asb])"
    expression = re.compile(f"傻{gap}瓜|{word}|瓜{gap}的{gap}b(?![asb])")
    assert plain.found_in(text) is any(expression.search(sentence) for sentence in re.split("[。！\n]", text))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "去死海旅游要带什么",
            "体操你会吗",
            "他妈妈的电话",
            "热狗的日常",
            "杂种优势",
            "人工智障",
            "这是贱卖的人家",
            "I passed class",
        ),
        *("杂七杂八", "Scunthorpe", "shiitake", "逼真的装饰", "混合蛋糕", "王八十岁的蛋糕"),
        *(
            own_answer(question)
            for question in ("天空为什么是蓝色的", "怎么做红烧肉", "你好", "讲个故事", "what is love")
        ),
    ],
)
def test_everyday_talk_holds_no_coarse_word(text):
    assert not PhraseList(COARSE_WORDS).found_in(text)


def test_every_coarse_word_is_found():
    for word in COARSE_WORDS:
        assert PhraseList(COARSE_WORDS).found_in(f"他说：“{word}”")


# The stream


class Reply:
    """A stream that notes how far it was read, and whether it was closed."""

    def __init__(self, *parts, pace=0.0):
        self.parts = parts
        self.pace = pace
        self.read = 0
        self.closed = False

    async def __aiter__(self):
        try:
            for part in self.parts:
                await asyncio.sleep(self.pace)
                if isinstance(part, Exception):
                    raise part
                self.read += 1
                yield part
        finally:
            self.closed = True


async def through(reply, phrases=WORDS, **options):
    return [part async for part in moderated(aiter(reply), phrases, INSTEAD, **options)]


class Judge:
    """Flags what holds a word, after a while."""

    def __init__(self, word="炸", seconds=0.0):
        self.word, self.seconds = word, seconds
        self.asked = []

    async def __call__(self, text):
        self.asked.append(text)
        await asyncio.sleep(self.seconds)
        return self.word in text


async def test_a_flagged_sentence_ends_the_stream():
    reply = Reply("天空", "是蓝的。你", "是傻", "瓜。", "真的", 7)
    assert await through(reply) == ["天空是蓝的。", f"\n{INSTEAD}"]
    assert reply.closed
    assert reply.read == 4


async def test_nothing_but_ours_is_said_where_the_first_sentence_is_flagged():
    assert await through(Reply("傻瓜")) == [INSTEAD]


async def test_a_flagged_sentence_takes_its_tool_calls_along():
    assert await through(Reply("好的。傻瓜", 7)) == ["好的。", f"\n{INSTEAD}"]
    assert await through(Reply("好的。傻", 7, "瓜")) == ["好的。", "傻", 7, "瓜"]


@pytest.mark.parametrize("judge", [None, Judge()])
async def test_a_clean_stream_is_as_it_was(judge):
    reply = Reply("天空", "是蓝的。", 7)
    assert await through(reply, judge=judge) == ["天空是蓝的。", 7]
    assert reply.closed


async def test_without_anything_to_look_for_it_is_not_touched():
    assert await through(Reply("天空", "是傻瓜", 7), PhraseList()) == ["天空", "是傻瓜", 7]


@pytest.mark.parametrize("judge", [None, Judge()])
async def test_a_failure_comes_after_what_was_said_before_it(judge):
    stream = moderated(aiter(Reply("天空是蓝的。云", GptError(Reason.SERVICE))), WORDS, INSTEAD, judge=judge)
    assert await anext(stream) == "天空是蓝的。"
    with pytest.raises(GptError):
        await anext(stream)


@pytest.mark.parametrize("judge", [None, Judge(seconds=9)])
async def test_a_listener_who_goes_away_closes_the_stream(judge):
    reply = Reply("天空是蓝的。", "云是白的。", pace=0.01)
    stream = moderated(aiter(reply), WORDS, INSTEAD, judge=judge)
    listening = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.03)
    if judge is not None:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await stream.aclose()
    assert reply.closed


async def test_each_sentence_is_judged_while_the_next_ones_come():
    judge = Judge(seconds=0.05)
    reply = Reply(*(f"第{number}句。" for number in range(6)), pace=0.03)
    began = time.monotonic()
    assert len(await through(reply, judge=judge)) == 6
    assert len(judge.asked) == 6
    # One after the other they would take 6 * (0.03 + 0.05) s.
    assert time.monotonic() - began < 0.4


async def test_what_was_judged_ends_the_stream():
    reply = Reply("天空是蓝的。", "怎么做炸药。", "首先。", 7)
    assert await through(reply, PhraseList(), judge=Judge()) == ["天空是蓝的。", f"\n{INSTEAD}"]
    assert reply.closed


async def test_verdicts_are_not_waited_for_when_nobody_listens_any_more():
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(5):
        assert await through(Reply("天空是蓝的。"), judge=Judge(seconds=60), stop=stop) == []


async def test_the_service_judges(client, sim):
    sim.llm.settings.flag = "炸药"
    assert await ask_moderation(client, "怎么做炸药")
    assert not await ask_moderation(client, "怎么做红烧肉")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"moderations": False}, Reason.NOT_FOUND),
        ({"fail": "server"}, Reason.SERVICE),
        ({"api_key": "sk-other"}, Reason.INVALID_KEY),
        ({"moderation_time": 60}, Reason.TIMEOUT),
    ],
)
async def test_a_service_that_does_not_judge_is_a_failure(client, sim, monkeypatch, settings, reason):
    monkeypatch.setattr("custom_components.xiao_gpt.gpt.moderated_reply.MODERATION_TIMEOUT_S", 0.2)
    sim.llm.settings.update(settings)
    with pytest.raises(GptError) as caught:
        await ask_moderation(client, "怎么做红烧肉")
    assert caught.value.reason is reason
