"""What a command would touch that nobody should touch by mistake: locks, alarms, doors, gates, gas.

This is found out as Home Assistant does it when it acts on the command, never by what a model says about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Any, Final

from homeassistant.components import conversation
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er, intent, label_registry as lr, llm

from .agreement import agrees
from .const import DOMAIN

LABELS: Final = frozenset({"需要确认", "confirm"})
"""Names of the labels by which a person marks whatever else shall be asked about, scripts and scenes too."""

_PROTECTED: Final[Mapping[str, frozenset[str] | None]] = {
    "lock": None,
    "alarm_control_panel": None,
    "cover": frozenset({"door", "garage", "gate"}),
    "valve": frozenset({"gas"}),
}
"""By domain the device classes that are protected; None: all."""

_VERBS: Final[Mapping[str, tuple[str, str]]] = {
    intent.INTENT_TURN_ON: ("打开", "锁上"),
    intent.INTENT_TURN_OFF: ("关上", "解锁"),
    intent.INTENT_TOGGLE: ("切换", "切换"),
    intent.INTENT_SET_POSITION: ("调整", "调整"),
    intent.INTENT_STOP_MOVING: ("停住", "停住"),
}
"""What an intent does, and what it does to a lock."""
MANY_ACTIONS: Final = "操作"
"""The verb where several things would be done, or one that has no name."""

_ASK_XIAOAI: Final = f"{DOMAIN}__AskXiaoAI"
"""The tool by which XiaoAI is told something as if a person had said it."""
_RISKY_WORDS: Final = re.compile(
    r"锁|大门|房门|院门|前门|后门|车库|卷帘|闸|开(?:了|一下)?门|门(?:给我|帮我)?(?:打开|开)|安防|布防|撤防|警|燃气|煤气|保险[箱柜]"
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What would be done to what."""

    action: str
    """A Chinese verb."""
    names: tuple[str, ...]


@callback
def effect_of_tool(hass: HomeAssistant, tool: llm.Tool, tool_input: llm.ToolInput, assistant: str) -> Effect | None:
    """Return what a person has to confirm before the tool may be called so; None: nothing.

    Args:
        hass: Home Assistant.
        tool: the tool.
        tool_input: how it is called.
        assistant: whose exposed entities it may act on.
    """
    while isinstance(tool, llm.NamespacedTool):
        tool = tool.tool
    arguments = tool_input.tool_args
    if command := arguments.get("conversation_command"):  # of a timer: Home Assistant is told this at its end
        return Effect("过一会儿执行", (str(command),))
    if isinstance(tool, llm.IntentTool):
        return effect_of_intent(hass, tool.intent_type, arguments, assistant)
    if isinstance(tool, llm.ActionTool):
        state = hass.states.get(tool.name.replace("__", ".", 1))
        return Effect("执行", (state.name,)) if state is not None and is_protected(hass, state) else None
    words = str(arguments.get("words", ""))
    if tool.name == _ASK_XIAOAI and (_RISKY_WORDS.search(words) or agrees(words) is not None):
        return Effect("让小爱执行", (words,))
    return None


@callback
def effect_of_intent(
    hass: HomeAssistant, intent_type: str, slots: Mapping[str, Any], assistant: str = conversation.DOMAIN
) -> Effect | None:
    """Return what a person has to confirm before the intent may be handled; None: nothing.

    Args:
        hass: Home Assistant.
        intent_type: the intent.
        slots: the bare values.
        assistant: whose exposed entities it may act on.
    """
    if (command := _text(slots.get("conversation_command"))) and _RISKY_WORDS.search(command):
        return Effect("过一会儿执行", (command,))  # a timer's: Home Assistant is told this at its end
    handler = next((handler for handler in intent.async_get(hass) if handler.intent_type == intent_type), None)
    # The others read, or act on one harmless domain, or are a person's own scripts.
    if not isinstance(handler, intent.DynamicServiceIntentHandler):
        return None
    name = _text(slots.get("name"))
    constraints = intent.MatchTargetsConstraints(
        name=None if name == "all" else name,
        area_name=_text(slots.get("area")),
        floor_name=_text(slots.get("floor")),
        domains=_texts(slots.get("domain")) or handler.required_domains,
        device_classes=_texts(slots.get("device_class")),
        features=handler.required_features,
        states=handler.required_states,
        assistant=assistant,
        # Which of several of a name is meant depends on the room: any of them is enough to ask.
        allow_duplicate_names=True,
    )
    if not constraints.has_constraints:
        return None  # refused by Home Assistant
    states = [state for state in intent.async_match_targets(hass, constraints).states if is_protected(hass, state)]
    if not states:
        return None
    verb, of_lock = _VERBS.get(intent_type, (MANY_ACTIONS, MANY_ACTIONS))
    verbs = {of_lock if state.domain == "lock" else verb for state in states}
    return Effect(verbs.pop() if len(verbs) == 1 else MANY_ACTIONS, tuple(state.name for state in states))


@callback
def is_protected(hass: HomeAssistant, state: State) -> bool:
    """Return whether a person has to confirm what is done to this; a group is protected by any of its members."""
    return _is_protected(hass, state, set())


def _is_protected(hass: HomeAssistant, state: State, seen: set[str]) -> bool:
    seen.add(state.entity_id)
    if _is_marked(hass, state.entity_id):
        return True
    if state.domain in _PROTECTED:
        classes = _PROTECTED[state.domain]
        if classes is None or state.attributes.get(ATTR_DEVICE_CLASS) in classes:
            return True
    if state.domain == "scene":  # by default these are not asked about, whatever they set
        return False
    members = state.attributes.get(ATTR_ENTITY_ID)
    if not isinstance(members, list | tuple):
        return False
    return any(
        (member := hass.states.get(str(entity_id))) is not None and _is_protected(hass, member, seen)
        for entity_id in members
        if entity_id not in seen
    )


def _is_marked(hass: HomeAssistant, entity_id: str) -> bool:
    entry = er.async_get(hass).async_get(entity_id)
    if entry is None:
        return False
    labels = lr.async_get(hass)
    return any(
        (label := labels.async_get_label(label_id)) is not None and label.name.strip().casefold() in LABELS
        for label_id in entry.labels
    )


def _text(value: Any) -> str | None:
    return None if value is None or intent.is_blank_slot_value(value) else str(value)


def _texts(value: Any) -> set[str] | None:
    """Return one or several values, as Home Assistant takes them."""
    values = value if isinstance(value, list | tuple | set) else [value]
    return {text for each in values if (text := _text(each)) is not None} or None
