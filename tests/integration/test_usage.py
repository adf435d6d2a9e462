"""What is counted of the language model's use, and what of it outlives a restart or a day."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.components import conversation
from homeassistant.core import Context
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.xiao_gpt import tokenizers
from custom_components.xiao_gpt.gpt import GptError, Reason, Request, ToolCall, Usage
from custom_components.xiao_gpt.gpt.prices import PRICES, Price
from custom_components.xiao_gpt.metering import metered
from custom_components.xiao_gpt.tokenizers import async_tokenizers
from custom_components.xiao_gpt.usage import Account, Ledger, Tally
from simulator.llm_replies import own_answer, tokens
from tests.integration.support import agent_id, assistant

MODEL = "gpt-5-mini"
PRICE = PRICES[MODEL]


async def ask(hass, entry, text="你好", conversation_id=None):
    result = await conversation.async_converse(
        hass, text, conversation_id, Context(), language="zh-Hans", agent_id=agent_id(hass, entry)
    )
    return result.response.speech["plain"]["speech"]


async def test_each_request_is_counted_as_the_service_counts_it(hass, sim, entry):
    answer = await ask(hass, entry)
    ledger = entry.runtime_data.ledger
    account = ledger.of_assistant(assistant(entry).subentry_id)
    key = entry.runtime_data.service.ring.keys[0].id
    (finished,) = sim.timeline.since(event="llm_finished")[-1:]
    assert account.total.requests == 1
    assert account.total.completion_tokens == finished.fields["tokens"] == len(tokens(answer))
    assert account.total.prompt_tokens > 20  # the persona is part of it
    usage = Usage(account.total.prompt_tokens, account.total.completion_tokens)
    assert account.total.costs == {"USD": pytest.approx(PRICE.cost(usage))}
    assert account.today == account.total == ledger.of_key(key).total == ledger.today
    await ask(hass, entry)
    assert account.total.requests == 2
    assert account.total.completion_tokens == 2 * len(tokens(answer))


async def test_a_request_that_failed_is_not_counted(hass, sim, entry):
    sim.llm.settings.fail = "quota"
    await ask(hass, entry)
    assert entry.runtime_data.ledger.today == Tally()


async def test_the_accounts_outlive_a_reload(hass, entry):
    await ask(hass, entry)
    before = entry.runtime_data.ledger
    assert await hass.config_entries.async_reload(entry.entry_id)
    after = entry.runtime_data.ledger
    assert after is not before
    assert after.today == before.today
    assert after.of_assistant(assistant(entry).subentry_id) == before.of_assistant(assistant(entry).subentry_id)
    # Whatever the old one still hears of is not written over what the new one keeps.
    before.count(Usage(1000, 1000), None, assistant="gone", key="first")
    assert "gone" not in str(before._data()) or before._closed


async def test_an_entry_that_is_removed_leaves_no_accounts(hass, entry, hass_storage):
    await ask(hass, entry)
    assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not [key for key in hass_storage if entry.entry_id in key]


# The ledger by itself


@pytest.fixture
def midnight(hass, freezer):
    """Ten seconds to midnight in Shanghai."""
    dt_util.set_default_time_zone(ZoneInfo("Asia/Shanghai"))
    freezer.move_to(datetime(2026, 11, 21, 15, 59, 50, tzinfo=UTC))
    return freezer


async def opened(hass, entry_id="e", assistants=("a",)):
    ledger = Ledger(hass, entry_id)
    await ledger.async_load(assistants)
    return ledger


async def test_the_day_ends_at_midnight_where_home_assistant_is(hass, midnight):
    ledger = await opened(hass)
    changes = []
    ledger.observe(lambda: changes.append(ledger.of_assistant("a").today.tokens))
    stop = ledger.follow()
    ledger.count(Usage(30, 12), Price(1.0, 2.0), assistant="a", key="first")
    midnight.tick(9)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert changes == [42]
    midnight.tick(2)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert changes == [42, 0]
    assert ledger.today == Tally()
    assert ledger.of_assistant("a").total.tokens == ledger.of_key("first").total.tokens == 42
    stop()
    await ledger.async_close()


async def test_a_restart_on_the_same_day_goes_on_and_on_another_day_begins_anew(hass, midnight):
    ledger = await opened(hass)
    ledger.count(Usage(30, 12), Price(1.0, 2.0, currency="CNY"), assistant="a", key="second")
    assert ledger.tell_once_a_day()
    await ledger.async_close()
    midnight.tick(5)
    same = await opened(hass)
    assert same.of_assistant("a") == ledger.of_assistant("a")
    assert same.of_key("second") == ledger.of_key("second")
    assert same.today == Tally(1, 30, 12, same.today.costs)
    assert same.today.costs == {"CNY": pytest.approx(54e-6)}
    assert not same.tell_once_a_day()
    await same.async_close()
    midnight.tick(10)
    other = await opened(hass)
    assert other.today == Tally()
    assert other.of_key("second").total.tokens == 42
    assert other.tell_once_a_day()
    await other.async_close()


async def test_of_an_assistant_that_is_gone_only_the_days_sum_is_kept(hass, midnight):
    ledger = await opened(hass, assistants=("a", "b"))
    ledger.count(Usage(1, 1), None, assistant="a", key="first")
    ledger.count(Usage(2, 2), None, assistant="b", key="first")
    await ledger.async_close()
    after = await opened(hass, assistants=("b",))
    assert after.of_assistant("a") == Account()
    assert after.today.tokens == 6


async def test_a_spoilt_file_begins_anew(hass, hass_storage):
    spoilt = {"day": 7, "keys": [], "assistants": {"a": {"total": {"requests": "many"}, "today": None}, "b": 3}}
    hass_storage["xiao_gpt.e.usage"] = {"version": 1, "minor_version": 1, "key": "xiao_gpt.e.usage", "data": spoilt}
    ledger = await opened(hass, assistants=("a", "b"))
    assert ledger.of_assistant("a") == ledger.of_assistant("b") == Account()
    assert ledger.today == Tally()
    await ledger.async_close()


async def test_currencies_are_not_added_up(hass):
    ledger = await opened(hass)
    ledger.count(Usage(1_000_000, 0), Price(1.0, 0.0, currency="CNY"), assistant="a", key="first")
    ledger.count(Usage(1_000_000, 0), Price(2.0, 0.0, currency="USD"), assistant="a", key="first")
    ledger.count(Usage(1_000_000, 0), None, assistant="a", key="first")
    assert ledger.today.costs == {"CNY": 1.0, "USD": 2.0}
    await ledger.async_close()


# What the service does not tell


async def reply(*parts: Any, error: GptError | None = None):
    for part in parts:
        yield part
    if error is not None:
        raise error


def meter(hass, entry, parts, model=MODEL, key=lambda: "first"):
    request = Request(model, [{"role": "user", "content": "天空为什么是蓝色的"}])
    return metered(hass, entry.runtime_data.ledger, assistant(entry), request, parts, key=key)


async def test_usage_is_estimated_where_the_service_does_not_tell_it(hass, entry):
    call = ToolCall("1", "turn_on", {"name": "客厅灯"})
    assert [part async for part in meter(hass, entry, reply("因为", "光会散射。", call), "my-own")] == [
        "因为",
        "光会散射。",
        call,
    ]
    today = entry.runtime_data.ledger.today
    assert today.requests == 1
    assert 8 <= today.prompt_tokens <= 16
    assert 10 <= today.completion_tokens <= 25
    assert today.costs == {}


async def test_the_usage_is_no_part_of_the_reply_and_counts_for_the_key_that_was_used(hass, entry):
    keys = ["first"]
    parts = meter(hass, entry, reply("好", Usage(20, 7)), key=lambda: keys[-1])
    assert await anext(parts) == "好"
    keys.append("second")  # the first one was used up
    assert [part async for part in parts] == []
    ledger = entry.runtime_data.ledger
    assert ledger.of_key("second").total.tokens == 27
    assert ledger.of_key("first").total.tokens == 0


async def test_a_reply_that_broke_off_is_counted_as_far_as_it_came(hass, entry):
    parts = meter(hass, entry, reply("因为", error=GptError(Reason.SERVICE)))
    with pytest.raises(GptError):
        [part async for part in parts]
    assert entry.runtime_data.ledger.today.requests == 1
    parts = meter(hass, entry, reply(error=GptError(Reason.RATE_LIMITED)))
    with pytest.raises(GptError):
        [part async for part in parts]
    assert entry.runtime_data.ledger.today.requests == 1


async def test_a_reply_that_nobody_hears_to_its_end_is_counted_all_the_same(hass, entry):
    parts = meter(hass, entry, reply("因为", "光"))
    await anext(parts)
    await parts.aclose()
    assert entry.runtime_data.ledger.today.requests == 1


async def test_an_interrupted_answer_is_counted(hass, sim, entry, living):
    sim.llm.settings.stall_after = 60
    since = living.ask("讲个恐龙的故事")
    await living.event("speech_started", since=since, source="tts")
    await entry.runtime_data.dialogues[living.did].stop()
    counted = asyncio.Event()
    entry.runtime_data.ledger.observe(counted.set)
    if not entry.runtime_data.ledger.today.requests:
        async with asyncio.timeout(10):
            await counted.wait()
    today = entry.runtime_data.ledger.today
    assert today.requests == 1
    assert today.completion_tokens > 0


async def prepared():
    """Wait until no tokenizer is being prepared; other background tasks listen for ever."""
    preparing = [task for task in asyncio.all_tasks() if "prepares o200k" in task.get_name()]
    if preparing:
        await asyncio.wait(preparing)


async def test_where_the_tokenizer_cannot_be_had_the_estimate_stays(hass, entry, caplog, monkeypatch):
    monkeypatch.setattr(tokenizers, "is_possible", lambda: True)  # its file is what is missing
    caplog.set_level("INFO")
    ours = async_tokenizers(hass)
    before = ours.of(MODEL)("你好")
    ours.want(MODEL)
    ours.want(MODEL)
    ours.want("qwen-plus")  # whose tokenizer is not OpenAI's
    await prepared()
    assert ours.of(MODEL)("你好") == before
    assert caplog.text.count("are estimated: 404") == 1


async def test_a_file_in_the_storage_makes_a_tokenizer(hass, entry, monkeypatch, tmp_path):
    monkeypatch.setattr(tokenizers, "is_possible", lambda: True)
    monkeypatch.setattr(tokenizers, "read_kept", lambda folder, name, file: b"file")
    monkeypatch.setattr(tokenizers, "load", lambda name, data, file: lambda text: 7 * len(text))
    ours = async_tokenizers(hass)
    ours.want(MODEL)
    await prepared()
    assert ours.of(MODEL)("你好") == 14


async def test_an_assistants_answer_is_what_it_was(hass, entry):
    """Counting changes nothing of it."""
    assert await ask(hass, entry) == own_answer("你好")


async def test_old_turns_are_not_told_again_beyond_the_history(hass, entry, requests):
    subentry = assistant(entry)
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "history": {"history_tokens": 150}}
    )
    await hass.async_block_till_done()
    for question in ("天空为什么是蓝色的", "海水为什么是咸的", "树叶为什么会变黄"):
        await ask(hass, entry, question, "xiao_gpt-test")
    asked = [[message["content"] for message in request["messages"][1:]] for request in requests]
    assert asked[0] == ["天空为什么是蓝色的"]
    assert asked[1] == ["天空为什么是蓝色的", own_answer("天空为什么是蓝色的"), "海水为什么是咸的"]
    assert asked[2] == ["海水为什么是咸的", own_answer("海水为什么是咸的"), "树叶为什么会变黄"]
    assert all(request["messages"][0]["role"] == "system" for request in requests)
