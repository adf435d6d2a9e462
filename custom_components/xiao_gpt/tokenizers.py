"""Tokenizers for replies whose usage the service does not tell: fetched once, in the background, if at all."""

from pathlib import Path

import aiohttp
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER
from .gpt.bpe import FILES, BpeError, is_possible, keep, load, read_kept
from .gpt.tokens import CountTokens, encoding_of, estimate

FOLDER = f"{DOMAIN}.tokenizers"
"""In Home Assistant's storage. A file that a person puts there is as good as a fetched one."""
_PATIENCE = aiohttp.ClientTimeout(total=120, sock_connect=15)
"""The largest file has 3.6 MB; in mainland China its host cannot be reached."""


class Tokenizers:
    """The tokenizers of all entries: each takes some 60 MB, so none is made before it is needed."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with none."""
        self._hass = hass
        self._folder = Path(hass.config.path(STORAGE_DIR, FOLDER))
        self._counting: dict[str, CountTokens] = {}
        self._wanted: set[str] = set()

    def of(self, model: str) -> CountTokens:
        """Return what counts a model's tokens: its tokenizer if that is at hand, else an estimate."""
        encoding = encoding_of(model)
        return self._counting.get(encoding or "") or (lambda text: estimate(text, encoding))

    @callback
    def want(self, model: str) -> None:
        """Have the model's tokenizer at hand for the next time; once, until Home Assistant restarts."""
        encoding = encoding_of(model)
        if encoding is None or encoding in self._wanted or self._hass.is_stopping:
            return
        self._wanted.add(encoding)
        self._hass.async_create_background_task(self._prepare(encoding), f"{DOMAIN} prepares {encoding}")

    async def _prepare(self, encoding: str) -> None:
        file = FILES[encoding]
        run = self._hass.async_add_executor_job
        try:
            if not await run(is_possible):
                raise BpeError("tiktoken is not installed")  # noqa: TRY301 (all reasons are told in one place)
            if (data := await run(read_kept, self._folder, encoding, file)) is None:
                async with async_get_clientsession(self._hass).get(file.url, timeout=_PATIENCE) as response:
                    response.raise_for_status()
                    data = await response.read()
                await run(keep, self._folder, encoding, file, data)
            self._counting[encoding] = await run(load, encoding, data, file)
        except (BpeError, OSError, aiohttp.ClientError, TimeoutError) as err:
            LOGGER.info("Tokens that the service does not count are estimated: %s", err or type(err).__name__)


_TOKENIZERS: HassKey[Tokenizers] = HassKey(f"{DOMAIN}_tokenizers")


@callback
def async_tokenizers(hass: HomeAssistant) -> Tokenizers:
    """Return the tokenizers that all entries share."""
    if _TOKENIZERS not in hass.data:
        hass.data[_TOKENIZERS] = Tokenizers(hass)
    return hass.data[_TOKENIZERS]
