"""What was said: read from every shape the clouds have, and each utterance heard once."""

from collections.abc import Iterable
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.xiaomi import (
    CloudError,
    Kind,
    NetworkError,
    Record,
    ThrottledError,
    Unheard,
    XiaomiAccount,
    XiaomiError,
    records as records_module,
)
from custom_components.xiao_gpt.xiaomi.records import fetch_records, parse_nlp_result, parse_records
from simulator.app import Simulator
from simulator.speaker import Track
from simulator.xiaoai import Kind as Answer

from .json_values import json_values
from .support import PROFILE, break_cloud, exchanges, happens

TTS = {"type": "TTS", "tts": {"bitSet": [0, 1], "text": "好的"}}
LLM = {"type": "LLM", "llm": {"bitSet": [0, 1], "text": "我想想"}}
AUDIO = {"type": "AUDIO", "audio": {"audioInfoList": [{"title": "小河淌水", "artist": "合奏", "cpName": "xiaomi"}]}}


def raw(time: Any = 1, query: Any = "问", answers: Any = None) -> dict[str, Any]:
    return {"bitSet": [0, 1], "time": time, "query": query, "answers": answers, "requestId": "x"}


def nlp(time: Any = "1", query: Any = "问", content: Any = None) -> dict[str, Any]:
    answer = {"domain": "chat", "action": "query", "content": content, "intention": {"query": query}}
    return {"nlp": json.dumps({"meta": {"request_id": "x", "timestamp": time}, "response": {"answer": [answer]}})}


def spoken(*items: Any) -> str:
    return json.dumps({"code": 0, "result": list(items)})


# From the cloud


@pytest.mark.parametrize(
    ("kind", "answer", "audio"),
    [(Answer.TTS, "好的", False), (Answer.LLM, "好的", False), (Answer.AUDIO, "好的", True), (Answer.EMPTY, "", False)],
)
async def test_every_kind_of_answer_is_read(
    sim: Simulator, account: XiaomiAccount, kind: Answer, answer: str, audio: bool
) -> None:
    speaker = sim.world.speakers[0]
    said = sim.world.ask(speaker, "放点什么", "好的", kind, track=Track("小河淌水", "合奏"))
    await happens(sim, "record_visible")
    records, _ = await fetch_records(account, speaker.device_id, "LX06", 5)
    assert records == [Record(said.time, "放点什么", answer, plays_audio=audio, kind=Kind[kind.name])]


async def test_a_clock_that_is_late_hides_no_record(sim: Simulator, account: XiaomiAccount) -> None:
    sim.settings.update({"clock_offset": 7 * 86400.0})
    speaker = sim.world.speakers[0]
    sim.world.ask(speaker, "你好")
    await happens(sim, "record_visible")
    assert len((await fetch_records(account, speaker.device_id, "LX06", 5))[0]) == 1


async def test_the_records_before_a_page_are_the_next_page(sim: Simulator, account: XiaomiAccount) -> None:
    speaker = sim.world.speakers[0]
    for number in range(5):
        sim.world.ask(speaker, f"第{number}句")
    await happens(sim, "record_visible", text="第4句")
    page, _ = await fetch_records(account, speaker.device_id, "LX06", 2)
    before, _ = await fetch_records(account, speaker.device_id, "LX06", 9, before_ms=page[0].time - 1)
    assert [record.query for record in before + page] == [f"第{number}句" for number in range(5)]


async def test_an_answer_is_not_waited_for_long(
    sim: Simulator, account: XiaomiAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_module, "_TIMEOUT_S", 0.2)
    break_cloud(sim, PROFILE, hang=True)
    with pytest.raises(NetworkError):
        await fetch_records(account, sim.world.speakers[0].device_id, "LX06", 5)


@pytest.mark.parametrize(
    ("date", "known"),
    [
        ("Sat, 21 Nov 2026 04:00:00 GMT", True),
        ("Sat, 21 Nov 9026 04:00:00 GMT", False),
        ("Thu, 01 Jan 1970 00:00:00 GMT", False),
        ("yesterday", False),
    ],
)
async def test_a_clock_is_believed_if_it_can_be_one(
    sim: Simulator, account: XiaomiAccount, monkeypatch: pytest.MonkeyPatch, date: str, known: bool
) -> None:
    monkeypatch.setattr("simulator.app.formatdate", lambda *_, **__: date)
    _, server_time = await fetch_records(account, sim.world.speakers[0].device_id, "LX06", 5)
    assert (server_time is not None) == known


async def test_a_hardware_code_can_do_no_harm_to_the_address(sim: Simulator, account: XiaomiAccount) -> None:
    assert (await fetch_records(account, sim.world.speakers[0].device_id, "LX06&limit=x", 5))[0] == []


async def test_records_renew_an_expired_token_though_the_refusal_is_a_web_page(
    sim: Simulator, account: XiaomiAccount
) -> None:
    sim.world.account.expire("micoapi")
    since = len(sim.timeline)
    assert (await fetch_records(account, sim.world.speakers[0].device_id, "LX06", 5))[0] == []
    assert exchanges(sim, since) == ["micoapi"]


async def test_a_speaker_without_an_id_is_refused(sim: Simulator, account: XiaomiAccount) -> None:
    with pytest.raises(CloudError, match="HTTP 400, code 601"):
        await fetch_records(account, "", "LX06", 5)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 429}, ThrottledError),
        ({"status": 502, "body": "<html>"}, CloudError),
        ({"status": 200, "body": "<html>"}, CloudError),
        ({"status": 200, "body": '{"code":0,"data":"{"}'}, CloudError),
        ({"status": 200, "body": '{"code":0,"data":null}'}, CloudError),
    ],
)
async def test_a_broken_reply_is_the_clouds_fault(
    sim: Simulator, account: XiaomiAccount, fault: dict[str, Any], error: type[XiaomiError]
) -> None:
    break_cloud(sim, PROFILE, **fault)
    with pytest.raises(error):
        await fetch_records(account, sim.world.speakers[0].device_id, "LX06", 5)


# Reading


@pytest.mark.parametrize("as_text", [True, False], ids=["a text", "an object"])
def test_records_newest_first_become_oldest_first(as_text: bool) -> None:
    data: Any = {"records": [raw(3, "三"), raw(2, "二"), raw(1, "一")], "nextEndTime": 0}
    records = parse_records(json.dumps(data) if as_text else data)
    assert [(record.time, record.query) for record in records] == [(1, "一"), (2, "二"), (3, "三")]


@pytest.mark.parametrize("records", [[], None])
def test_no_records_are_none(records: Any) -> None:
    assert parse_records({"records": records}) == []
    assert parse_records({}) == []


@pytest.mark.parametrize(
    ("answers", "answer", "kind"),
    [
        ([TTS], "好的", Kind.TTS),
        ([LLM], "我想想", Kind.LLM),
        ([TTS, LLM], "好的我想想", Kind.LLM),
        ([TTS, AUDIO], "好的", Kind.AUDIO),
        ([AUDIO], "", Kind.AUDIO),
        ([], "", Kind.EMPTY),
        (None, "", Kind.EMPTY),
        (5, "", Kind.EMPTY),
        ([{"type": "TTS"}], "", Kind.EMPTY),
        ([{"type": "TTS", "tts": {"text": None}}], "", Kind.EMPTY),
        ([{"type": "TTS", "tts": {"text": ""}}], "", Kind.EMPTY),
        ([{"type": "TTS", "tts": "好的"}], "", Kind.EMPTY),
        ([{"type": "CARD", "card": {"title": "x"}}], "", Kind.OTHER),
        ([{"type": "CARD", "card": {"title": "x"}}, TTS], "好的", Kind.TTS),
        ([{}, None, "x", TTS], "好的", Kind.TTS),
        ({"type": "TTS"}, "", Kind.EMPTY),
    ],
)
def test_answers_of_every_shape_are_read(answers: Any, answer: str, kind: Kind) -> None:
    (record,) = parse_records({"records": [raw(answers=answers)]})
    assert record == Record(1, "问", answer, plays_audio=kind is Kind.AUDIO, kind=kind)


def test_white_space_around_an_utterance_is_no_part_of_it() -> None:
    assert parse_records({"records": [raw(query=" 几点了 \n")]})[0].query == "几点了"


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "x",
        [],
        {},
        {"time": 1},
        {"query": "问"},
        raw(time="x"),
        raw(time=None),
        raw(time=float("inf")),
        raw(time=float("nan")),
        raw(time=10**400),
        raw(time=10**15),
        raw(time=0),
        raw(time=-1),
        raw(query=None),
        raw(query=5),
    ],
)
def test_a_broken_record_is_left_out_and_the_others_stay(broken: Any) -> None:
    records = parse_records({"records": [raw(2, "后"), broken, raw(1, "前")]})
    assert [record.query for record in records] == ["前", "后"]


@pytest.mark.parametrize("data", [None, 1, "", "{", "[]", "null", [], {"records": {"a": 1}}, {"records": "x"}])
def test_records_of_an_unknown_shape_are_the_clouds_fault(data: Any) -> None:
    with pytest.raises(CloudError):
        parse_records(data)


def test_spoken_requests_are_read_oldest_first() -> None:
    info = spoken(nlp("1700000000002", "二", {"to_speak": "答二"}), nlp("1700000000001", " 一 ", {}))
    assert parse_nlp_result(info) == [Record(1700000000001, "一"), Record(1700000000002, "二", "答二", kind=Kind.TTS)]


@pytest.mark.parametrize("content", [None, {}, {"to_speak": None}, {"to_speak": 5}, "x"])
def test_a_spoken_request_may_have_no_answer(content: Any) -> None:
    assert parse_nlp_result(spoken(nlp(content=content))) == [Record(1, "问")]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        {"other": 1},
        {"nlp": None},
        {"nlp": "{"},
        {"nlp": "[]"},
        {"nlp": "{}"},
        {"nlp": json.dumps({"meta": {"timestamp": "1"}, "response": {"answer": []}})},
        nlp(time="x"),
        nlp(query=None),
        nlp(time="9" * 20),
    ],
)
def test_a_broken_spoken_request_is_left_out_and_the_others_stay(broken: Any) -> None:
    assert parse_nlp_result(spoken(broken, nlp())) == [Record(1, "问")]


@pytest.mark.parametrize("info", [None, "", "{", "[]", "{}", "1", '{"result":{}}', '{"result":null}', {"result": []}])
def test_spoken_requests_of_an_unknown_shape_are_the_clouds_fault(info: Any) -> None:
    with pytest.raises(CloudError):
        parse_nlp_result(info)


_JSON = json_values(
    *("records", "time", "query", "answers", "type", "tts", "TTS", "AUDIO", "audio", "text"),
    *("result", "nlp", "meta", "timestamp", "response", "answer", "intention", "content", "to_speak"),
)


@given(_JSON)
def test_no_json_breaks_the_readers(data: Any) -> None:
    for read in (
        lambda: parse_records(data),
        lambda: parse_records({"records": [data]}),
        lambda: parse_nlp_result(json.dumps({"result": [data, {"nlp": json.dumps(data)}]})),
    ):
        try:
            records = read()
        except CloudError:
            continue
        assert records == sorted(records, key=lambda record: record.time)
        assert all(isinstance(record.query, str) and isinstance(record.answer, str) for record in records)


@given(_JSON, st.sampled_from(["time", "query", "answers"]))
def test_nothing_in_a_record_breaks_the_reader(value: Any, field: str) -> None:
    for wrapped in (
        value,
        [value],
        [{"type": "TTS", "tts": value}, {"type": value}, {"type": "AUDIO", "audio": value}],
    ):
        records = parse_records({"records": [raw(2, answers=[TTS]) | {field: wrapped}, raw(1)]})
        assert Record(1, "问") in records


def test_records_nested_without_end_are_the_clouds_fault() -> None:
    for read in (parse_records, parse_nlp_result):
        with pytest.raises(CloudError):
            read("[" * 100_000)


# Hearing once


def heard(unheard: Unheard, *times: int, server_time: int | None = None) -> list[int]:
    return [record.time for record in unheard.select([Record(time, "问") for time in times], server_time)]


def primed(*times: int) -> Unheard:
    unheard = Unheard()
    assert heard(unheard, *times, server_time=0) == []
    return unheard


def test_what_was_said_before_the_start_is_not_heard() -> None:
    unheard = Unheard()
    answers = [(unheard.primed, heard(unheard, 1, 2, 3)) for _ in range(2)]
    assert answers == [(False, []), (True, [])]


def test_with_an_empty_history_the_servers_clock_is_the_baseline() -> None:
    unheard = Unheard()
    assert heard(unheard, server_time=100) == []
    assert heard(unheard, 99, 100, 101) == [101]


def test_with_an_empty_history_and_no_clock_everything_is_new() -> None:
    unheard = Unheard()
    assert heard(unheard) == []
    assert unheard.primed
    assert heard(unheard, 1) == [1]


def test_a_new_record_is_heard_once() -> None:
    unheard = primed(10)
    assert heard(unheard, 10, 11) == [11]
    assert heard(unheard, 10, 11) == []
    assert heard(unheard, 11, 12) == [12]


def test_a_batch_of_new_records_is_heard_oldest_first() -> None:
    assert heard(primed(10), 14, 12, 13, 11) == [11, 12, 13, 14]


def test_a_record_that_was_edited_is_not_heard_again() -> None:
    unheard = primed(10)
    assert unheard.select([Record(11, "问")], None) == [Record(11, "问")]
    assert unheard.select([Record(11, "问", "答", plays_audio=True)], None) == []


def test_of_a_record_that_comes_twice_in_a_batch_the_later_is_heard() -> None:
    assert primed(10).select([Record(11, "问"), Record(11, "问", "答")], None) == [Record(11, "问", "答")]


def test_an_older_record_that_appears_late_is_heard() -> None:
    unheard = primed(10)
    assert heard(unheard, 10, 13) == [13]
    assert heard(unheard, 10, 12, 13) == [12]
    assert heard(unheard, 9, 10, 11, 12, 13) == [11]


def test_a_record_without_words_is_not_heard_until_it_has_some() -> None:
    unheard = primed(10)
    assert unheard.select([Record(11, "")], None) == []
    assert unheard.select([Record(11, "问")], None) == [Record(11, "问")]


def test_a_history_that_is_cleared_brings_nothing_back() -> None:
    unheard = primed(10)
    assert heard(unheard, 11, 12) == [11, 12]
    assert heard(unheard) == []
    assert heard(unheard, 10, 11, 12) == []


def test_before_a_page_of_new_records_there_may_be_more() -> None:
    unheard = primed(10)
    page = [Record(time, "问") for time in (11, 12, 13)]
    assert unheard.all_new(page)
    assert not unheard.all_new([])
    assert not unheard.all_new([Record(10, "问"), *page[:2]])
    unheard.select(page[:1], None)
    assert not unheard.all_new(page)


def test_a_record_without_words_does_not_hide_those_before_it_nor_is_it_new_for_ever() -> None:
    unheard = primed(10)
    page = [Record(12, ""), Record(13, "问")]
    assert unheard.all_new(page)
    assert [record.time for record in unheard.select([Record(11, "问"), *page], None)] == [11, 13]
    assert not unheard.all_new([Record(12, "")])
    assert unheard.select([Record(12, "问")], None) == [Record(12, "问")]


def test_however_long_it_listens_it_hears_nothing_twice() -> None:
    unheard = primed(0)
    times = range(1, 1001)
    for time in times:
        assert heard(unheard, time) == [time]
    assert heard(unheard, *times) == []


@pytest.mark.parametrize("skew", [-86_400_000, 86_400_000])
def test_a_clock_that_differs_from_the_records_makes_no_one_deaf(skew: int) -> None:
    unheard = Unheard()
    now = 1_700_000_000_000
    assert heard(unheard, now, server_time=now + skew) == []
    assert heard(unheard, now, now + 1000, server_time=now + skew) == [now + 1000]


_TIMES = st.integers(1, 80)


@given(st.lists(st.lists(st.tuples(_TIMES, st.sampled_from(["", "问"]), st.sampled_from(["", "答"])))))
def test_nothing_is_heard_twice_however_it_is_edited(batches: list[list[tuple[int, str, str]]]) -> None:
    unheard = primed(0)
    answers = _flat(
        [record.time for record in unheard.select([Record(*fields) for fields in batch], None)] for batch in batches
    )
    assert len(answers) == len(set(answers))
    assert set(answers) == {time for batch in batches for time, query, _ in batch if query}


@given(
    before=st.sets(_TIMES),
    batches=st.lists(st.sets(_TIMES)),
    server_time=st.none() | _TIMES,
)
def test_every_record_after_the_baseline_is_heard_exactly_once_whatever_the_batches(
    before: set[int], batches: list[set[int]], server_time: int | None
) -> None:
    unheard = Unheard()
    assert heard(unheard, *before, server_time=server_time) == []
    baseline = max(before) if before else server_time or 0
    answers = [heard(unheard, *batch) for batch in batches]
    assert all(answer == sorted(answer) for answer in answers)
    after = {time for time in set[int]().union(*batches) if time > baseline}
    assert sorted(_flat(answers)) == sorted(after)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 40)), max_size=60))
def test_nothing_is_heard_twice_whatever_pages_of_a_long_history_come(pages: list[tuple[int, int]]) -> None:
    unheard = primed(0)
    answers = _flat(heard(unheard, *range(start + 1, start + 1 + count)) for start, count in pages)
    assert len(answers) == len(set(answers))


def _flat(lists: Iterable[list[int]]) -> list[int]:
    return [item for items in lists for item in items]
