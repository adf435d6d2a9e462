"""How an account's requests for records are shared among its speakers."""

import asyncio
from functools import partial
from math import inf, isfinite

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt import polling
from custom_components.xiao_gpt.polling import (
    DEFAULT_BUDGET,
    IDLE_SHARE,
    MAX_THROTTLED_S,
    THROTTLED_S,
    Attention,
    PollBudget,
)

ORDER = [
    Attention.LIVELY,
    Attention.NEAR,
    Attention.IDLE,
    Attention.AWAY,
    Attention.OFF,
    Attention.RESTING,
]


class FakeClock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Speakers:
    """A budget and the speakers that share it, by name."""

    def __init__(self, clock, per_minute=DEFAULT_BUDGET, **attention):
        self.attention = attention
        self.budget = PollBudget(per_minute, clock=clock)
        for name in attention:
            self.budget.join(name, partial(self.attention.__getitem__, name))

    @property
    def shares(self):
        return self.budget.shares()


@pytest.fixture(autouse=True)
def house():
    """No home is needed here, nor a quicker world."""


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def steady(monkeypatch):
    """Rests are as long as they are meant to be."""
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)


async def settle():
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


# Sharing


def test_one_idle_speaker_is_asked_once_a_second(clock):
    assert Speakers(clock, a=Attention.IDLE).budget.interval("a") == 1.0


def test_idle_speakers_leave_a_part_of_the_budget_unspent(clock):
    speakers = Speakers(clock, **dict.fromkeys("abcde", Attention.IDLE))
    assert list(speakers.shares.values()) == [pytest.approx(30)] * 5
    assert sum(speakers.shares.values()) == pytest.approx(150)


def test_a_lively_speaker_alone_gets_the_whole_budget(clock):
    assert Speakers(clock, a=Attention.LIVELY).shares == {"a": DEFAULT_BUDGET}


def test_a_lively_speaker_gets_most_of_it_and_the_others_something(clock):
    shares = Speakers(clock, a=Attention.LIVELY, **dict.fromkeys("bcde", Attention.IDLE)).shares
    assert sum(shares.values()) == pytest.approx(DEFAULT_BUDGET)
    assert shares["a"] >= DEFAULT_BUDGET / 2
    assert [shares[name] for name in "bcde"] == [30] * 4


def test_a_dialogue_makes_the_others_no_deafer(clock):
    speakers = Speakers(clock, **dict.fromkeys("abcdef", Attention.IDLE))
    before = speakers.shares
    speakers.attention["a"] = Attention.LIVELY
    assert all(speakers.shares[name] == before[name] for name in "bcdef")


def test_dialogues_share_alike(clock):
    shares = Speakers(clock, a=Attention.LIVELY, b=Attention.LIVELY, c=Attention.IDLE).shares
    assert shares == {"a": pytest.approx(95), "b": pytest.approx(95), "c": pytest.approx(50)}


@pytest.mark.parametrize(("count", "usual"), [(1, 240), (5, 240), (6, 270), (10, 390)])
def test_more_speakers_have_a_larger_budget_unless_it_was_set(clock, count, usual):
    attention = dict.fromkeys(map(str, range(count)), Attention.LIVELY)
    assert sum(Speakers(clock, None, **attention).shares.values()) == pytest.approx(usual)
    assert sum(Speakers(clock, 100, **attention).shares.values()) == pytest.approx(100)


def test_what_one_does_not_need_goes_to_the_others(clock):
    shares = Speakers(clock, a=Attention.LIVELY, b=Attention.NEAR).shares
    assert shares == {"a": pytest.approx(180), "b": pytest.approx(60)}


def test_where_it_is_short_it_goes_where_it_matters(clock):
    everyone = {attention.name: attention for attention in ORDER}
    shares = Speakers(clock, 60, **everyone).shares
    got = [shares[attention.name] for attention in ORDER]
    assert got == sorted(got, reverse=True)
    assert len(set(got)) == len(got)
    assert shares["RESTING"] == 0


def test_where_there_is_enough_those_who_are_far_get_what_they_want(clock):
    shares = Speakers(clock, near=Attention.NEAR, away=Attention.AWAY, off=Attention.OFF).shares
    assert shares == {"near": 60, "away": 30, "off": 30}


def test_one_that_rests_is_not_asked(clock):
    speakers = Speakers(clock, a=Attention.RESTING, b=Attention.IDLE)
    assert speakers.budget.interval("a") == inf
    assert speakers.budget.interval("b") == 1.0


def test_one_that_takes_no_part_is_not_asked(clock):
    speakers = Speakers(clock, a=Attention.IDLE)
    assert speakers.budget.interval("b") == inf
    speakers.budget.leave("a")
    speakers.budget.leave("a")
    assert speakers.shares == {}


def test_one_that_leaves_gives_its_share_to_the_others(clock):
    speakers = Speakers(clock, **dict.fromkeys("abc", Attention.IDLE))
    before = speakers.shares["a"]
    speakers.budget.leave("c")
    assert speakers.shares.keys() == {"a", "b"}
    assert speakers.shares["a"] > before


def test_attention_counts_as_it_is_now(clock):
    speakers = Speakers(clock, a=Attention.IDLE)
    assert speakers.shares == {"a": 60}
    speakers.attention["a"] = Attention.LIVELY
    assert speakers.shares == {"a": 240}


@given(
    st.lists(st.sampled_from(Attention), max_size=12),
    st.floats(1, 2000),
    st.integers(0, 5),
    st.floats(0, 2000),
)
def test_the_shares_never_exceed_the_budget_nor_what_is_wanted(attention, per_minute, throttles, passed):
    clock = FakeClock()
    speakers = Speakers(clock, per_minute, **{f"s{index}": each for index, each in enumerate(attention)})
    for _ in range(throttles):
        clock.now += 10 * MAX_THROTTLED_S / 7
        speakers.budget.throttled()
    clock.now += passed
    shares = speakers.shares
    assert shares.keys() == speakers.attention.keys()
    limit = per_minute if Attention.LIVELY in attention else per_minute * IDLE_SHARE
    assert sum(shares.values()) <= limit * (1 + 1e-9)
    for name, share in shares.items():
        assert isfinite(share)
        assert 0 <= share <= speakers.attention[name].value.wanted * (1 + 1e-9)
        assert (share > 0) == (speakers.attention[name] is not Attention.RESTING)
        assert speakers.budget.interval(name) > 0


# Waiting for one's turn


async def test_a_turn_comes_after_the_interval(monkeypatch):
    monkeypatch.setattr(polling, "MINUTE_S", 6.0)
    loop = asyncio.get_running_loop()
    speakers = Speakers(loop.time, a=Attention.IDLE)
    since = loop.time()
    assert await speakers.budget.wait("a", since) is False
    assert loop.time() - since >= 0.1 - 0.01


async def test_a_request_that_took_longer_than_the_interval_is_followed_at_once(clock):
    speakers = Speakers(clock, a=Attention.IDLE)
    async with asyncio.timeout(1):
        assert await speakers.budget.wait("a", clock.now - 1) is False


async def test_attention_that_rises_wakes_who_waits(clock):
    speakers = Speakers(clock, a=Attention.OFF)
    waiting = asyncio.create_task(speakers.budget.wait("a", clock.now))
    clock.now += 0.3
    await settle()
    assert not waiting.done()
    speakers.attention["a"] = Attention.LIVELY
    await settle()
    assert not waiting.done()
    speakers.budget.review()
    async with asyncio.timeout(1):
        assert await waiting is False


async def test_a_review_that_changes_nothing_lets_nobody_through(clock):
    speakers = Speakers(clock, a=Attention.OFF)
    waiting = asyncio.create_task(speakers.budget.wait("a", clock.now))
    await settle()
    for _ in range(3):
        speakers.budget.review()
        await settle()
    assert not waiting.done()
    waiting.cancel()


async def test_who_has_rested_is_told(clock):
    speakers = Speakers(clock, a=Attention.RESTING)
    waiting = asyncio.create_task(speakers.budget.wait("a", clock.now))
    await settle()
    clock.now += 8 * 3600
    speakers.budget.review()
    await settle()
    assert not waiting.done()
    speakers.attention["a"] = Attention.IDLE
    speakers.budget.review()
    async with asyncio.timeout(1):
        assert await waiting is True


async def test_one_that_joins_makes_the_others_look_again(clock):
    speakers = Speakers(clock, a=Attention.RESTING)
    waiting = asyncio.create_task(speakers.budget.wait("a", clock.now))
    clock.now += 5
    await settle()
    speakers.attention["a"] = Attention.IDLE
    speakers.budget.join("b", lambda: Attention.IDLE)
    async with asyncio.timeout(1):
        assert await waiting is True


# Throttled


def test_throttled_the_budget_is_cut_and_comes_back_little_by_little(clock):
    speakers = Speakers(clock, a=Attention.LIVELY)
    speakers.budget.throttled()
    assert speakers.shares["a"] == pytest.approx(120)
    clock.now += 300
    assert speakers.shares["a"] == pytest.approx(180)
    clock.now += 300
    assert speakers.shares["a"] == pytest.approx(240)
    clock.now += 3000
    assert speakers.shares["a"] == 240


def test_throttled_again_and_again_something_is_left(clock, steady):
    speakers = Speakers(clock, a=Attention.LIVELY)
    for _ in range(20):
        speakers.budget.throttled()
        clock.now += MAX_THROTTLED_S / 10
    assert speakers.shares["a"] >= 60


async def rest_of(speakers, clock):
    """Return how many seconds a speaker whose turn it would be is kept waiting."""
    for seconds in range(1000):
        clock.now += 1
        waiting = asyncio.create_task(speakers.budget.wait("a", clock.now - 3600))
        await settle()
        if waiting.done():
            return seconds + 1
        waiting.cancel()
    raise AssertionError("it never ends")


async def test_throttled_all_rest_twice_as_long_each_time_up_to_a_maximum(clock, steady):
    speakers = Speakers(clock, a=Attention.IDLE, b=Attention.IDLE)
    rests = []
    for _ in range(7):
        speakers.budget.throttled()
        rests.append(await rest_of(speakers, clock))
    assert rests == [min(THROTTLED_S * 2**count, MAX_THROTTLED_S) for count in range(7)]


async def test_requests_that_were_under_way_when_it_was_throttled_count_once(clock, steady):
    speakers = Speakers(clock, a=Attention.LIVELY, b=Attention.LIVELY)
    for _ in range(5):
        speakers.budget.throttled()
    assert sum(speakers.shares.values()) == pytest.approx(DEFAULT_BUDGET / 2)
    assert await rest_of(speakers, clock) == THROTTLED_S


async def test_after_many_answers_rests_are_short_again(clock, steady):
    speakers = Speakers(clock, a=Attention.IDLE)
    for _ in range(3):
        speakers.budget.throttled()
        await rest_of(speakers, clock)
    for _ in range(19):  # between two throttles there is an answer now and then
        speakers.budget.served()
    speakers.budget.throttled()
    assert await rest_of(speakers, clock) == 8 * THROTTLED_S
    for _ in range(20):
        speakers.budget.served()
    speakers.budget.throttled()
    assert await rest_of(speakers, clock) == THROTTLED_S


def test_speakers_do_not_come_back_at_the_same_moment_each_time(clock):
    ends = set()
    for _ in range(8):
        budget = PollBudget(clock=clock)
        budget.throttled()
        ends.add(budget._rest_until - clock.now)
    assert len(ends) > 1
    assert all(0.7 * THROTTLED_S < end < 1.3 * THROTTLED_S for end in ends)
