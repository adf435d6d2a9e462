"""Listening to one speaker, over real requests to the simulated cloud."""

import asyncio
from dataclasses import replace
from itertools import pairwise

from homeassistant.core import HomeAssistant
import pytest

from custom_components.xiao_gpt import listener as listener_module
from custom_components.xiao_gpt.connections import create_cloud_client
from custom_components.xiao_gpt.listener import Listener
from custom_components.xiao_gpt.polling import Attention, PollBudget
from custom_components.xiao_gpt.xiaomi import (
    AuthError,
    Login,
    Password,
    Record,
    Speaker,
    XiaomiAccount,
    XiaomiError,
    list_speakers,
)
from simulator.app import Simulator
from tests.integration.support import PASSPORT, PROFILE, break_cloud, event, until

NAME = "客厅小爱"


class Ear:
    """Listens to a speaker and notes what it is told."""

    def __init__(self, sim: Simulator, speaker: Speaker) -> None:
        self.sim = sim
        self.heard: list[Record] = []
        self.failed: list[XiaomiError] = []
        self.recovered = 0
        budget = PollBudget(6000)
        budget.join(speaker.info.did, lambda: Attention.LIVELY)
        self.listener = Listener(
            speaker,
            budget=budget,
            heard=lambda record, age: self.heard.append(record),
            failing=self.failed.append,
            recovered=self.recover,
        )
        self.task: asyncio.Task[None] | None = None

    def recover(self) -> None:
        self.recovered += 1

    @property
    def words(self) -> list[str]:
        return [record.query for record in self.heard]

    async def begin(self) -> None:
        """Listen, and return when the first answer has come."""
        self.task = asyncio.create_task(self.listener.run())
        await self.polled(2)

    async def polled(self, count: int) -> None:
        """Wait for so many more answers to requests."""
        seen = len(self.polls())
        await until(self.sim, lambda: len(self.polls()) >= seen + count)

    def polls(self, since: int = 0):
        return [entry for entry in self.sim.timeline.since(since, "http") if entry.fields["host"] == PROFILE]

    async def until_heard(self, count: int) -> None:
        await until(self.sim, lambda: len(self.heard) >= count)

    async def end(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def speaker(hass: HomeAssistant, house: None, sim: Simulator) -> Speaker:
    client = create_cloud_client(hass)
    password = Password(sim.world.account.user, sim.world.account.password)
    account = XiaomiAccount(client, replace(await Login(client).by_password(password), password=None))
    return next(Speaker(account, info) for info in await list_speakers(account) if info.name == NAME)


@pytest.fixture
async def ear(sim, speaker):
    ear = Ear(sim, speaker)
    yield ear
    await ear.end()


async def say(sim, *texts):
    """Let all this be said, and wait until the records are there."""
    since = len(sim.timeline)
    for text in texts:
        sim.world.ask(NAME, text)
    for text in texts:
        await event(sim, "record_visible", since=since, text=text)


async def test_it_hears_what_is_said_once(sim, ear):
    await ear.begin()
    await say(sim, "你好")
    await ear.until_heard(1)
    await ear.polled(3)
    assert ear.words == ["你好"]


async def test_it_never_hears_what_was_said_before_the_start(sim, ear):
    await say(sim, "一", "二", "三")
    await ear.begin()
    await say(sim, "四")
    await ear.until_heard(1)
    await ear.polled(3)
    assert ear.words == ["四"]


@pytest.mark.parametrize("offset", [-3600.0, 3600.0])
async def test_the_clocks_need_not_agree(sim, ear, offset):
    sim.settings.update({"clock_offset": offset})
    await ear.begin()
    await say(sim, "你好")
    await ear.until_heard(1)
    assert ear.words == ["你好"]


@pytest.mark.parametrize("count", [3, 12])
async def test_it_hears_all_of_a_batch_oldest_first(sim, ear, count):
    """Also one that is longer than what is asked for at once."""
    texts = [f"第{number}句" for number in range(count)]
    await ear.begin()
    break_cloud(sim, host=PROFILE, times=1, delay=0.5)
    await event(sim, "fault", host=PROFILE)
    for text in texts:
        sim.world.ask(NAME, text)
    await ear.until_heard(count)
    await ear.polled(3)
    assert ear.words == texts


async def test_it_hears_the_same_words_twice_if_they_are_said_twice(sim, ear):
    await ear.begin()
    await say(sim, "再来一次")
    await say(sim, "再来一次")
    await ear.until_heard(2)
    assert ear.words == ["再来一次"] * 2


async def test_it_does_not_ask_for_a_speaker_that_is_offline(sim, ear, speaker):
    online = speaker.info
    sim.world.set_online(NAME, False)
    (offline,) = [info for info in await list_speakers(speaker._account) if info.name == NAME]
    speaker.info = offline
    since = len(sim.timeline)
    task = asyncio.create_task(ear.listener.run())
    sim.world.set_online(NAME, True)
    await say(sim, "有人吗")
    assert ear.polls(since) == []
    speaker.info = online
    await ear.polled(2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_backs_off(sim, ear):
    await ear.begin()
    since = len(sim.timeline)
    break_cloud(sim, host=PROFILE, status=502, times=3)
    await until(sim, lambda: len([poll for poll in ear.polls(since) if poll.fields["status"] == 502]) == 3)
    failed = [poll for poll in ear.polls(since) if poll.fields["status"] == 502]
    first, second = (later.t - earlier.t for earlier, later in pairwise(failed))
    assert first >= 0.75
    assert second >= 1.5


async def test_one_failure_is_no_news(sim, ear):
    await ear.begin()
    break_cloud(sim, host=PROFILE, status=502, times=1)
    await say(sim, "你好")
    await ear.until_heard(1)
    assert (ear.failed, ear.recovered) == ([], 0)


async def test_several_in_a_row_are_told_once_and_so_is_the_end(sim, ear, monkeypatch):
    monkeypatch.setattr(listener_module, "MAX_BACK_OFF_S", 0.02)
    await ear.begin()
    break_cloud(sim, host=PROFILE, status=502)
    await ear.polled(6)
    assert len(ear.failed) == 1
    assert not isinstance(ear.failed[0], AuthError)
    assert ear.recovered == 0
    sim.world.faults.clear()
    await say(sim, "你好")
    await ear.until_heard(1)
    await ear.polled(3)
    assert ear.words == ["你好"]
    assert (len(ear.failed), ear.recovered) == (1, 1)


async def test_what_is_said_while_the_cloud_is_down_is_heard_afterwards(sim, ear, monkeypatch):
    monkeypatch.setattr(listener_module, "MAX_BACK_OFF_S", 0.02)
    await ear.begin()
    break_cloud(sim, host=PROFILE, disconnect=True)
    await say(sim, "一", "二")
    sim.world.faults.clear()
    await ear.until_heard(2)
    assert ear.words == ["一", "二"]


async def test_an_expired_token_is_renewed_by_the_way(sim, ear):
    await ear.begin()
    sim.world.account.expire("micoapi")
    await say(sim, "你好")
    await ear.until_heard(1)
    assert ear.failed == []


async def test_a_lost_login_is_told_at_once_and_once_and_is_not_hammered_at(sim, ear, monkeypatch):
    monkeypatch.setattr("custom_components.xiao_gpt.listener.MAX_BACK_OFF_S", 0.05)
    await ear.begin()
    sim.world.account.expire("all")
    await until(sim, lambda: bool(ear.failed))
    since = len(sim.timeline)
    await ear.polled(5)
    assert [isinstance(error, AuthError) for error in ear.failed] == [True]
    assert not [entry for entry in sim.timeline.since(since, "http") if entry.fields["host"] == PASSPORT]
    assert ear.recovered == 0
