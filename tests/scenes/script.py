"""A household scene as it is written down: read from YAML, checked, with the line of whatever is wrong.

What each word means stands in README.md beside this file.
"""

from dataclasses import dataclass, field
import json
from pathlib import Path
import re
from typing import Any

import probatio as vol
import yaml  # type: ignore[import-untyped]

from simulator.llm import ScriptedReply, ToolCall
from simulator.llm_settings import LLMSettings
from simulator.settings import Settings as CloudSettings
from simulator.world import DEFAULT_HOME

FOLDER = Path(__file__).parent

ASSIST = "Assist"
"""The place of who types to the assistant instead of speaking to a speaker."""
PLACES = (*(home.name for home in DEFAULT_HOME), ASSIST)
DOMAINS = ("cover", "fan", "light", "lock", "switch")
"""Kinds of devices that can be put into the home."""


class SceneError(Exception):
    """A scene is not written as it should be; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Device:
    """Something in the home that Home Assistant knows, and XiaoAI does not."""

    entity_id: str
    name: str
    room: str
    state: str
    """How it is found at the beginning."""
    dims: bool = False

    @property
    def domain(self) -> str:
        """The kind of device."""
        return self.entity_id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class XiaoAI:
    """What XiaoAI does by itself with what is said."""

    says: str | None = None
    """None: its polite refusal."""
    plays: str | None = None
    """The title of what it plays after its words."""
    silently: bool = False
    """It does something without a word."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the home is set up when the scene begins."""

    dialogue: bool = True
    """Whether advanced dialogue is on at all speakers."""
    mode: str = "automatic"
    """Answering mode of all speakers."""
    keys: list[str] = field(default_factory=list)
    """The keys of the language model's service; none: the simulator's usual one."""
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The integration's options, by section, as its form has them."""
    assistant: dict[str, Any] = field(default_factory=dict)
    """What the form of the assistant is filled in with."""
    llm: dict[str, Any] = field(default_factory=dict)
    """Settings of the simulated language model."""
    clouds: dict[str, Any] = field(default_factory=dict)
    """Settings of the simulated clouds and speakers."""


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody says something, and what must come of it."""

    number: int
    line: int
    at: str
    says: str
    xiaoai: XiaoAI
    answering: bool
    """Whether it is said in the middle of the answer before."""
    heard: str | tuple[str, ...] | None
    """All that must be heard, or parts of it in their order."""
    not_heard: tuple[str, ...]
    silent: bool
    """Nobody but XiaoAI may be heard."""
    untouched: bool
    """XiaoAI does all that it would do without us."""
    silenced: bool
    """XiaoAI's own answer must not come to its end."""
    state: dict[str, str]
    told: tuple[str, str] | None
    """Speaker and the words that it must be given as a text directive."""
    route: str | None
    reason: str | None
    requests: int | None
    """How many requests the language model gets."""
    llm: dict[str, Any]
    """Settings of the simulated language model that change just before."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One household scene."""

    path: Path
    title: str
    title_en: str
    devices: tuple[Device, ...]
    only_xiaoai: tuple[str, ...]
    """Names of what only XiaoAI knows: Home Assistant must have nothing called so."""
    replies: tuple[ScriptedReply, ...]
    settings: Settings
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """What the scene is called on the command line."""
        return self.path.stem


def all_scenes() -> list[Path]:
    """Return the files of all scenes."""
    return sorted(FOLDER.glob("*.yaml"))


def _setting_of(kind: type[Any]) -> Any:
    """Return a check of settings that the simulator itself knows how to make; it may get more of them later."""

    def check(value: object) -> object:
        try:
            kind().update(value)
        except ValueError as err:
            raise vol.Invalid(str(err)) from err
        return value

    return check


def _pattern(value: object) -> str:
    try:
        re.compile(text := str(value))
    except re.error as err:
        raise vol.Invalid(f"no regular expression: {err}") from err
    return text


def _entity(value: object) -> str:
    text = str(value)
    if not re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)?", text):
        raise vol.Invalid("neither an entity id nor the key of one of the speaker's entities")
    return text


def _device_id(value: object) -> str:
    text = _entity(value)
    if text.partition(".")[0] not in DOMAINS or "." not in text:
        raise vol.Invalid(f"a device is one of {', '.join(DOMAINS)}, like light.floor_lamp")
    return text


def _one_call(value: dict[str, Any]) -> dict[str, Any]:
    if len(value) != 1:
        raise vol.Invalid("a call is the name of one tool and its arguments")
    return value


def _expects(step: dict[str, Any]) -> dict[str, Any]:
    expectations = sorted({str(key) for key in _EXPECTATIONS})
    if not any(name in step for name in expectations):
        raise vol.Invalid(f"the step expects nothing; it needs one of {', '.join(expectations)}")
    if step["at"] == ASSIST and (bad := step.keys() & {"while", "untouched", "silenced", "route", "reason"}):
        raise vol.Invalid(f"nobody speaks to a speaker here: {', '.join(sorted(bad))} cannot be")
    if ("silent" in step or "untouched" in step) and "heard" in step:
        raise vol.Invalid("something is to be heard, and nothing")
    return step


_TEXT = vol.All(str, vol.Length(min=1))
_TEXTS = [_TEXT]
_SETTINGS = {vol.Extra: object}

_EXPECTATIONS: dict[Any, Any] = {
    vol.Optional("heard"): vol.Any(_TEXT, vol.All(_TEXTS, vol.Length(min=1))),
    vol.Optional("not_heard"): _TEXTS,
    vol.Optional("silent"): True,
    vol.Optional("untouched"): True,
    vol.Optional("silenced"): True,
    vol.Optional("state"): {_entity: vol.Any(str, vol.All(int, str), vol.All(float, str))},
    vol.Optional("told"): vol.Any(_TEXT, {vol.Required("speaker"): vol.In(PLACES[:-1]), vol.Required("text"): _TEXT}),
    vol.Optional("route"): vol.In(["command", "native", "home", "llm", "unsure"]),
    vol.Optional("reason"): _TEXT,
    vol.Optional("requests"): vol.All(int, vol.Range(min=0)),
}


def _schema() -> vol.Schema:
    step = vol.All(
        {
            vol.Required("at"): vol.In(PLACES),
            vol.Required("says"): _TEXT,
            vol.Optional("xiaoai"): vol.Any(
                _TEXT,
                {
                    vol.Optional("says"): _TEXT,
                    vol.Exclusive("plays", "kind"): _TEXT,
                    vol.Exclusive("silently", "kind"): True,
                },
            ),
            vol.Optional("while"): "answering",
            vol.Optional("llm"): _setting_of(LLMSettings),
            **_EXPECTATIONS,
        },
        _expects,
    )

    return vol.Schema(
        {
            vol.Required("title"): {vol.Required("zh"): _TEXT, vol.Required("en"): _TEXT},
            vol.Optional("home"): {
                vol.Optional("devices"): {
                    _device_id: {
                        vol.Required("name"): _TEXT,
                        vol.Required("room"): _TEXT,
                        vol.Required("is"): _TEXT,
                        vol.Optional("dims"): bool,
                    }
                },
                vol.Optional("only_xiaoai"): _TEXTS,
            },
            vol.Optional("llm"): [
                {
                    vol.Optional("when"): _pattern,
                    vol.Required("says"): _TEXT,
                    vol.Optional("calls"): [vol.All({str: dict}, _one_call)],
                    vol.Optional("times"): vol.All(int, vol.Range(min=1)),
                }
            ],
            vol.Optional("settings"): {
                vol.Optional("dialogue"): vol.In(["on", "off"]),
                vol.Optional("mode"): vol.In(["automatic", "keyword", "always"]),
                vol.Optional("keys"): _TEXTS,
                vol.Optional("options"): {str: {str: object}},
                vol.Optional("assistant"): _SETTINGS,
                vol.Optional("llm"): _setting_of(LLMSettings),
                vol.Optional("clouds"): _setting_of(CloudSettings),
            },
            vol.Required("steps"): vol.All([step], vol.Length(min=1)),
        }
    )


_SCHEMA = _schema()


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Takes `on` and `off` for words, which they are here, and not for true and false."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true|false"), list("tf"))


def load(path: Path) -> Scene:
    """Read a scene.

    Raises:
        SceneError: it is not written as it should be.
    """
    text = path.read_text(encoding="utf-8")
    try:
        root = yaml.compose(text, _Loader)
        data = yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as err:
        line = err.problem_mark.line + 1 if err.problem_mark else 1
        raise SceneError(f"{_shown(path)}:{line}: {err.problem}") from err
    try:
        data = _SCHEMA(data)
    except vol.MultipleInvalid as err:
        raise SceneError("\n".join(_complaint(path, root, one) for one in err.errors)) from err
    return _scene(path, root, data)


def _complaint(path: Path, root: Any, error: Any) -> str:
    where = [str(part) for part in error.path]
    if where[:1] == ["steps"] and len(where) > 1:
        where[:2] = [f"step {int(where[1]) + 1}"]
    return f"{_shown(path)}:{_line(root, error.path)}: {' → '.join(where) or 'the scene'}: {error.msg}"


def _line(node: Any, path: list[Any]) -> int:
    """Return the line, from 1, of what is found at a path, or of the nearest thing around it."""
    line: int = node.start_mark.line if node is not None else 0
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = [(node.value[part], node.value[part])]
        else:
            found = []
        if not found:
            break
        key, node = found[0]
        line = key.start_mark.line
    return line + 1


def _shown(path: Path) -> str:
    return str(path.relative_to(FOLDER.parents[1])) if path.is_relative_to(FOLDER.parents[1]) else str(path)


def _scene(path: Path, root: Any, data: dict[str, Any]) -> Scene:
    home, settings = data.get("home", {}), dict(data.get("settings", {}))
    settings["dialogue"] = settings.get("dialogue", "on") == "on"
    return Scene(
        path=path,
        title=data["title"]["zh"],
        title_en=data["title"]["en"],
        devices=tuple(
            Device(entity_id, device["name"], device["room"], device["is"], device.get("dims", False))
            for entity_id, device in home.get("devices", {}).items()
        ),
        only_xiaoai=tuple(home.get("only_xiaoai", ())),
        replies=tuple(map(_reply, data.get("llm", ()))),
        settings=Settings(**settings),
        steps=tuple(_step(number, _line(root, ["steps", number]), step) for number, step in enumerate(data["steps"])),
    )


def _reply(data: dict[str, Any]) -> ScriptedReply:
    calls = [
        # A tool's name has its API's or its domain's before it since 2026.11; only what a request offers is called.
        ToolCall(spelled, json.dumps(arguments, ensure_ascii=False))
        for call in data.get("calls", ())
        for name, arguments in call.items()
        for spelled in (name, *(f"{where}__{name}" for where in ("intent", *DOMAINS)))
    ]
    return ScriptedReply(data.get("when", ""), data["says"], calls, data.get("times"))


def _step(number: int, line: int, data: dict[str, Any]) -> Step:
    xiaoai = data.get("xiaoai", {})
    heard = data.get("heard")
    told = data.get("told")
    if isinstance(told, dict):
        told = (told["speaker"], told["text"])
    elif told is not None:
        told = (data["at"], told)
    return Step(
        number=number + 1,
        line=line,
        at=data["at"],
        says=data["says"],
        xiaoai=XiaoAI(says=xiaoai) if isinstance(xiaoai, str) else XiaoAI(**xiaoai),
        answering="while" in data,
        heard=tuple(heard) if isinstance(heard, list) else heard,
        not_heard=tuple(data.get("not_heard", ())),
        silent="silent" in data,
        untouched="untouched" in data,
        silenced="silenced" in data,
        state=data.get("state", {}),
        told=told,
        route=data.get("route"),
        reason=data.get("reason"),
        requests=data.get("requests"),
        llm=data.get("llm", {}),
    )
