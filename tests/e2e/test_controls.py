"""What a person turns and presses: each switch, each action, an automation made on a heard sentence; on a phone too."""

from collections.abc import Callable
import json
import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

pytest.importorskip("playwright", reason="runs in the environment of the real Home Assistant")

from playwright.async_api import expect

from simulator.llm_replies import own_answer
from simulator.timeline import Event
from tests.e2e.home import LAMP, Home
from tests.e2e.screen import Screen, open_screen

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE = (360, 740)
SWITCHES = ("advanced_dialogue", "continuous_dialogue", "silence_xiaoai")
WORDS = {
    "zh-Hans": {
        "YAML mode": "YAML 模式",
        "add to": "添加至…",
        "new trigger": "创建新触发器",
        "heard": "听到一句话",
        "edit in YAML": "YAML 编辑",
        "save": "保存",
        "new automation": "新建自动化",
        "sentence": "我要准备睡觉啦",
    },
    "en": {
        "YAML mode": "YAML mode",
        "add to": "Add to…",
        "new trigger": "Create as a new trigger",
        "heard": "Something was heard",
        "edit in YAML": "Edit in YAML",
        "save": "Save",
        "new automation": "New automation",
        "sentence": "我从外面回来啦",
    },
}
"""What the frontend calls what is clicked, and we the trigger; and what sets the automation off."""
QUESTION = "月亮为什么会有圆缺"
WASHED = "洗衣机洗好了"


@pytest.mark.parametrize("language", WORDS)
async def test_each_switch_is_toggled(home: Home, language: str):
    await home.set_up()
    device = f"/config/devices/device/{home.device_id}"
    async with open_screen(home, language, device, "switches", size=PHONE, scale=2) as screen:
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


async def perform(screen: Screen, action: str, data: dict[str, Any], *, shows: str = "") -> Any:
    """Perform an action in the tools, as YAML, and keep a picture.

    Args:
        screen: at the tools.
        action: one of ours.
        data: of the action.
        shows: what its response begins with; none: it has no response and is only done.

    Returns:
        The response.
    """
    page = screen.page
    await page.locator("ha-yaml-editor .cm-content").first.fill(
        json.dumps({"action": f"xiao_gpt.{action}", "data": data}, ensure_ascii=False)
    )
    button = page.locator("ha-progress-button")
    done = button.locator("ha-button[variant='success']")
    await expect(done).to_have_count(0)  # it is shown for a while
    await button.click()
    await done.wait_for()
    response = page.locator("ha-yaml-editor .cm-content").nth(1)
    if shows:
        await expect(response).to_contain_text(re.compile(rf"^{shows}"))
    await screen.picture(action)
    return yaml.safe_load(await response.inner_text()) if shows else None


async def keep_conversations(home: Home) -> None:
    """Agree to that, in the options."""
    (known,) = await home.entries()
    flow = await home.house.flow(known["entry_id"], kind="options")
    fields = {
        section["name"]: {field["name"]: field["default"] for field in section["schema"] if "default" in field}
        for section in flow["data_schema"]
    }
    fields["records"]["keep_conversations"] = True
    assert (await home.house.flow_step(flow["flow_id"], fields, kind="options"))["type"] == "create_entry"
    # The options apply by themselves; this returns when they do.
    await home.house.post(f"/api/config/config_entries/entry/{known['entry_id']}/reload")


@pytest.mark.parametrize("language", WORDS)
async def test_each_action_is_run(home: Home, language: str):
    await home.set_up()
    await home.turn("on")
    at = {"device_id": home.device_id}
    async with open_screen(home, language, "/config/tools/action", "actions") as screen:
        await screen.page.get_by_text(WORDS[language]["YAML mode"]).click()
        await screen.page.locator("ha-yaml-editor .cm-content").wait_for()

        since = len(home.sim.timeline)
        spoken = await perform(screen, "speak", at | {"text": WASHED}, shows="speakers")
        await home.event(of("speech_ended", source="tts", text=WASHED, reason="finished"), since)
        assert spoken["speakers"][0]["interrupted"] is False

        answered = await perform(screen, "ask", at | {"question": QUESTION}, shows="answer")
        assert answered["answer"] == own_answer(QUESTION)

        since = len(home.sim.timeline)
        assert (await perform(screen, "execute", at | {"text": "播放轻音乐"}, shows="speakers"))["speakers"]
        await home.event(of("command", command="execute", text="播放轻音乐"), since)

        since = len(home.sim.timeline)
        await perform(screen, "wake", at)
        await home.event(of("command", command="wake"), since)

        for action in ("stop", "attention", "clear_history"):
            await perform(screen, action, at)

        assert (await perform(screen, "route", {"text": QUESTION}, shows="route"))["route"] == "llm"
        await perform(screen, "correct", {"text": QUESTION, "answerer": "xiaoai"})
        corrected = await perform(screen, "route", {"text": QUESTION}, shows="route")
        assert (corrected["route"], corrected["reason"]) == ("native", "corrected")
        await perform(screen, "forget_corrections", {})
        await keep_conversations(home)
        exported = await perform(screen, "export_conversations", {}, shows="conversations")
        assert exported == {"conversations": 0, "jsonl": ""}


@pytest.mark.parametrize("language", WORDS)
async def test_an_automation_on_a_heard_sentence(home: Home, language: str):
    words = WORDS[language]
    await home.set_up()
    await home.turn("on")
    await home.house.call("light", "turn_off", {"entity_id": LAMP})
    async with open_screen(home, language, f"/config/devices/device/{home.device_id}", "automation") as screen:
        page = screen.page
        await page.get_by_text(words["add to"]).click()
        await page.get_by_text(words["new trigger"]).click()
        offered = page.locator("add-automation-element-dialog").get_by_text(words["heard"])
        await offered.scroll_into_view_if_needed()
        await screen.picture("offered")
        await offered.click()
        await page.locator("ha-automation-sidebar").get_by_text("客厅小爱").first.wait_for()
        await page.locator("ha-automation-sidebar ha-checkbox").click()
        await page.locator("ha-automation-sidebar ha-selector-text input").fill(words["sentence"])
        await screen.picture("trigger")
        # The action is Home Assistant's own: nothing of ours is to be seen in its form.
        await page.locator("ha-automation-editor ha-dropdown ha-icon-button").first.click()
        await page.get_by_role("menuitem", name=words["edit in YAML"]).click()
        editor = page.locator("ha-yaml-editor .cm-content")
        made = yaml.safe_load(await editor.inner_text())
        made["actions"] = [{"action": "light.turn_on", "target": {"entity_id": LAMP}}]
        await editor.fill(json.dumps(made, ensure_ascii=False))
        await page.get_by_text(words["save"], exact=True).first.click()
        await screen.picture("save")
        await page.get_by_role("button", name=words["save"]).last.click()
        await page.locator("ha-automation-editor").get_by_text(words["new automation"]).wait_for()
        await screen.picture("saved")
    home.say(f"小爱，{words['sentence']}。")
    await home.house.wait_for_state(LAMP, "on")
