"""What is learned of when a home's people give commands and when they talk."""

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.routing import Context, Reason, Rhythm, Router
from custom_components.xiao_gpt.routing.classifier import Borders, ModelKind, Verdict
from custom_components.xiao_gpt.routing.rhythm import HOURS, MOST

COMMAND, TALK = -4.0, 4.0


def home(*heard: tuple[int, float, int]) -> Rhythm:
    rhythm = Rhythm()
    for hour, odds, times in heard:
        for _ in range(times):
            rhythm.learn(hour, odds)
    return rhythm


class Torn:
    """A classifier that leans a little to one side, whatever is said."""

    kind = ModelKind.BOTH
    borders = Borders(native=0.0, llm=0.0)

    def __init__(self, odds: float) -> None:
        self._odds = odds

    def classify(self, utterance: str) -> Verdict:
        return Verdict("chat" if self._odds > 0 else "music", self._odds)

    def rarity(self, token: str) -> float:
        return 1.0


@pytest.mark.parametrize("hour", range(HOURS))
def test_a_new_home_has_no_rhythm(hour: int) -> None:
    assert Rhythm().shift(hour) == 0


def test_an_hour_leans_to_what_was_heard_at_it() -> None:
    rhythm = home((7, COMMAND, 100), (21, TALK, 100))
    assert rhythm.shift(7) < -0.5
    assert rhythm.shift(21) > 0.5


def test_an_hour_learns_from_those_beside_it_across_midnight_and_from_no_other() -> None:
    rhythm = home((23, TALK, 100))
    assert rhythm.shift(23) > rhythm.shift(0) > rhythm.shift(1) > 0
    assert rhythm.shift(0) == pytest.approx(rhythm.shift(22))
    assert rhythm.shift(2) == rhythm.shift(12) == 0


def test_a_few_utterances_mean_little_and_more_mean_more() -> None:
    shifts = [home((8, COMMAND, times)).shift(8) for times in (1, 5, 50, 500)]
    assert shifts[0] > -0.05
    assert shifts == sorted(shifts, reverse=True)


def test_half_and_half_is_no_rhythm() -> None:
    assert home(*[(8, COMMAND, 1), (8, TALK, 1)] * 200).shift(8) == pytest.approx(0, abs=0.02)


def test_people_change_their_habits() -> None:
    assert home((8, COMMAND, 2000), (8, TALK, 1000)).shift(8) > 0.5


@given(st.lists(st.tuples(st.integers(0, 23), st.floats(allow_nan=False)), max_size=300), st.integers(0, 23))
def test_no_hour_is_ever_worth_more_than_that(heard: list[tuple[int, float]], hour: int) -> None:
    rhythm = Rhythm()
    for at, odds in heard:
        rhythm.learn(at, odds)
    assert -MOST <= rhythm.shift(hour) <= MOST
    assert Rhythm.from_dict(rhythm.as_dict()).shift(hour) == pytest.approx(rhythm.shift(hour), abs=0.01)


def test_it_can_be_forgotten() -> None:
    rhythm = home((8, COMMAND, 100))
    rhythm.clear()
    assert rhythm.shift(8) == 0


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {"heard": [1.0] * 24},
        {"heard": [1.0] * 23, "llm": [0.0] * 24},
        {"heard": [1.0] * 24, "llm": [2.0] * 24},
        {"heard": [-1.0] * 24, "llm": [-2.0] * 24},
        {"heard": ["1"] * 24, "llm": [0.0] * 24},
        {"heard": [1e300] * 24, "llm": [0.0] * 24},
        {"heard": [float("nan")] * 24, "llm": [float("nan")] * 24},
    ],
)
def test_what_was_stored_by_somebody_else_is_nothing(stored: object) -> None:
    assert Rhythm.from_dict(stored).as_dict() == Rhythm().as_dict()


def test_it_turns_the_balance_where_the_words_are_in_doubt_and_says_so() -> None:
    router = Router(Torn(0.3), rhythm=home((7, COMMAND, 100)))
    morning, noon = (router.decide("随便说一句", Context(enabled=True, hour=hour)) for hour in (7, 12))
    assert (morning.llm, morning.reason) == (False, Reason.HOUR)
    assert (noon.llm, noon.reason) == (True, Reason.CLASSIFIER)
    assert router.decide("随便说一句", Context(enabled=True)) == noon


def test_it_never_turns_words_that_speak_for_themselves() -> None:
    router = Router(Torn(2.0), rhythm=home((7, COMMAND, 2000)))
    assert router.decide("为什么天空是蓝色的", Context(enabled=True, hour=7)).llm


def test_a_decision_tells_what_the_words_alone_are_worth() -> None:
    router = Router(Torn(0.3), rhythm=home((7, COMMAND, 100)))
    assert router.decide("随便说一句", Context(enabled=True, hour=7)).odds == 0.3
    assert router.decide("关闭高级对话", Context(enabled=True, hour=7)).odds is None
