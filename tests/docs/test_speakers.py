"""The pages about the speakers say what the table says."""

import pytest

from custom_components.xiao_gpt.xiaomi.speakers import MODELS
from scripts.speakers import CHINESE, DOCS, DOUBTS, ENGLISH, Language, page


@pytest.mark.parametrize("language", [CHINESE, ENGLISH], ids=lambda language: language.file)
def test_the_page_is_the_tables(language: Language) -> None:
    written = (DOCS / language.file).read_text(encoding="utf-8")
    assert written == page(language), "run python -m scripts.speakers"
    assert all(hardware in written for hardware in MODELS)


def test_no_doubt_is_about_a_model_that_is_not_there() -> None:
    assert DOUBTS.keys() <= MODELS.keys()
