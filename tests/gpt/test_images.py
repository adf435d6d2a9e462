"""Pictures: of services that send them, and of those that send an address."""

import base64
from typing import Any

from openai import AsyncOpenAI
import pytest

from custom_components.xiao_gpt.gpt import GptError, Reason
from custom_components.xiao_gpt.gpt.images import generate_image, is_image_model, preferred_image_model
from simulator.app import Simulator
from simulator.llm_images import draw

from .conftest import Oddity

FOX = draw("狐狸")


async def no_fetch(url: str) -> bytes:
    raise AssertionError(url)


@pytest.mark.parametrize("model", ["gpt-image-1", "dall-e-3"])
async def test_the_picture_itself(sim: Simulator, client: AsyncOpenAI, model: str) -> None:
    sim.llm.settings.image_models = [model]
    picture = await generate_image(client, model, "狐狸", no_fetch)
    assert picture.data == FOX
    assert picture.mime_type == "image/png"
    assert picture.size == ((16, 16) if model == "gpt-image-1" else None)
    assert picture.revised_prompt == (None if model == "gpt-image-1" else "A picture: 狐狸")


async def test_an_address_is_fetched(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.image_models = ["cogview-4"]
    fetched = []

    async def fetch(url: str) -> bytes:
        fetched.append(url)
        return b"\xff\xd8\xff\xe0 a JPEG"

    picture = await generate_image(client, "cogview-4", "狐狸", fetch)
    assert picture.mime_type == "image/jpeg"
    assert fetched == [f"{sim.url}/_sim/llm/pictures/0"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"created": 1, "data": []}, Reason.EMPTY),
        ({"created": 1, "data": [{}]}, Reason.EMPTY),
        ({"created": 1, "data": [{"b64_json": "%%%"}]}, Reason.SERVICE),
        ({"created": 1, "data": [{"b64_json": base64.b64encode(b"<html>").decode()}]}, Reason.SERVICE),
    ],
)
async def test_no_picture_is_an_error(
    oddity: Oddity, odd_client: AsyncOpenAI, body: dict[str, Any], reason: Reason
) -> None:
    oddity.says(body)
    with pytest.raises(GptError) as caught:
        await generate_image(odd_client, "some-model", "狐狸", no_fetch)
    assert caught.value.reason is reason


async def test_a_data_url_is_read(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    whole = base64.b64encode(FOX).decode()
    oddity.says({"created": 1, "size": "1024x768", "data": [{"b64_json": f"data:image/png;base64,{whole}"}]})
    picture = await generate_image(odd_client, "some-model", "狐狸", no_fetch)
    assert (picture.data, picture.size) == (FOX, (1024, 768))
    assert "response_format" not in oddity.asked[0]["body"]


async def test_a_refusal_is_told(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    error = {"message": "Your request was rejected as a result of our safety system.", "code": "moderation_blocked"}
    oddity.says({"error": error}, 400)
    with pytest.raises(GptError) as caught:
        await generate_image(odd_client, "gpt-image-1", "狐狸", no_fetch)
    assert caught.value.reason is Reason.REFUSED
    assert "safety" in caught.value.detail


@pytest.mark.parametrize(
    "name",
    [
        "gpt-image-1",
        "openai/gpt-image-1-mini",
        "chatgpt-image-latest",
        "dall-e-3",
        "cogview-4-250304",
        "qwen-image-plus",
        "wan2.2-t2i-flash",
        "wanx2.1-t2i-turbo",
        "doubao-seedream-4-0",
        "Kwai-Kolors/Kolors",
        "black-forest-labs/FLUX.1-schnell",
        "stabilityai/stable-diffusion-3-5-large",
    ],
)
def test_image_models_are_known_by_their_names(name: str) -> None:
    assert is_image_model(name)


@pytest.mark.parametrize("name", ["gpt-5-mini", "deepseek-chat", "qwen-plus", "glm-4v", "fluxion", "imagine"])
def test_others_are_none(name: str) -> None:
    assert not is_image_model(name)


def test_the_newest_of_openais_is_suggested() -> None:
    assert preferred_image_model(["dall-e-3", "gpt-image-1", "gpt-5", "gpt-image-1.5"]) == "gpt-image-1.5"
    assert preferred_image_model(["cogview-3", "cogview-4", "glm-4"]) == "cogview-4"
    assert preferred_image_model(["gpt-5"]) is None
