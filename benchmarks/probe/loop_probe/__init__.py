"""How late Home Assistant's event loop is, measured from inside: for the benchmarks only.

Every 50 ms a callback is due; by how much it comes later goes, in milliseconds, into a line of ``loop_probe.log`` in
the configuration folder. Nothing else of Home Assistant is touched.
"""

from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

DOMAIN = "loop_probe"
PERIOD = 0.05


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001 - Home Assistant gives the signature
    """Begin to measure, until the process ends."""
    path = Path(hass.config.path("loop_probe.log"))
    # Written a line at a time: whoever measures reads it while Home Assistant runs.
    log = await hass.async_add_executor_job(lambda: path.open("w", buffering=1, encoding="ascii"))

    def tick(due: float) -> None:
        late = hass.loop.time() - due
        log.write(f"{late * 1000:.3f}\n")
        following = hass.loop.time() + PERIOD
        hass.loop.call_at(following, tick, following)

    tick(hass.loop.time())
    return True
