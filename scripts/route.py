"""Say who would answer: python -m scripts.route reads utterances, one a line, prints one JSON object a line."""

import argparse
from collections.abc import Callable
import json
import math
import signal
import sys
from typing import Any

import training  # noqa: F401 (lets routing/ be imported where there is no Home Assistant)

# isort: split

from custom_components.xiao_gpt.routing import Context, ModelKind, Route, Router, load, load_best

CONTEXT = Context(enabled=True)


def main() -> None:
    """Answer every line at once, so that it can be used in a conversation as well."""
    parser = argparse.ArgumentParser(prog="scripts/route", description=__doc__)
    parser.add_argument(
        "--model",
        choices=("svm", "bert", "router"),
        default="router",
        help="one of the models alone, or the router as it is shipped: rules and both models (default)",
    )
    parser.add_argument("--no-unsure", action="store_true", help="always choose one of the two")
    arguments = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # whoever reads has seen enough
    route = routed() if arguments.model == "router" else classified(ModelKind(arguments.model))
    for line in sys.stdin:
        print(json.dumps(route(line.rstrip("\r\n"), not arguments.no_unsure), ensure_ascii=False), flush=True)


def classified(kind: ModelKind) -> Callable[[str, bool], dict[str, Any]]:
    """Return what one model says of a text, if it may be unsure."""
    model = load(kind)

    def classify(text: str, may_doubt: bool) -> dict[str, Any]:
        verdict = model.classify(text)
        label = "llm" if verdict.odds > 0 else "native"
        sure = not model.borders.native <= verdict.odds <= model.borders.llm
        return {
            "text": text,
            "route": label if sure or not may_doubt else Route.UNSURE,
            "label": label,
            "intent": verdict.intent,
            "score": round(1 / (1 + math.exp(-abs(verdict.odds))), 4),
            "model": kind,
        }

    return classify


def routed() -> Callable[[str, bool], dict[str, Any]]:
    """Return what the router decides about a text of which nothing else is known, if it may be unsure."""
    router = Router(load_best())

    def decide(text: str, may_doubt: bool) -> dict[str, Any]:
        decision = router.decide(text, CONTEXT)
        return {
            "text": text,
            "route": decision.label if decision.route is Route.UNSURE and not may_doubt else decision.route,
            "label": decision.label,
            "intent": decision.intent,
            "score": round(decision.score, 4),
            "model": "router",
        }

    return decide


if __name__ == "__main__":
    main()
