"""Runs a scene: says what is said, waits for what must come of it, and tells what did not."""

from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.house import HouseError
from simulator.speaker import Speaker, Track
from simulator.timeline import Event
from simulator.xiaoai import Kind
from tests.scenes.household import Household, shows
from tests.scenes.script import ASSIST, Scene, SceneError, Step

SPOKEN_SECONDS = 60.0
"""The longest answer of a scene is spoken in twenty."""
HEARD_SECONDS = 10.0
"""From a sentence to its being noticed: two seconds, at the most four where the switch is off."""
QUIET_SECONDS = 2.0
"""Between two pieces of one answer nobody waits for half as long."""
FILLERS = ("嗯", "让我想想")
"""What is said while the model thinks: nobody can say before whether it will be."""


class StepError(Exception):
    """A step did not go as it is written."""


@dataclass
class Outcome:
    """What became of a scene."""

    scene: Scene
    first_words: list[float] = field(default_factory=list)
    """Seconds from the record of each question to the first words of its answer."""
    steps: int = 0
    """How many went as written."""
    problem: str = ""


async def run(scene: Scene, household: Household) -> Outcome:
    """Run a scene in a home that is its alone; what goes wrong is told in the outcome."""
    outcome = Outcome(scene)
    where = f"{scene.path.name}: the home"
    try:
        await household.prepare(scene)
        performance = Performance(household, outcome)
        for step, following in zip(scene.steps, [*scene.steps[1:], None], strict=True):
            where = f"{scene.path.name}:{step.line}: step {step.number} ({step.says})"
            await performance.take(step, goes_on=following is None or not following.answering)
            outcome.steps += 1
        where = f"{scene.path.name}: after the last step"
        await performance.finish()
    except (HouseError, SceneError, StepError, TimeoutError) as err:
        outcome.problem = f"{where}: {err or 'nothing happened in time'}"
    return outcome


class Performance:
    """The course of one scene."""

    def __init__(self, household: Household, outcome: Outcome) -> None:
        self._household = household
        self._sim = household.sim
        self._timeline = household.sim.timeline
        self._outcome = outcome
        self._begin = self._before = len(self._timeline)
        """Where in the timeline the scene has begun, and the step before has ended."""

    async def take(self, step: Step, *, goes_on: bool) -> None:
        """Take one step.

        Args:
            step: the step.
            goes_on: whether its answer is heard out; else the next step interrupts it.

        Raises:
            StepError: something else happened than what is written.
        """
        if step.llm:
            self._sim.llm.settings.update(step.llm)
        if step.at == ASSIST:
            await self._type(step)
        else:
            await _Spoken(self._household, self._outcome, step, goes_on=goes_on).take(self._before)
        self._before = len(self._timeline)

    async def finish(self) -> None:
        """See that nobody goes on speaking, and that nobody has spoken where nothing was said.

        Raises:
            StepError: somebody did.
        """
        try:
            started = await self._timeline.wait_for(_begins, since=self._before, timeout=QUIET_SECONDS)
        except TimeoutError:
            pass
        else:
            raise StepError(f"somebody said: {_joined([started])}")
        places = {step.at for step in self._outcome.scene.steps}
        events = filter(_begins, self._timeline.since(self._begin))
        if astray := [event for event in events if event.fields["speaker"] not in places]:
            raise StepError(f"this was heard at {astray[0].fields['speaker']}: {_joined(astray)}")

    async def _type(self, step: Step) -> None:
        """Type to the assistant, and read what it answers."""
        if step.xiaoai.says is not None:  # where it is told what was typed
            self._sim.world.teach(step.says, step.xiaoai.says)
        begin = len(self._timeline)
        answer = await self._household.house.assist(step.says, agent_id=self._household.agent)
        check_words(step, answer.speech)
        await check_home(self._household, step, begin)


class _Spoken:
    """A step that is spoken at a speaker."""

    def __init__(self, household: Household, outcome: Outcome, step: Step, *, goes_on: bool) -> None:
        self._household = household
        self._timeline = household.sim.timeline
        self._outcome = outcome
        self._step = step
        self._goes_on = goes_on
        self._speaker: Speaker = household.sim.world.speaker(step.at)
        self._begin = 0
        """Where in the timeline it was said."""
        self._noticed = 0
        """Where in the timeline it was noticed: what is heard from here on is the answer."""

    async def take(self, before: int) -> None:
        """Say it, and see what comes of it; `before` is where the step before has ended."""
        step = self._step
        if step.answering:
            await self._in_mid_answer()
        elif unasked := self._starts(before):
            raise StepError(f"before it, somebody said: {_joined(unasked)}")
        await self._say()
        if step.untouched:
            await self._see_untouched()
        elif step.silent:
            await self._until_quiet()
            if words := _joined(self._starts(self._noticed)):
                raise StepError(f"nobody was to speak, but this was heard: {words}")
        else:
            await self._hear()
        if step.silenced:
            await self._see_silenced()
        await check_home(self._household, step, self._begin)
        self._measure()

    async def _say(self) -> None:
        """Say it, and wait until the integration has decided who answers."""
        step, xiaoai = self._step, self._step.xiaoai
        event = self._household.speakers[step.at]["heard"]
        earlier = (await self._household.house.states(event))["state"]
        kind = Kind.AUDIO if xiaoai.plays else Kind.EMPTY if xiaoai.silently else Kind.TTS
        self._begin = len(self._timeline)
        self._household.sim.world.ask(
            step.at, step.says, xiaoai.says, kind, track=Track(xiaoai.plays) if xiaoai.plays else None
        )
        heard = await self._household.follow(
            event,
            lambda now: now["state"] != earlier and now["attributes"].get("utterance") == step.says,
            HEARD_SECONDS,
        )
        self._noticed = len(self._timeline)
        decided = heard["attributes"]
        if step.route is not None and decided["event_type"] != step.route:
            raise StepError(
                f"the route was to be {step.route}, and is {decided['event_type']}, because {decided['reason']} "
                f"({decided['intent']}, {decided['score']})"
            )
        if step.reason is not None and decided["reason"] != step.reason:
            raise StepError(f"the reason was to be {step.reason}, and is {decided['reason']}")

    async def _in_mid_answer(self) -> None:
        """Wait until an answer is being spoken."""
        if self._speaker.speech is None:
            await self._wait(_begins, len(self._timeline), "nobody speaks whom it could interrupt")

    async def _hear(self) -> None:
        """Hear the answer: all of it, or as much as must be heard before the next step interrupts it."""
        wanted = self._step.heard
        if isinstance(wanted, str) and self._goes_on:
            while len(self._heard()) < len(letters(wanted)):
                await self._more(f"“{wanted}” was to be heard")
            await self._until_silent()
        elif wanted is not None:
            parts = (wanted,) if isinstance(wanted, str) else wanted
            while missing := _missing(parts, self._heard()):
                await self._more(f"“{missing}” was to be heard")
            if self._goes_on:
                await self._until_quiet()
        elif self._goes_on:
            await self._until_quiet()
        if self._goes_on or self._step.not_heard:
            check_words(self._step, self._heard(), whole=self._goes_on)

    async def _more(self, else_tell: str) -> None:
        """Wait for the next words of ours."""
        words = _joined(self._starts(self._noticed))
        await self._wait(_begins, len(self._timeline), f"{else_tell}; what was heard: {words or 'nothing'}")

    async def _until_silent(self) -> None:
        """Wait until nobody speaks."""
        if self._speaker.speech is not None:
            await self._wait(
                lambda event: event.event == "speech_ended", len(self._timeline), "the speaker does not stop speaking"
            )

    async def _until_quiet(self) -> None:
        """Wait until the model has said all and nothing more is spoken."""
        while True:
            seen = len(self._timeline)
            for asked in self._timeline.since(self._begin, "llm_request"):
                await self._wait(
                    lambda event, asked=asked: (  # type: ignore[misc]
                        event.event == "llm_finished" and event.fields["id"] == asked.fields["id"]
                    ),
                    asked.seq,
                    "the model does not come to an end",
                )
            await self._until_silent()
            try:
                await self._timeline.wait_for(
                    lambda event: self._here(event) and event.event in ("speech_started", "llm_request"),
                    since=seen,
                    timeout=QUIET_SECONDS,
                )
            except TimeoutError:
                return

    async def _see_untouched(self) -> None:
        """See XiaoAI do all that it wants to, undisturbed."""
        xiaoai = self._step.xiaoai
        if not xiaoai.silently:
            await self._wait(
                lambda event: event.event == "speech_ended" and event.fields["source"] == "xiaoai",
                self._begin,
                "XiaoAI does not come to an end",
            )
        await self._until_quiet()
        events = [event for event in self._timeline.since(self._begin) if self._here(event)]
        if done := [event for event in events if event.event == "command"]:
            names = ", ".join(f"{event.fields['command']} {event.fields.get('text', '')}".strip() for event in done)
            raise StepError(f"XiaoAI was not left alone: {names}")
        if asked := [event for event in events if event.event == "llm_request"]:
            raise StepError(f"the language model was asked: {asked[0].fields['question']}")
        if cut := [event for event in events if event.event == "speech_ended" and event.fields["reason"] != "finished"]:
            raise StepError(f"XiaoAI was cut off: {cut[0].fields['reason']}")
        if xiaoai.plays and self._speaker.state.status != 1:
            raise StepError(f"{xiaoai.plays} does not play")

    async def _see_silenced(self) -> None:
        """See that XiaoAI's own answer was cut."""
        ended = await self._wait(
            lambda event: event.event == "speech_ended" and event.fields["source"] == "xiaoai",
            self._begin,
            "XiaoAI does not speak, or does not come to an end",
        )
        if ended.fields["reason"] == "finished":
            raise StepError(f"XiaoAI's own answer was heard to its end: {ended.fields['text']}")

    def _measure(self) -> None:
        """Note how soon the answer began."""
        events = [event for event in self._timeline.since(self._begin) if self._here(event)]
        visible = next((event for event in events if event.event == "record_visible"), None)
        first = next(iter(self._starts(self._noticed)), None)
        if visible is not None and first is not None:
            self._outcome.first_words.append(first.t - visible.t)

    def _starts(self, since: int) -> list[Event]:
        """Return the beginnings of words that are not XiaoAI's."""
        return [event for event in self._timeline.since(since) if self._here(event) and _begins(event)]

    def _heard(self) -> str:
        return letters(_joined(self._starts(self._noticed)))

    def _here(self, event: Event) -> bool:
        return bool(event.fields.get("speaker", self._speaker.name) == self._speaker.name)

    async def _wait(self, fits: Callable[[Event], bool], since: int, else_tell: str) -> Event:
        try:
            return await self._timeline.wait_for(
                lambda event: self._here(event) and fits(event), since=since, timeout=SPOKEN_SECONDS
            )
        except TimeoutError:
            raise StepError(else_tell) from None


def check_words(step: Step, words: str, *, whole: bool = True) -> None:
    """See that what was heard, or read, is what was to be.

    Args:
        step: what was to be.
        words: what was.
        whole: whether these are all the words there will be.

    Raises:
        StepError: it is not.
    """
    said = letters(words)
    if unwanted := [part for part in step.not_heard if letters(part) in said]:
        raise StepError(f"“{unwanted[0]}” was not to be heard: {words}")
    if not whole or step.heard is None:
        return
    if isinstance(step.heard, str):
        wanted = letters(step.heard)
        if wanted not in {said, *(said.removeprefix(filler) for filler in FILLERS)}:
            raise StepError(f"“{step.heard}” was to be heard, and nothing else; what was heard: {words}")
    elif missing := _missing(step.heard, said):
        raise StepError(f"“{missing}” was to be heard; what was heard: {words}")


async def check_home(household: Household, step: Step, begin: int) -> None:
    """See that what was to happen in the home has happened, or wait for it.

    Args:
        household: the home.
        step: what was to happen.
        begin: where in the timeline it was said.

    Raises:
        StepError: something else happened.
    """
    for name, wanted in step.state.items():
        entity_id = name if "." in name else household.speakers.get(step.at, {}).get(name)
        if entity_id is None:
            raise SceneError(f"there is no {name} at {step.at}")
        try:
            await household.follow(entity_id, lambda now, wanted=wanted: shows(now, wanted))  # type: ignore[misc]
        except HouseError as err:
            raise StepError(f"{name} was to be {wanted}: {err}") from None
    if step.told is not None:
        speaker, text = step.told
        try:
            await household.sim.timeline.wait_for(
                lambda event: (
                    event.event == "command"
                    and (event.fields["speaker"], event.fields["command"]) == (speaker, "execute")
                    and event.fields["text"] == text
                ),
                since=begin,
                timeout=HEARD_SECONDS,
            )
        except TimeoutError:
            raise StepError(f"{speaker} was to be told: {text}") from None
    if step.requests is not None:
        asked = household.sim.timeline.since(begin, "llm_request")
        if len(asked) != step.requests:
            raise StepError(f"the language model was to be asked {step.requests} times, and was {len(asked)} times")


def letters(text: str) -> str:
    """Return the letters, digits and Chinese characters of a text: nobody hears the rest."""
    return "".join(character for character in text if character.isalnum())


def _missing(parts: tuple[str, ...], said: str) -> str | None:
    """Return the first part that was not said after those before it."""
    at = 0
    for part in parts:
        wanted = letters(part)
        found = said.find(wanted, at)
        if found < 0:
            return part
        at = found + len(wanted)
    return None


def _begins(event: Event) -> bool:
    """Tell whether words begin that are not XiaoAI's."""
    return event.event == "speech_started" and event.fields["source"] == "tts"


def _joined(events: list[Event]) -> str:
    return "".join(event.fields["text"] for event in events)
