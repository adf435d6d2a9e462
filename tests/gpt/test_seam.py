"""The rest of an answer that broke off: joined to what was said, and nothing of that said again."""

from openai.types.chat import ChatCompletionMessageParam
import pytest

from custom_components.xiao_gpt.gpt.seam import GO_ON, Seam, continuing

SAID = "从前山脚下住着一只小狐狸。它每天晚上都要数一遍"


def joined(said: str, rest: str, size: int = 1) -> str:
    """Return what is heard after the break, of an answer that comes in pieces of this size."""
    seam = Seam(said)
    heard = [text for at in range(0, len(rest), size) for text in seam.feed(rest[at : at + size])]
    return "".join([*heard, *seam.end()])


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("rest", "heard"),
    [
        ("天上的星星。", "天上的星星。"),
        ("……天上的星星。", "天上的星星。"),
        ("数一遍天上的星星。", "天上的星星。"),  # the last words again
        ("它每天晚上都要数一遍天上的星星。", "天上的星星。"),  # the last sentence again
        (SAID + "天上的星星。", "天上的星星。"),  # all of it again
        (SAID, ""),
        ("从前山脚下住着一只小狐狸。它很高兴。", "很高兴。"),  # anew, and otherwise
        ("从前的星星更亮。", "从前的星星更亮。"),  # two characters of the beginning are no beginning
        ("一遍又一遍。", "一遍又一遍。"),  # two characters are no repetition
        ("", ""),
    ],
)
def test_what_was_said_is_not_said_again(rest: str, heard: str, size: int) -> None:
    assert joined(SAID, rest, size) == heard


@pytest.mark.parametrize(
    ("said", "rest", "heard"),
    [
        ("The little fox counted", "all the stars", " all the stars"),
        ("The little fox counted", " all the stars", " all the stars"),
        ("The little fox counted ", "all the stars", "all the stars"),
        ("The little fox counted", "fox counted the stars", " the stars"),
        ("小狐狸", "counted", "counted"),
    ],
)
def test_words_that_are_parted_by_spaces_stay_parted(said: str, rest: str, heard: str) -> None:
    assert joined(said, rest) == heard


def test_new_words_are_not_held_back() -> None:
    seam = Seam(SAID)
    assert list(seam.feed("月")) == ["月"]
    assert list(seam.feed("数一遍")) == ["数一遍"]  # later on, the same words are meant


def test_an_answer_from_its_beginning_passes_as_it_is() -> None:
    seam = Seam("")
    assert list(seam.feed("\n…从前")) == ["\n…从前"]
    assert list(seam.end()) == []


def test_the_rest_is_asked_for_in_a_way_that_all_services_understand() -> None:
    question: list[ChatCompletionMessageParam] = [{"role": "user", "content": "讲个故事"}]
    assert continuing(question, SAID) == [
        *question,
        {"role": "assistant", "content": SAID},
        {"role": "user", "content": GO_ON},
    ]
    assert len(question) == 1
