"""What the forms of the account and of its assistants have in common."""

from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode


def model_selector(models: list[str]) -> SelectSelector:
    """Return the field of a model: one of the service's list, or any other by its name."""
    return SelectSelector(
        SelectSelectorConfig(options=models, custom_value=True, mode=SelectSelectorMode.DROPDOWN, sort=True)
    )
