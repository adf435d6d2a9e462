"""What an open conversation page is told: the speakers, what was talked about there, and each new exchange."""

from collections.abc import Callable
from functools import partial
from typing import Any

from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.components.websocket_api.messages import event_message
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
import probatio as vol

from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry
from .dialogue import Dialogue
from .exchange import Exchange
from .told import of_exchange

SUBSCRIBE = f"{DOMAIN}/dialogues/subscribe"


@callback
def async_setup_page_socket(hass: HomeAssistant) -> None:
    """Register the page's only command; what the page does, it does by the actions."""
    async_register_command(hass, _subscribe)


@websocket_command({vol.Required("type"): SUBSCRIBE})
@callback
def _subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell a page of the dialogues until it is closed."""

    @callback
    def tell(what: dict[str, Any]) -> None:
        connection.send_message(event_message(msg["id"], what))

    connection.send_result(msg["id"])
    watch = Watch(hass, tell)
    connection.subscriptions[msg["id"]] = watch.end
    watch.begin()


class Watch:
    """Follows the dialogues at all speakers for one page.

    It tells, each as a message of one key (and "device_id", where it is about one speaker):

    - "speakers": all there are, each with its state and its last exchanges; first of all, and when they are others;
    - "state": what has changed at one, and what it was asked and has not answered yet;
    - "exchange": one that is over.
    """

    def __init__(self, hass: HomeAssistant, tell: Callable[[dict[str, Any]], None]) -> None:
        """Take who is told."""
        self._hass = hass
        self._tell = tell
        self._ends: list[Callable[[], None]] = []
        """Ends what is followed of the accounts and dialogues that there are now."""
        self._states: dict[Dialogue, dict[str, Any]] = {}
        """What was told last of each dialogue."""
        self._end_entries: Callable[[], None] = lambda: None

    @callback
    def begin(self) -> None:
        """Tell what there is, and follow it."""

        @callback
        def entry_changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
            if entry.domain == DOMAIN:
                self._look()

        self._end_entries = async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, entry_changed)
        self._follow(_loaded(self._hass))

    @callback
    def end(self) -> None:
        """Follow nothing any more."""
        self._end_entries()
        self._let_go()

    @callback
    def _look(self) -> None:
        """Tell what has changed, be it that there are other dialogues: those of an entry that was loaded anew are."""
        entries = _loaded(self._hass)
        if {dialogue for entry in entries for dialogue in _dialogues(entry)} != self._states.keys():
            self._let_go()
            self._follow(entries)
            return
        for entry in entries:
            for dialogue in _dialogues(entry):
                self._tell_state(entry, dialogue)

    @callback
    def _follow(self, entries: list[XiaoGptConfigEntry]) -> None:
        speakers = []
        for entry in entries:
            # A coordinator tells of new speakers and of those that cannot be reached.
            self._ends.append(entry.runtime_data.coordinator.async_add_listener(self._look))
            for dialogue in _dialogues(entry):
                self._ends.append(dialogue.follow(partial(self._tell_exchange, dialogue), asked_elsewhere=True))
                self._ends.append(dialogue.observe(partial(self._tell_state, entry, dialogue)))
                state = self._states[dialogue] = _state(entry, dialogue)
                exchanges = [_exchange(exchange) for exchange in dialogue.exchanges]
                speakers.append({"device_id": dialogue.device_id, "state": state, "exchanges": exchanges})
        self._tell({"speakers": speakers})

    @callback
    def _let_go(self) -> None:
        for end in self._ends:
            end()
        self._ends.clear()
        self._states.clear()

    @callback
    def _tell_state(self, entry: XiaoGptConfigEntry, dialogue: Dialogue) -> None:
        state = _state(entry, dialogue)
        if state != self._states[dialogue]:
            self._states[dialogue] = state
            self._tell({"device_id": dialogue.device_id, "state": state})

    @callback
    def _tell_exchange(self, dialogue: Dialogue, exchange: Exchange) -> None:
        self._tell({"device_id": dialogue.device_id, "exchange": _exchange(exchange)})


def _loaded(hass: HomeAssistant) -> list[XiaoGptConfigEntry]:
    return [entry for entry in hass.config_entries.async_entries(DOMAIN) if entry.state is ConfigEntryState.LOADED]


def _dialogues(entry: XiaoGptConfigEntry) -> list[Dialogue]:
    """Return the dialogues at the speakers that the account has now."""
    return [
        dialogue for did, dialogue in entry.runtime_data.dialogues.items() if did in entry.runtime_data.coordinator.data
    ]


def _state(entry: XiaoGptConfigEntry, dialogue: Dialogue) -> dict[str, Any]:
    coordinator = entry.runtime_data.coordinator
    return {
        "config_entry_id": entry.entry_id,
        "available": coordinator.last_update_success and coordinator.is_available(dialogue.speaker.info.did),
        "enabled": dialogue.enabled,
        "waiting": dialogue.turns.questions,
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    more = {"when": exchange.when.isoformat(), "route": exchange.route, "score": round(exchange.score, 3)}
    return of_exchange(exchange) | more
