"""The classifier that decides who answers, read once for all accounts."""

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .routing import Classifier, ModelKind, load, load_best
from .settings import AUTOMATIC

_READ: HassKey[dict[str, Classifier]] = HassKey(f"{DOMAIN}_classifiers")


async def async_classifier(hass: HomeAssistant, choice: str) -> Classifier:
    """Return the classifier of a person's choice: a kind of model, or "automatic"."""
    read = hass.data.setdefault(_READ, {})
    if choice not in read:
        # Reading takes a while, and what "automatic" means is measured.
        read[choice] = await hass.async_add_executor_job(_read, choice)
    return read[choice]


def _read(choice: str) -> Classifier:
    return load_best() if choice == AUTOMATIC else load(ModelKind(choice))
