"""What goes wrong at a speaker, as Home Assistant tells a person: the one place that translates it."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .xiaomi import AuthError, SpeakerRefusedError, XiaomiError


@contextmanager
def told(name: str, *, refused: str = "speaker_refused") -> Iterator[None]:
    """Turn what the cloud or a speaker raises into an error that says so in the person's language.

    Args:
        name: what the speaker is called.
        refused: the key of the text for a speaker that answers and does not do it.

    Raises:
        HomeAssistantError: it could not be done.
    """
    try:
        yield
    except AuthError as err:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="login_needed") from err
    except XiaomiError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=refused if isinstance(err, SpeakerRefusedError) else "speaker_unreachable",
            translation_placeholders={"name": name},
        ) from err
