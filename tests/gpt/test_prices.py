"""What a reply costs."""

import pytest

from custom_components.xiao_gpt.gpt import Usage
from custom_components.xiao_gpt.gpt.prices import PRICES, Price, price_of


@pytest.mark.parametrize(
    ("model", "known_as"),
    [
        ("gpt-5-mini", "gpt-5-mini"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("openai/gpt-4.1-mini", "gpt-4.1-mini"),
        ("GPT-5", "gpt-5"),
        ("qwen-plus-latest", "qwen-plus"),
        ("glm-4-flash-250414", "glm-4-flash"),
        ("doubao-1-5-pro-32k-250115", "doubao-1-5-pro-32k"),
    ],
)
def test_a_model_is_known_in_each_of_its_versions(model: str, known_as: str) -> None:
    assert price_of(model) == PRICES[known_as]


@pytest.mark.parametrize("model", ["gpt-5-pro", "gpt-4o-audio-preview", "my-own", "qwen-plus:7b", "deepseek/gpt-5", ""])
def test_a_model_that_only_sounds_like_a_known_one_has_no_price(model: str) -> None:
    assert price_of(model) is None


def test_the_prices_are_of_this_world() -> None:
    for model, price in PRICES.items():
        assert 0 <= price.input <= price.output <= 100, model
        assert price.cached is None or price.cached <= price.input, model
        assert price.currency in ("USD", "CNY"), model


def test_each_kind_of_token_costs_what_it_costs() -> None:
    price = Price(2.0, 8.0, 0.5)
    assert price.cost(Usage(1_000_000, 0)) == pytest.approx(2.0)
    assert price.cost(Usage(1_000_000, 1_000_000)) == pytest.approx(10.0)
    assert price.cost(Usage(1_000_000, 0, 400_000)) == pytest.approx(1.2 + 0.2)
    assert price.cost(Usage(100, 0, 1000)) == pytest.approx(100 * 0.5 / 1e6)  # more cached than there was
    assert Price(2.0, 8.0).cost(Usage(1_000_000, 0, 400_000)) == pytest.approx(2.0)


def test_what_a_person_types_counts_more_than_the_list() -> None:
    known = Price(1.0, 4.0, 0.1, "USD")
    assert Price.from_data({}, known) is known
    assert Price.from_data({"currency": "CNY"}, known) is known
    assert Price.from_data({}) is None
    assert Price.from_data({"input": 3, "output": "6"}, known) == Price(3.0, 6.0, None, "USD")
    assert Price.from_data({"input": 3, "output": 6, "cached": 1, "currency": "cny"}) == Price(3.0, 6.0, 1.0, "CNY")
    assert Price.from_data({"input": 0, "output": 0}, known) == Price(0.0, 0.0)  # it is free at home


def test_what_is_left_out_is_taken_from_the_list_if_the_currency_is_the_same() -> None:
    known = Price(1.0, 4.0, 0.1, "USD")
    assert Price.from_data({"input": 3}, known) == Price(3.0, 4.0)
    assert Price.from_data({"output": 3, "currency": "CNY"}, known) == Price(0.0, 3.0, currency="CNY")
