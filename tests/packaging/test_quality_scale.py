"""The file about Home Assistant's quality scale: all rules, none else, and what it names exists."""

from pathlib import Path
import re
from typing import Any

import homeassistant.components
from homeassistant.util.yaml import parse_yaml
import pytest

from tests.docs.links import headings

ROOT = Path(__file__).parents[2]
FILE = "quality_scale.yaml"
NAMED = re.compile(r"[\w./-]+\.md(?:#[\w-]+)?")


def rules(folder: Path) -> dict[str, Any]:
    read: Any = parse_yaml((folder / FILE).read_text(encoding="utf-8"))
    found: dict[str, Any] = read["rules"]
    return found


OURS = rules(ROOT / "custom_components" / "xiao_gpt")
CORES = rules(Path(homeassistant.components.__file__).parent / "anthropic")


def test_all_rules_are_looked_at_in_the_usual_order() -> None:
    assert list(OURS) == list(CORES)


@pytest.mark.parametrize("rule", OURS)
def test_what_is_not_simply_done_is_explained(rule: str) -> None:
    match OURS[rule]:
        case {"status": "done" | "exempt" | "todo", "comment": str(comment)}:
            assert comment.strip()
        case other:
            assert other == "done"


@pytest.mark.parametrize("rule", [rule for rule in OURS if rule.startswith("docs-")])
def test_the_pages_that_are_named_exist(rule: str) -> None:
    assert isinstance(OURS[rule], dict), "name the page"
    named = NAMED.findall(OURS[rule]["comment"])
    assert named or OURS[rule]["status"] != "done"
    for place in named:
        page, _, anchor = place.partition("#")
        assert not anchor or anchor in headings(ROOT / page)


def test_each_platform_says_how_much_it_does_at_once() -> None:
    for path in (ROOT / "custom_components" / "xiao_gpt").glob("*.py"):
        code = path.read_text(encoding="utf-8")
        if "AddConfigEntryEntitiesCallback" in code and "async def async_setup_entry" in code:
            assert re.search(r"^PARALLEL_UPDATES = \d+$", code, re.MULTILINE), path.name
