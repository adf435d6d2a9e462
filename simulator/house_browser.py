"""A browser in which the owner of a house is logged in already."""

# The environment of the linters and unit tests has no playwright.

from collections.abc import AsyncIterator
import contextlib
import json
from pathlib import Path
import shutil

from playwright.async_api import Page, async_playwright

__all__ = ["Page", "browse", "screenshot"]

EXECUTABLES = ("chromium", "chromium-browser", "google-chrome", "chrome")

# No GPU, no sandbox (containers run as root), and nothing that asks the Internet.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

READY_MILLISECONDS = 30_000
"""A cold browser loads the frontend in three seconds; software rendering beside other work takes several times that."""

# The form of the frontend's own storage; `expires` far away, because a long-lived token has no refresh token.
LOGIN = """localStorage.setItem("hassTokens", JSON.stringify({
    access_token: TOKEN, token_type: "Bearer", refresh_token: "", expires_in: 31536000,
    expires: Date.now() + 31536000000, hassUrl: URL, clientId: URL + "/",
}));
localStorage.setItem("selectedLanguage", JSON.stringify(LANGUAGE));"""

READY = """language => {
    const hass = document.querySelector("home-assistant")?.hass;
    return !!hass?.user && hass.language === language && !!hass.localize("panel.config");
}"""


@contextlib.asynccontextmanager
async def browse(
    url: str, token: str, *, language: str, path: str, size: tuple[int, int], scale: float
) -> AsyncIterator[Page]:
    """Open a page of a Home Assistant and give it when the frontend is there, logged in and translated.

    Args:
        url: Address of the server.
        token: Access token to log in with.
        language: Language that the user has on the server.
        path: Page to open.
        size: Width and height of the view, in CSS pixels.
        scale: Device pixels per CSS pixel.
    """
    executable = next(filter(None, map(shutil.which, EXECUTABLES)), None)
    if executable is None:
        raise FileNotFoundError(f"none of {', '.join(EXECUTABLES)} is on PATH")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            context = await browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                device_scale_factor=scale,
                locale=language,
                timezone_id="Asia/Shanghai",
                reduced_motion="reduce",
            )
            login = LOGIN
            for name, value in (("TOKEN", token), ("URL", url), ("LANGUAGE", language)):
                login = login.replace(name, json.dumps(value))
            await context.add_init_script(login)
            page = await context.new_page()
            await page.goto(url + path)
            await page.wait_for_function(READY, arg=language, timeout=READY_MILLISECONDS)
            yield page
        finally:
            await browser.close()


async def screenshot(page: Page, path: Path) -> Path:
    """Write a PNG of what is seen, with all that was still loading there and every animation at its end."""
    await page.wait_for_load_state("networkidle")
    path.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=path, animations="disabled", caret="hide")
    return path
