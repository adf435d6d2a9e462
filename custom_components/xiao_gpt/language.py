"""The language that is spoken at the speakers."""

from homeassistant.core import HomeAssistant


def spoken_language(hass: HomeAssistant) -> str:
    """Return the language spoken at the speakers: XiaoAI understands Chinese only."""
    return hass.config.language if hass.config.language.startswith("zh") else "zh-Hans"
