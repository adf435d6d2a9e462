"""One speaker: what it plays, what it says, and what it reports about that.

A speaker has one voice and one music player. New speech replaces running speech; music goes on below speech (quieter)
and is what remains when the speech ends.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
import uuid
import zlib

from simulator import voice
from simulator.fetching import fetch, is_here
from simulator.models import Model, Status
from simulator.settings import Settings
from simulator.timeline import Timeline
from simulator.timers import Timers

type Source = Literal["xiaoai", "tts"]
type Via = Literal["ubus", "miot"]
type SpeechEnd = Literal["finished", "replaced", "paused", "stopped"]

IDLE, PLAYING, PAUSED, STOPPED = range(4)
MUSIC_MEDIA_TYPE = 3

_NAMESPACE = uuid.UUID("5f0b6a0e-7d5b-4b52-9a5e-5a1c3d1f7c11")


@dataclass(frozen=True, slots=True)
class Track:
    """A piece of music, or whatever a URL holds."""

    title: str
    artist: str = ""
    url: str = ""
    seconds: float = 0.0
    """0: it plays on (the list loops) until someone stops it."""


@dataclass(slots=True)
class _Speech:
    source: Source
    text: str
    started: float
    seconds: float
    then: Callable[[], None] | None
    timer: asyncio.TimerHandle
    ignored: int = 0
    """Commands to be silent that came in its course without effect."""


@dataclass(slots=True)
class _Fetched:
    """What is known of an audio that is being fetched."""

    asked: float
    arrived: float = 0.0
    """Seconds of sound."""
    complete: bool = False
    starved: float | None = None
    """Since when there is nothing left to be heard."""
    gaps: list[float] = field(default_factory=list)
    """Seconds of silence in the midst of it."""
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class _Music:
    track: Track
    playing: bool
    since: float
    played: float = 0.0
    timer: asyncio.TimerHandle | None = None
    ignored: int = 0
    """Commands to be silent that came in its course without effect."""
    begun: bool = True
    fetched: _Fetched | None = None
    """None: nothing of it is really fetched."""

    @property
    def position(self) -> float:
        """How many seconds of it have been heard."""
        fetched = self.fetched
        starved = fetched is not None and fetched.starved is not None
        position = self.played + (_now() - self.since if self.playing and not starved else 0.0)
        return position if fetched is None else min(position, fetched.arrived)


@dataclass(frozen=True, slots=True)
class PlayState:
    """What a speaker does at one moment."""

    status: int
    """0 idle, 1 playing, 2 paused, 3 stopped."""
    media_type: int | None = None
    """3 with music; None with speech and without anything."""
    speaking: bool = False

    @property
    def sounding(self) -> bool:
        """Whether something can be heard."""
        return self.speaking or self.status == PLAYING


class Speaker:
    """A simulated speaker."""

    def __init__(self, name: str, model: Model, room: str, settings: Settings, timeline: Timeline) -> None:
        self.name = name
        self.model = model
        self.room = room
        # Made of the name, so that a restarted simulator has the same speakers.
        identity = uuid.uuid5(_NAMESPACE, f"{model.hardware}/{name}")
        self.device_id = str(identity)
        self.did = str(300_000_000 + zlib.crc32(identity.bytes) % 600_000_000)
        self.mac = ":".join(f"{byte:02X}" for byte in (0x54, 0x48, 0xE6, *identity.bytes[:3]))
        self.serial = f"{20000 + identity.int % 9999}/{identity.hex[:11].upper()}"
        self.volume = max(40, model.min_volume)
        self.muted = False
        self.loop_type = 1
        self.online = True
        self._settings = settings
        self._timeline = timeline
        self._timers = Timers()
        self._speech: _Speech | None = None
        self._music: _Music | None = None
        self._rest = IDLE
        self._states: deque[tuple[float, PlayState]] = deque([(float("-inf"), PlayState(IDLE))], maxlen=64)

    # What clients ask of it

    def tts(self, text: str, via: Via) -> None:
        """Speak a client's text in place of running speech."""
        words = (word.strip() for word in self._settings.filtered_words.split(","))
        filtered = any(word and word in text for word in words)
        audible = bool(text.strip()) and (via == "miot" or self.model.ubus_tts) and not filtered
        self._command("tts", via, audible, text=text, **({"reason": "filtered"} if filtered else {}))
        if audible:
            self.say(text[: self._settings.tts_cap], "tts")

    def pause(self, via: Via) -> None:
        """Pause what sounds. Paused speech is lost; paused music can go on."""
        if self._ignores(self._settings.deaf_pauses):
            self._command("pause", via, False, reason="deaf")
            return
        self._command("pause", via, self._can_silence("paused"))
        self._silence("paused")

    def stop(self, via: Via) -> None:
        """Stop what sounds."""
        if self._ignores(0):
            self._command("stop", via, False, reason="deaf")
            return
        self._command("stop", via, self._can_silence("stopped"))
        self._silence("stopped")

    def play(self, via: Via) -> None:
        """Let paused music go on."""
        resumes = self._music is not None and not self._music.playing
        self._command("play", via, resumes)
        if resumes:
            self.resume_music()

    def toggle(self, via: Via) -> None:
        """Pause what sounds, else let music go on."""
        if self.state.sounding:
            self.pause(via)
        else:
            self.play(via)

    def skip(self, step: Literal["next", "prev"], via: Via) -> None:
        """Begin the next or the previous piece of the list (which holds one piece)."""
        music = self._music
        self._command(step, via, music is not None)
        if music is not None:
            self.play_music(music.track)

    def play_track(self, track: Track, command: str, via: Via, *, audible: bool = True) -> None:
        """Play what a client sent, in place of running music."""
        self._command(command, via, audible, url=track.url)
        if audible and is_here(track.url, self._settings.home_host):
            self._fetch(track)
        elif audible:
            self.play_music(track)

    def set_volume(self, percent: int, via: Via) -> None:
        """Set the volume; the model's minimum is the least."""
        self.volume = min(100, max(self.model.min_volume, percent))
        self._command("volume", via, True, value=self.volume)

    def set_mute(self, muted: bool, via: Via) -> None:
        """Mute or unmute. What is muted goes on unheard."""
        self.muted = muted
        self._command("mute", via, True, value=muted)

    def note(self, command: str, via: Via, *, effect: bool = True, **fields: Any) -> None:
        """Record a command that someone else carries out."""
        self._command(command, via, effect, **fields)

    def read_status(self, via: Via) -> PlayState:
        """Return what the model reports of its state, late as it is."""
        state = self._visible_state()
        if via == "ubus":
            state = _as_reported(state, self.model.ubus_status)
        elif not self.model.state_reported:
            state = PlayState(IDLE)
        self._timeline.record("status_read", speaker=self.name, status=state.status, via=via)
        return state

    # What it does

    def say(self, text: str, source: Source, then: Callable[[], None] | None = None) -> None:
        """Speak `text` now, in place of running speech, and call `then` when it has been spoken.

        What should have followed replaced speech follows the new one: music that was asked for comes all the same.
        """
        if self._speech is not None:
            then = then or self._speech.then
            self._end_speech("replaced")
        needed = voice.seconds(text, self._settings.characters_per_second)
        timer = self._timers.after(needed, lambda: self._end_speech("finished"))
        self._speech = _Speech(source, text, _now(), needed, then, timer)
        self._timeline.record("speech_started", speaker=self.name, source=source, text=text)
        self._changed()

    def interrupt(self) -> None:
        """Fall silent for a person who speaks to it: the wake word ends speech on every model."""
        if self._speech is not None:
            self._speech.then = None
            self._end_speech("stopped")

    def play_music(self, track: Track) -> None:
        """Play `track` now, in place of other music."""
        self._end_music("replaced")
        self._music = _Music(track, playing=False, since=_now())
        self.resume_music()

    def resume_music(self) -> None:
        """Let the paused music go on, if there is any."""
        music = self._music
        if music is None or music.playing:
            return
        music.playing, music.since = True, _now()
        if music.fetched is not None:
            self._let_sound(music, music.fetched)
        elif music.track.seconds:
            music.timer = self._timers.after(music.track.seconds - music.played, self._music_finished)
        self._timeline.record(
            "music_started", speaker=self.name, title=music.track.title, artist=music.track.artist, url=music.track.url
        )
        self._changed()

    def stop_music(self) -> None:
        """Stop the music, paused or not, for good."""
        if self._music is not None:
            self._end_music("stopped")
            self._rest = STOPPED
            self._changed()

    def pause_music(self) -> None:
        """Hold the music, so that it can go on."""
        self._hold_music()
        self._changed()

    def set_online(self, online: bool) -> None:
        """Pull the plug or put it in again."""
        if online == self.online:
            return
        self.online = online
        self._timeline.record("speaker_online" if online else "speaker_offline", speaker=self.name)
        if not online:
            self.interrupt()
            self._end_music("stopped")
            self._rest = IDLE
            self._changed()

    def close(self) -> None:
        """Cancel what is pending."""
        self._timers.cancel()
        if self._music is not None:
            self._let_go(self._music)

    @property
    def state(self) -> PlayState:
        """What it truly does now."""
        if self._speech is not None:
            return PlayState(PLAYING, None, speaking=True)
        if self._music is not None and self._music.begun:
            return PlayState(PLAYING if self._music.playing else PAUSED, MUSIC_MEDIA_TYPE)
        return PlayState(self._rest)

    @property
    def music(self) -> tuple[Track, float] | None:
        """The music that plays or is paused, and its position in seconds."""
        if self._music is None:
            return None
        return self._music.track, self._music.position

    @property
    def speech(self) -> str | None:
        """What it is saying now."""
        return self._speech.text if self._speech else None

    def _ignores(self, times: int) -> bool:
        """Tell whether what sounds goes on in spite of this command, as it does at least `times` times."""
        sound = self._speech or (self._music if self._music is not None and self._music.playing else None)
        if sound is None or sound.ignored >= max(times, int(self.model.ignores_first_pause)):
            return False
        sound.ignored += 1
        return True

    def _can_silence(self, reason: Literal["paused", "stopped"]) -> bool:
        """Tell whether pausing or stopping has any effect now."""
        speech = self._speech is not None and self.model.pausable_speech
        return speech or (self._music is not None and (self._music.playing or reason == "stopped"))

    def _silence(self, reason: Literal["paused", "stopped"]) -> None:
        """End speech, and hold or end music."""
        if self._speech is not None and self.model.pausable_speech:
            self._speech.then = None
            self._end_speech(reason)
            self._rest = PAUSED if reason == "paused" else STOPPED
            self._changed()
        if reason == "paused":
            self.pause_music()
        else:
            self.stop_music()

    def _end_speech(self, reason: SpeechEnd) -> None:
        speech = self._speech
        if speech is None:
            return
        self._speech = None
        self._rest = IDLE
        speech.timer.cancel()
        share = 1.0
        if reason != "finished" and speech.seconds:
            share = min(1.0, (_now() - speech.started) / speech.seconds)
        self._timeline.record(
            "speech_ended",
            speaker=self.name,
            source=speech.source,
            text=speech.text,
            spoken=round(share, 3),
            reason=reason,
        )
        if reason == "replaced":
            return  # the new speech says what the state is, and inherits `then`
        self._changed()
        if speech.then is not None:
            speech.then()

    def _hold_music(self) -> None:
        if self._music is None or not self._music.playing:
            return
        music = self._music
        music.played = music.position
        music.playing = False
        if music.timer is not None:
            music.timer.cancel()
        self._timeline.record(
            "music_ended", speaker=self.name, title=music.track.title, reason="paused", **_heard_of(music)
        )

    def _end_music(self, reason: Literal["stopped", "replaced", "finished"]) -> None:
        music, self._music = self._music, None
        if music is None:
            return
        if music.timer is not None:
            music.timer.cancel()
        self._let_go(music)
        if music.playing:  # the end of paused music was its pause
            self._timeline.record(
                "music_ended", speaker=self.name, title=music.track.title, reason=reason, **_heard_of(music)
            )

    # What it fetches

    def _fetch(self, track: Track) -> None:
        """Fetch a track, and play it from when the first of it has come."""
        self._end_music("replaced")
        music = self._music = _Music(track, playing=False, since=_now(), fetched=(fetched := _Fetched(_now())))

        def came(seconds: float) -> None:
            fetched.arrived += seconds
            if not music.begun:
                music.begun = True
                self.resume_music()
            elif music.playing:
                self._let_sound(music, fetched)

        async def run() -> None:
            outcome, audio = await fetch(track.url, came)
            fetched.complete = True
            self._timeline.record(
                "fetched",
                speaker=self.name,
                url=track.url,
                outcome=outcome,
                kind=audio.kind,
                seconds=round(audio.seconds, 3),
            )
            if self._music is music and not music.begun:
                self._music = None
            elif self._music is music and music.playing:
                self._let_sound(music, fetched)

        music.begun = False
        fetched.task = asyncio.create_task(run())

    def _let_sound(self, music: _Music, fetched: _Fetched) -> None:
        """Let sound what has come: until it ends, or more of it comes."""
        if fetched.starved is not None and (fetched.arrived > music.played or fetched.complete):
            music.since = _now()
            if fetched.arrived > music.played:
                fetched.gaps.append(music.since - fetched.starved)
                self._timeline.record("audio_gap", speaker=self.name, seconds=round(fetched.gaps[-1], 3))
            fetched.starved = None
        if music.timer is not None:
            music.timer.cancel()
        if fetched.starved is None:
            music.timer = self._timers.after(fetched.arrived - music.position, lambda: self._run_out(music, fetched))

    def _run_out(self, music: _Music, fetched: _Fetched) -> None:
        """End what has come to its end, or wait for more."""
        if fetched.complete:
            self._music_finished()
            return
        music.played, fetched.starved = fetched.arrived, _now()

    def _let_go(self, music: _Music) -> None:
        """Fetch no more of it."""
        if music.fetched is not None and music.fetched.task is not None:
            music.fetched.task.cancel()

    def _music_finished(self) -> None:
        self._end_music("finished")
        self._rest = IDLE
        self._changed()

    def _command(self, command: str, via: Via, effect: bool, **fields: Any) -> None:
        self._timeline.record("command", speaker=self.name, command=command, via=via, effect=effect, **fields)

    def _changed(self) -> None:
        """Note the state if it is a new one: reads see it later."""
        state = self.state
        if state != self._states[-1][1]:
            delay = self._settings.status_lag if state.sounding else self._settings.status_tail
            self._states.append((_now() + delay, state))

    def _visible_state(self) -> PlayState:
        """Return the newest state that has become visible. What came and went within the lag is never seen."""
        now = _now()
        return next((state for visible, state in reversed(self._states) if visible <= now), PlayState(IDLE))


def _heard_of(music: _Music) -> dict[str, Any]:
    """Return what is told of the end of a fetched audio."""
    if music.fetched is None:
        return {}
    return {"seconds": round(music.position, 3), "gaps": [round(gap, 3) for gap in music.fetched.gaps]}


def _as_reported(state: PlayState, quality: Status) -> PlayState:
    match quality:
        case Status.BLIND:
            return PlayState(IDLE)
        case Status.PAUSED_IN_SPEECH if state.speaking:
            return PlayState(PAUSED, None, speaking=True)
        case _:
            return state


def _now() -> float:
    return asyncio.get_running_loop().time()
