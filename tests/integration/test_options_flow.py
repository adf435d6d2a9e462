"""What can be set for all speakers: the form, what it keeps, what that changes."""

from homeassistant.const import STATE_ON
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.xiao_gpt import options_flow
from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.gpt.search import SearchError, SearchKind, SearchReason, SearchService
from custom_components.xiao_gpt.options_flow import _MAY_BE_EMPTY
from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.routing import Command, Doubt, ModelKind, Reason, Route
from custom_components.xiao_gpt.settings import COMMAND_FIELDS, DEFAULTS, Settings
from simulator.llm_replies import own_answer
from tests.integration.support import heard, polls, shown_in_sections, wait_for_state

STORY = "编一个小狐狸数星星的故事"
WHY, TALE, TALE_BEGINS = "天空为什么是蓝色的", "讲个恐龙的故事", "好的，恐龙的故事。"
VAGUE = ("推荐一部电影", "练习", "帮我推荐一部科幻电影", "练习一下说话", "推荐一首歌", "附近有什么好玩的", "说说北京")


async def open_form(hass, entry):
    step = await hass.config_entries.options.async_init(entry.entry_id)
    assert step["type"] is FlowResultType.FORM
    assert step["step_id"] == "init"
    return step


async def save(hass, entry, changes):
    """Fill in the form, in sections as it is, and return what comes of it."""
    step = await open_form(hass, entry)
    filled = shown_in_sections(step)
    for section, fields in changes.items():
        filled[section] |= fields
    result = await hass.config_entries.options.async_configure(step["flow_id"], filled)
    await hass.async_block_till_done()
    return result


async def test_the_form_shows_what_holds_by_default(hass, entry):
    filled = shown_in_sections(await open_form(hass, entry))
    assert list(filled) == ["dialogue", "routing", "words", "moderation", "polling", "costs", "search", "records"]
    flat = {name: value for fields in filled.values() for name, value in fields.items()}
    assert flat == DEFAULTS
    assert Settings.of(filled) == Settings.of({})


async def test_no_empty_text_is_required(hass, entry):
    """A browser would not send it."""
    for section, fields in shown_in_sections(await open_form(hass, entry)).items():
        empty = {name for name, value in fields.items() if value == ""}
        assert empty <= set(_MAY_BE_EMPTY), section


async def test_it_shows_what_was_saved(hass, entry):
    result = await save(hass, entry, {"dialogue": {"keywords": ["小智"], "session_minutes": 5}})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    filled = shown_in_sections(await open_form(hass, entry))
    assert filled["dialogue"]["keywords"] == ["小智"]
    assert filled["dialogue"]["session_minutes"] == 5
    assert filled["polling"]["polls_per_minute"] == DEFAULTS["polls_per_minute"]


async def test_options_of_an_earlier_version_are_filled_up_with_the_defaults(hass, entry):
    hass.config_entries.async_update_entry(entry, options={"dialogue": {"session_minutes": 5}})
    await hass.async_block_till_done()
    filled = shown_in_sections(await open_form(hass, entry))
    assert filled["dialogue"] == {name: DEFAULTS[name] for name in filled["dialogue"]} | {"session_minutes": 5}
    assert Settings.of(entry.options).session_s == 300
    assert Settings.of(entry.options).max_characters == DEFAULTS["max_characters"]


async def test_what_was_typed_is_cleaned(hass, entry):
    await save(
        hass,
        entry,
        {
            "dialogue": {"keywords": [" 请 ", "", "  ", "请", "小智"], "session_minutes": 5.0, "thinking_after": 0.0},
            "words": {"words_stop": ["够了够了", " "]},
            "polling": {"polls_per_minute": 120.0, "night_rest": True},
        },
    )
    dialogue, words, polling = (entry.options[section] for section in ("dialogue", "words", "polling"))
    assert dialogue["keywords"] == ["请", "小智"]
    assert words["words_stop"] == ["够了够了"]
    assert words["words_turn_on"] == []
    numbers = dialogue["session_minutes"], dialogue["thinking_after"], polling["polls_per_minute"]
    assert numbers == (5, 0, 120)
    assert {type(number) for number in numbers} == {int}
    assert polling["night_rest"] is True


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("dialogue", "session_minutes", 0),
        ("dialogue", "thinking_after", 31),
        ("dialogue", "max_characters", 49),
        ("polling", "polls_per_minute", -10),
        ("polling", "polls_per_minute", 2001),
        ("polling", "night_from", "25:00:00"),
        ("words", "words_stop", "停"),
        ("routing", "leaning", 5),
        ("routing", "leaning", -5),
        ("routing", "doubt", "sometimes"),
        ("routing", "classifier", "crystal_ball"),
        ("routing", "to_llm", "故事"),
    ],
)
async def test_what_makes_no_sense_is_refused(hass, entry, section, field, value):
    with pytest.raises(InvalidData):
        await save(hass, entry, {section: {field: value}})
    assert entry.options == {}


async def test_a_night_of_no_length_is_an_error_and_the_rest_is_kept(hass, entry):
    night = {"night_rest": True, "night_from": "22:00:00", "night_to": "22:00:00"}
    step = await save(hass, entry, {"dialogue": {"keywords": ["小智"]}, "polling": night})
    assert step["type"] is FlowResultType.FORM
    assert step["errors"] == {"base": "empty_night"}
    filled = shown_in_sections(step)
    assert filled["dialogue"]["keywords"] == ["小智"]
    assert filled["polling"].items() >= night.items()
    assert entry.options == {}
    filled["polling"]["night_to"] = "06:00:00"
    result = await hass.config_entries.options.async_configure(step["flow_id"], filled)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options["dialogue"]["keywords"] == ["小智"]


async def test_without_rest_at_night_its_times_do_not_matter(hass, entry):
    night = {"night_rest": False, "night_from": "22:00:00", "night_to": "22:00:00"}
    assert (await save(hass, entry, {"polling": night}))["type"] is FlowResultType.CREATE_ENTRY


def test_each_command_has_a_field():
    assert set(COMMAND_FIELDS) == set(Command) - {Command.ASSISTANT}  # which is about a name
    words = {name: [f"{name}的说法"] for name in COMMAND_FIELDS.values()}
    settings = Settings.of({"words": words})
    assert settings.words == {command: (f"{name}的说法",) for command, name in COMMAND_FIELDS.items()}


# What they change, at once


async def test_keywords_count_in_keyword_mode(hass, entry, living, sim):
    mode = er.async_get(hass).async_get_entity_id("select", DOMAIN, f"{living.did}-answering_mode")
    await hass.services.async_call("select", "select_option", {"entity_id": mode, "option": "keyword"}, blocking=True)
    await save(hass, entry, {"dialogue": {"keywords": ["小智"]}})
    await polls(sim, 2)
    since = living.ask("请编一个小狐狸数星星的故事", "从前有座山。")
    await living.event("speech_ended", since=since, source="xiaoai", reason="finished")
    await polls(sim)
    assert sim.timeline.since(since, "llm_request") == []
    question = "小智，编一个小狐狸数星星的故事"
    since = living.ask(question)
    await living.spoken(own_answer(question), since=since)


async def test_own_words_are_commands(hass, entry, corner, sim):
    await save(hass, entry, {"words": {"words_turn_on": ["芝麻开门"], "words_turn_off": ["芝麻关门"]}})
    await polls(sim, 2)
    living = corner("客厅小爱")
    since = living.ask("芝麻，开门！")
    await wait_for_state(hass, living.switch, STATE_ON)
    await living.spoken(Phrase.TURNED_ON, since=since)
    since = living.ask("芝麻关门")
    await living.spoken(Phrase.TURNED_OFF, since=since)
    since = living.ask("打开高级对话")  # the built-in ones stay
    await living.spoken(Phrase.TURNED_ON, since=since)


async def test_the_budget_is_another_one(hass, entry, living):
    entry.runtime_data.dialogues[living.did].pay_attention(60)
    before = entry.runtime_data.budget.shares()
    await save(hass, entry, {"polling": {"polls_per_minute": 60}})
    entry.runtime_data.dialogues[living.did].pay_attention(60)
    after = entry.runtime_data.budget.shares()
    assert sum(before.values()) == pytest.approx(240)
    assert sum(after.values()) == pytest.approx(60)
    assert before.keys() == after.keys()
    await save(hass, entry, {"polling": {"polls_per_minute": 0}})  # as is usual
    entry.runtime_data.dialogues[living.did].pay_attention(60)
    assert entry.runtime_data.budget.shares() == before


# Who answers


@pytest.fixture
def route(hass, entry):
    """Return a function that returns who would answer, as the action tells."""

    async def perform(text):
        return await hass.services.async_call(DOMAIN, "route", {"text": text}, blocking=True, return_response=True)

    return perform


@pytest.fixture
def unsure(entry):
    """An utterance that the model itself is unsure of, be it trained anew."""
    classifier = entry.runtime_data.router.classifier
    low, high = classifier.borders.native, classifier.borders.llm
    found = [text for text in VAGUE if low < classifier.classify(text).odds < high]
    assert found
    return found[0]


async def test_a_phrase_of_ones_own_is_the_language_models(hass, entry, living):
    await save(hass, entry, {"routing": {"to_llm": ["恐龙"]}})
    await polls(living.sim, 2)
    since = living.ask(TALE, TALE_BEGINS)
    shown = await heard(living, TALE)
    await living.spoken(own_answer(TALE), since=since)
    assert (shown["event_type"], shown["reason"]) == (Route.LLM, Reason.OWN_PHRASE)


async def test_a_phrase_of_ones_own_is_xiaoais(hass, entry, living, sim):
    await save(hass, entry, {"routing": {"to_xiaoai": ["天空"], "to_llm": ["为什么"]}})  # XiaoAI's comes first
    await polls(sim, 2)
    since = living.ask(WHY, "因为光的散射。")
    shown = await heard(living, WHY)
    await living.event("speech_ended", since=since, source="xiaoai", reason="finished")
    await polls(sim)
    assert living.told(since=since) == []
    assert sim.timeline.since(since, "llm_request") == []
    assert (shown["event_type"], shown["reason"]) == (Route.NATIVE, Reason.OWN_PHRASE)


async def test_leaning_moves_what_is_unsure(hass, entry, route, unsure):
    assert (await route(unsure))["route"] == Route.UNSURE
    for leaning, expected in ((4, Route.LLM), (-4, Route.NATIVE)):
        await save(hass, entry, {"routing": {"leaning": leaning}})
        assert (await route(unsure))["route"] == expected


@pytest.mark.parametrize("leaning", [4, -4])
async def test_leaning_does_not_move_what_is_clear(hass, entry, route, leaning):
    await save(hass, entry, {"routing": {"leaning": leaning}})
    assert (await route("放一首小河淌水"))["route"] == Route.NATIVE
    assert (await route("你觉得猫和狗哪个聪明"))["route"] == Route.LLM


async def test_in_doubt_xiaoai_may_come_first(hass, entry, route, unsure):
    await save(hass, entry, {"routing": {"doubt": Doubt.XIAOAI_FIRST}})
    assert (await route(unsure))["route"] == Route.NATIVE
    await save(hass, entry, {"routing": {"doubt": Doubt.LLM}})
    assert (await route(unsure))["route"] == Route.UNSURE


@pytest.mark.parametrize("kind", list(ModelKind))
async def test_another_classifier_decides(hass, entry, route, kind):
    await save(hass, entry, {"routing": {"classifier": kind}})
    assert (await route(WHY))["model"] == kind
    assert (await route(WHY))["route"] == Route.LLM
    assert (await route(TALE))["route"] == Route.NATIVE


async def test_a_correction_outlives_a_change_of_the_classifier(hass, entry, route):
    await hass.services.async_call(DOMAIN, "correct", {"text": TALE, "answerer": "gpt"}, blocking=True)
    await save(hass, entry, {"routing": {"classifier": ModelKind.SVM}})
    told = await route(TALE)
    assert (told["model"], told["label"], told["reason"]) == (ModelKind.SVM, "llm", Reason.CORRECTED)


async def test_own_words_correct(hass, entry, living, sim):
    words = {"words_ask_llm": ["换那个聪明的"], "words_ask_xiaoai": ["换那个快的"]}
    await save(hass, entry, {"words": words})
    await polls(sim, 2)
    since = living.ask(TALE, TALE_BEGINS)
    await living.event("speech_ended", since=since, source="xiaoai", reason="finished")
    since = living.ask("换那个聪明的")
    await living.spoken(own_answer(TALE), since=since)
    since = living.ask("换那个快的")
    told = await living.event("command", since=since, command="execute")
    assert told.fields["text"] == TALE


# Searching the web


@pytest.mark.parametrize("kind", SearchKind)
async def test_a_search_service_is_tried_before_it_is_kept(hass, entry, sim, kind):
    search = {"search_kind": kind, "search_address": f" {sim.url}/{kind} ", "search_key": sim.search.api_key}
    assert (await save(hass, entry, {"search": search}))["type"] is FlowResultType.CREATE_ENTRY
    assert entry.runtime_data.options.search == SearchService(kind, f"{sim.url}/{kind}", sim.search.api_key)
    assert len(sim.timeline.since(0, "search")) == 1
    await save(hass, entry, {"dialogue": {"session_minutes": 5}})
    assert entry.options["search"]["search_key"] == sim.search.api_key
    assert len(sim.timeline.since(0, "search")) == 1  # a search may cost money


@pytest.mark.parametrize("fail", SearchReason)
async def test_a_search_service_that_does_not_work_is_told(hass, entry, sim, fail, monkeypatch):

    async def failing(*_):
        raise SearchError(fail)

    monkeypatch.setattr(options_flow, "search", failing)
    search = {"search_kind": "searxng", "search_address": "http://192.168.1.2:8080", "search_key": ""}
    step = await save(hass, entry, {"search": search})
    assert step["errors"] == {"base": fail}
    assert shown_in_sections(step)["search"] == search
    assert entry.options == {}


async def test_no_search_service_is_the_default(hass, entry):
    assert Settings.of(entry.options).search is None
