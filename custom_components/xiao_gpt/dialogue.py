"""The dialogue at one speaker: what was heard is decided, answered and spoken, one turn at a time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import time

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import Context as HassContext, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN, LOGGER, SUBENTRY_ASSISTANT
from .phrases import Phrase
from .routing import Command, Context, Decision, Route, Router
from .speech import SpeechRate, Talk
from .turn import Turn, converse
from .xiaomi import Record, Speaker, SpeakerOfflineError, XiaomiError

LIVELY_S = 60.0
"""How long after the last exchange a follow-up question is likely."""
LIVELY_INTERVAL_S = 0.3
ENABLED_INTERVAL_S = 1.0
"""What two peers have asked at for years without being refused."""
DISABLED_INTERVAL_S = 2.0
"""Only "打开高级对话" is waited for."""
TOO_LATE_S = 180.0
"""The cloud has kept records back for minutes (hass-miot#1923): whoever asked may be in bed by now."""
SILENCE_CHECK_S = 0.6
"""The play status follows what the speaker does by up to half a second or more (mi-gpt waits 3 s)."""


def spoken_language(hass: HomeAssistant) -> str:
    """Return the language spoken at the speakers: XiaoAI understands Chinese only."""
    return hass.config.language if hass.config.language.startswith("zh") else "zh-Hans"


class Dialogue:
    """Answers at one speaker."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, speaker: Speaker, device_id: str, router: Router
    ) -> None:
        """Take the speaker and the device that stands for it in Home Assistant."""
        self.speaker = speaker
        self._hass = hass
        self._entry = entry
        self._device_id = device_id
        self._router = router
        self._rate = SpeechRate()
        self._enabled = False
        self._observers: list[Callable[[], None]] = []
        self._turns: list[Turn] = []
        self._one_at_a_time = asyncio.Lock()
        self._last_exchange = -LIVELY_S

    @property
    def enabled(self) -> bool:
        """Whether advanced dialogue is on."""
        return self._enabled

    @callback
    def set_enabled(self, enabled: bool) -> None:
        """Turn advanced dialogue on or off."""
        if enabled == self._enabled:
            return
        self._enabled = enabled
        for observer in self._observers:
            observer()

    @callback
    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` when advanced dialogue is turned on or off; return what ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def poll_interval(self) -> float:
        """Return how often the speaker should be asked for new records just now, in seconds."""
        if not self._enabled:
            return DISABLED_INTERVAL_S
        lively = self._turns or time.monotonic() - self._last_exchange < LIVELY_S
        return LIVELY_INTERVAL_S if lively else ENABLED_INTERVAL_S

    @callback
    def heard(self, record: Record, age: float = 0.0) -> None:
        """Take a new utterance: whatever it is, it ends the answer to the one before.

        Args:
            record: the utterance.
            age: seconds since it was spoken.
        """
        if age > TOO_LATE_S:
            LOGGER.warning(
                "What was said to %s came to be known %.0f s later, and is not answered", self.speaker.info.name, age
            )
            return
        answering = self.answering
        self.interrupt()
        decision = self._router.decide(
            record.query,
            Context(enabled=self._enabled, answering=answering, plays_audio=record.plays_audio),
        )
        LOGGER.debug(
            "%s heard %d characters: %s (%s)",
            self.speaker.info.name,
            len(record.query),
            decision.route,
            decision.reason,
        )
        if decision.route is Route.NATIVE:
            return
        turn = Turn(record.query, Talk(self.speaker, self._rate, substitute=Phrase.FILTERED))
        self._turns.append(turn)
        self._entry.async_create_background_task(
            self._hass, self._take(turn, decision), f"{DOMAIN} turn at {self.speaker.info.did}"
        )

    @property
    def answering(self) -> bool:
        """Whether an answer is being given."""
        return any(not turn.interrupted for turn in self._turns)

    @callback
    def interrupt(self) -> None:
        """End the answer that is being given: nothing more of it is asked for or spoken."""
        for turn in self._turns:
            turn.interrupt()

    async def stop(self) -> None:
        """End the answer that is being given and silence the speaker; do nothing if there is none.

        Raises:
            XiaomiError: the speaker could not be silenced.
        """
        if self.answering:
            self.interrupt()
            await self.speaker.stop()

    async def _take(self, turn: Turn, decision: Decision) -> None:
        """Take one turn, after those before it have ended."""
        try:
            async with self._one_at_a_time:
                if decision.route is Route.COMMAND:
                    await self._obey(turn, decision)
                else:
                    await self._answer(turn)
        except SpeakerOfflineError as err:
            LOGGER.debug("%s does not answer: %s", self.speaker.info.name, err)  # the coordinator says so, once
        except XiaomiError as err:
            LOGGER.warning("%s could not be spoken through: %s", self.speaker.info.name, err)
        finally:
            self._turns.remove(turn)
            self._last_exchange = time.monotonic()

    async def _obey(self, turn: Turn, decision: Decision) -> None:
        """Do what the person told the dialogue itself."""
        match decision.intent:
            case Command.STOP:
                await self.speaker.stop()
            case Command.TURN_ON:
                self.set_enabled(True)
                await self._speak(turn, Phrase.TURNED_ON)
            case Command.TURN_OFF:
                self.set_enabled(False)
                await self._speak(turn, Phrase.TURNED_OFF)

    async def _speak(self, turn: Turn, phrase: Phrase) -> None:
        await self.speaker.pause()
        turn.talk.feed(phrase)
        turn.talk.finish()
        await turn.talk.run()

    async def _answer(self, turn: Turn) -> None:
        """Let Home Assistant or the agent answer, and speak the answer while it comes."""
        silencing = asyncio.create_task(self._silence(turn))
        speaking = asyncio.create_task(self._utter(turn))
        try:
            try:
                await converse(
                    self._hass,
                    turn,
                    agent_id=self._agent_id,
                    conversation_id=f"{DOMAIN}-{self.speaker.info.did}",
                    device_id=self._device_id,
                    language=spoken_language(self._hass),
                    context=HassContext(),
                )
            except Exception:  # noqa: BLE001 (an agent may be anybody's code; the person must not wait in vain)
                LOGGER.exception("The agent failed at %s", self.speaker.info.name)
                turn.talk.feed(Phrase.SORRY)
            turn.talk.finish()
            await speaking
        finally:
            silencing.cancel()
            speaking.cancel()

    async def _utter(self, turn: Turn) -> None:
        """Speak the turn's words as they come; if that fails the agent need not go on."""
        try:
            await turn.talk.run()
        except XiaomiError:
            turn.interrupt()
            raise

    async def _silence(self, turn: Turn) -> None:
        """Silence XiaoAI's own answer, and make sure of it where the speaker tells."""
        if turn.interrupted:
            return  # what XiaoAI says now is about something newer
        try:
            await self.speaker.pause()
            if not self.speaker.reports_status:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_CHECK_S):
                    await turn.talk.begun.wait()
            # What comes next may be our own words, and must not be stopped.
            if not turn.talk.begun.is_set() and await self.speaker.is_speaking() and not turn.talk.begun.is_set():
                await self.speaker.stop()
        except XiaomiError as err:
            LOGGER.debug("%s could not be silenced: %s", self.speaker.info.name, err)

    @property
    def _agent_id(self) -> str:
        """The conversation entity of the entry's first assistant."""
        registry = er.async_get(self._hass)
        for subentry in self._entry.subentries.values():
            if subentry.subentry_type == SUBENTRY_ASSISTANT and (
                entity_id := registry.async_get_entity_id(Platform.CONVERSATION, DOMAIN, subentry.subentry_id)
            ):
                return entity_id
        return conversation.HOME_ASSISTANT_AGENT
