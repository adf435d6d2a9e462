"""The conversation page in Home Assistant's sidebar: its files are served, and it is there while an account is."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components import frontend, panel_custom
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .const import DOMAIN
from .page_socket import async_setup_page_socket

PAGE_URL: Final = "xiao-gpt"
"""Where the page is, below Home Assistant's own address."""
_ELEMENT = "xiao-gpt-page"
_FILES = Path(__file__).parent / "frontend"


async def async_setup_page(hass: HomeAssistant) -> None:
    """Serve the page, and show it while there is an account that is not disabled.

    A reload leaves it where it is: taken away, it would send everyone off who has it open.
    """
    version = await hass.async_add_executor_job(_version, _FILES)
    # In the path, because the modules name each other by it; browsers keep them for a month.
    path = f"/{DOMAIN}_page/{version}"
    await hass.http.async_register_static_paths([StaticPathConfig(path, str(_FILES))])
    async_setup_page_socket(hass)

    async def review() -> None:
        wanted = bool(hass.config_entries.async_entries(DOMAIN, include_disabled=False))
        if wanted == frontend.async_panel_exists(hass, PAGE_URL):
            return
        if not wanted:
            frontend.async_remove_panel(hass, PAGE_URL)
            return
        await panel_custom.async_register_panel(
            hass,
            frontend_url_path=PAGE_URL,
            webcomponent_name=_ELEMENT,
            sidebar_title="XiaoGPT",
            sidebar_icon="mdi:forum-outline",
            module_url=f"{path}/page.js",
        )

    @callback
    def entry_changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            hass.async_create_task(review(), f"{DOMAIN} page")

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, entry_changed)
    await review()


def _version(folder: Path) -> str:
    """Return what changes whenever a file in the folder does."""
    digest = sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
