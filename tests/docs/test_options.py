"""The page about installing names every section of the options, as the form itself calls it."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "custom_components" / "xiao_gpt" / "translations"


@pytest.mark.parametrize(("page", "language"), [("install.md", "zh-Hans"), ("install.en.md", "en")])
def test_all_sections_are_in_the_table(page: str, language: str) -> None:
    texts = json.loads((TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8"))
    rows = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    first_cells = {row.split("|")[1].strip() for row in rows if row.startswith("|")}
    assert {section["name"] for section in texts["options"]["step"]["init"]["sections"].values()} <= first_cells
