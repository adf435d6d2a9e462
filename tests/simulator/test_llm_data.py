"""The simulated model where data or pictures are asked for, as OpenAI documents it."""

import json
from typing import Any

import aiohttp
import pytest

from simulator.app import Simulator
from simulator.llm_images import draw
from simulator.llm_replies import ScriptedReply

SCHEMA = {
    "type": "object",
    "properties": {"count": {"type": "number"}, "place": {"type": "string", "enum": ["in", "out"]}},
    "required": ["count", "place"],
    "additionalProperties": False,
}


async def post(sim: Simulator, path: str, **body: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {sim.llm.settings.api_key}"}
    async with aiohttp.ClientSession() as session, session.post(f"{sim.url}{path}", json=body, headers=headers) as got:
        return got.status, await got.json()


async def chat(sim: Simulator, form: Any, words: str = "几个人") -> tuple[int, Any]:
    sim.llm.settings.first_token = 0
    messages = [{"role": "user", "content": words}]
    return await post(sim, "/v1/chat/completions", model="gpt-5-mini", messages=messages, response_format=form)


def asking(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "people", "schema": schema, "strict": True, **more}}


async def test_an_answer_fits_the_schema(sim: Simulator) -> None:
    status, answer = await chat(sim, asking(SCHEMA))
    assert status == 200
    assert json.loads(answer["choices"][0]["message"]["content"]) == {"count": 1, "place": "in"}
    sim.llm.replies.append(ScriptedReply("", '{"count": 3}'))
    _, answer = await chat(sim, asking(SCHEMA))
    assert answer["choices"][0]["message"]["content"] == '{"count": 3}'  # a script has its way


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("json", "Invalid type"),
        ({}, "response_format.type"),
        ({"type": "xml"}, "Invalid value: 'xml'"),
        ({"type": "json_object"}, "must contain the word 'json'"),
        ({"type": "json_schema"}, "response_format.json_schema"),
        (asking(SCHEMA, name=None), "json_schema.name"),
        (asking(SCHEMA, name="几个人"), "does not match pattern"),
        (asking(None), "json_schema.schema"),
        (asking({"type": "array", "items": {}}), "'type: \"object\"'"),
        (asking({**SCHEMA, "additionalProperties": True}), "'additionalProperties' is required"),
        (asking({**SCHEMA, "required": ["count"]}), "Missing 'place'"),
        (asking({**SCHEMA, "properties": {"count": {"type": "string", "format": "RGB"}}}), "not a valid format"),
        (asking({**SCHEMA, "properties": {"count": {"type": "array"}}}), "missing items"),
        (asking({**SCHEMA, "properties": {"count": {"type": "number", "default": 1}}}), "'default' is not permitted"),
    ],
)
async def test_what_openai_refuses_is_refused(sim: Simulator, form: Any, words: str) -> None:
    status, answer = await chat(sim, form)
    assert status == 400
    assert words in answer["error"]["message"]


async def test_without_strictness_more_is_taken(sim: Simulator) -> None:
    assert (await chat(sim, asking({"type": "object"}, strict=False)))[0] == 200
    assert (await chat(sim, {"type": "json_object"}, "几个人，JSON"))[0] == 200
    assert (await chat(sim, {"type": "text"}))[0] == 200


async def test_some_services_know_no_schemas(sim: Simulator) -> None:
    sim.llm.settings.json_schema = False
    status, answer = await chat(sim, asking(SCHEMA))
    assert status == 400
    assert "unavailable" in answer["error"]["message"]


async def test_each_family_sends_pictures_in_its_way(sim: Simulator) -> None:
    sim.llm.settings.image_models = ["gpt-image-1", "dall-e-3", "cogview-4"]

    async def paint(model: str, **more: Any) -> tuple[int, Any]:
        return await post(sim, "/v1/images/generations", model=model, prompt="狐狸", **more)

    _, gpt = await paint("gpt-image-1")
    assert gpt["data"][0].keys() == {"b64_json"}
    assert gpt["size"] == "16x16"
    assert (await paint("gpt-image-1", response_format="b64_json"))[0] == 400
    _, asked = await paint("dall-e-3", response_format="b64_json")
    assert asked["data"][0].keys() == {"b64_json", "revised_prompt"}
    for model in ("dall-e-3", "cogview-4"):
        _, address = await paint(model)
        async with aiohttp.ClientSession() as session:
            async with session.get(url := address["data"][0]["url"]) as got:
                assert await got.read() == draw("狐狸")
            async with session.get(url, headers={"Authorization": "Bearer sk"}) as got:
                assert got.status == 400  # a key has no business there
    assert (await paint("gpt-5-mini"))[0] == 404
    assert (await post(sim, "/v1/images/generations", model="dall-e-3"))[0] == 400
