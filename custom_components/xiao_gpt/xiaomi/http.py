"""One HTTP request to Xiaomi's cloud: cookies exact, errors told apart, no jar shared between services."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
import json
from typing import Any

import aiohttp

from .errors import CloudError, NetworkError, ThrottledError

TIMEOUT_S = 15.0
"""MIoT actions take 2 to 4 s on some speakers (MiService#13) and have been seen at 10 s (hass-miot#1177)."""
_CONNECT_S = 10.0

USER_AGENT = "APP/com.xiaomi.mihome APPV/6.0.103 iosPassportSDK/3.9.0 iOS/14.4 MK/aVBob25lMTIsMw== BRA/QXBwbGU= L/zh_CN"
"""Any will do; one that stays the same does not look like a new device at each request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    content: bytes
    cookies: Mapping[str, str]
    """The cookies that this very answer set."""
    date: datetime | None = None
    """The server's clock, where it said so."""
    location: str | None = None
    """Where the answer redirects to, as it is written there."""

    @property
    def text(self) -> str:
        """The body as text; every host writes UTF-8."""
        return self.content.decode(errors="replace")

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object, without the prefix that account.xiaomi.com puts before it.

        Raises:
            CloudError: the body is something else.
        """
        uncertain = self.status == HTTPStatus.OK  # accepted, and then the answer was spoilt
        try:
            body = json.loads(self.text.removeprefix("&&&START&&&"))
        except (ValueError, RecursionError) as err:
            raise CloudError(f"HTTP {self.status} with a body that is not JSON", uncertain=uncertain) from err
        if not isinstance(body, dict):
            raise CloudError(f"HTTP {self.status} with JSON that is not an object", uncertain=uncertain)
        return body


class CloudClient:
    """Sends requests to Xiaomi's hosts over a session that keeps no cookies of its own."""

    def __init__(self, session: aiohttp.ClientSession, gateway: str | None = None) -> None:
        """Take the session to send with.

        Args:
            session: must not store cookies (`aiohttp.DummyCookieJar`); its TLS settings are used as they are.
            gateway: base address through which all hosts are reached, as ``GATEWAY/HOST/PATH``; for the simulator.
        """
        self.session = session
        self._gateway = gateway

    async def request(
        self,
        method: str,
        url: str,
        *,
        cookies: Mapping[str, str],
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_S,
    ) -> Reply:
        """Send one request and return what came back, whatever its status below 429.

        Args:
            method: the HTTP method.
            url: the address, https only.
            cookies: all cookies to send.
            data: the form.
            headers: HTTP headers.
            timeout: seconds until the whole answer must be there.

        Raises:
            NetworkError: no answer.
            ThrottledError: HTTP 429.
            CloudError: HTTP 5xx, or an address that is none.
        """
        if not url.startswith("https://"):
            raise CloudError("An address without https")
        if self.session.closed:  # Home Assistant has stopped, and somebody has not heard of it yet
            raise NetworkError("The session is closed")
        where = url.partition("?")[0]
        url = routed(url, self._gateway)
        # Written by hand: a cookie jar would quote the values, whose base64 has characters that ask for it.
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        try:
            async with self.session.request(
                method,
                url,
                data=data,
                headers={"User-Agent": USER_AGENT, **(headers or {}), "Cookie": cookie},
                timeout=aiohttp.ClientTimeout(total=timeout, connect=min(_CONNECT_S, timeout)),
                allow_redirects=False,
            ) as response:
                reply = Reply(
                    response.status,
                    await response.read(),
                    {name: morsel.value for name, morsel in response.cookies.items()},
                    _date(response.headers.get("Date")),
                    response.headers.get("Location"),
                )
        except ValueError as err:  # an address that is none, or what no header can hold: pasted, or from an answer
            raise CloudError("A request that cannot be sent") from err
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as err:
            raise NetworkError(f"{type(err).__name__} at {where}") from err
        except (aiohttp.ClientError, TimeoutError) as err:
            raise NetworkError(f"{type(err).__name__} at {where}", uncertain=True) from err
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise ThrottledError("HTTP 429")
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # Only a gateway that waited in vain has handed the request on.
            raise CloudError(f"HTTP {reply.status}", uncertain=reply.status == HTTPStatus.GATEWAY_TIMEOUT)
        return reply


def routed(url: str, gateway: str | None) -> str:
    """Return the address that is really asked for one of Xiaomi's: its own, or the gateway's."""
    return f"{gateway.rstrip('/')}/{url.removeprefix('https://')}" if gateway else url


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
