"""The keys of a service: whose turn it is, how long one rests, and that none shows itself."""

import math

import pytest

from custom_components.xiao_gpt.gpt.errors import Reason
from custom_components.xiao_gpt.gpt.keys import (
    LAST_RESORT_S,
    MAX_QUOTA_REST_S,
    MAX_RATE_REST_S,
    QUOTA_REST_S,
    RATE_REST_S,
    Fault,
    Key,
    KeyRing,
    fault_of,
)

FIRST, SECOND, THIRD = "sk-first-0123456789-a1b2", "sk-second-0123456789-c3d4", "sk-third-0123456789-e5f6"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(clock: Clock) -> KeyRing:
    return KeyRing([FIRST, SECOND, THIRD], clock)


def turn(ring: KeyRing) -> str | None:
    """Return whose turn it is."""
    key = ring.next()
    return key.reveal() if key else None


# What is seen of a key


def test_a_key_shows_its_last_four_characters_and_no_more() -> None:
    key = Key(FIRST)
    assert (key.shown, str(key), repr(key)) == ("…a1b2", "Key(…a1b2)", "Key(…a1b2)")
    assert FIRST not in repr(vars(KeyRing([FIRST])))
    assert key.reveal() == FIRST


@pytest.mark.parametrize(("secret", "shown"), [("", "…"), ("abc", "…"), ("abcd", "…d"), ("password", "…rd")])
def test_of_a_short_key_less_is_shown(secret: str, shown: str) -> None:
    assert Key(secret).shown == shown


def test_keys_are_told_apart_without_being_given_away() -> None:
    first, again, second = Key(FIRST), Key(FIRST), Key(SECOND)
    assert first.id == again.id != second.id
    assert len(first.id) == 8
    assert first.id not in FIRST


def test_a_key_is_hidden_in_what_others_say() -> None:
    assert Key(FIRST).hide(f"Incorrect API key provided: {FIRST}.") == "Incorrect API key provided: …a1b2."
    assert Key("").hide("nothing") == "nothing"


# Whose turn it is


def test_the_first_key_is_used_as_long_as_it_works(ring: KeyRing) -> None:
    for _ in range(3):
        assert turn(ring) == FIRST
        ring.worked(ring.keys[0])


def test_a_key_that_was_typed_twice_is_one(clock: Clock) -> None:
    assert [key.reveal() for key in KeyRing([FIRST, SECOND, FIRST], clock).keys] == [FIRST, SECOND]


def test_a_service_that_asks_for_no_key_has_an_empty_one(clock: Clock) -> None:
    ring = KeyRing([], clock)
    assert turn(ring) == ""
    assert ring.left


@pytest.mark.parametrize("fault", list(Fault))
def test_the_next_key_takes_the_turn_of_one_that_failed(ring: KeyRing, fault: Fault) -> None:
    ring.failed(ring.keys[0], fault)
    assert turn(ring) == SECOND
    assert [ring.fault(key) for key in ring.keys] == [fault, None, None]
    ring.failed(ring.keys[1], fault)
    assert turn(ring) == THIRD
    ring.failed(ring.keys[2], fault)
    assert turn(ring) is None


@pytest.mark.parametrize(("fault", "seconds"), [(Fault.RATE, RATE_REST_S), (Fault.QUOTA, QUOTA_REST_S)])
def test_a_key_comes_back_to_its_place_after_its_rest(
    ring: KeyRing, clock: Clock, fault: Fault, seconds: float
) -> None:
    ring.failed(ring.keys[0], fault)
    clock.now += seconds - 0.1
    assert turn(ring) == SECOND
    clock.now += 0.2
    assert turn(ring) == FIRST


def test_a_revoked_key_never_comes_back(ring: KeyRing, clock: Clock) -> None:
    ring.failed(ring.keys[0], Fault.AUTH)
    clock.now += 1e9
    assert turn(ring) == SECOND


@pytest.mark.parametrize(
    ("fault", "first", "most"),
    [(Fault.RATE, RATE_REST_S, MAX_RATE_REST_S), (Fault.QUOTA, QUOTA_REST_S, MAX_QUOTA_REST_S)],
)
def test_each_rest_is_twice_as_long_as_the_one_before_up_to_a_limit(
    ring: KeyRing, clock: Clock, fault: Fault, first: float, most: float
) -> None:
    key, expected = ring.keys[0], first
    for _ in range(8):
        ring.failed(key, fault)
        clock.now += expected - 0.01
        assert ring.fault(key) is fault
        clock.now += 0.02
        assert ring.fault(key) is None
        expected = min(expected * 2, most)
    assert expected == most
    ring.worked(key)
    ring.failed(key, fault)
    clock.now += first + 0.01
    assert ring.fault(key) is None


def test_requests_that_fail_together_count_once(ring: KeyRing, clock: Clock) -> None:
    for _ in range(5):
        ring.failed(ring.keys[0], Fault.QUOTA)
    clock.now += QUOTA_REST_S + 1
    assert turn(ring) == FIRST


def test_a_limited_key_comes_back_when_the_service_says(ring: KeyRing, clock: Clock) -> None:
    ring.failed(ring.keys[0], Fault.RATE, retry_after=90.0)
    clock.now += 89
    assert turn(ring) == SECOND
    clock.now += 2
    assert turn(ring) == FIRST
    ring.failed(ring.keys[0], Fault.RATE, retry_after=0.0)
    assert turn(ring) == SECOND  # not in the same moment again


def test_a_limit_after_a_spent_quota_is_a_limit(ring: KeyRing, clock: Clock) -> None:
    ring.failed(ring.keys[0], Fault.QUOTA)
    clock.now += QUOTA_REST_S + 1
    ring.failed(ring.keys[0], Fault.RATE)
    clock.now += RATE_REST_S + 1
    assert turn(ring) == FIRST


# When none is left


def spend_all(ring: KeyRing, fault: Fault) -> None:
    for key in ring.keys:
        ring.failed(key, fault)


def test_spent_keys_are_tried_again_each_minute_if_there_is_no_other(ring: KeyRing, clock: Clock) -> None:
    spend_all(ring, Fault.QUOTA)
    assert turn(ring) is None
    clock.now += LAST_RESORT_S
    for secret in (FIRST, SECOND, THIRD):
        assert turn(ring) == secret
        ring.failed(ring.keys[[FIRST, SECOND, THIRD].index(secret)], Fault.QUOTA)
    assert turn(ring) is None


def test_a_spent_key_is_left_alone_while_there_is_another(ring: KeyRing, clock: Clock) -> None:
    ring.failed(ring.keys[0], Fault.QUOTA)
    clock.now += LAST_RESORT_S * 2
    assert turn(ring) == SECOND


def test_a_revoked_key_is_no_last_resort(ring: KeyRing, clock: Clock) -> None:
    spend_all(ring, Fault.AUTH)
    clock.now += LAST_RESORT_S * 2
    assert turn(ring) is None
    assert ring.back_in() is None


def test_it_is_known_when_the_first_limited_key_is_back(ring: KeyRing, clock: Clock) -> None:
    for key, seconds in zip(ring.keys, (30.0, 5.0, 10.0), strict=True):
        ring.failed(key, Fault.RATE, seconds)
    clock.now += 1
    assert ring.back_in() == 4.0
    clock.now += 9
    assert ring.back_in() == 0.0


@pytest.mark.parametrize(
    ("faults", "left"),
    [
        ((Fault.QUOTA, Fault.AUTH, None), True),
        ((Fault.QUOTA, Fault.AUTH, Fault.RATE), True),
        ((Fault.QUOTA, Fault.AUTH, Fault.QUOTA), False),
        ((Fault.AUTH, Fault.AUTH, Fault.AUTH), False),
    ],
)
def test_limits_alone_are_no_reason_to_call_a_person(
    ring: KeyRing, faults: tuple[Fault | None, ...], left: bool
) -> None:
    for key, fault in zip(ring.keys, faults, strict=True):
        if fault:
            ring.failed(key, fault)
    assert ring.left is left


def test_a_rest_that_is_over_is_no_proof(ring: KeyRing, clock: Clock) -> None:
    spend_all(ring, Fault.QUOTA)
    clock.now += MAX_QUOTA_REST_S
    assert turn(ring) == FIRST
    assert not ring.left
    ring.worked(ring.keys[0])
    assert ring.left


def test_a_person_may_try_all_of_them_the_fit_ones_first(ring: KeyRing) -> None:
    ring.failed(ring.keys[0], Fault.AUTH)
    assert [key.reveal() for key in ring.in_order()] == [SECOND, THIRD, FIRST]


# Who is told


def test_each_change_is_told_and_nothing_else(ring: KeyRing, clock: Clock) -> None:
    told: list[list[Fault | None]] = []
    ring.on_change = lambda: told.append([ring.last_fault(key) for key in ring.keys])
    key = ring.keys[0]
    ring.worked(key)
    ring.failed(key, Fault.RATE)
    ring.failed(key, Fault.RATE)
    ring.failed(key, Fault.AUTH)
    clock.now += math.pi
    ring.worked(key)
    ring.worked(key)
    assert told == [[Fault.RATE, None, None], [Fault.AUTH, None, None], [None, None, None]]


@pytest.mark.parametrize("reason", list(Reason))
def test_only_three_reasons_are_a_keys_own(reason: Reason) -> None:
    own = {Reason.RATE_LIMITED: Fault.RATE, Reason.QUOTA: Fault.QUOTA, Reason.INVALID_KEY: Fault.AUTH}
    assert fault_of(reason) is own.get(reason)
