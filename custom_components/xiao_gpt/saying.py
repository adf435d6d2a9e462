"""What Home Assistant says at a speaker by itself: messages and announcements."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN, LOGGER
from .dialogue import Dialogue
from .failures import told
from .speech import Spoken, speakable
from .turn import Turn
from .xiaomi import Speaker, Status, XiaomiError


class VoiceOverMusic:
    """A speaker that may be playing something, which is not to end because something is said.

    Where the status tells speech from music, the music is paused meanwhile. Where it only tells that something plays,
    it tells nothing about the speech: that is spoken over the music, and its end is predicted.
    """

    def __init__(self, speaker: Speaker) -> None:
        """Take the speaker."""
        self._speaker = speaker
        self._watched = True

    @property
    def reports_status(self) -> bool:
        """Whether it can be asked if it speaks."""
        return self._watched and self._speaker.reports_status

    @property
    def limit(self) -> int:
        """The most characters that it says at once."""
        return self._speaker.limit

    async def say(self, text: str) -> None:
        """Start to say something, in place of what is being said."""
        await self._speaker.say(text)

    async def is_speaking(self) -> bool | None:
        """Tell whether it speaks, or None where that cannot be known just now."""
        return await self._speaker.is_speaking()

    @asynccontextmanager
    async def music_held(self, turn: Turn) -> AsyncIterator[None]:
        """Pause music while `turn` is spoken, and let it go on, unless somebody began to speak to the speaker."""
        held = await self._hold()
        try:
            yield
        finally:
            if held and not turn.interrupted:
                try:
                    await self._speaker.resume()
                except XiaomiError as err:
                    LOGGER.debug("What %s played does not go on: %s", self._speaker.info.name, err)

    async def _hold(self) -> bool:
        """Pause music, and return whether there was any."""
        speaker = self._speaker
        try:
            status = await speaker.status()
        except XiaomiError as err:
            LOGGER.debug("What %s plays is not known: %s", speaker.info.name, err)
            return False  # if it cannot be spoken through either, saying it tells
        if status is None or not status.playing:
            return False
        if speaker.model.status is not Status.UBUS:
            self._watched = False
            return False
        if status.music:
            await speaker.pause()
        return status.music


async def say(
    dialogue: Dialogue,
    text: str,
    *,
    urgent: bool = False,
    wake: bool = False,
    on_first_words: Callable[[], None] | None = None,
) -> Spoken:
    """Say a text at a speaker, and return when its last word is over or somebody began to speak to the speaker.

    What is not urgent waits for its turn: an answer that is being given, or a message before it, comes to its end.
    What is urgent is said at once, and ends the answer, which does not go on afterwards: who hears that there is smoke
    in the kitchen no longer asks for the end of the story. It ends a message that is not urgent, too, but never one
    that is. Music goes on afterwards where the speaker tells that it plays.

    Args:
        dialogue: at the speaker.
        text: of any length; marks and pictures that cannot be spoken are left out.
        urgent: whether it does not wait.
        wake: whether the speaker listens afterwards, as if the wake word had been said.
        on_first_words: called when the speaker has been given the first words.

    Raises:
        ServiceValidationError: there is nothing in it to be spoken, or the speaker cannot be woken.
        HomeAssistantError: the speaker cannot be spoken through.
    """
    make_sure_it_speaks(text)
    if wake:
        make_sure_it_wakes(dialogue)
    voice = VoiceOverMusic(dialogue.speaker)
    turn = Turn(text, dialogue.talk(voice, on_first_words), asked=False)
    with told(dialogue.speaker.info.name):
        if urgent and dialogue.turns.by_address:
            await dialogue.stop()  # an audio goes on below what is said, and afterwards
        async with dialogue.turns.ours(turn, urgent=urgent):
            async with voice.music_held(turn):
                turn.talk.feed(text)
                turn.talk.finish()
                spoken = await turn.talk.run()
            if spoken.hushed:
                turn.interrupt()  # at the speaker itself: nobody is to be listened to
            if wake and not turn.interrupted:
                await dialogue.wake()
    return spoken


async def begin_to_say(dialogue: Dialogue, text: str) -> None:
    """Say an urgent text, and return when its first words have been given to the speaker; it goes on by itself.

    Raises:
        ServiceValidationError: there is nothing in it to be spoken.
        HomeAssistantError: the speaker did not take the first words.
    """
    begun = asyncio.Event()
    saying = dialogue.start(say(dialogue, text, urgent=True, on_first_words=begun.set), "announcement")
    beginning = asyncio.create_task(begun.wait())
    try:
        await asyncio.wait({saying, beginning}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        beginning.cancel()
        if not saying.done():
            saying.add_done_callback(_note)
    if saying.done():
        saying.result()


def _note(saying: asyncio.Task[Spoken]) -> None:
    """Say what became of a text for which nobody waits any more."""
    if not saying.cancelled() and (error := saying.exception()) is not None:
        LOGGER.warning("A text that had been begun was not spoken to its end: %s", error)


def make_sure_it_speaks(text: str) -> None:
    """Do nothing if there is something in a text to be spoken.

    Raises:
        ServiceValidationError: there is nothing.
    """
    if not speakable(text).strip():
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_say")


def make_sure_it_wakes(dialogue: Dialogue) -> None:
    """Do nothing if a speaker can be woken.

    Raises:
        ServiceValidationError: its model cannot.
    """
    if not dialogue.can_continue:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="cannot_wake",
            translation_placeholders={"name": dialogue.speaker.info.name},
        )
