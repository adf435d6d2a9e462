"""The harness itself: a real Home Assistant that starts, answers, streams, restarts, fails loudly and stops."""

import asyncio
import json
import os
from pathlib import Path
import signal

import pytest

pytest.importorskip("playwright", reason="runs in the environment of the real Home Assistant")

from simulator.house import House, HouseError, problems

LAMP = "light.living_room"

PARROT_CONVERSATION = '''
"""An agent that streams the question back, letter by letter."""

from homeassistant.components import conversation
from homeassistant.helpers import intent


class Parrot(conversation.ConversationEntity):
    _attr_name = "Parrot"
    _attr_unique_id = "parrot"
    entity_id = "conversation.parrot"
    _attr_supports_streaming = True
    supported_languages = "*"

    async def _async_handle_message(self, user_input, chat_log):
        async def letters():
            yield {"role": "assistant"}
            for letter in user_input.text:
                yield {"content": letter}

        async for _ in chat_log.async_add_delta_content_stream(self.entity_id, letters()):
            pass
        return conversation.async_get_result_from_chat_log(user_input, chat_log)


async def async_setup_entry(hass, entry, async_add_entities):
    async_add_entities([Parrot()])
'''

PARROT_INIT = """
async def async_setup_entry(hass, entry):
    await hass.config_entries.async_forward_entry_setups(entry, ["conversation"])
    return True
"""

PARROT_FLOW = """
from homeassistant.config_entries import ConfigFlow


class ParrotFlow(ConfigFlow, domain="parrot"):
    async def async_step_user(self, user_input=None):
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title="Parrot", data={})
"""


@pytest.fixture
def parrot(tmp_path: Path) -> Path:
    """A custom_components folder with a streaming agent."""
    folder = tmp_path / "components" / "parrot"
    folder.mkdir(parents=True)
    manifest = {"domain": "parrot", "name": "Parrot", "version": "1.0.0", "config_flow": True, "codeowners": []}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"dependencies": ["conversation"]}))
    (folder / "__init__.py").write_text(PARROT_INIT)
    (folder / "config_flow.py").write_text(PARROT_FLOW)
    (folder / "conversation.py").write_text(PARROT_CONVERSATION)
    return folder.parent


async def test_the_lamp_obeys_actions_sentences_and_a_restart(tmp_path):
    async with House(tmp_path) as house:
        await house.call("light", "turn_on", {"entity_id": LAMP})
        await house.wait_for_state(LAMP, "on")
        answer = await house.assist("关闭客厅灯")
        assert "关闭" in answer.speech
        assert answer.response["response_type"] == "action_done"
        await house.wait_for_state(LAMP, "off")
        await house.assist("打开客厅灯", agent_id="conversation.home_assistant")
        await house.wait_for_state(LAMP, "on")
        first = house.pid
        await house.restart_process()
        assert house.pid != first
        assert (await house.states(LAMP))["state"] == "on"
        assert (await house.ws("config/entity_registry/get", entity_id=LAMP))["area_id"] == "living_room"
        response = await house.call("conversation", "process", {"text": "关闭客厅灯"}, return_response=True)
        assert response["response"]["response_type"] == "action_done"
    assert house.problems() == []


async def test_an_agent_is_set_up_by_its_flow_and_streams(tmp_path, parrot):
    async with House(tmp_path / "house", components=parrot) as house:
        step = await house.flow("parrot")
        step = await house.flow_step(step["flow_id"])
        assert step["type"] == "create_entry"
        answer = await house.assist("你好吗", agent_id="conversation.parrot")
        assert answer.speech == answer.streamed == "你好吗"
        assert [delta["content"] for delta in answer.deltas if "content" in delta] == ["你", "好", "吗"]
        assert answer.first_delta is not None
        again = await house.assist("再见", agent_id="conversation.parrot", conversation_id=answer.conversation_id)
        assert again.conversation_id == answer.conversation_id
        assert len((await house.ws("assist_pipeline/pipeline/list"))["pipelines"]) == 2
    assert house.problems() == []


async def test_what_goes_wrong_is_said(tmp_path):
    async with House(tmp_path) as house:
        with pytest.raises(HouseError, match="nonsense/x: unknown_command"):
            await house.ws("nonsense/x")
        with pytest.raises(HouseError, match="GET /api/nonsense: 404"):
            await house.get("/api/nonsense")
        with pytest.raises(HouseError, match="nobody is not found"):
            await house.assist("你好", agent_id="conversation.nobody")
        with pytest.raises(HouseError, match=r"light.nobody was not on within 0.1 s; it was never there"):
            await house.wait_for_state("light.nobody", "on", timeout=0.1)
        waiting = asyncio.create_task(house.wait_for_state(LAMP, "on"))
        await house.ws("ping")
        os.kill(house.pid, signal.SIGKILL)
        with pytest.raises(HouseError, match="closed"):
            await waiting


async def test_a_house_that_cannot_run_shows_its_log(tmp_path):
    with pytest.raises(HouseError, match=r"(?s)recovery mode.*Nowhere/Land"):
        async with House(tmp_path, configuration={"homeassistant": {"time_zone": "Nowhere/Land"}}):
            pytest.fail("it should not run")


async def test_the_owner_sees_both_rooms_in_both_languages(tmp_path):
    async with House(tmp_path / "house") as house:
        for language, title in (("zh-Hans", "设置"), ("en", "Settings")):
            async with house.page(language) as page:
                await page.get_by_text("卧室").first.wait_for()
                await page.get_by_text(title, exact=True).first.wait_for()
                picture = await house.screenshot(page, tmp_path / f"{language}.png")
            assert picture.stat().st_size > 10_000


def test_problems_are_errors_blocking_calls_and_deprecations():
    log = """2026-11-21 01:07:56.118+00:00 WARNING (MainThread) [homeassistant.bootstrap] Skipping pip
2026-11-21 01:07:56.119+00:00 WARNING (MainThread) [homeassistant.loader] custom integration xiao_gpt not tested
2026-11-21 01:07:57.687+00:00 ERROR (MainThread) [haffmpeg.core] FFmpeg fails [Errno 2]
Traceback (most recent call last):
  File "core.py", line 130, in open
FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'
2026-11-21 01:07:58.000+00:00 WARNING (MainThread) [homeassistant.util.loop] Detected blocking call to open
2026-11-21 01:07:58.100+00:00 WARNING (MainThread) [homeassistant.helpers.frame] xiao_gpt: it will stop working in 2027
2026-11-21 01:07:58.200+00:00 WARNING (MainThread) [homeassistant.helpers.frame] other: it will stop working in 2027
2026-11-21 01:07:58.300+00:00 ERROR (MainThread) [haffmpeg.core] FFmpeg fails otherwise
Traceback (most recent call last):
ValueError: other
"""
    assert [line[11:19] + " " + line.rsplit(" ", 3)[-1] for line in problems(log)] == [
        "01:07:58 open",
        "01:07:58 2027",
        "01:07:58 other",
    ]
