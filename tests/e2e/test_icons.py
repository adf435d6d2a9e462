"""Each icon of ours is one that the frontend has: a wrong name shows nothing, and nobody complains."""

import json
from pathlib import Path
import re

import pytest

hass_frontend = pytest.importorskip("hass_frontend", reason="runs in the environment of the real Home Assistant")

OURS = Path(__file__).parents[2] / "custom_components" / "xiao_gpt"


def test_each_icon_exists() -> None:
    known: set[str] = set()
    for part in (Path(hass_frontend.__file__).parent / "static" / "mdi").glob("*.json"):
        content = json.loads(part.read_text("utf-8"))
        known.update(content if isinstance(content, dict) else ())  # one lists what is where
    used: set[str] = set()
    for file in OURS.rglob("*"):
        if file.suffix in (".json", ".py", ".js"):
            text = file.read_text("utf-8")
            used |= set(re.findall(r"mdi:([a-z0-9-]+)", text))
            used |= set(re.findall(r'(?:icon|link|blank)\("([a-z0-9-]+)"', text))
    assert len(used) > 40
    assert used <= known
