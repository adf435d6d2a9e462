"""Run the simulator: ``python -m simulator``."""

import argparse
import asyncio
from pathlib import Path
import signal
import sys

from simulator import tls
from simulator.account import Account
from simulator.app import Simulator
from simulator.errors import InvalidInput
from simulator.llm_replies import ScriptError
from simulator.llm_settings import LLMSettings
from simulator.settings import Settings
from simulator.world import DEFAULT_HOME, Home, World


def _home(text: str) -> Home:
    try:
        return Home.parse(text)
    except InvalidInput as err:
        raise argparse.ArgumentTypeError(str(err)) from err


def _parser() -> argparse.ArgumentParser:
    settings, llm, account = Settings(), LLMSettings(), Account()
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Xiaomi's clouds with XiaoAI speakers, and an OpenAI endpoint, simulated on 127.0.0.1.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, default=8765, help="port of plain HTTP: gateway, LLM endpoint, control API")
    add("--tls", type=Path, metavar="DIR", help="serve TLS for the real host names, with certificates kept in DIR")
    add("--tls-port", type=int, default=443, help="port of TLS")
    add(
        "--speaker",
        type=_home,
        action="append",
        metavar="NAME:MODEL:ROOM",
        help="a speaker (repeatable); without any: "
        + ", ".join(f"{place.name}:{place.hardware}:{place.room}" for place in DEFAULT_HOME),
    )
    add("--account", default=account.user, help="phone number of the Xiaomi account")
    add("--password", default=account.password, help="its password")
    add("--cps", type=float, default=settings.characters_per_second, help="characters that speakers speak per second")
    add("--answer-delay", type=float, default=settings.answer_delay, help="seconds from a question to XiaoAI's answer")
    add("--record-delay", type=float, default=settings.record_delay, help="seconds from there to the record")
    add("--status-lag", type=float, default=settings.status_lag, help="seconds by which the play status is late")
    add("--round-trip", type=float, default=settings.round_trip, help="seconds that each request to the clouds takes")
    add("--miot-delay", type=float, default=settings.miot_delay, help="seconds that a MIoT action takes beyond that")
    add("--repeat-pass-token", action="store_true", help="let a login by passToken repeat the token in its reply")
    add("--first-token", type=float, default=llm.first_token, help="seconds from a chat request to the first token")
    add("--tokens-per-second", type=float, default=llm.tokens_per_second, help="speed of the LLM endpoint")
    return parser


async def _run(options: argparse.Namespace) -> None:
    settings = Settings(
        characters_per_second=options.cps,
        answer_delay=options.answer_delay,
        record_delay=options.record_delay,
        status_lag=options.status_lag,
        round_trip=options.round_trip,
        miot_delay=options.miot_delay,
        repeat_pass_token=options.repeat_pass_token,
    )
    llm = LLMSettings()
    llm.update({"first_token": options.first_token, "tokens_per_second": options.tokens_per_second})
    account = Account(user=options.account, password=options.password)
    world = World(settings, home=options.speaker or DEFAULT_HOME, account=account)
    simulator = Simulator(
        world=world, port=options.port, llm_settings=llm, tls_dir=options.tls, tls_port=options.tls_port
    )
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, end.set)
    async with simulator:
        _greet(simulator, options)
        await end.wait()
    print("Ended.", flush=True)


def _greet(simulator: Simulator, options: argparse.Namespace) -> None:
    """Print where everything is."""
    world = simulator.world
    lines = [
        f"Gateway      {simulator.url}/<host>/...",
        f"LLM          {simulator.llm_url}",
        f"Control      {simulator.url}/_sim/state",
        f"Account      {world.account.user} / {world.account.password}",
        *(
            f"Speaker      {speaker.name} ({speaker.model.hardware}, {speaker.room}) "
            f"deviceID={speaker.device_id} did={speaker.did}"
            for speaker in world.speakers
        ),
    ]
    if options.tls is not None:
        lines += [
            f"TLS          127.0.0.1:{simulator.tls_port}",
            f"Trust        SSL_CERT_FILE={options.tls.resolve() / 'bundle.pem'}",
            "Hosts file   (add these lines yourself, and remove them afterwards)",
            tls.hosts_lines(),
        ]
    print("\n".join(lines), flush=True)


def main() -> int:
    """Run until SIGINT or SIGTERM."""
    options = _parser().parse_args()
    try:
        asyncio.run(_run(options))
    except (InvalidInput, ScriptError, OSError) as err:
        print(f"simulator: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
