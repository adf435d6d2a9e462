"""Each link within the documentation leads somewhere, each page is there in both languages, no picture is idle."""

from pathlib import Path

import pytest

from tests.docs.links import ROOT, headings, links, pages

PAGES = pages()
MAX_PICTURE_BYTES = 300_000


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor and target.suffix == ".md":
            assert anchor in headings(target), link


@pytest.mark.parametrize("page", [page for page in PAGES if page.suffixes != [".en", ".md"]], ids=name)
def test_each_page_is_there_in_english_too(page: Path) -> None:
    english = page.with_name(f"{page.stem}.en.md")
    if page.name == "REPORT.md":  # in English only
        return
    assert english.exists()
    chinese_pictures = {link for link in links(page) if link.endswith((".png", ".svg"))}
    english_pictures = {link for link in links(english) if link.endswith((".png", ".svg"))}
    assert {one.replace(".zh.", ".en.") for one in chinese_pictures} == english_pictures
    assert page.name in set(links(english)), "the way back"


def test_no_picture_is_too_large_or_shown_nowhere() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page) if "://" not in link}
    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture in shown, picture.name
        assert picture.stat().st_size < MAX_PICTURE_BYTES, picture.name
