"""Who can answer at a speaker: the entry's assistants, and any other conversation agent of Home Assistant."""

from collections.abc import Callable
from dataclasses import dataclass

from homeassistant.components import conversation
from homeassistant.components.conversation.agent_manager import get_agent_manager
from homeassistant.components.conversation.const import DATA_COMPONENT
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .choices import follow_domain, told_apart, when_others
from .const import DOMAIN, LOGGER, SUBENTRY_ASSISTANT


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who can answer."""

    key: str
    """Stays the same whatever it is called: the id of our subentry, of the registered entity, or of the agent."""
    id: str
    """What Home Assistant's conversation knows it by now."""
    name: str


@callback
def async_agents(hass: HomeAssistant, entry: ConfigEntry) -> list[Agent]:
    """Return who there is, the entry's own assistants first, each by a name of its own."""
    own = _assistants(hass, entry)
    ids = {agent.id for agent in own}
    others = [agent for agent in (*_entities(hass), *_registered(hass)) if agent.id not in ids]
    # Home Assistant's own is the last resort of all.
    others.sort(key=lambda agent: (agent.id == conversation.HOME_ASSISTANT_AGENT, agent.name.casefold(), agent.id))
    return list(told_apart([*own, *others]))


def _assistants(hass: HomeAssistant, entry: ConfigEntry) -> list[Agent]:
    """Return the entry's own. They may not be loaded yet: what there is of them, their subentries tell."""
    registry = er.async_get(hass)
    found: list[Agent] = []
    disabled: list[Agent] = []
    for subentry in entry.subentries.values():
        if subentry.subentry_type != SUBENTRY_ASSISTANT:
            continue
        entity_id = registry.async_get_entity_id(Platform.CONVERSATION, DOMAIN, subentry.subentry_id)
        known = None if entity_id is None else registry.async_get(entity_id)
        agent = Agent(subentry.subentry_id, entity_id or "", subentry.title)
        (disabled if known is not None and known.disabled else found).append(agent)
    return found or disabled  # where there is no other, that it cannot answer must be heard


def _entities(hass: HomeAssistant) -> list[Agent]:
    registry = er.async_get(hass)
    found = []
    for entity in hass.data[DATA_COMPONENT].entities:
        known = registry.async_get(entity.entity_id)
        state = hass.states.get(entity.entity_id)
        key = known.id if known is not None else entity.entity_id
        found.append(Agent(key, entity.entity_id, state.name if state is not None else entity.entity_id))
    return found


def _registered(hass: HomeAssistant) -> list[Agent]:
    """Return the agents of the kind that are no entities."""
    manager = get_agent_manager(hass)
    return [
        Agent(info.id, info.id, info.name)
        for info in manager.async_get_agent_info()
        if not isinstance(manager.async_get_agent(info.id), conversation.ConversationEntity)
    ]


class AgentChoice:
    """Who answers at one speaker."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, speaker_name: str, on_change: Callable[[], None]
    ) -> None:
        """Take where it is.

        Args:
            hass: Home Assistant.
            entry: whose assistants come first.
            speaker_name: what the speaker is called in the log.
            on_change: called when somebody else was chosen.
        """
        self._hass = hass
        self._entry = entry
        self._speaker_name = speaker_name
        self._on_change = on_change
        self._missed = False
        self._key: str | None = None

    @property
    def key(self) -> str | None:
        """Who was chosen, whether they are there or not; None: nobody, so the entry's first assistant answers."""
        return self._key

    @callback
    def choose(self, key: str | None) -> None:
        """Let somebody answer from now on."""
        if key != self._key:
            self._key, self._missed = key, False
            self._on_change()

    @property
    def all(self) -> list[Agent]:
        """Who can be chosen."""
        return async_agents(self._hass, self._entry)

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(agent.name for agent in self.all)

    @callback
    def choose_by_name(self, name: str) -> bool:
        """Let the one of a name answer from now on; return whether there is such a one."""
        found = next((agent for agent in self.all if agent.name == name), None)
        if found is not None:
            self.choose(found.key)
        return found is not None

    @property
    def current(self) -> Agent | None:
        """Who answers: the one that was chosen, or the entry's first while that one is gone.

        No other that nobody has chosen is told what people say, but Home Assistant's own.
        """
        agents = self.all
        chosen = next((agent for agent in agents if agent.key == self._key), None)
        meant = (*self._entry.subentries, conversation.HOME_ASSISTANT_AGENT)
        return chosen or next((agent for agent in agents if agent.key in meant or agent.id in meant), None)

    @property
    def agent_id(self) -> str:
        """What Home Assistant's conversation knows the one by who answers; said once in the log if it is another."""
        current = self.current
        missing = self._key is not None and (current is None or current.key != self._key)
        if missing and not self._missed:
            LOGGER.warning(
                "The assistant chosen for %s is not there; %s answers meanwhile",
                self._speaker_name,
                "Home Assistant" if current is None else current.name,
            )
        self._missed = missing
        return (current.id if current is not None else "") or conversation.HOME_ASSISTANT_AGENT

    @callback
    def follow(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` when who there is may have changed; return what ends that."""
        look = when_others(lambda: self.all, listener)
        ends = [
            follow_domain(self._hass, conversation.DOMAIN, look),
            async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, look),
        ]

        @callback
        def end() -> None:
            for one in ends:
                one()

        return end
