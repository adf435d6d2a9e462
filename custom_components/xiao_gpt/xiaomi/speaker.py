"""One speaker: the commands that it takes, what it says it does and what it heard."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
import logging

from .account import XiaomiAccount
from .answers import PlayStatus
from .device_list import SpeakerInfo
from .errors import AuthError, SpeakerOfflineError, SpeakerRefusedError, XiaomiError
from .link import Link
from .records import Record, fetch_records, parse_nlp_result
from .retry import insist, rest
from .speakers import Model, PlayUrl, Status
from .ways import Way, Ways

_LOGGER = logging.getLogger(__name__)

LAG_S = 3.2
"""The status shows the beginning of speech up to so much late (mi-gpt waits 3 s): "silent" before proves nothing."""
LOOK_S = 0.5
"""Between two looks at the status."""
SETTLE_S = 0.5
"""How long after a stop the status may still show what played."""
_AGAIN_S = 0.5
"""Before it is said again to a speaker that did not answer and is silent."""
_SHORT = 15
"""A text of fewer characters may be over within `LAG_S`."""
_STOPS = 2
_READ_TRIES = 2
"""Whoever reads a status wants to know it now."""
_DEFAULT_TYPE = 2
"""Of a URL; with 1 the light of music goes on."""

type _Request = Callable[[], Awaitable[object]]


class Speaker:
    """Commands to one speaker, one after the other, so that they cannot overtake each other; reads do not wait.

    Every method raises the subclass of `XiaomiError` that tells what went wrong; only what is special is said below.
    """

    def __init__(self, account: XiaomiAccount, info: SpeakerInfo, model: Model | None = None) -> None:
        """Take whose speaker it is.

        Args:
            account: the account that it belongs to.
            info: what the cloud says of it.
            model: how it is spoken through, where something better is known than the table has.
        """
        self.on_reachable_change: Callable[[], None] | None = None
        """Called when `reachable` has changed."""
        self.on_status: Callable[[PlayStatus], None] | None = None
        """Called with each status that was read, whoever asked for it."""
        self._account = account
        self._info = info
        self._link = Link(account, info.device_id, info.did)
        self._model = model
        self._queue = asyncio.Lock()
        self._asked_for = 0
        self._reachable = True
        self._status: PlayStatus | None = None
        self._ways = Ways()

    @property
    def info(self) -> SpeakerInfo:
        """What the cloud says of it."""
        return self._info

    @info.setter
    def info(self, info: SpeakerInfo) -> None:
        self._info = info
        self._link = Link(self._account, info.device_id, info.did)

    @property
    def model(self) -> Model:
        """How it is spoken through."""
        return self._model or self.info.model

    @model.setter
    def model(self, model: Model | None) -> None:
        self._model = model
        self._ways.forget()

    @property
    def limit(self) -> int:
        """How many characters one speech may have; what is longer is cut off by some speakers."""
        return self.model.text_limit

    @property
    def reports_status(self) -> bool:
        """Whether `is_speaking` can be relied upon."""
        return self.model.status is not Status.NONE

    @property
    def reachable(self) -> bool:
        """Whether it did not leave the last command unanswered."""
        return self._reachable

    @property
    def plays(self) -> bool:
        """Whether it was playing something, speech or music, when its status was read last."""
        return self._status is not None and self._status.playing

    @property
    def last_status(self) -> PlayStatus | None:
        """What `status` returned when it was last known."""
        return self._status

    # Speech

    async def say(self, text: str) -> None:
        """Begin to speak `text`, which is not longer than `limit`; what was being spoken ends.

        The ways that the model has are tried one after the other. Nothing is said twice: where an answer is lost, the
        play status tells whether the speaker speaks. Where the model does not report it, or it cannot be read, the
        text counts as said, unless the speaker itself did not answer. For an empty text nothing is done.

        Raises:
            SpeakerOfflineError: the speaker does not answer.
            AuthError: no way worked, and one of them for want of a login.
            XiaomiError: no way worked; of the first one.
        """
        if not text.strip():
            return
        async with self._command():
            errors: list[XiaomiError] = []
            for way in self._ways.of(self.model):
                error = await self._try_to_say(way, text)
                if error is not None and _unanswered(error):  # and it is known to be silent
                    await rest(_AGAIN_S)
                    error = await self._try_to_say(way, text)
                if error is None:
                    self._ways.worked(way, self.model, errors)
                    return
                _LOGGER.debug("%s does not speak by %s: %s", self.info.hardware, way.name, error)
                errors.append(error)
            raise next((error for error in errors if isinstance(error, AuthError)), errors[0])

    async def _try_to_say(self, way: Way, text: str) -> XiaomiError | None:
        """Return why a way does not speak; None if it does, or may and nobody can tell.

        Raises:
            SpeakerOfflineError: the speaker does not answer, and nobody can tell.
        """
        try:
            await insist(partial(self._say_by, way, text))
        except XiaomiError as err:
            if not _unanswered(err):
                return err
            now = asyncio.get_running_loop().time()
            begun = await self._has_begun(now if err.uncertain else now - LAG_S)
            if begun is False and err.uncertain and len(text) < _SHORT:
                begun = None  # it may have begun and ended before the status showed it
            if begun is None and isinstance(err, SpeakerOfflineError):
                raise
            return err if begun is False else None
        return None

    async def _say_by(self, way: Way, text: str) -> None:
        if way is Way.UBUS:
            await self._link.ubus("mibrain", "text_to_speech", text=text)
        elif way is Way.PLAYER:
            await self._link.ubus("mediaplayer", "player_play_tts", text=text)
        elif self.model.play_text is not None:
            await self._link.act(self.model.play_text, text)

    async def _has_begun(self, asked: float) -> bool | None:
        """Return whether it speaks what it had got by that time; None if that cannot be known."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                status = await self._read_status()
            except XiaomiError:
                return None
            if status is None or (status.playing and status.music):  # speech over music may show as music
                return None
            if status.playing or loop.time() - asked >= LAG_S:
                return status.playing
            await asyncio.sleep(LOOK_S)

    # Other commands

    async def pause(self) -> None:
        """Silence what the speaker plays, speech or music; it may go on later.

        Quick, and not looked after: models whose speech cannot be paused go on (`Model.pausable`).
        """
        async with self._command():
            await self._operate("pause")

    async def stop(self) -> None:
        """Silence what the speaker plays, for good, and make sure of it where the model reports its status.

        A newer command ends the care: what plays then may be what that one asked for.

        Raises:
            SpeakerRefusedError: it goes on playing.
        """
        for _ in range(_STOPS):
            async with self._command() as mine:
                # Some models ignore a stop that no pause came before (songloft), others accept a pause and go on.
                await self._operate("pause")
                await self._operate("stop")
            if not self.reports_status or not await self._goes_on(mine):
                return
        raise SpeakerRefusedError("It goes on playing")

    async def _goes_on(self, mine: int) -> bool:
        """Return whether it plays all the same after the command of this number, as far as can be known."""
        await asyncio.sleep(SETTLE_S)
        if mine != self._asked_for:
            return False
        try:
            status = await self._read_status()
        except XiaomiError as err:
            _LOGGER.debug("Whether %s is silent is not known: %s", self.info.name, err)
            return False
        return mine == self._asked_for and status is not None and status.playing

    async def resume(self) -> None:
        """Let go on what was paused."""
        async with self._command():
            await self._operate("play")

    async def next_track(self) -> None:
        """Play the next piece."""
        async with self._command():
            await self._operate("next")

    async def previous_track(self) -> None:
        """Play the piece before."""
        async with self._command():
            await self._operate("prev")

    async def play_url(self, url: str) -> None:
        """Play what an address holds, in place of what plays. It must be one that the speaker can reach."""
        ways: list[_Request] = [
            partial(self._link.player, "player_play_url", url=url, type=_DEFAULT_TYPE),
            partial(self._link.play_music, url),
        ]
        if self.model.plays_url is PlayUrl.BY_MUSIC:
            ways.reverse()
        async with self._command():
            await _first_of(*ways)

    async def set_volume(self, percent: int) -> None:
        """Set the volume, within what the model has."""
        level = min(100, max(self.model.min_volume, percent))
        ways: list[_Request] = [partial(self._link.player, "player_set_volume", volume=level)]
        if self.model.volume is not None:
            ways.append(partial(self._link.set, self.model.volume, level))
        async with self._command():
            await _first_of(*ways, harmless=True)

    async def wake(self) -> None:
        """Let XiaoAI listen as if the wake word had been said.

        Raises:
            SpeakerRefusedError: the model cannot be woken.
        """
        model = self.model
        if model.wake_up is None:
            raise SpeakerRefusedError("The model has no action to wake it up")
        async with self._command():
            await _first_of(partial(self._link.act, model.wake_up, *model.wake_up_args))

    async def execute(self, text: str, *, silent: bool = False) -> bool:
        """Let XiaoAI do what `text` says, as if a person had said it.

        Models without an action for it are asked by ubus, which is known to work on the device itself
        (`mibrain/ai_service`); whether the cloud passes it on is not certain, and their "done" proves little.

        Args:
            text: the words.
            silent: whether XiaoAI shall not speak. On models where that has no effect at all it does it aloud.

        Returns:
            Whether XiaoAI was told to be silent.

        Raises:
            SpeakerRefusedError: the model cannot do it.
        """
        model = self.model
        silent = silent and model.silent_execute_works
        ways: list[_Request] = []
        if model.execute is not None:
            ways.append(partial(self._link.act, model.execute, text, model.silent.argument(silent=silent)))
        ways.append(partial(self._link.ubus, "mibrain", "ai_service", tts=int(not silent), nlp=1, nlp_text=text))
        async with self._command():
            await _first_of(*ways)
        return silent

    # Reads

    async def status(self) -> PlayStatus | None:
        """Return what the speaker says it is doing; None where the model does not say."""
        status = await insist(self._read_status, harmless=True, tries=_READ_TRIES)
        if status is not None:
            self._status = status
            self._note_reachable(True)
            if self.on_status is not None:
                self.on_status(status)
        return status

    async def is_speaking(self) -> bool | None:
        """Return whether the speaker is speaking (not playing music); None if that cannot be known just now."""
        try:
            status = await self.status()
        except XiaomiError as err:
            _LOGGER.debug("The play status of %s could not be read: %s", self.info.name, err)
            return None
        return None if status is None else status.playing and not status.music

    async def volume(self) -> int | None:
        """Return the volume in percent; models that do not say what they play tell it too. None if it is not told."""
        read = self._read_status if self.model.status is Status.MIOT else self._link.ubus_status
        status = await insist(read, harmless=True, tries=_READ_TRIES)
        return None if status is None else status.volume

    async def ping(self) -> bool:
        """Find out whether it can be reached, by what every model answers, and return it; raise nothing.

        A fault of the cloud or the network says nothing of the speaker: what was known stays.
        """
        try:
            await insist(self._link.ubus_status, harmless=True, tries=_READ_TRIES)
        except SpeakerOfflineError:
            self._note_reachable(False)
        except XiaomiError as err:
            _LOGGER.debug("Whether %s can be reached is not known: %s", self.info.name, err)
        else:
            self._note_reachable(True)
        return self._reachable

    async def records(self, limit: int = 5, *, before_ms: int | None = None) -> tuple[list[Record], int | None]:
        """Return the newest records, oldest first, and the server's time in ms where it is known.

        It is not repeated here: whoever listens asks again anyway.

        Args:
            limit: how many at most.
            before_ms: only those of this time or before it.
        """
        info = self.info
        if self.model.has_records:
            return await fetch_records(self._account, info.device_id, info.hardware, limit, before_ms=before_ms)
        records = parse_nlp_result((await self._link.ubus("mibrain", "nlp_result_get")).get("info"))
        return [record for record in records if before_ms is None or record.time <= before_ms], None

    async def _read_status(self) -> PlayStatus | None:
        model = self.model
        if model.status is Status.UBUS:
            return await self._link.ubus_status()
        if model.status is Status.MIOT and model.playing_state is not None:
            return await self._link.miot_status(model.playing_state, model.volume)
        return None

    # One after the other

    @asynccontextmanager
    async def _command(self) -> AsyncIterator[int]:
        """Wait for the commands before; give this one's number. It tells whether the speaker can be reached."""
        self._asked_for += 1
        mine = self._asked_for
        async with self._queue:
            try:
                yield mine
            except SpeakerOfflineError:
                self._note_reachable(False)
                raise
            self._note_reachable(True)

    def _note_reachable(self, reachable: bool) -> None:
        if reachable != self._reachable:
            self._reachable = reachable
            if self.on_reachable_change is not None:
                self.on_reachable_change()

    async def _operate(self, action: str) -> None:
        harmless = action in ("pause", "stop", "play")
        await insist(partial(self._link.player, "player_play_operation", action=action), harmless=harmless)


async def _first_of(*ways: _Request, harmless: bool = False) -> None:
    """Do something by the first way that is not refused.

    Raises:
        XiaomiError: it may have been done, or the speaker does not answer, or no way worked; then of the first one.
    """
    first: XiaomiError | None = None
    for way in ways:
        try:
            await insist(way, harmless=harmless)
        except XiaomiError as err:
            if isinstance(err, SpeakerOfflineError) or (err.uncertain and not harmless):
                raise
            first = first or err
        else:
            return
    raise first or SpeakerRefusedError("There is no way to do it")


def _unanswered(error: XiaomiError) -> bool:
    """Return whether the speaker may do all the same what failed."""
    return error.uncertain or isinstance(error, SpeakerOfflineError)
