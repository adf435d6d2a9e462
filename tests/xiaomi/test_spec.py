"""Models that the table has not are understood by their MIoT spec, whatever else is in it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp import web
from hypothesis import given
import pytest

from custom_components.xiao_gpt.xiaomi import (
    Certainty,
    CloudClient,
    CloudError,
    Model,
    Silent,
    Speaker,
    Status,
    XiaomiAccount,
    XiaomiError,
    find_model,
    list_speakers,
)
from custom_components.xiao_gpt.xiaomi.http import Reply
from custom_components.xiao_gpt.xiaomi.spec import look_up, newest, read_spec, usual_model
from simulator.app import Simulator

from .json_values import json_values
from .support import MIOT, break_cloud

MODEL = "xiaomi.wifispeaker.l99z"
URN = "urn:miot-spec-v2:device:speaker:0000A015:xiaomi-l99z:2"


def node(kind: str, name: str, iid: Any, **fields: Any) -> dict[str, Any]:
    return {"iid": iid, "type": f"urn:miot-spec-v2:{kind}:{name}:00007800:xiaomi-l99z:1", "description": name, **fields}


def spec(silent: str = "bool", access: Any = ("read", "notify"), wake_in: Any = ()) -> dict[str, Any]:
    """The spec of a model whose numbers are its own."""
    talk = node(
        "service",
        "intelligent-speaker",
        9,
        properties=[
            node("property", "text-content", 1, format="string", access=[]),
            node("property", "silent-execution", 2, format=silent, access=[]),
        ],
        actions=[
            node("action", "play-text", 2, **{"in": [1], "out": []}),
            node("action", "wake-up", 4, **{"in": list(wake_in), "out": []}),
            node("action", "execute-text-directive", 6, **{"in": [1, 2], "out": []}),
        ],
    )
    play = node(
        "service",
        "play-control",
        4,
        properties=[node("property", "playing-state", 1, format="uint8", access=list(access))],
        actions=[node("action", "play", 2, **{"in": [], "out": []})],
    )
    sound = node(
        "service",
        "speaker",
        2,
        properties=[
            node("property", "volume", 3, format="uint8", access=["read", "write"], **{"value-range": [8, 100, 1]})
        ],
    )
    return {
        "type": URN,
        "description": "Speaker",
        "services": [node("service", "device-information", 1, properties=[]), sound, play, talk],
    }


def index(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"instances": list(entries)}


def entry(version: Any = 1, model: str = MODEL, urn: Any = URN) -> dict[str, Any]:
    return {"status": "released", "model": model, "version": version, "type": urn, "ts": 1}


@dataclass
class Site:
    """miot-spec.org, as far as a client sees it."""

    index: Any = field(default_factory=lambda: index(entry()))
    spec: Any = field(default_factory=spec)
    status: int = 200
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        assert "Cookie" not in request.headers or not request.headers["Cookie"]
        body = self.index if request.path.endswith("instances") else self.spec
        if isinstance(body, str):
            return web.Response(text=body, status=self.status)
        return web.json_response(body, status=self.status)


@pytest.fixture
async def site(socket_enabled: None) -> AsyncGenerator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_get("/miot-spec.org/{path:.*}", site.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield site
    await runner.cleanup()


@pytest.fixture
def to_site(site: Site, session: aiohttp.ClientSession) -> CloudClient:
    return CloudClient(session, site.url)


# Over HTTP


async def test_a_model_is_looked_up_by_its_newest_spec(site: Site, to_site: CloudClient) -> None:
    site.index = index(entry(1, urn="urn:old"), entry(3), entry(2, urn="urn:older"), entry(9, "xiaomi.tv.x", "urn:tv"))
    assert await look_up(to_site, MODEL) == read_spec(spec())
    assert site.asked == [
        "/miot-spec.org/miot-spec-v2/instances?status=all",
        f"/miot-spec.org/miot-spec-v2/instance?type={URN}",
    ]


async def test_a_model_without_a_spec_is_not_known(site: Site, to_site: CloudClient) -> None:
    assert await look_up(to_site, "xiaomi.wifispeaker.l98y") is None
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"status": 404},
        {"status": 503},
        {"status": 429},
        {"status": 302},
        {"index": "<html>"},
        {"index": {}},
        {"index": []},
        {"index": {"instances": {}}},
        {"spec": "<html>"},
        {"spec": "[" * 100_000},
        {"spec": {"services": None}},
        {"spec": []},
    ],
)
async def test_a_broken_site_is_the_clouds_fault(site: Site, to_site: CloudClient, broken: dict[str, Any]) -> None:
    for name, value in broken.items():
        setattr(site, name, value)
    with pytest.raises(XiaomiError):
        await look_up(to_site, MODEL)


class Fork(CloudClient):
    """The simulated clouds, but the specs are the site's."""

    def __init__(self, clouds: CloudClient, specs: CloudClient) -> None:
        self.session = clouds.session
        self._clouds = clouds
        self._specs = specs

    async def request(self, method: str, url: str, **options: Any) -> Reply:
        client = self._specs if "miot-spec.org" in url else self._clouds
        return await client.request(method, url, **options)


async def test_the_model_is_the_one_that_mi_home_knows(
    site: Site, to_site: CloudClient, account: XiaomiAccount
) -> None:
    info = replace((await list_speakers(account))[0], hardware="L99Z")
    account.client = Fork(account.client, to_site)
    site.index = index(entry(model="xiaomi.wifispeaker.lx06"))
    assert await find_model(account, info) == read_spec(spec())
    site.index = index(entry())
    assert await find_model(account, info) is None


@pytest.mark.parametrize(
    "fault",
    [
        {"body": {"code": 0, "result": {"list": [None, {"did": 5}, {"model": "x"}]}}},
        {"body": {"code": 0, "result": {"list": None}}},
        {"body": {"code": 0, "result": []}},
        {"status": 502},
    ],
)
async def test_where_mi_home_does_not_say_the_usual_model_is_looked_up(
    sim: Simulator, site: Site, to_site: CloudClient, account: XiaomiAccount, fault: dict[str, Any]
) -> None:
    info = replace((await list_speakers(account))[0], hardware="L99Z")
    account.client = Fork(account.client, to_site)
    break_cloud(sim, MIOT, "device_list", **fault)
    assert await find_model(account, info) == read_spec(spec())


async def test_a_speaker_is_spoken_through_as_its_spec_says(sim: Simulator, account: XiaomiAccount) -> None:
    info = (await list_speakers(account))[0]
    speaker = Speaker(account, replace(info, hardware="ZZ99"), read_spec(spec()))
    assert speaker.model.play_text == (9, 2)
    assert speaker.reports_status
    speaker.model = None
    assert not speaker.reports_status


def test_the_usual_model_is_made_of_the_hardware_code() -> None:
    assert usual_model("L99Z") == MODEL


# Reading


def test_everything_is_read_by_its_name() -> None:
    assert read_spec(spec()) == Model(
        play_text=(9, 2),
        miot_first=True,
        wake_up=(9, 4),
        execute=(9, 6),
        status=Status.MIOT,
        playing_state=(4, 1),
        volume=(2, 3),
        min_volume=8,
        sure=Certainty.INFERRED,
    )


def test_the_types_of_the_arguments_are_read() -> None:
    assert read_spec(spec(silent="uint8")).silent is Silent.UINT8
    assert read_spec(spec(wake_in=[1])).wake_up_args == ("",)


@pytest.mark.parametrize("access", [["notify"], [], "read", None, [5]])
def test_a_state_that_cannot_be_read_is_none(access: Any) -> None:
    document = spec()
    document["services"][2]["properties"][0]["access"] = access
    model = read_spec(document)
    assert (model.status, model.playing_state) == (Status.NONE, None)


def test_what_a_spec_has_not_the_model_has_not() -> None:
    model = read_spec({"services": []})
    assert (model.play_text, model.wake_up, model.execute, model.volume) == (None, None, None, None)
    assert not model.miot_first


@pytest.mark.parametrize("iid", [None, "9", 0, -1, True, 10**9, 1.0])
def test_a_service_needs_a_number(iid: Any) -> None:
    document = spec()
    document["services"][3]["iid"] = iid
    assert read_spec(document).play_text is None


_SPECS = json_values(
    "services",
    "iid",
    "type",
    "properties",
    "actions",
    "in",
    "format",
    "access",
    "value-range",
    "urn:miot-spec-v2:service:intelligent-speaker:1",
    "urn:miot-spec-v2:action:play-text:1",
    "urn:miot-spec-v2:property:volume:1",
)


@given(_SPECS)
def test_no_spec_breaks_the_reader(document: Any) -> None:
    for whole in (document, {"services": document}, {"services": [document]}):
        try:
            model = read_spec(whole)
        except CloudError:
            continue
        assert Model.from_dict(model.as_dict()) == model


@given(_SPECS)
def test_nothing_in_a_service_breaks_the_reader(value: Any) -> None:
    for path in ("iid", "type", "properties", "actions"):
        for service in range(4):
            document = spec()
            document["services"][service][path] = value
            model = read_spec(document)
            assert Model.from_dict(model.as_dict()) == model
    document = spec()
    document["services"][3]["actions"][2]["in"] = value
    document["services"][1]["properties"][0]["value-range"] = value
    assert 0 <= read_spec(document).min_volume <= 100


@given(json_values("instances", "model", MODEL, "version", "type", URN))
def test_no_index_breaks_the_reader(document: Any) -> None:
    for whole in (document, {"instances": [document, entry(document, urn=document), entry()]}):
        try:
            assert isinstance(newest(whole, MODEL), str | None)
        except CloudError:
            continue
