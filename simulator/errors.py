"""The one error that the simulator shows to whoever drives it."""


class InvalidInput(ValueError):  # noqa: N818
    """What was asked of the simulator makes no sense; the message says why."""
