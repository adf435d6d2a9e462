"""Triggers of automations: what was said at a speaker, who answers it, and what came of it."""

from collections.abc import Callable, Mapping
from typing import Any, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType
import probatio as vol

from .const import DOMAIN
from .dialogue import Dialogue
from .exchange import By
from .routing import Route, normal
from .targets import devices_of
from .told import of_exchange, of_heard

CONF_CONTAINS = "contains"
_SIGNAL = f"{DOMAIN}_told"

type _Told = Mapping[str, Any]
"""What a trigger tells the automation."""

KINDS: dict[str, Callable[[_Told], bool]] = {
    "heard": lambda told: "route" in told,
    "routed_to_llm": lambda told: told.get("route") in (Route.LLM, Route.UNSURE),
    "routed_to_home": lambda told: told.get("route") is Route.HOME,
    "routed_to_xiaoai": lambda told: told.get("route") is Route.NATIVE,
    "answered": lambda told: told.get("by") in (By.AGENT, By.HOME) and not told["interrupted"],
    "interrupted": lambda told: bool(told.get("interrupted")),
}
"""Which of what happens at a speaker each trigger is about. The names are translation keys."""


@callback
def set_off(hass: HomeAssistant, dialogue: Dialogue) -> None:
    """Let triggers follow the dialogue at a speaker, for as long as it is held."""

    def tell(told: _Told) -> None:
        async_dispatcher_send(hass, _SIGNAL, dialogue.device_id, told)

    dialogue.listen(lambda record, decision: tell(of_heard(record, decision)))
    dialogue.follow(lambda exchange: tell(of_exchange(exchange)))


class _SpeakerTrigger(Trigger):
    """Goes off whenever something of its kind happens at one of the speakers, and the words are those wanted."""

    _kind: str
    _schema = vol.Schema(
        {
            vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
            vol.Optional(CONF_OPTIONS, default=dict): {vol.Optional(CONF_CONTAINS): cv.string},
        }
    )

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Return what was set, validated."""
        return cast("ConfigType", cls._schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take where, and which words are wanted."""
        super().__init__(hass, config)
        self._where = TargetSelection(config.target or {})
        self._words = normal((config.options or {}).get(CONF_CONTAINS, ""))

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Run the action each time; return what ends that."""

        @callback
        def happens(device_id: str, told: _Told) -> None:
            if not KINDS[self._kind](told) or self._words not in normal(told["utterance"]):
                return
            if device_id in devices_of(self._hass, self._where):  # speakers move from room to room
                run_action({"device_id": device_id, **told}, f"{self._kind} {told['utterance']}")

        return async_dispatcher_connect(self._hass, _SIGNAL, happens)


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return {kind: type(f"{kind}_trigger", (_SpeakerTrigger,), {"_kind": kind}) for kind in KINDS}
