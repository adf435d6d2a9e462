"""A browser before a real Home Assistant. Each step of a story leaves a picture, a failure the last one."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
import os
from pathlib import Path
import shutil
from typing import Any

from playwright.async_api import Error, expect

from simulator.house_browser import Page
from tests.e2e.home import Home
from tests.e2e.pictures import FOLDER_VARIABLE, keep

PICTURES = Path(__file__).parents[2] / ".run" / "screenshots"

PATIENCE_MILLISECONDS = 30_000
"""A step takes less than a second; beside other work several times that."""
FADE_SECONDS = 0.4
"""How long a dialog fades; nothing announces its end."""

expect.set_options(timeout=PATIENCE_MILLISECONDS)

GO = "path => { history.pushState(null, '', path); window.dispatchEvent(new Event('location-changed')); }"


class Screen:
    """A page and the pictures of it."""

    def __init__(self, home: Home, page: Page, language: str, story: str) -> None:
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        self.page = page
        self.flow = page.locator("dialog-data-entry-flow")
        self.form = page.locator("step-flow-form")
        self._home = home
        self._language = language
        self._story = story
        self._taken = 0

    async def picture(self, name: str) -> None:
        """Keep a picture of what is seen now."""
        await asyncio.sleep(FADE_SECONDS)
        self._taken += 1
        path = PICTURES / self._language / self._story / f"{self._taken:02}-{name}.png"
        await self._home.house.screenshot(self.page, path)
        if folder := os.environ.get(FOLDER_VARIABLE):
            keep(path, Path(folder), language=self._language, story=self._story, name=name)

    async def go(self, path: str) -> None:
        """Go to another page of the frontend, as a click on a link does."""
        await self.page.evaluate(GO, path)

    def field(self, name: str) -> Any:
        """Return a field of the flow's form; of a list of keys, the first."""
        if name == "api_keys":
            return self.form.locator("ha-input-multi input").first
        return self.form.locator(f"input[name='{name}']")

    async def submit(self, **fields: Any) -> None:
        """Fill the fields of the flow's form and submit it."""
        for name, value in fields.items():
            await self.field(name).fill(value[0] if isinstance(value, list) else value)
        await self.flow.locator("ha-dialog-footer ha-button").last.click()

    async def refuses(self, why: str, **kept: Any) -> None:
        """See the form again, with the reason and all that was typed."""
        await expect(self.form).to_contain_text(why)
        for name, value in kept.items():
            await expect(self.field(name)).to_have_value(value[0] if isinstance(value, list) else value)

    async def choose(self, picker: Any, item: str, name: str) -> None:
        """Choose from a picker, and keep a picture of what it offers."""
        await picker.click()
        offered = self.page.locator("ha-picker-combo-box").get_by_text(item, exact=True)
        await offered.wait_for()
        await self.picture(name)
        await offered.click()
        await expect(picker).to_contain_text(item)


@contextlib.asynccontextmanager
async def open_screen(home: Home, language: str, path: str, story: str, **view: Any) -> AsyncIterator[Screen]:
    """Open the frontend in a browser; the pictures go into a folder of the story's name.

    Args:
        home: where.
        language: of the frontend.
        path: the page.
        story: what happens.
        view: `size` and `scale`; see `House.page`.
    """
    shutil.rmtree(PICTURES / language / story, ignore_errors=True)
    async with home.house.page(language, path=path, **view) as page:
        screen = Screen(home, page, language, story)
        try:
            yield screen
        except Exception:
            with contextlib.suppress(Error):
                await screen.picture("failed")
            raise
