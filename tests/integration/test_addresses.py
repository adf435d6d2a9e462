"""Whether a speaker can reach Home Assistant, as far as can be known from here."""

from unittest.mock import Mock

from aiohttp import ClientConnectorCertificateError, ClientConnectorDNSError
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.xiao_gpt.addresses import async_make_sure_speakers_reach_home, home_for_speaker


@pytest.fixture
def config(hass):
    """Return a function that sets the addresses of the home."""

    async def set_addresses(internal=None, external=None):
        hass.config.api = None  # it detects none
        addresses = {"internal_url": internal, "external_url": external}
        await async_process_ha_core_config(hass, {key: value for key, value in addresses.items() if value})

    return set_addresses


@pytest.mark.parametrize(
    ("internal", "external", "expected"),
    [
        ("http://192.168.31.5:8123", None, "http://192.168.31.5:8123"),
        ("http://192.168.31.5:8123", "https://home.example.com", "http://192.168.31.5:8123"),
        ("http://ha.lan:8123", None, "http://ha.lan:8123"),
        ("https://home.example.com:8123", None, "https://home.example.com:8123"),
        (None, "https://home.example.com", "https://home.example.com"),
        ("http://homeassistant.local:8123", "https://home.example.com", "https://home.example.com"),
        ("https://192.168.31.5:8123", "https://home.example.com", "https://home.example.com"),
    ],
)
async def test_the_first_address_that_will_do_is_taken(hass, config, internal, external, expected):
    await config(internal, external)
    assert home_for_speaker(hass) == expected


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (None, "no_home_address"),
        ("http://127.0.0.1:8123", "address_out_of_reach"),
        ("http://localhost:8123", "address_out_of_reach"),
        ("http://HomeAssistant.local:8123", "address_local_name"),
        ("https://homeassistant.local:8123", "address_local_name"),
        ("https://192.168.31.5:8123", "address_untrusted"),
        ("https://ha.lan:8123", "address_untrusted"),
        ("https://homeassistant:8123", "address_untrusted"),
    ],
)
async def test_what_a_speaker_cannot_use_is_explained(hass, config, address, key):
    await config(address)
    with pytest.raises(HomeAssistantError) as raised:
        home_for_speaker(hass)
    assert raised.value.translation_key == key


async def test_a_detected_address_will_do(hass, config):
    await config()
    hass.config.api = Mock(use_ssl=False, local_ip="192.168.31.5", port=8123)
    assert home_for_speaker(hass) == "http://192.168.31.5:8123"


async def test_a_certificate_of_a_private_authority_is_explained(hass, config, aioclient_mock):
    await config("https://home.example.com")
    aioclient_mock.head("https://home.example.com", exc=ClientConnectorCertificateError(Mock(), ValueError()))
    with pytest.raises(HomeAssistantError) as raised:
        await async_make_sure_speakers_reach_home(hass)
    assert raised.value.translation_key == "address_untrusted"
    assert raised.value.translation_placeholders == {"host": "home.example.com"}


@pytest.mark.parametrize(
    "answer", [{"status": 405}, {"exc": ClientConnectorDNSError(Mock(), OSError())}, {"exc": TimeoutError()}]
)
async def test_a_home_that_is_not_reached_from_within_proves_nothing(hass, config, aioclient_mock, answer):
    await config("https://home.example.com")
    aioclient_mock.head("https://home.example.com", **answer)
    await async_make_sure_speakers_reach_home(hass)
    assert aioclient_mock.call_count == 1


async def test_without_a_certificate_there_is_nothing_to_verify(hass, config, aioclient_mock):
    await config("http://192.168.31.5:8123")
    await async_make_sure_speakers_reach_home(hass)
    assert aioclient_mock.call_count == 0
