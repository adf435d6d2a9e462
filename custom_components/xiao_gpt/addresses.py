"""Addresses that a speaker is to fetch: it stands in the network, not in this machine."""

from ipaddress import ip_address

from aiohttp import ClientError, ClientSSLError, ClientTimeout
from homeassistant.components.media_player.browse_media import async_process_play_media_url
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.network import NoURLAvailableError, get_url
from yarl import URL

from .const import DOMAIN

CHECK = ClientTimeout(total=5.0)
"""How long the home's own certificate is waited for."""
_PRIVATE = ("lan", "home", "internal", "localdomain", "home.arpa", "intranet", "private")
"""Domains for which no public authority makes a certificate."""


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
        raise _out_of_reach(host)
    return address


@callback
def home_for_speaker(hass: HomeAssistant) -> str:
    """Return the address at which a speaker reaches Home Assistant: the one within the home, if that will do.

    Raises:
        ServiceValidationError: what is set is none that a speaker can use, as far as that can be told by looking at it.
        HomeAssistantError: Home Assistant does not know its own address.
    """
    faults = []
    for address in _addresses(hass):
        if (fault := _fault(URL(address))) is None:
            return address
        faults.append(fault)
    if faults:
        raise faults[0]
    raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_home_address")


async def async_make_sure_speakers_reach_home(hass: HomeAssistant) -> None:
    """Do nothing if a speaker can reach Home Assistant, and verify its certificate, as far as can be known from here.

    Raises:
        ServiceValidationError: it cannot.
        HomeAssistantError: Home Assistant does not know its own address.
    """
    url = URL(home_for_speaker(hass))
    if url.scheme != "https":
        return
    try:
        async with async_get_clientsession(hass).head(url, timeout=CHECK, allow_redirects=False):
            pass
    except ClientSSLError as err:
        raise _untrusted(url) from err
    except ClientError, TimeoutError:
        pass  # not every home can be reached from within by its own name


@callback
def _addresses(hass: HomeAssistant) -> list[str]:
    """Return the home's addresses, the one within the home first."""
    found = []
    for internal in (True, False):
        try:
            found.append(get_url(hass, allow_internal=internal, allow_external=not internal, prefer_external=False))
        except NoURLAvailableError:
            continue
    return found


def _fault(url: URL) -> ServiceValidationError | None:
    """Return why a speaker cannot use an address; None if it may."""
    host = (url.host or "").rstrip(".").lower()
    if _means_this_machine(host):
        return _out_of_reach(host)
    if host.endswith(".local"):  # multicast DNS, which a speaker's system does not ask
        return ServiceValidationError(
            translation_domain=DOMAIN, translation_key="address_local_name", translation_placeholders={"host": host}
        )
    private = "." not in host or host.endswith(tuple(f".{domain}" for domain in _PRIVATE))
    return _untrusted(url) if url.scheme == "https" and (private or _is_ip(host)) else None


def _out_of_reach(host: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key="address_out_of_reach", translation_placeholders={"host": host}
    )


def _untrusted(url: URL) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="address_untrusted",
        translation_placeholders={"host": url.host or ""},
    )


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _means_this_machine(host: str) -> bool:
    if not _is_ip(host):
        return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
    address = ip_address(host)
    return address.is_loopback or address.is_unspecified
