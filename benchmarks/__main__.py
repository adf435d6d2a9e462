"""Run the benchmarks: ``scripts/bench``."""

import argparse
import asyncio
from collections.abc import Callable, Container
import logging
import signal
import sys

from benchmarks import big_home, compare, latency, load, picture, report
from benchmarks.answers import BY_KEY as ANSWERS
from benchmarks.results import load_comparison, load_load_test, save
from benchmarks.systems import BY_KEY as SYSTEMS, StartError
from simulator.models import MODELS

SPEAKERS = "LX06,L05C,X08E"
LOADS = "1,5,20"


def _names(known: Container[str]) -> Callable[[str], list[str]]:
    """Return what reads names with commas between, all of them `known`."""

    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if not names or (wrong := [name for name in names if name not in known]):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(wrong) if names else 'nothing'}")
        return names

    return read


def _numbers(text: str) -> list[int]:
    numbers = [int(part) for part in text.split(",")]
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError("numbers from 1")
    return numbers


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="How soon and how smoothly speakers answer: this project, xiaogpt and MIGPT's loop side by side at "
        "simulated speakers, with the same questions and answers. About 20 minutes; fewer speakers take less.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--quick", action="store_true", help="this project only, one speaker, one answer: two minutes")
    what.add_argument("--load", action="store_true", help="this project with many speakers at once: seven minutes")
    what.add_argument("--home", action="store_true", help="this project in a home of 200 lamps: two minutes")
    what.add_argument("--report", action="store_true", help="measure nothing: the tables of the last results")
    add = parser.add_argument
    add("--write", action="store_true", help="put the results into docs/benchmarks.md, .en.md and the picture")
    add("--systems", type=_names(SYSTEMS), default=list(SYSTEMS), help=f"of {','.join(SYSTEMS)}; default all")
    add("--speakers", type=_names(MODELS), help=f"hardware names; default {SPEAKERS}, and one of them for --load")
    add("--answers", type=_names(ANSWERS), default=list(ANSWERS), help=f"of {','.join(ANSWERS)}; default all")
    add("--questions", type=int, help="follow-ups for each answer (default 1), or questions in all (--quick: 3) or for "
        "each speaker (--load: 2)")  # fmt: skip
    add("--out-of-the-blue", type=int, default=2, help="questions to each speaker after a minute of silence; default 2")
    add("--loads", type=_numbers, default=_numbers(LOADS), help=f"numbers of speakers for --load; default {LOADS}")
    add("--seed", type=int, default=1, help="of the random moments at which questions come; default 1")
    return parser


def _measure(options: argparse.Namespace) -> None:
    """Run what the options ask for; print and keep what came out."""
    if options.quick:
        print(latency.table(asyncio.run(latency.quick(options.questions or 3, options.seed))))
    elif options.home:
        print(big_home.table(asyncio.run(big_home.big_home())))
    elif options.load:
        # One model only: with several, more speakers would also be other speakers.
        models = options.speakers or SPEAKERS.split(",")[:1]
        save("load", asyncio.run(load.load_test(options.loads, models, options.questions or 2, options.seed)))
    elif not options.report:
        answers = [ANSWERS[key] for key in options.answers]
        plan = compare.Plan(answers, options.questions or 1, options.out_of_the_blue, options.seed)
        systems = [SYSTEMS[key] for key in options.systems]
        save("compare", asyncio.run(compare.compare(systems, options.speakers or SPEAKERS.split(","), plan)))


def main() -> int:
    """Run what the options say."""
    options = _parser().parse_args()
    # A client that is ended in the middle of a request is no error here.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    # Ended kindly, also in the background of a script: no process that was started must outlive this one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        _measure(options)
    except StartError as err:
        print(err, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if options.quick or options.home:
        return 0
    comparison = None if options.load else load_comparison()
    load_test = load_load_test() if options.load or options.report else None
    for name, text in report.tables(comparison, load_test, report.ENGLISH).items():
        print(f"\n{name}\n\n{text}")
    if options.write:
        for page in report.write(comparison, load_test):
            print(f"wrote {page.name}")
        if comparison is not None:
            for language in report.LANGUAGES:
                print(f"wrote {picture.write(comparison, language).name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
