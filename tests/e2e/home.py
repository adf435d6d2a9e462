"""A home as these tests find it: simulated clouds, a real Home Assistant with the integration, a person who speaks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.app import Simulator
from simulator.house import House
from simulator.timeline import Event

SPEAKER = "客厅小爱"
LAMP = "light.living_room"
OTHER_LAMP = "light.bedroom"
RECORDS = "userprofile.mina.mi.com"

SPOKEN_SECONDS = 60.0
"""The longest answer here is spoken in fifteen."""

REQUEST_SECONDS = 15.0
"""From a sentence to what is done about it: two seconds, at the most four where the switch is off."""


@dataclass
class Home:
    """The clouds and the house, and what a person does with them."""

    sim: Simulator
    house: House
    entity_ids: dict[str, str] = field(default_factory=dict)
    """Entities of the integration: the speaker's, by translation key, and the assistant ("conversation")."""
    device_id: str = ""
    """The speaker's device in Home Assistant."""
    expected: set[str] = field(default_factory=set)
    """Words of the problems that a test causes on purpose."""

    async def entries(self) -> list[dict[str, Any]]:
        """Return the integration's entries."""
        found: list[dict[str, Any]] = await self.house.ws("config_entries/get", domain="xiao_gpt")
        return found

    async def set_up(self) -> None:
        """Add the integration unless it is there, and put the speaker into the living room."""
        if not await self.entries():
            flow = await self.begin()
            for fields in self.right_answers():
                assert not flow.get("errors"), flow
                flow = await self.house.flow_step(flow["flow_id"], fields)
            assert flow["type"] == "create_entry", flow
        await self.look_around()
        await self.house.ws("config/device_registry/update", device_id=self.device_id, area_id="living_room")

    async def begin(self) -> dict[str, Any]:
        """Open the flow and choose to log in with the password."""
        menu = await self.house.flow("xiao_gpt")
        return await self.house.flow_step(menu["flow_id"], {"next_step_id": "password"})

    def right_answers(self) -> list[dict[str, Any]]:
        """Return what a person types into the forms."""
        account, llm = self.sim.world.account, self.sim.llm.settings
        return [
            {"username": account.user, "password": account.password},
            {"api_keys": [str(llm.api_key)], "base_url": self.sim.llm_url},
            {"model": llm.models[0]},
        ]

    async def look_around(self) -> None:
        """Find the speaker's device, its switch and the assistant."""
        devices = {device["id"]: device for device in await self.house.ws("config/device_registry/list")}
        for entity in await self.house.ws("config/entity_registry/list"):
            domain = entity["entity_id"].partition(".")[0]
            if entity["platform"] != "xiao_gpt":
                continue
            if domain == "conversation":
                self.entity_ids[domain] = entity["entity_id"]
            elif devices[entity["device_id"]]["name"] == SPEAKER:
                self.entity_ids[entity["translation_key"]] = entity["entity_id"]
                self.device_id = entity["device_id"]

    async def remove(self) -> None:
        """Remove the integration."""
        for entry in await self.entries():
            await self.house.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")

    @property
    def switch(self) -> str:
        """The entity id of the speaker's 高级对话."""
        return self.entity_ids["advanced_dialogue"]

    async def turn(self, state: str) -> None:
        """Turn advanced dialogue on or off, by the switch."""
        await self.house.call("switch", f"turn_{state}", {"entity_id": self.switch})
        await self.house.wait_for_state(self.switch, state)

    def say(self, text: str, answer: str | None = None) -> int:
        """Say something to the speaker; return where in the timeline that was.

        Args:
            text: The words.
            answer: What XiaoAI wants to say to it.
        """
        begin = len(self.sim.timeline)
        self.sim.world.ask(SPEAKER, text, answer)
        return begin

    async def event(self, matches: Callable[[Event], bool], since: int, seconds: float = REQUEST_SECONDS) -> Event:
        """Return the first event at the speaker, or in the clouds, that matches; fail if none comes in time."""
        try:
            return await self.sim.timeline.wait_for(
                lambda event: event.fields.get("speaker", SPEAKER) == SPEAKER and matches(event),
                since=since,
                timeout=seconds,
            )
        except TimeoutError:
            happened = "\n".join(
                str(event.as_json()) for event in self.sim.timeline.since(since) if event.event != "http"
            )
            raise AssertionError(f"It did not happen within {seconds} s; this did:\n{happened}") from None

    async def listening(self, since: int) -> None:
        """Wait until each speaker has been asked for what was said to it before: only what comes later is heard."""
        for _ in self.sim.world.speakers:
            asked = await self.event(lambda event: event.fields.get("host") == RECORDS, since)
            since = asked.seq + 1

    async def answer_begins(self, since: int) -> Event:
        """Wait for the first words that are not XiaoAI's."""
        return await self.event(begins, since, SPOKEN_SECONDS)

    async def hear(self, text: str, since: int) -> list[Event]:
        """Listen until all of `text` has been spoken, or something else; return the ends of the pieces."""
        pieces: list[Event] = []
        while len(audible(pieces)) < len(letters(text)):
            started = await self.event(begins, since, SPOKEN_SECONDS)
            pieces.append(await self.event(ends, started.seq, SPOKEN_SECONDS))
            since = pieces[-1].seq
        return pieces

    async def hear_reply(self, since: int) -> str:
        """Hear the answer of the language model out and compare it with what the model wrote; return that."""
        asked = await self.event(lambda event: event.event == "llm_request", since)
        # The end of an answer that was cut may be noticed after the next question.
        finished = await self.event(
            lambda event: event.event == "llm_finished" and event.fields["id"] == asked.fields["id"], asked.seq
        )
        assert finished.fields["reason"] == "stop"
        text: str = finished.fields["text"]
        pieces = await self.hear(text, asked.seq)
        assert audible(pieces) == letters(text)
        assert all(piece.fields["reason"] == "finished" for piece in pieces)
        return text

    async def stays_silent(self, since: int, seconds: float) -> None:
        """See that nothing but XiaoAI is heard for a while."""
        try:
            started = await self.event(begins, since, seconds)
        except AssertionError:
            return
        raise AssertionError(f"Somebody spoke: {started.fields['text']}")

    def requests(self, since: int) -> list[Event]:
        """Return the requests to the clouds."""
        return self.sim.timeline.since(since, "http")


def begins(event: Event) -> bool:
    """Tell whether words begin that are not XiaoAI's."""
    return event.event == "speech_started" and event.fields["source"] == "tts"


def ends(event: Event) -> bool:
    """Tell whether words end that were not XiaoAI's."""
    return event.event == "speech_ended" and event.fields["source"] == "tts"


def audible(pieces: list[Event]) -> str:
    """Return what is heard of the pieces: punctuation is not."""
    return letters("".join(piece.fields["text"] for piece in pieces))


def letters(text: str) -> str:
    """Return the letters, digits and Chinese characters of a text."""
    return "".join(character for character in text if character.isalnum())
