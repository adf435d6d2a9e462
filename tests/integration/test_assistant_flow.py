"""The form of an assistant: each field, each error, and what comes of it in a question."""

import json

from homeassistant.components import conversation
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import Context
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers.config_validation import custom_serializer
from homeassistant.helpers.intent import IntentResponseType
from probatio import to_field_list
import pytest

from custom_components.xiao_gpt.assistant_flow import EFFORTS
from custom_components.xiao_gpt.assistant_settings import SECTIONS, parameters_of, past_turns_of
from custom_components.xiao_gpt.const import SUBENTRY_ASSISTANT
from custom_components.xiao_gpt.gpt import Parameters, Vendor, vendors
from simulator.llm_replies import own_answer
from tests.integration.support import agent_id, assistant, suggested

WHY = "天空为什么是蓝色的"
BASICS = {"name": "小智", "model": "gpt-4o-mini", "prompt": "你是{{ '诗' }}人。", "llm_hass_api": ["assist"]}
SAMPLING = {
    "temperature": 0.5,
    "top_p": 0.9,
    "presence_penalty": -0.5,
    "frequency_penalty": 1.0,
    "max_tokens": 300.0,
    "stop": ["再见", " 完", "再见", ""],
}


@pytest.fixture
def vendor(monkeypatch):
    """Return a function that lets the simulator's address be a vendor's."""

    def be(which):
        monkeypatch.setitem(vendors._HOSTS, "127.0.0.1", which)

    return be


async def open_form(hass, entry, *, new=False):
    context = (
        {"source": SOURCE_USER} if new else {"source": SOURCE_RECONFIGURE, "subentry_id": assistant(entry).subentry_id}
    )
    return await hass.config_entries.subentries.async_init((entry.entry_id, SUBENTRY_ASSISTANT), context=context)


async def submit(hass, step, typed):
    step = await hass.config_entries.subentries.async_configure(step["flow_id"], typed)
    await hass.async_block_till_done()
    return step


def filled_in(step):
    """Return what the form holds, the sections' fields by section."""
    schema = step["data_schema"].schema
    within = {
        str(name): {
            str(field): field.description["suggested_value"]
            for field in part.schema.schema
            if field.description and "suggested_value" in field.description
        }
        for name, part in schema.items()
        if hasattr(part, "schema")
    }
    return suggested(step) | {name: fields for name, fields in within.items() if fields}


def opened(step):
    """Return the sections that are not folded."""
    return [
        str(name)
        for name, part in step["data_schema"].schema.items()
        if hasattr(part, "options") and not part.options["collapsed"]
    ]


def sections(step):
    return [str(name) for name in step["data_schema"].schema if str(name) in SECTIONS]


async def ask(hass, entry, text=WHY, **options):
    return await conversation.async_converse(
        hass, text, options.pop("conversation_id", None), Context(), agent_id=agent_id(hass, entry), **options
    )


def speech(result):
    return result.response.speech["plain"]["speech"]


# What is shown


async def test_most_of_it_is_folded_away_and_empty(hass, entry):
    step = await open_form(hass, entry, new=True)
    assert sections(step) == ["sampling", "reasoning", "history", "prices", "vendor"]
    assert opened(step) == []
    assert filled_in(step).keys() == {"name", "model", "prompt", "llm_hass_api", "confirm_effects"}


@pytest.mark.parametrize("which", list(Vendor))
async def test_the_web_search_is_offered_where_the_service_has_one(hass, entry, vendor, which):
    vendor(which)
    offered = "search" in sections(await open_form(hass, entry))
    assert offered == (which in (Vendor.OPENAI, Vendor.QWEN, Vendor.MOONSHOT, Vendor.ZHIPU))


async def test_the_form_can_be_sent_to_a_browser(hass, entry, vendor):
    vendor(Vendor.QWEN)
    step = await open_form(hass, entry)
    fields = {field["name"]: field for field in to_field_list(step["data_schema"], custom_serializer=custom_serializer)}
    assert fields["prompt"]["selector"] == {"template": {}}
    assert {name for name, field in fields.items() if field.get("type") == "expandable"} == set(SECTIONS)
    assert not any(fields[name]["expanded"] for name in SECTIONS)


async def test_an_assistant_of_before_is_changed_without_harm(hass, entry):
    before = dict(assistant(entry).data)
    step = await open_form(hass, entry)
    step = await submit(hass, step, filled_in(step))
    assert step["reason"] == "assistant_changed"
    assert dict(assistant(entry).data) == before | {"confirm_effects": True}  # as it was meant to be before
    assert parameters_of(before) == Parameters()
    assert past_turns_of(before) is None


# What is kept and sent


async def test_each_field_is_kept_shown_again_and_sent(hass, sim, entry, requests):
    sim.llm.settings.profile = "vllm"
    extras = '{"top_k": 3,\n "chat_template_kwargs": {"enable_thinking": false}}'
    typed = BASICS | {
        "sampling": SAMPLING,
        "reasoning": {"reasoning_effort": "low"},
        "history": {"past_turns": 3.0},
        "vendor": {"extras": extras},
    }
    step = await submit(hass, await open_form(hass, entry), typed)
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "assistant_changed")
    kept = dict(assistant(entry).data)
    assert kept == {
        **{key: BASICS[key] for key in ("model", "prompt", "llm_hass_api")},
        "sampling": SAMPLING | {"max_tokens": 300, "stop": ["再见", " 完"]},
        "reasoning": {"reasoning_effort": "low"},
        "history": {"past_turns": 3},
        "vendor": {"extras": extras},
    }
    assert isinstance(kept["sampling"]["max_tokens"], int)
    assert filled_in(await open_form(hass, entry)) == {"name": "小智", "confirm_effects": True, **kept}
    wanted = {
        "temperature": 0.5,
        "top_p": 0.9,
        "presence_penalty": -0.5,
        "frequency_penalty": 1.0,
        "max_tokens": 300,
        "stop": ["再见", " 完"],
        "reasoning_effort": "low",
        "top_k": 3,
        "chat_template_kwargs": {"enable_thinking": False},
    }
    assert requests[-1].items() >= wanted.items()  # the probe
    requests.clear()
    assert speech(await ask(hass, entry)) == own_answer(WHY)
    assert requests[-1].items() >= wanted.items()


async def test_what_is_cleared_is_no_longer_sent(hass, entry, requests):
    await submit(hass, await open_form(hass, entry), BASICS | {"sampling": {"temperature": 0.5}})
    assert requests[-1]["temperature"] == 0.5
    cleared = BASICS | {"sampling": {"stop": [""]}, "reasoning": {}, "vendor": {"extras": "  "}}
    step = await submit(hass, await open_form(hass, entry), cleared)
    assert step["reason"] == "assistant_changed"
    assert assistant(entry).data.keys() == {"model", "prompt", "llm_hass_api"}
    await ask(hass, entry)
    assert "temperature" not in requests[-1]
    assert "stop" not in requests[-1]


async def test_a_new_assistant_has_its_parameters(hass, entry):
    step = await submit(hass, await open_form(hass, entry, new=True), BASICS | {"sampling": {"temperature": 0.0}})
    assert (step["type"], step["title"]) == (FlowResultType.CREATE_ENTRY, "小智")
    assert step["data"]["sampling"] == {"temperature": 0.0}


@pytest.mark.parametrize("effort", [*EFFORTS, "ultra"])
async def test_an_effort_may_be_typed(hass, sim, entry, effort):
    sim.llm.settings.profile = "vllm"
    step = await submit(hass, await open_form(hass, entry), BASICS | {"reasoning": {"reasoning_effort": effort}})
    assert step["reason"] == "assistant_changed"
    assert parameters_of(assistant(entry).data).reasoning_effort == effort


@pytest.mark.parametrize(
    "sampling", [{"temperature": 2.1}, {"top_p": -0.1}, {"presence_penalty": 3}, {"max_tokens": 0}, {"stop": "x"}]
)
async def test_what_no_service_takes_is_not_even_tried(hass, entry, requests, sampling):
    step = await open_form(hass, entry)
    with pytest.raises(InvalidData):
        await submit(hass, step, BASICS | {"sampling": sampling})
    assert requests == []
    assert (await submit(hass, step, BASICS))["reason"] == "assistant_changed"


# What is wrong


@pytest.mark.parametrize(
    ("typed", "field", "error", "detail"),
    [
        ({"prompt": "{{ nonsense( }}"}, "prompt", "invalid_template", "unexpected"),
        ({"prompt": "{% if %}"}, "prompt", "invalid_template", "Expected"),
        ({"vendor": {"extras": "{top_k: 3}"}}, "vendor", "extras_not_json", "line 1 column 2"),
        ({"vendor": {"extras": "[1]"}}, "vendor", "extras_not_object", ""),
        ({"vendor": {"extras": "3"}}, "vendor", "extras_not_object", ""),
        ({"vendor": {"extras": '{"stream": false, "messages": []}'}}, "vendor", "extras_reserved", "messages, stream"),
    ],
)
async def test_what_makes_no_sense_is_told_and_nothing_typed_is_lost(
    hass, entry, requests, typed, field, error, detail
):
    whole = BASICS | {"sampling": {"temperature": 0.7}} | typed
    step = await submit(hass, await open_form(hass, entry), whole)
    assert (step["type"], step["errors"]) == (FlowResultType.FORM, {field: error})
    assert detail in step["description_placeholders"]["detail"]
    assert filled_in(step) == whole
    assert opened(step) == ([field] if field == "vendor" else [])
    assert requests == []
    assert (await submit(hass, step, BASICS))["reason"] == "assistant_changed"


@pytest.mark.parametrize(
    ("profile", "typed", "section", "parameter"),
    [
        ("openai", {"model": "gpt-5-mini", "sampling": {"temperature": 0.5}}, "sampling", "temperature"),
        ("openai", {"model": "gpt-5-mini", "sampling": {"stop": ["x"]}}, "sampling", "stop"),
        ("openai", {"vendor": {"extras": '{"top_k": 3}'}}, "vendor", "top_k"),
        ("deepseek", {"sampling": {"max_tokens": 9000}}, "sampling", "max_tokens"),
        ("qwen", {"sampling": {"temperature": 2}}, "sampling", "temperature"),
        ("moonshot", {"sampling": {"temperature": 1.5}}, "sampling", "temperature"),
        ("zhipu", {"sampling": {"temperature": 1.5}}, "sampling", "temperature"),
        ("doubao", {"sampling": {"max_tokens": 20000}}, "sampling", "max_tokens"),
        ("ollama", {"reasoning": {"reasoning_effort": "high"}}, "reasoning", "reasoning_effort"),
    ],
)
async def test_a_parameter_that_the_service_refuses_is_told_where_it_was_typed(
    hass, sim, entry, profile, typed, section, parameter
):
    sim.llm.settings.profile = profile
    whole = BASICS | typed
    step = await submit(hass, await open_form(hass, entry), whole)
    assert step["errors"] == {section: "llm_parameter_refused"}
    assert step["description_placeholders"]["parameter"] == parameter
    assert step["description_placeholders"]["detail"]
    assert opened(step) == [section]
    assert filled_in(step) == whole
    step = await submit(hass, step, BASICS | {"model": whole["model"]})
    assert step["reason"] == "assistant_changed"


async def test_openai_searches_with_its_search_models_only(hass, sim, entry, vendor, requests):
    vendor(Vendor.OPENAI)
    sim.llm.settings.models = ["gpt-4o-mini", "gpt-5-search-api"]
    whole = BASICS | {"search": {"web_search": True}}
    step = await submit(hass, await open_form(hass, entry), whole)
    assert step["errors"] == {"search": "not_a_search_model"}
    assert filled_in(step) == whole
    assert requests == []
    step = await submit(hass, step, whole | {"model": "gpt-5-search-api"})
    assert step["reason"] == "assistant_changed"
    assert requests[-1]["web_search_options"] == {}


async def test_a_search_that_is_off_is_not_kept(hass, entry, vendor, requests):
    vendor(Vendor.QWEN)
    await submit(hass, await open_form(hass, entry), BASICS | {"search": {"web_search": False}})
    assert "search" not in assistant(entry).data
    await ask(hass, entry)
    assert "enable_search" not in requests[-1]


@pytest.mark.parametrize(("failure", "error"), [("quota", "llm_quota"), ("auth", "llm_invalid_key")])
async def test_what_the_form_cannot_mend_is_told_at_its_top(hass, sim, entry, failure, error):
    sim.llm.settings.fail = failure
    whole = BASICS | {"sampling": {"temperature": 0.5}}
    step = await submit(hass, await open_form(hass, entry), whole)
    assert step["errors"] == {"base": error}
    assert filled_in(step) == whole


# When it speaks


async def test_a_parameter_that_is_refused_later_is_said(hass, sim, entry):
    await submit(hass, await open_form(hass, entry), BASICS | {"sampling": {"temperature": 1.5}})
    sim.llm.settings.profile = "moonshot"
    result = await ask(hass, entry, language="zh-Hans")
    assert result.response.response_type is IntentResponseType.ERROR
    assert speech(result) == "抱歉，大模型不接受助手的一项设置，请在 Home Assistant 里改一下。"


async def test_the_model_is_given_so_many_past_turns(hass, entry, requests):
    await submit(hass, await open_form(hass, entry), BASICS | {"history": {"past_turns": 1}})
    first = await ask(hass, entry, "第一")
    for text in ("第二", "第三"):
        await ask(hass, entry, text, conversation_id=first.conversation_id)
    said = [(message["role"], message["content"]) for message in requests[-1]["messages"]]
    assert said[1:] == [("user", "第二"), ("assistant", own_answer("第二")), ("user", "第三")]
    assert said[0][0] == "system"


async def test_none_of_them_is_none(hass, entry, requests):
    await submit(hass, await open_form(hass, entry), BASICS | {"history": {"past_turns": 0}})
    first = await ask(hass, entry, "第一")
    await ask(hass, entry, "第二", conversation_id=first.conversation_id)
    assert [message["role"] for message in requests[-1]["messages"]] == ["system", "user"]
    assert json.dumps(requests[-1]["messages"], ensure_ascii=False).count("第一") == 0
