"""Addresses that a speaker is to fetch: it stands in the network, not in this machine."""

from ipaddress import ip_address

from homeassistant.components.media_player.browse_media import async_process_play_media_url
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from yarl import URL

from .const import DOMAIN


@callback
def address_for_speaker(hass: HomeAssistant, media: str) -> str:
    """Return the address of some media as a speaker can fetch it; of Home Assistant's own, signed and absolute.

    That a certificate is one that the speaker trusts, and that nothing is in between, nobody can know from here.

    Args:
        hass: Home Assistant.
        media: an address, or a path of Home Assistant.

    Raises:
        ServiceValidationError: it is neither, or means the machine itself.
        HomeAssistantError: Home Assistant does not know its own address.
    """
    if not media.startswith(("/", "http://", "https://")):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_media_address")
    try:
        address = async_process_play_media_url(hass, media)
        host = URL(address).host
    except ValueError as err:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_media_address") from err
    except HomeAssistantError as err:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_home_address") from err
    if not host:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_media_address")
    if _means_this_machine(host):
        # The host only: the rest of the address may hold a signature.
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="address_out_of_reach", translation_placeholders={"host": host}
        )
    return address


def _means_this_machine(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
    return address.is_loopback or address.is_unspecified
