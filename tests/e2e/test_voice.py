"""An answer in a voice of Home Assistant's: a real Home Assistant reads it, the speaker fetches it while it grows."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright", reason="runs in the environment of the real Home Assistant")

from simulator.app import Simulator
from simulator.house import House, HouseError
from simulator.llm import ScriptedReply
from simulator.llm_settings import LLMSettings
from simulator.settings import Settings
from tests.e2e.conftest import COMPONENTS
from tests.e2e.home import SPEAKER, Home

pytestmark = pytest.mark.asyncio(loop_scope="module")

STORY = "从前有座山，山上有座庙，庙里有个老和尚，老和尚正在给小和尚讲一个很长很长的故事。" * 6


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Home]:
    """A house with a voice that a speaker can fetch; at the end its log must be clean."""
    components = tmp_path_factory.mktemp("components")
    (components / "xiao_gpt").symlink_to(COMPONENTS / "xiao_gpt")
    (components / "quiet_voice").symlink_to(Path(__file__).parent / "quiet_voice")
    async with (
        Simulator(
            Settings(characters_per_second=12, home_host="home.test"),
            llm_settings=LLMSettings(first_token=0.2, tokens_per_second=40),
        ) as sim,
        House(
            tmp_path_factory.mktemp("house"),
            components=components,
            configuration={"quiet_voice": {}},
            environment={"XIAO_GPT_CLOUD_GATEWAY": sim.url},
        ) as house,
    ):
        home = Home(sim, house)
        await home.set_up()
        await home.turn("on")
        yield home
    assert [line for line in house.problems() if not any(words in line for words in home.expected)] == []


async def test_an_answer_is_heard_as_one_audio_from_its_first_clause_on(home: Home):
    await home.house.ws("config/core/update", internal_url=f"http://home.test:{home.house.port}")
    voice = home.entity_ids["voice"]
    await home.house.call("select", "select_option", {"entity_id": voice, "option": "小声"})
    await home.house.wait_for_state(voice, "小声")
    home.sim.llm.replies.append(ScriptedReply("故事", STORY))
    begin = home.say("编一个老和尚讲故事的故事")
    first_token = await home.event(lambda event: event.event == "llm_first_token", begin)
    heard = await home.event(lambda event: event.event == "music_started", begin)
    ended = await home.event(lambda event: event.event == "music_ended", begin, 60)
    complete = await home.event(lambda event: event.event == "llm_finished", begin)
    assert heard.t - first_token.t < 1.5
    assert heard.t < complete.t - 1, "it is heard while it is being written"
    assert (ended.fields["reason"], ended.fields["gaps"]) == ("finished", [])
    assert ended.fields["seconds"] == pytest.approx(len(STORY) / 12, abs=0.5)
    assert not [
        event
        for event in home.sim.timeline.since(begin, "command")
        if event.fields["speaker"] == SPEAKER and event.fields["command"] == "tts"
    ]


async def test_an_address_that_a_speaker_cannot_reach_is_refused(home: Home):
    await home.house.ws("config/core/update", internal_url="http://homeassistant.local:8123")
    with pytest.raises(HouseError, match=r"does not know homeassistant\.local"):
        await home.house.call("select", "select_option", {"entity_id": home.entity_ids["voice"], "option": "小声"})
