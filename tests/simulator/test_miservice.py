"""miservice, unmodified, works with the simulator by the real names and verified TLS."""

import json
from pathlib import Path

import aiohttp
from miservice import MiAccount, MiIOService, MiNAService, miio_command
import pytest

from simulator.app import Simulator
from simulator.world import Home
from tests.simulator.support import event

LIVING, BED = "客厅小爱", "卧室小爱"


@pytest.fixture
def account(sim: Simulator, session: aiohttp.ClientSession, tmp_path: Path) -> MiAccount:
    # Its login reads passToken out of every reply; see the test below.
    sim.settings.update({"repeat_pass_token": True})
    known = sim.world.account
    return MiAccount(session, known.user, known.password, str(tmp_path / "token"))


async def test_it_logs_in_and_lists_devices(account: MiAccount) -> None:
    assert [device["alias"] for device in await MiNAService(account).device_list()] == [LIVING, BED, "厨房小爱"]
    assert [device["name"] for device in await MiIOService(account).device_list()] == [LIVING, BED, "厨房小爱"]


async def test_it_speaks_over_ubus(account: MiAccount, sim: Simulator) -> None:
    mina = MiNAService(account)
    device = sim.world.speaker(LIVING).device_id
    await mina.text_to_speech(device, "你好，我是小爱")
    assert (await event(sim, "speech_ended")).fields["text"] == "你好，我是小爱"
    await mina.player_set_volume(device, 30)
    status = await mina.player_get_status(device)
    assert json.loads(status["data"]["info"])["volume"] == 30


async def test_it_speaks_over_miot(account: MiAccount, sim: Simulator) -> None:
    service = MiIOService(account)
    assert await miio_command(service, sim.world.speaker(BED).did, "5-3 你好") == 0
    assert (await event(sim, "speech_ended")).fields["speaker"] == BED


async def test_it_plays_urls_in_the_way_of_the_model(account: MiAccount, sim: Simulator) -> None:
    mina = MiNAService(account)
    for name, command in ((LIVING, "play_url"), (BED, "play_music")):
        await mina.play_by_url(sim.world.speaker(name).device_id, "http://192.0.2.1/a.mp3")
        await event(sim, "command", speaker=name, command=command)
        await event(sim, "music_started", speaker=name)
        await mina.player_stop(sim.world.speaker(name).device_id)


async def test_it_reads_what_m01_remembers(account: MiAccount, sim: Simulator) -> None:
    speaker = sim.world.add_speaker(Home("老款", "M01", "阳台"))
    sim.world.ask(speaker, "几点了", "三点")
    await event(sim, "record_visible")
    (message,) = await MiNAService(account).get_latest_ask(speaker.device_id)
    (answer,) = message["response"]["answer"]
    assert (answer["question"], answer["content"]) == ("几点了", "三点")


async def test_it_logs_in_again_when_the_token_expires(account: MiAccount, sim: Simulator) -> None:
    mina = MiNAService(account)
    await mina.device_list()
    sim.world.account.expire("all")
    assert await mina.device_list()


async def test_it_stumbles_over_a_login_without_pass_token(account: MiAccount, sim: Simulator) -> None:
    sim.settings.update({"repeat_pass_token": False})
    await MiNAService(account).device_list()
    with pytest.raises(Exception, match="Login failed"):
        await MiIOService(account).device_list()
