"""What an account may use in a day: once it is spent, the language model is not asked until the next one."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, LOGGER
from .usage import Ledger, Tally


class Allowance:
    """The daily budget of an entry, shared by its assistants and speakers."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, ledger: Ledger, *, tokens: int, money: float) -> None:
        """Take how much it is.

        Args:
            hass: Home Assistant.
            entry: whose budget it is.
            ledger: knows what was used.
            tokens: of both kinds, per day; 0: as many as one likes.
            money: per day, in the currency of the prices (in each, if they are several); 0: as much as one likes.
        """
        self._hass = hass
        self._entry = entry
        self._ledger = ledger
        self._tokens = tokens
        self._money = money
        self._was_spent = False

    @property
    def spent(self) -> bool:
        """Whether nothing is left for today. An answer that is under way may go over."""
        return is_spent(self._ledger.today, tokens=self._tokens, money=self._money)

    @callback
    def tell_once_a_day(self) -> bool:
        """Return whether it is still to be said at a speaker, today, that nothing is left."""
        return self._ledger.tell_once_a_day()

    @callback
    def review(self) -> None:
        """Show, once, that nothing is left; take that back when something is."""
        if (spent := self.spent) == self._was_spent:
            return
        self._was_spent = spent
        if not spent:
            async_forget_allowance(self._hass, self._entry)
            return
        LOGGER.warning("The daily budget of %s is spent: the language model is not asked until midnight", self._name)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(self._entry),
            data={"entry_id": self._entry.entry_id},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="budget_spent",
            translation_placeholders={"name": self._name, **as_told(self._ledger.today)},
        )

    @property
    def _name(self) -> str:
        return self._entry.title


def is_spent(today: Tally, *, tokens: int, money: float) -> bool:
    """Return whether what was used today is all of a budget; nought of it stands for as much as one likes."""
    if tokens and today.tokens >= tokens:
        return True
    return bool(money) and any(cost >= money for cost in today.costs.values())


def as_told(today: Tally) -> dict[str, str]:
    """Return what was used today as texts name it."""
    costs = ", ".join(f"{cost:.2f} {currency}" for currency, cost in today.costs.items())
    return {"tokens": str(today.tokens), "cost": costs or "—"}


@callback
def async_forget_allowance(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take the repair away."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry))


def _issue_id(entry: ConfigEntry) -> str:
    return f"budget_{entry.entry_id}"
