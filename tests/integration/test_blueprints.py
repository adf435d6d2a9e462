"""The blueprints of docs/blueprints, imported as a person does and used."""

from datetime import timedelta
from pathlib import Path
import shutil

from homeassistant.core import Event
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.xiao_gpt.const import DOMAIN
from tests.integration.support import polls, until, wait_for_state

BLUEPRINTS = Path(__file__).parents[2] / "docs" / "blueprints"
DONE = "洗衣机洗好了，别忘了把衣服拿出来。"


@pytest.fixture
def use(hass, tmp_path, monkeypatch):
    """Return a function that makes an automation of a blueprint."""
    monkeypatch.setattr(hass.config, "config_dir", str(tmp_path))
    shutil.copytree(BLUEPRINTS, tmp_path / "blueprints" / "automation" / "xiao_gpt")

    async def make(name, **inputs):
        made = {"use_blueprint": {"path": f"xiao_gpt/{name}.yaml", "input": inputs}}
        assert await async_setup_component(hass, "automation", {"automation": made})
        await hass.async_block_till_done()
        (entity_id,) = hass.states.async_entity_ids("automation")
        assert hass.states.get(entity_id).state == "on"

    return make


def heard(hass, corner):
    return er.async_get(hass).async_get_entity_id("event", DOMAIN, f"{corner.did}-heard")


async def test_it_is_told_where_somebody_was_heard_last(hass, sim, living, bedroom, use):
    await use(
        "tell_where_i_was_heard",
        appliance="input_boolean.living",
        heard=[heard(hass, living), heard(hass, bedroom)],
        otherwise=living.device.id,
    )
    since = bedroom.ask("换个话题")
    await bedroom.event("speech_ended", since=since, source="tts")
    hass.states.async_set("input_boolean.living", "on")
    await hass.async_block_till_done()
    hass.states.async_set("input_boolean.living", "off")
    await bedroom.spoken(DONE, since=len(sim.timeline))
    assert DONE not in "".join(living.pieces(since))


async def test_it_is_told_at_the_usual_place_where_nobody_was_heard(hass, sim, living, bedroom, use):
    await use(
        "tell_where_i_was_heard",
        appliance="input_boolean.living",
        heard=[heard(hass, living), heard(hass, bedroom)],
        otherwise=living.device.id,
    )
    hass.states.async_set("input_boolean.living", "on")
    await hass.async_block_till_done()
    since = len(sim.timeline)
    hass.states.async_set("input_boolean.living", "off")
    await living.spoken(DONE, since=since)
    assert bedroom.pieces(since) == []


@pytest.mark.parametrize(("hour", "state"), [(22, "off"), (8, "on")])
async def test_at_night_xiaoai_is_left_alone(hass, living, bedroom, use, hour, state):
    await use("bedtime_without_gpt", dialogues=[living.switch, bedroom.switch])
    for corner in (living, bedroom):
        await corner.turn("on" if state == "off" else "off")
    async_fire_time_changed(hass, dt_util.start_of_local_day() + timedelta(days=1, hours=hour))
    for corner in (living, bedroom):
        await wait_for_state(hass, corner.switch, state)
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


@pytest.mark.parametrize(("said", "done"), [("电影可以开始了", True), ("开始放电影吧", True), ("电影好看吗", False)])
async def test_what_is_said_in_ones_own_words_is_done(hass, sim, living, use, said, done):
    hass.states.async_set("input_boolean.living", "off")
    await use(
        "when_i_say",
        heard=[heard(hass, living)],
        words=["电影 开始", "放映"],
        do=[{"event": "film_begins"}],
        reply="好，电影开始。",
    )
    begun = list[Event]()
    hass.bus.async_listen("film_begins", begun.append)
    since = living.ask(said)
    if done:
        await until(sim, lambda: "好，电影开始。" in "".join(living.pieces(since)))
        assert len(begun) == 1
    else:
        await polls(sim, 3)
        await hass.async_block_till_done()
        assert begun == []
