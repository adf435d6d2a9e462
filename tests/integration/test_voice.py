"""Answers in a voice of Home Assistant's, which the speaker fetches as one audio."""

from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import Platform
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.speech import narration
from simulator.llm_replies import ScriptedReply
from tests.integration.engines import StreamingEngine, seconds

STORY = "编一个小狐狸数星星的故事"
TALE = "从前山脚下住着一只小狐狸。它每天晚上都要数一遍天上的星星。有一天星星少了一颗。小狐狸找了一整夜，终于在井里找到了它。"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Wait as long as a world allows that is five times as fast as life."""
    for name in ("FETCH_S", "STALL_S", "LOOK_S", "GLANCE_S", "BLIND_S", "LATE_S", "LATEST_SHOWN_S"):
        monkeypatch.setattr(narration, name, getattr(narration, name) / 5)


@pytest.fixture
async def tts(hass, house):
    assert await async_setup_component(hass, "tts", {})


@pytest.fixture
async def home(hass, sim, entry, hass_client_no_auth):
    """Home Assistant can be reached by the speakers."""
    client = await hass_client_no_auth()
    sim.settings.update({"home_host": "home.test"})
    await async_process_ha_core_config(hass, {"internal_url": f"http://home.test:{client.server.port}"})
    return client


@pytest.fixture
def add(hass, tts):
    """Return a function that adds an engine."""

    async def make(engine):
        await hass.data[DATA_COMPONENT].async_add_entities([engine])
        await hass.async_block_till_done()
        return engine

    return make


@pytest.fixture
async def engine(add, home):
    return await add(StreamingEngine())


@pytest.fixture
def select(hass):
    """Return a function that chooses the voice of a speaker."""

    async def make(corner, option):
        data = {"entity_id": entity_of(hass, corner), "option": option}
        await hass.services.async_call("select", "select_option", data, blocking=True)

    return make


def entity_of(hass, corner):
    return er.async_get(hass).async_get_entity_id(Platform.SELECT, DOMAIN, f"{corner.did}-voice")


def shown(hass, corner):
    return hass.states.get(entity_of(hass, corner))


def issue_of(hass, corner):
    return ir.async_get(hass).async_get_issue(DOMAIN, f"voice_{corner.did}")


@pytest.mark.parametrize("name", ["客厅小爱", "卧室小爱", "厨房小爱"])
async def test_an_answer_is_heard_as_one_audio_without_gaps(sim, corner, engine, select, name):
    place = corner(name)
    await place.turn("on")
    await select(place, "小声")
    sim.llm.replies.append(ScriptedReply("故事", TALE))
    since = place.ask(STORY)
    started = await place.event("music_started", since=since)
    ended = await place.event("music_ended", since=since)
    assert "".join(engine.asked) == TALE
    assert ended.fields["reason"] == "finished"
    assert ended.fields["gaps"] == []
    heard = sum(map(seconds, engine.asked))
    assert ended.fields["seconds"] == pytest.approx(heard, abs=0.1)
    assert ended.t - started.t == pytest.approx(heard, abs=0.3)
    assert place.pieces(since) in ([], ["嗯。"])
