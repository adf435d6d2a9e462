"""What a person sees and clicks: adding the integration, a speaker's device and its switch, talking in Assist.

A real Chromium looks at a real Home Assistant. Each step leaves a picture in `.run/screenshots`.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
import re
import shutil

import pytest

playwright = pytest.importorskip("playwright.async_api", reason="runs in the environment of the real Home Assistant")

from simulator.house_browser import Page
from simulator.llm_replies import own_answer
from tests.e2e.home import SPEAKER, Home

pytestmark = pytest.mark.asyncio(loop_scope="module")

expect = playwright.expect
expect.set_options(timeout=30_000)

PICTURES = Path(__file__).parents[2] / ".run" / "screenshots"
PATIENCE_MILLISECONDS = 30_000
"""A step takes less than a second; a busy machine several times that."""
FADE_SECONDS = 0.4
"""How long a dialog fades; nothing announces its end."""

NAME = "XiaoGPT 小爱音箱大模型"
QUESTION = "为什么天空是蓝色的？"

ICON = """image => new Promise(done => {
    const tell = () => done(image.naturalWidth > 0);
    if (image.complete) tell(); else { image.onload = tell; image.onerror = tell; }
})"""


class Screen:
    """A page and the pictures of it."""

    def __init__(self, home: Home, page: Page, language: str) -> None:
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        self.page = page
        self.flow = page.locator("dialog-data-entry-flow")
        self.form = page.locator("step-flow-form")
        self._home = home
        self._folder = PICTURES / language
        self._taken = 0
        shutil.rmtree(self._folder, ignore_errors=True)

    async def picture(self, name: str) -> None:
        """Keep a picture of what is seen now."""
        await asyncio.sleep(FADE_SECONDS)
        self._taken += 1
        await self._home.house.screenshot(self.page, self._folder / f"{self._taken:02} {name}.png")

    def input(self, name: str):
        """Return a field of the flow's form."""
        return self.form.locator(f"input[name='{name}']")

    async def submit(self, **fields: str) -> None:
        """Fill the fields of the flow's form and submit it."""
        for name, value in fields.items():
            await self.input(name).fill(value)
        await self.flow.locator("ha-dialog-footer ha-button").last.click()

    async def go(self, path: str) -> None:
        """Go to another page of the frontend, as a click on a link does."""
        await self.page.evaluate(
            "path => { history.pushState(null, '', path); window.dispatchEvent(new Event('location-changed')); }", path
        )

    async def until(self, script: str, argument: object = None) -> None:
        """Wait until a script says so."""
        await self.page.wait_for_function(script, arg=argument)


async def test_everything_can_be_done_in_the_ui(home: Home):
    account, service, _ = home.right_answers()
    async with home.house.page("zh-Hans", path="/config/integrations/dashboard") as page:
        screen = Screen(home, page, "zh-Hans")

        await page.get_by_text("添加集成").click()
        catalogue = page.locator("dialog-add-integration")
        await catalogue.locator("input").first.fill("小爱")
        found = catalogue.get_by_text(NAME)
        await found.wait_for()
        assert await catalogue.locator("img").first.evaluate(ICON)
        await screen.picture("search")
        await found.click()

        await screen.input("username").wait_for()
        await screen.picture("account")
        await screen.submit(username=account["username"], password="not-my-password")
        await expect(screen.form).to_contain_text("账号或密码不正确")
        await expect(screen.input("username")).to_have_value(account["username"])
        await screen.picture("wrong password")
        await screen.submit(password=account["password"])

        await screen.input("api_key").wait_for()
        await expect(screen.input("base_url")).to_have_value("https://api.openai.com/v1")
        await screen.picture("service")
        await screen.submit(api_key="sk-nobody-has-this-key", base_url=service["base_url"])
        await expect(screen.form).to_contain_text("服务不接受这个 API 密钥")
        await expect(screen.input("base_url")).to_have_value(service["base_url"])
        await screen.picture("wrong key")
        await screen.submit(api_key=service["api_key"])

        await expect(screen.flow).to_contain_text("从服务列出的模型中选择")
        await screen.picture("model")
        await screen.submit()

        await page.locator("step-flow-create-entry").wait_for()
        await screen.picture("created")
