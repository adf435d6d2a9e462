"""What the forms of the account and of its assistants have in common."""

from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode

from .const import CONF_IMAGE_MODEL
from .gpt.images import preferred_image_model


def model_selector(models: list[str]) -> SelectSelector:
    """Return the field of a model: one of the service's list, or any other by its name."""
    return SelectSelector(
        SelectSelectorConfig(options=models, custom_value=True, mode=SelectSelectorMode.DROPDOWN, sort=True)
    )


def image_model(models: list[str]) -> dict[str, str]:
    """Return the setting of the model that makes pictures, where the service has one."""
    model = preferred_image_model(models)
    return {CONF_IMAGE_MODEL: model} if model else {}
