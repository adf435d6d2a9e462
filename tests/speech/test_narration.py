# mypy: disable-error-code="no-untyped-call"
"""Speaking an answer as one audio: a voice that reads, a speaker that fetches, and XiaoAI if they fail."""

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from custom_components.xiao_gpt.speech import Narration, NarrationError, Sound, SpeechRate, Talk
from custom_components.xiao_gpt.speech.narration import BLIND_S, FETCH_S, LATE_S, STALL_S
from custom_components.xiao_gpt.speech.sound import STARTUP_S
from tests.speech.virtual import FakeSpeaker, flat, in_virtual_time, stream, tokens

FRAME, FRAME_S = b"\xff\xf3\x44\xc0" + bytes(92), 0.024
CPS = 5.0
TALE = "从前山脚下住着一只小狐狸。它每天晚上都要数一遍天上的星星。有一天星星少了一颗。小狐狸找了一整夜。"
SENTENCES = [f"{sentence}。" for sentence in TALE.split("。") if sentence]


def mp3(words: str) -> bytes:
    return FRAME * round(len(words) / CPS / FRAME_S)


@dataclass
class Voice:
    """Reads out, quicker than it speaks."""

    streams: bool = True
    takes: float = 0.1
    fails_at: int | None = None
    idles_at: int | None = None
    makes: bytes | None = None
    asked: list[str] = field(default_factory=list)
    began: list[float] = field(default_factory=list)

    async def read(self, words):
        async for part in words:
            self.began.append(asyncio.get_running_loop().time())
            if len(self.asked) == self.fails_at:
                raise OSError("hoarse")
            if len(self.asked) == self.idles_at:
                await asyncio.Event().wait()
            self.asked.append(part)
            await asyncio.sleep(self.takes)
            yield mp3(part) if self.makes is None else self.makes


@dataclass
class Player:
    """Fetches what it is told to play, and plays as it comes; its status runs behind."""

    reports_status: bool = True
    fetches: bool = True
    silent: bool = False
    repeats: bool = False
    refuses: bool = False
    trip: float = 0.2
    buffers: float = 0.3
    heard: list[tuple[float, float]] = field(default_factory=list)
    stops: int = 0
    left: list[NarrationError | None] = field(default_factory=list)
    fetching: asyncio.Task[None] | None = None
    playing: bool = False
    muted_at: float | None = None
    looks: list[float] = field(default_factory=list)

    async def play(self, sound: Sound):
        await asyncio.sleep(self.trip)
        if self.refuses:
            raise NarrationError("no")
        if self.fetches:
            self.fetching = asyncio.create_task(self._fetch(sound))

    async def _fetch(self, sound: Sound):
        loop = asyncio.get_running_loop()
        ends = 0.0
        async for data in sound.fetch():
            now = loop.time()
            seconds = len(data) / len(FRAME) * FRAME_S
            begins = max(ends, now + (0 if self.heard else self.buffers))
            ends = begins + seconds
            self.heard.append((begins, ends))

    async def is_playing(self):
        now = asyncio.get_running_loop().time()
        self.looks.append(now)
        if self.silent or (self.muted_at is not None and now >= self.muted_at):
            return False
        return self.repeats or any(begins + 0.4 <= now < ends + 0.3 for begins, ends in self.heard)

    async def stop(self):
        self.stops += 1

    def leave(self, sound: Sound, failure: NarrationError | None):
        self.left.append(failure)

    @property
    def gaps(self):
        return [after[0] - before[1] for before, after in pairwise(self.heard) if after[0] - before[1] > 1e-9]

    @property
    def end(self):
        return self.heard[-1][1]


class Scene:
    """A narration and those who take part in it."""

    def __init__(self, voice=None, player=None):
        self.voice, self.player = voice or Voice(), player or Player()
        self.xiaoai = FakeSpeaker(flat(CPS))
        self.narration = Narration(self.voice, self.player, lambda: Talk(self.xiaoai, SpeechRate()))
        self.spoken = None
        self.over = 0.0

    def tell(self, text=TALE, meanwhile=None, **options):
        """Let the text come and be spoken; `meanwhile` runs beside it."""

        async def main():
            running = asyncio.create_task(self.narration.run())
            telling = asyncio.create_task(stream(self.narration, tokens(text), **options))
            if meanwhile is not None:
                await meanwhile(self)
            await telling
            self.spoken = await running
            self.over = asyncio.get_running_loop().time()
            if self.player.fetching is not None:
                await self.player.fetching

        in_virtual_time(main())
        return self


both = pytest.mark.parametrize("streams", [True, False])


@both
@pytest.mark.parametrize("per_second", [4.0, 40.0, 4000.0])
def test_it_is_one_audio_without_gaps(streams, per_second):
    scene = Scene(Voice(streams)).tell(per_second=per_second)
    assert "".join(scene.voice.asked) == TALE
    assert scene.player.gaps == []
    assert scene.player.end <= scene.over <= scene.player.end + 1.2
    assert (scene.spoken.said, scene.spoken.interrupted, scene.spoken.hushed) == (TALE, False, False)
    assert scene.player.left == [None]
    assert scene.xiaoai.pieces == []


@both
def test_it_begins_with_the_first_clause(streams):
    scene = Scene(Voice(streams)).tell("从前有一座山，" + TALE, per_second=5)
    # Two characters at a time, five times a second: the clause is there after 0.8 s, the answer after 11 s.
    assert scene.voice.asked[0] == "从前有一座山，"
    assert scene.player.heard[0][0] <= 0.8 + scene.player.trip + scene.player.buffers + 0.01
    assert scene.spoken.first_words_s is not None


def test_a_speaker_that_reports_nothing_is_given_its_time():
    scene = Scene(player=Player(reports_status=False)).tell()
    assert scene.player.looks == []
    assert scene.player.end <= scene.over <= scene.player.end + BLIND_S + STARTUP_S


def test_what_is_no_sound_is_not_read():
    scene = Scene().tell("**好的**，我来讲：\n\n---\n\n" + TALE)
    assert "*" not in "".join(scene.voice.asked)
    assert "---" not in "".join(scene.voice.asked)
    assert scene.spoken.said.startswith("**好的**")


@pytest.mark.parametrize("text", ["", "---\n", "🎉"])
def test_nothing_to_say_is_not_played(text):
    scene = Scene().tell(text)
    assert not scene.narration.begun.is_set()
    assert scene.player.left == []
    assert scene.narration.over


def test_the_status_is_rarely_looked_at():
    scene = Scene().tell(TALE * 6)
    assert len(scene.player.looks) <= 6 + scene.player.end / 6 + 4


# Interruptions


@both
def test_an_interruption_ends_the_audio_and_what_was_heard_is_kept(streams):
    async def interrupt(scene):
        await asyncio.sleep(7)
        scene.narration.interrupt()

    scene = Scene(Voice(streams)).tell(meanwhile=interrupt)
    assert scene.over == pytest.approx(7, abs=0.1)
    assert scene.spoken.interrupted
    # In 6.5 s of sound 32 characters: the third sentence has begun.
    assert scene.spoken.said == "".join(SENTENCES[:3])
    assert scene.player.left == [None]
    assert scene.player.stops == 0, "what the speaker has is for the caller to stop"


def test_an_interruption_before_the_first_words_says_nothing():
    async def interrupt(scene):
        scene.narration.interrupt()

    scene = Scene().tell(meanwhile=interrupt, first=1)
    assert (scene.spoken.said, scene.player.heard) == ("", [])


def test_an_interruption_while_the_speaker_is_asked_waits_for_that():
    async def interrupt(scene):
        await scene.narration.begun.wait()
        scene.narration.interrupt()

    scene = Scene(player=Player(trip=3)).tell(meanwhile=interrupt)
    assert scene.over >= 3
    assert (scene.spoken.said, scene.player.heard) == ("", [])


def test_who_silences_the_speaker_by_hand_is_not_talked_at():
    scene = Scene(player=Player(muted_at=6.0)).tell(TALE * 3, per_second=400)
    assert scene.spoken.hushed
    assert scene.over < 20
    assert 0 < len(scene.spoken.said) < len(TALE * 3)
    assert scene.xiaoai.pieces == []


def test_words_that_come_late_are_waited_for():
    # Three sentences are heard in 10 s; the last comes after 30.
    scene = Scene().tell(gaps={10: 30.0})
    assert scene.spoken.said == TALE
    assert not scene.spoken.hushed
    assert len(scene.player.gaps) == 1


# Failures


def said_by_both(scene):
    return "".join(scene.voice.asked), scene.xiaoai.words


@both
def test_a_voice_that_fails_at_once_leaves_all_to_xiaoai(streams):
    scene = Scene(Voice(streams, fails_at=0)).tell()
    assert said_by_both(scene) == ("", TALE)
    assert scene.spoken.said == TALE
    assert not scene.narration.by_address
    (failure,) = scene.player.left
    assert "hoarse" in str(failure)
    assert failure.reason == ""


def test_of_a_voice_that_fails_later_xiaoai_says_the_rest_when_it_was_heard_out():
    scene = Scene(Voice(streams=False, fails_at=2)).tell()
    by_voice, by_xiaoai = said_by_both(scene)
    assert by_voice + by_xiaoai == TALE
    assert scene.xiaoai.pieces[0].start >= scene.player.end
    assert scene.xiaoai.pieces[0].start <= scene.player.end + 1.5
    assert scene.spoken.said == TALE


def test_of_a_voice_that_streams_and_fails_nothing_is_lost():
    scene = Scene(Voice(fails_at=2)).tell()
    by_voice, by_xiaoai = said_by_both(scene)
    assert TALE.endswith(by_xiaoai)
    assert len(by_voice) + len(by_xiaoai) >= len(TALE)


def test_words_that_come_after_a_failure_are_spoken_too():
    scene = Scene(Voice(fails_at=0)).tell(per_second=2)
    assert scene.xiaoai.words == TALE


@pytest.mark.parametrize("makes", [b"", b"RIFF" + bytes(100), bytes(300)])
def test_what_is_no_audio_is_a_failure(makes):
    scene = Scene(Voice(makes=makes)).tell()
    assert scene.xiaoai.words == TALE
    assert scene.player.left[0] is not None


def test_a_voice_that_idles_is_given_up():
    scene = Scene(Voice(streams=False, idles_at=1)).tell()
    by_voice, by_xiaoai = said_by_both(scene)
    assert by_voice + by_xiaoai == TALE
    assert scene.xiaoai.pieces[0].start <= STALL_S + 5


def test_an_audio_that_is_not_fetched_is_given_up():
    scene = Scene(player=Player(fetches=False)).tell()
    assert scene.xiaoai.words == TALE
    assert scene.player.left[0].reason == "not_fetched"
    assert scene.player.stops == 1
    assert scene.xiaoai.pieces[0].start == pytest.approx(FETCH_S, abs=1)


def test_an_audio_that_is_fetched_and_not_played_is_given_up():
    scene = Scene(player=Player(silent=True)).tell(TALE * 2)
    assert scene.xiaoai.words == TALE * 2
    assert scene.player.left[0].reason == "not_played"
    assert scene.player.stops == 1


def test_a_short_audio_that_the_status_never_shows_is_taken_for_heard():
    scene = Scene(player=Player(silent=True)).tell("好的，灯开了。")
    assert scene.spoken.said == "好的，灯开了。"
    assert scene.xiaoai.pieces == []


def test_a_speaker_that_refuses_is_spoken_through():
    scene = Scene(player=Player(refuses=True)).tell()
    assert scene.xiaoai.words == TALE


def test_an_interruption_ends_what_xiaoai_says_in_its_place():
    async def interrupt(scene):
        await asyncio.sleep(4)
        scene.narration.interrupt()

    scene = Scene(Voice(fails_at=0)).tell(TALE * 3, meanwhile=interrupt)
    assert scene.spoken.interrupted
    assert scene.over < 6
    assert (TALE * 3).startswith(scene.spoken.said)


def test_a_speaker_that_begins_again_is_not_waited_for():
    scene = Scene(player=Player(repeats=True)).tell()
    assert scene.over <= scene.player.end + LATE_S + 1
