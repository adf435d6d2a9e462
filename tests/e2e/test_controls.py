"""What a person turns and presses: each switch, each action, an automation made on a heard sentence; on a phone too."""

from collections.abc import Callable
import json
from typing import Any

import pytest

pytest.importorskip("playwright", reason="runs in the environment of the real Home Assistant")

from playwright.async_api import expect

from simulator.llm_replies import own_answer
from simulator.timeline import Event
from tests.e2e.home import LAMP, Home
from tests.e2e.screen import Screen, open_screen

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE = {"size": (360, 740)}
SWITCHES = ("advanced_dialogue", "continuous_dialogue", "silence_xiaoai")
QUESTION = "月亮为什么会有圆缺"
SENTENCE = "我要准备睡觉啦"


@pytest.mark.parametrize(("language", "view"), [("zh-Hans", PHONE), ("en", {})])
async def test_each_switch_is_toggled(home: Home, language: str, view: dict[str, Any]):
    await home.set_up()
    async with open_screen(home, language, f"/config/devices/device/{home.device_id}", "switches", **view) as screen:
        await expect(screen.page.locator("hui-toggle-entity-row")).to_have_count(len(SWITCHES))
        for key in SWITCHES:
            entity_id = home.entity_ids[key]
            shown = await home.house.states(entity_id)
            state, name = shown["state"], shown["attributes"]["friendly_name"].split()[-1]
            row = screen.page.locator("hui-toggle-entity-row").filter(has_text=name)
            await row.evaluate("row => row.scrollIntoView({block: 'center'})")
            other = {"on": "off", "off": "on"}[state]
            for wanted in (other, state):
                await row.locator("ha-switch").click()
                await home.house.wait_for_state(entity_id, wanted)
            await screen.picture(key)


def of(name: str, **fields: Any) -> Callable[[Event], bool]:
    """Return what an event of this name with these fields matches."""
    return lambda event: event.event == name and fields.items() <= event.fields.items()


async def perform(screen: Screen, action: str, data: dict[str, Any]) -> None:
    """Perform an action in the tools, as YAML."""
    editor = screen.page.locator("ha-yaml-editor .cm-content").first
    await editor.fill(json.dumps({"action": f"xiao_gpt.{action}", "data": data}, ensure_ascii=False))
    button = screen.page.locator("ha-progress-button")
    await button.click()
    await expect(button.locator("ha-spinner")).to_have_count(0)


async def test_each_action_is_run(home: Home):
    await home.set_up()
    await home.turn("on")
    at = {"device_id": home.device_id}
    async with open_screen(home, "zh-Hans", "/config/tools/action", "actions") as screen:
        await screen.page.get_by_text("YAML 模式").click()
        await screen.page.locator("ha-yaml-editor .cm-content").wait_for()

        for action, data, happens in (
            ("speak", {"text": "洗衣机洗好了"}, of("speech_ended", source="tts", text="洗衣机洗好了")),
            ("ask", {"question": QUESTION}, of("llm_finished")),
            ("execute", {"text": "播放轻音乐"}, of("command", command="execute")),
            ("wake", {}, of("command", command="wake")),
            ("stop", {}, None),
            ("attention", {"duration": 60}, None),
            ("clear_history", {}, None),
        ):
            since = len(home.sim.timeline)
            await perform(screen, action, at | data)
            if happens is not None:
                await home.event(happens, since)
            await screen.picture(action)
            print(
                action,
                await screen.page.locator("notification-manager").all_inner_texts(),
                await screen.page.locator("ha-yaml-editor .cm-content").all_inner_texts(),
            )
        for action, data in (
            ("route", {"text": QUESTION}),
            ("correct", {"text": QUESTION, "answerer": "xiaoai"}),
            ("route", {"text": QUESTION}),
            ("forget_corrections", {}),
            ("export_conversations", {}),
        ):
            await perform(screen, action, data)
            await screen.picture(action)
            print(
                action,
                await screen.page.locator("notification-manager").all_inner_texts(),
                await screen.page.locator("ha-yaml-editor .cm-content").all_inner_texts(),
            )


async def test_an_automation_on_a_heard_sentence(home: Home):
    await home.set_up()
    await home.turn("on")
    async with open_screen(home, "zh-Hans", f"/config/devices/device/{home.device_id}", "automation") as screen:
        await screen.page.get_by_text("添加至…").click()
        await screen.picture("add-to")
        await screen.page.get_by_text("创建新触发器").click()
        await screen.picture("trigger")
        await screen.page.locator("add-automation-element-dialog").locator("input").first.fill("听到一句话")
        await screen.picture("search")
        print(await screen.page.locator("add-automation-element-dialog").inner_text())
        await screen.page.get_by_text("听到一句话").last.click()
        await screen.picture("chosen")
