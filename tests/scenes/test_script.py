"""How scenes are read, and how plainly they complain."""

from pathlib import Path

import pytest

from tests.scenes.runner import StepError, check_words
from tests.scenes.script import SceneError, all_scenes, load

GOOD = """\
title: {zh: 开灯, en: Light}
steps:
  - at: 客厅小爱
    says: 打开灯
    heard: [好的]
    state: {light.living_room: on}
"""


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a scene and reads it."""

    def write(text: str):
        path = tmp_path / "scene.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return write


@pytest.mark.parametrize("path", all_scenes(), ids=lambda path: path.stem)
def test_every_scene_of_ours_is_written_well(path: Path):
    assert load(path).steps


def test_on_and_off_are_words(written):
    [step] = written(GOOD).steps
    assert step.state == {"light.living_room": "on"}
    assert (step.number, step.line) == (1, 3)


def test_a_tool_is_called_by_whichever_name_it_is_offered(written):
    [reply] = written(GOOD + "llm:\n  - {when: 灯, says: 好, calls: [HassTurnOn: {name: 灯}]}\n").replies
    names = [call.name for call in reply.tool_calls]
    assert names[:2] == ["HassTurnOn", "intent__HassTurnOn"]
    assert "light__HassTurnOn" in names
    assert reply.tool_calls[0].arguments == '{"name": "灯"}'


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("客厅小爱", "客厅", "scene.yaml:3: step 1 → at"),
        ("    heard: [好的]\n", "    herad: [好的]\n", "scene.yaml:5: step 1 → herad"),
        (
            "    heard: [好的]\n    state: {light.living_room: on}\n",
            "",
            "scene.yaml:3: step 1: the step expects nothing",
        ),
        ("    says: 打开灯\n", "", "scene.yaml:3: step 1 → says: required key not provided"),
        ("zh: 开灯, ", "", "scene.yaml:1: title → zh: required key not provided"),
        ("light.living_room: on", "客厅灯: on", "scene.yaml:6: step 1 → state → 客厅灯: neither an entity id"),
        ("heard: [好的]", "silent: maybe", "scene.yaml:5: step 1 → silent"),
        ("says: 打开灯", "says: [打开灯", "scene.yaml:5: "),
        ("steps:", "settings: {llm: {first_tokne: 1}}\nsteps:", "scene.yaml:2: settings → llm: there is no setting"),
        ("steps:", "llm:\n  - {when: '(', says: 好}\nsteps:", "scene.yaml:3: llm → 0 → when: no regular expression"),
        ("heard: [好的]", "heard: [好的]\n    untouched: true", "scene.yaml:3: step 1: something is to be heard"),
        ("at: 客厅小爱", "at: Assist\n    route: llm", "scene.yaml:3: step 1: nobody speaks to a speaker here: route"),
        (
            "steps:",
            "home: {devices: {lamp: {name: 灯, room: 客厅, is: on}}}\nsteps:",
            "scene.yaml:2: home → devices → lamp",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(written, old, new, complaint):
    assert GOOD.count(old) == 1
    with pytest.raises(SceneError) as raised:
        written(GOOD.replace(old, new))
    assert complaint in str(raised.value)


def test_an_empty_file_is_no_scene(written):
    with pytest.raises(SceneError, match=r"scene\.yaml:1: "):
        written("")


def step(written, expectation: str):
    """Return a step that expects something."""
    [found] = written(GOOD.replace("heard: [好的]", expectation)).steps
    return found


def test_a_whole_text_must_be_all_that_is_heard(written):
    said_so = step(written, "heard: 好的，灯开了。")
    check_words(said_so, "好的，灯开了！")
    check_words(said_so, "嗯。好的，灯开了。")
    for words in ("好的。", "好的，灯开了。还有别的事吗？", "灯开了，好的。", ""):
        with pytest.raises(StepError, match="was to be heard"):
            check_words(said_so, words)


def test_parts_must_be_heard_in_their_order(written):
    said_so = step(written, "heard: [灯, 窗帘]")
    check_words(said_so, "灯关了，窗帘也拉上了。")
    with pytest.raises(StepError, match="“窗帘” was to be heard"):
        check_words(said_so, "窗帘拉上了，灯关了。")


def test_what_must_not_be_heard_is_missed_in_no_part_of_the_answer(written):
    quiet = step(written, "not_heard: [小 溪]")
    check_words(quiet, "一座山")
    for whole in (True, False):
        with pytest.raises(StepError, match="was not to be heard"):
            check_words(quiet, "一条小溪", whole=whole)
