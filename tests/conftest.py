"""Fixtures of all tests: the simulated clouds, on loopback, in the test's own event loop."""

from collections.abc import AsyncGenerator
from importlib.util import find_spec

import pytest

# Found here, before the test harness looks for custom components elsewhere.
import custom_components.xiao_gpt
from simulator.app import Simulator
from simulator.llm_settings import LLMSettings
from simulator.settings import Settings

assert custom_components.xiao_gpt

if find_spec("hypothesis") is not None:  # the environment of the end-to-end tests has none
    from hypothesis import settings as hypothesis_settings

    # Machines are noisy: how long an example takes says nothing about the code.
    hypothesis_settings.register_profile("noisy", deadline=None)
    hypothesis_settings.load_profile("noisy")


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """The clouds and three speakers, everything five times as fast as in life."""
    settings = Settings(
        characters_per_second=25.0,
        status_lag=0.08,
        status_tail=0.04,
        answer_delay=0.1,
        record_delay=0.06,
        round_trip=0.004,
        miot_delay=0.02,
    )
    async with Simulator(settings, llm_settings=LLMSettings(first_token=0.04, tokens_per_second=500)) as simulator:
        yield simulator
