"""Several accounts in one home, and several speakers of one model in one account."""

from homeassistant.config_entries import ConfigEntryState

from custom_components.xiao_gpt.const import DOMAIN, GATEWAY_VARIABLE
from simulator.account import Account
from simulator.app import Simulator
from simulator.llm_replies import own_answer
from simulator.settings import Settings
from simulator.world import Home, World
from tests.integration.support import Corner, account_input, add_integration, choose, polls, submit, wait_for_flow

QUESTION = "为什么天空是蓝色的"


async def test_two_accounts_live_side_by_side(hass, sim, monkeypatch):
    first = await add_integration(hass, sim)
    grandmother = Account(user="13900139000", password="another-one", user_id=987654321)
    settings = Settings(**sim.settings.as_json())
    world = World(settings, home=(Home("奶奶家小爱", "LX06", "卧室"),), account=grandmother)
    async with Simulator(world=world, llm_settings=sim.llm.settings) as other:
        monkeypatch.setenv(GATEWAY_VARIABLE, other.url)
        second = await add_integration(hass, other)
        try:
            for place, cloud in (
                (Corner(hass, sim, first, "客厅小爱"), sim),
                (Corner(hass, other, second, "奶奶家小爱"), other),
            ):
                await place.turn("on")
                await place.spoken(own_answer(QUESTION), since=place.ask(QUESTION))
                assert cloud is place.sim
            # One that loses its login does not trouble the other.
            other.world.account.expire("all")
            reauth = await wait_for_flow(hass, "reauth")
            assert reauth["context"]["entry_id"] == second.entry_id
            living = Corner(hass, sim, first, "客厅小爱")
            await living.spoken(own_answer(QUESTION), since=living.ask(QUESTION))
            step = await submit(hass, await choose(hass, reauth, "password"), account_input(sim))
            assert (step["step_id"], step["errors"]) == ("password", {"base": "wrong_credentials"})
        finally:
            await hass.config_entries.async_unload(second.entry_id)
    assert first.state is ConfigEntryState.LOADED
    assert len(hass.config_entries.async_entries(DOMAIN)) == 2


async def test_two_speakers_of_one_model_hear_and_answer_each_for_itself(hass, sim):
    sim.world.add_speaker(Home("书房小爱", "LX06", "书房"))
    entry = await add_integration(hass, sim)
    study, living = (Corner(hass, sim, entry, name) for name in ("书房小爱", "客厅小爱"))
    for place in (study, living):
        await place.turn("on")
    since = study.ask(QUESTION)
    await study.spoken(own_answer(QUESTION), since=since)
    await polls(sim, 1)
    assert living.told(since=since) == []
