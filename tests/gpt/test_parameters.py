"""Parameters in each vendor's words: what is sent, what is not, and which field a refused one comes from."""

from typing import Any

import pytest

from custom_components.xiao_gpt.gpt import Parameters, Request, Vendor, vendor_of
from custom_components.xiao_gpt.gpt.parameters import (
    is_search_model,
    limit_name,
    offers_web_search,
    sent_names,
    wants_thoughts,
)

LIGHT: Any = {"type": "function", "function": {"name": "turn_on"}}


# Whose service


@pytest.mark.parametrize(
    ("address", "vendor"),
    [
        ("https://api.openai.com/v1", Vendor.OPENAI),
        ("https://home.openai.azure.com/openai", Vendor.AZURE),
        ("https://api.deepseek.com", Vendor.DEEPSEEK),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", Vendor.QWEN),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", Vendor.QWEN),
        ("https://w.cn-beijing.maas.aliyuncs.com/v1", Vendor.QWEN),
        ("https://api.moonshot.cn/v1", Vendor.MOONSHOT),
        ("https://api.moonshot.ai/v1", Vendor.MOONSHOT),
        ("https://open.bigmodel.cn/api/paas/v4", Vendor.ZHIPU),
        ("https://api.z.ai/api/paas/v4", Vendor.ZHIPU),
        ("https://ark.cn-beijing.volces.com/api/v3", Vendor.DOUBAO),
        ("http://192.168.1.2:11434/v1", Vendor.OTHER),
        ("https://api.openai.com.example.org/v1", Vendor.OTHER),
        ("https://notaliyuncs.com/v1", Vendor.OTHER),
        ("", Vendor.OTHER),
    ],
)
def test_an_address_tells_the_vendor(address: str, vendor: Vendor) -> None:
    assert vendor_of(address) is vendor


# What is sent


@pytest.mark.parametrize("vendor", list(Vendor))
def test_nothing_is_sent_that_was_not_set(vendor: Vendor) -> None:
    assert Parameters().options("gpt-5-mini", vendor) == {}
    assert Parameters().tools(vendor) == []


def test_what_is_set_is_sent_also_where_it_is_nought() -> None:
    parameters = Parameters(
        temperature=0,
        top_p=0.5,
        max_tokens=100,
        presence_penalty=0,
        frequency_penalty=-1,
        stop=("\n", "。"),
        reasoning_effort="low",
    )
    assert parameters.options("some-model", Vendor.OTHER) == {
        "temperature": 0,
        "top_p": 0.5,
        "max_tokens": 100,
        "presence_penalty": 0,
        "frequency_penalty": -1,
        "stop": ["\n", "。"],
        "reasoning_effort": "low",
    }


@pytest.mark.parametrize(
    ("model", "vendor", "name"),
    [
        ("gpt-4o-mini", Vendor.OPENAI, "max_completion_tokens"),
        ("a-deployment", Vendor.AZURE, "max_completion_tokens"),
        ("gpt-5-mini", Vendor.OTHER, "max_completion_tokens"),
        ("openai/gpt-5", Vendor.OTHER, "max_completion_tokens"),
        ("o3", Vendor.OTHER, "max_completion_tokens"),
        ("o4-mini", Vendor.OTHER, "max_completion_tokens"),
        ("gpt-4o-mini", Vendor.OTHER, "max_tokens"),
        ("o1shen-7b", Vendor.OTHER, "max_tokens"),
        ("deepseek-v4-flash", Vendor.DEEPSEEK, "max_tokens"),
        ("glm-4.7", Vendor.ZHIPU, "max_tokens"),
        ("ep-20260101", Vendor.DOUBAO, "max_tokens"),
    ],
)
def test_the_limit_has_the_name_that_the_service_knows(model: str, vendor: Vendor, name: str) -> None:
    assert limit_name(model, vendor) == name
    assert Parameters(max_tokens=7).options(model, vendor) == {name: 7}


@pytest.mark.parametrize(
    ("vendor", "effort", "options"),
    [
        (Vendor.OPENAI, "none", {"reasoning_effort": "none"}),
        (Vendor.OPENAI, "high", {"reasoning_effort": "high"}),
        (Vendor.OTHER, "none", {"reasoning_effort": "none"}),
        (Vendor.DEEPSEEK, "none", {"extra_body": {"thinking": {"type": "disabled"}}}),
        (
            Vendor.DEEPSEEK,
            "high",
            {"reasoning_effort": "high", "extra_body": {"thinking": {"type": "enabled"}}},
        ),
        (Vendor.DOUBAO, "low", {"reasoning_effort": "low", "extra_body": {"thinking": {"type": "enabled"}}}),
        (Vendor.MOONSHOT, "none", {"extra_body": {"thinking": {"type": "disabled"}}}),
        (Vendor.MOONSHOT, "high", {"extra_body": {"thinking": {"type": "enabled"}}}),
        (Vendor.ZHIPU, "none", {"extra_body": {"thinking": {"type": "disabled"}}}),
        (Vendor.QWEN, "none", {"extra_body": {"enable_thinking": False}}),
        (Vendor.QWEN, "low", {"extra_body": {"enable_thinking": True}}),
    ],
)
def test_thinking_is_switched_in_the_vendors_words(vendor: Vendor, effort: str, options: dict[str, Any]) -> None:
    assert Parameters(reasoning_effort=effort).options("a-model", vendor) == options


def test_extras_win() -> None:
    parameters = Parameters(reasoning_effort="none", extras={"enable_thinking": True, "top_k": 3})
    assert parameters.options("qwen-plus", Vendor.QWEN) == {"extra_body": {"enable_thinking": True, "top_k": 3}}


@pytest.mark.parametrize(
    ("vendor", "model", "options", "tools"),
    [
        (Vendor.OPENAI, "gpt-5-search-api", {"web_search_options": {}}, []),
        (Vendor.OPENAI, "gpt-5-mini", {}, []),
        (Vendor.QWEN, "qwen-plus", {"extra_body": {"enable_search": True}}, []),
        (
            Vendor.ZHIPU,
            "glm-4.7",
            {},
            [{"type": "web_search", "web_search": {"enable": True, "search_engine": "search_std"}}],
        ),
        (
            Vendor.MOONSHOT,
            "kimi-k2.5",
            {},
            [{"type": "builtin_function", "function": {"name": "$web_search"}}],
        ),
        (Vendor.DEEPSEEK, "deepseek-v4-flash", {}, []),
        (Vendor.OTHER, "search", {}, []),
    ],
)
def test_the_web_is_searched_where_the_service_can(
    vendor: Vendor, model: str, options: dict[str, Any], tools: list[Any]
) -> None:
    parameters = Parameters(web_search=True)
    assert parameters.options(model, vendor) == options
    assert parameters.tools(vendor) == tools
    assert offers_web_search(vendor) == (vendor in (Vendor.OPENAI, Vendor.QWEN, Vendor.ZHIPU, Vendor.MOONSHOT))


def test_the_services_own_tools_stand_beside_the_homes() -> None:
    request = Request("glm-4.7", [], [LIGHT], Parameters(web_search=True))
    assert [tool["type"] for tool in request.options("https://open.bigmodel.cn/v4")["tools"]] == [
        "function",
        "web_search",
    ]
    assert request.options("http://127.0.0.1/v1") == {"tools": [LIGHT]}
    assert Request("m", []).options("https://api.openai.com/v1") == {}


# What is refused


def test_each_parameter_that_is_sent_can_be_named() -> None:
    options = {"temperature": 1, "tools": [], "extra_body": {"thinking": {}, "top_k": 1}}
    assert sent_names(options) == ["temperature", "tools", "thinking", "top_k"]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("temperature", "temperature"),
        ("max_completion_tokens", "max_tokens"),
        ("max_tokens", "max_tokens"),
        ("thinking", "reasoning_effort"),
        ("enable_thinking", "reasoning_effort"),
        ("enable_search", "web_search"),
        ("web_search_options", "web_search"),
        ("tools", "web_search"),
        ("top_k", "extras"),
    ],
)
def test_a_parameter_that_was_sent_comes_from_a_field(name: str, field: str) -> None:
    assert Parameters(extras={"top_k": 1}).field_of(name) == field


def test_what_was_set_in_the_extras_comes_from_there() -> None:
    assert Parameters(extras={"temperature": 1}).field_of("temperature") == "extras"


def test_which_services_want_their_thoughts_back_and_which_models_search() -> None:
    assert {vendor for vendor in Vendor if wants_thoughts(vendor)} == {Vendor.DEEPSEEK, Vendor.MOONSHOT}
    assert is_search_model("gpt-4o-search-preview")
    assert not is_search_model("gpt-4o")
