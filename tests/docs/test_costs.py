"""The page about costs says what the price list and the measured questions come to."""

from pathlib import Path
import re

import pytest

from custom_components.xiao_gpt.gpt import Usage
from custom_components.xiao_gpt.gpt.prices import PRICES

DOCS = Path(__file__).parents[2] / "docs"
HOMES = (4379, 7639)
"""Tokens of a question in a small home and in one of 200 lamps, as `scripts/bench --home` has measured."""
ANSWER = 120


@pytest.mark.parametrize("page", ["costs.md", "costs.en.md"])
def test_the_table_is_worked_out_of_the_prices(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    table = text.partition("<!-- costs -->\n")[2].partition("<!-- end -->")[0].strip().splitlines()[2:]
    expected = []
    for row in table:
        model = row.split("|")[1].strip()
        price = PRICES[model]
        costs = (f"{1000 * price.cost(Usage(tokens, ANSWER)):.2g} {price.currency}" for tokens in HOMES)
        cells = [model, f"{price.input:g} / {price.output:g} {price.currency}", *costs]
        expected.append(f"| {' | '.join(cells)} |")
    assert table == expected


@pytest.mark.parametrize("page", ["assistants.md", "assistants.en.md", "costs.md", "costs.en.md"])
def test_the_questions_are_those_that_were_measured(page: str) -> None:
    found = {int(number) for number in re.findall(r"\b(\d{4})(?= (?:词元|tokens))", (DOCS / page).read_text())}
    assert set(HOMES) <= found
