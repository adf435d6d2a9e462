"""The conversation page: what it is told while it is open, what is done from it, and when it is there."""

import asyncio
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
import re

from homeassistant.components.frontend import DATA_PANELS
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.xiao_gpt import page as page_module
from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.page import PAGE_URL
from custom_components.xiao_gpt.page_socket import SUBSCRIBE
from simulator.llm_replies import own_answer
from simulator.world import Home
from tests.integration.support import PATIENCE_S, begin_story, polls

WHY, STORY = "天空为什么是蓝色的", "编一个小狐狸数星星的故事"
FILES = Path(page_module.__file__).parent / "frontend"


class OpenPage:
    """A page that somebody has open."""

    def __init__(self, socket):
        self.socket = socket
        self.told = []

    async def next(self):
        async with asyncio.timeout(PATIENCE_S):
            message = await self.socket.receive_json()
        assert message["type"] == "event"
        self.told.append(message["event"])
        return message["event"]

    async def until(self, key, matches=lambda value: True):
        """Return the next message of this key that matches."""
        while True:
            message = await self.next()
            if key in message and matches(message[key]):
                return message


@pytest.fixture
def open_page(hass, hass_ws_client):
    """Return a function that opens the page."""

    @asynccontextmanager
    async def opened(*token):
        socket = await hass_ws_client(hass, *token)
        number = 7
        await socket.send_json({"id": number, "type": SUBSCRIBE})
        assert (await socket.receive_json())["success"]
        yield OpenPage(socket)
        await socket.close()

    return opened


def speakers_of(message):
    return {speaker["device_id"]: speaker for speaker in message["speakers"]}


async def test_the_page_is_told_of_a_dialogue_while_it_happens(entry, living, open_page):
    async with open_page() as page:
        first = speakers_of(await page.next())
        assert len(first) == len(entry.runtime_data.dialogues)
        assert first[living.device.id] == {
            "device_id": living.device.id,
            "state": {"config_entry_id": entry.entry_id, "available": True, "enabled": True, "waiting": []},
            "exchanges": [],
        }
        living.ask(WHY)
        asked = await page.until("state", lambda state: state["waiting"])
        assert (asked["device_id"], asked["state"]["waiting"]) == (living.device.id, [WHY])
        told = await page.until("exchange")
        assert told["device_id"] == living.device.id
        exchange = told["exchange"]
        assert (exchange["utterance"], exchange["answer"], exchange["by"]) == (WHY, own_answer(WHY), "agent")
        assert (exchange["route"], exchange["interrupted"]) == ("llm", False)
        assert exchange["first_words"] > 0
        waiting = [message["state"]["waiting"] for message in page.told if "state" in message]
        assert waiting[-1] == []
    async with open_page() as later:
        assert speakers_of(await later.next())[living.device.id]["exchanges"] == [exchange]


async def test_an_interruption_is_told_in_the_order_of_the_questions(sim, living, open_page):
    async with open_page() as page:
        await begin_story(living)
        living.ask("停")
        first, second = (await page.until("exchange"))["exchange"], (await page.until("exchange"))["exchange"]
        assert first["utterance"] == STORY
        assert first["interrupted"]
        assert (second["utterance"], second["by"], second["route"]) == ("停", "dialogue", "command")


async def test_the_page_stays_open_over_a_reload(hass, entry, living, sim, open_page):
    async with open_page() as page:
        await page.next()
        assert await hass.config_entries.async_reload(entry.entry_id)
        await page.until("speakers", lambda speakers: not speakers)
        loaded = await page.until("speakers", bool)
        assert speakers_of(loaded)[living.device.id]["state"]["config_entry_id"] == entry.entry_id
        await living.turn("on")
        await polls(sim, 2)
        living.ask(WHY)
        assert (await page.until("exchange"))["exchange"]["utterance"] == WHY


async def test_the_page_is_told_what_is_switched_and_what_can_be_reached(hass, entry, living, sim, open_page):
    async with open_page() as page:
        await page.next()
        await living.turn("off")
        assert (await page.until("state", lambda state: not state["enabled"]))["device_id"] == living.device.id
        sim.world.speaker(living.name).online = False
        await entry.runtime_data.coordinator.async_refresh()
        assert (await page.until("state", lambda state: not state["available"]))["device_id"] == living.device.id


async def test_speakers_come_and_go_on_an_open_page(hass, entry, sim, open_page):
    async with open_page() as page:
        before = speakers_of(await page.next())
        sim.world.add_speaker(Home("书房小爱", "LX06", "书房"))
        await entry.runtime_data.coordinator.async_refresh()
        after = speakers_of(await page.until("speakers"))
        assert after.keys() > before.keys()
        (study,) = after.keys() - before.keys()
        assert not after[study]["state"]["enabled"]
        sim.world.remove_speaker("书房小爱")
        await entry.runtime_data.coordinator.async_refresh()
        assert speakers_of(await page.until("speakers")).keys() == before.keys()


async def test_a_correction_from_the_page_counts_the_next_time(hass, living, open_page):
    async with open_page() as page:
        state = speakers_of(await page.next())[living.device.id]["state"]
        living.ask(WHY, "因为阳光被空气散射了。")
        exchange = (await page.until("exchange"))["exchange"]
        assert exchange["by"] == "agent"
        correction = {
            "config_entry_id": state["config_entry_id"],
            "text": exchange["utterance"],
            "answerer": "xiaoai",
        }
        await hass.services.async_call(DOMAIN, "correct", correction, blocking=True)
        living.ask(WHY, "因为阳光被空气散射了。")
        corrected = (await page.until("exchange"))["exchange"]
        assert (corrected["by"], corrected["reason"]) == ("xiaoai", "corrected")


async def test_what_is_asked_from_the_page_is_shown_there_and_counted_nowhere(hass, living, open_page):
    answered = er.async_get(hass).async_get_entity_id("event", DOMAIN, f"{living.did}-answered")
    questions = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{living.did}-questions_today")
    before = hass.states.get(answered), hass.states.get(questions)
    async with open_page() as page:
        await page.next()
        asked = {"device_id": living.device.id, "question": WHY}
        response = await hass.services.async_call(DOMAIN, "ask", asked, blocking=True, return_response=True)
        assert (await page.until("state", lambda state: state["waiting"]))["state"]["waiting"] == [WHY]
        exchange = (await page.until("exchange"))["exchange"]
        assert (exchange["utterance"], exchange["answer"]) == (WHY, response["answer"])
        assert (exchange["by"], exchange["reason"]) == ("agent", None)
        assert exchange["first_words"] > 0
    assert (hass.states.get(answered), hass.states.get(questions)) == before


async def test_what_is_only_said_is_no_question(hass, living, open_page):
    async with open_page() as page:
        await page.next()
        said = {"device_id": living.device.id, "text": "吃饭啦"}
        await hass.services.async_call(DOMAIN, "speak", said, blocking=True)
        living.ask("换个话题")
        await page.until("exchange")
        assert all(message["state"]["waiting"] in ([], ["换个话题"]) for message in page.told if "state" in message)


async def test_everyone_in_the_house_may_look(entry, living, open_page, hass_read_only_access_token):
    async with open_page(hass_read_only_access_token) as page:
        assert living.device.id in speakers_of(await page.next())


async def test_a_closed_page_is_forgotten(hass, entry, living, open_page):
    dialogue = entry.runtime_data.dialogues[living.did]
    before = len(dialogue._observers), len(dialogue._followers)
    async with open_page() as page:
        await page.next()
        assert (len(dialogue._observers), len(dialogue._followers)) == (before[0] + 1, before[1] + 1)
        await page.socket.send_json({"id": 8, "type": "unsubscribe_events", "subscription": 7})
        assert (await page.socket.receive_json())["success"]
        assert (len(dialogue._observers), len(dialogue._followers)) == before


async def test_the_page_is_in_the_sidebar_while_there_is_an_account(hass, entry):
    panel = hass.data[DATA_PANELS][PAGE_URL]
    assert (panel.sidebar_title, panel.require_admin) == ("XiaoGPT", False)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.data[DATA_PANELS][PAGE_URL] is panel
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert PAGE_URL not in hass.data[DATA_PANELS]
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done()
    assert PAGE_URL in hass.data[DATA_PANELS]
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert PAGE_URL not in hass.data[DATA_PANELS]


async def test_its_modules_are_served_under_a_name_that_changes_with_them(hass, hass_client_no_auth, entry, tmp_path):
    url = hass.data[DATA_PANELS][PAGE_URL].config["_panel_custom"]["module_url"]
    client = await hass_client_no_auth()
    for file in FILES.iterdir():
        response = await client.get(f"{url.rpartition('/')[0]}/{file.name}")
        assert response.status == HTTPStatus.OK
        assert response.content_type in ("text/javascript", "application/javascript")
        assert await response.text() == file.read_text(encoding="utf-8")
    before = page_module._version(FILES)
    assert before in url
    (tmp_path / "page.js").write_text("another")
    assert page_module._version(tmp_path) != before


def test_the_texts_are_complete_in_both_languages():
    texts = (FILES / "texts.js").read_text(encoding="utf-8")
    chinese, english = (re.search(rf"const {name} = {{(.*?)\n}};", texts, re.DOTALL)[1] for name in ("ZH", "EN"))
    keys = [re.findall(r"[{,\s](\w+): [\"({]", part) for part in (chinese, english)]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 30
    assert re.search(r"[\u4e00-\u9fff]", english) is None
