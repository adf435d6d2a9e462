"""What pages link to and what can be linked to, as GitHub has it."""

from collections.abc import Iterator
from pathlib import Path
import re
import unicodedata

ROOT = Path(__file__).parents[2]

_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)|<(?:img|a) [^>]*(?:src|href)=\"([^\"]+)\"")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Return the pages that people read: the README, what is in docs, and the README of each part."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("training/*.md")])


def links(page: Path) -> Iterator[str]:
    """Yield where a page links to."""
    for markdown, html in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        yield markdown or html


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    found: set[str] = set()
    for title in _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        anchor = name = _slug(title)
        number = 0
        while anchor in found:
            number += 1
            anchor = f"{name}-{number}"
        found.add(anchor)
    return found


def _slug(title: str) -> str:
    """Return what GitHub calls a heading: lower case, no punctuation, hyphens for spaces."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title.strip().rstrip("#").strip())
    kept = [char for char in text.lower() if char in " -_" or unicodedata.category(char)[0] in "LNM"]
    return "".join(kept).replace(" ", "-")
