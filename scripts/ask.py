"""Say something to a speaker of the running demo, and print what is heard there."""

import argparse
import json
import sys
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

SILENCE_S = 6
"""No speech for so long means that the answer is over."""


def call(address: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call the simulator's control API."""
    request = Request(  # noqa: S310 (the address is the simulator's, on loopback)
        f"{address}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=30) as reply:  # noqa: S310
        answer: dict[str, Any] = json.load(reply)
        return answer


def main() -> int:
    """Ask, and follow the timeline until the speaker is silent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", help="what to say")
    parser.add_argument("speaker", nargs="?", default="客厅小爱", help="name or model of the speaker")
    parser.add_argument("--simulator", default="http://127.0.0.1:8765", help="address of the simulator")
    arguments = parser.parse_args()
    try:
        seq = call(arguments.simulator, "/_sim/timeline?since=0")["next"]
        call(arguments.simulator, "/_sim/ask", {"speaker": arguments.speaker, "text": arguments.text})
        while True:
            page = call(arguments.simulator, f"/_sim/timeline?since={seq}&event=speech_started&wait={SILENCE_S}")
            if not page["events"]:
                return 0
            for event in page["events"]:
                seq = event["seq"] + 1
                print(f"{'小爱' if event['source'] == 'xiaoai' else ' GPT'}：{event['text']}", flush=True)
            # The next piece cannot start before this one has been spoken.
            call(arguments.simulator, f"/_sim/timeline?since={seq}&event=speech_ended&wait=60")
    except HTTPError as err:
        print(f"✗ {err.read().decode()}", file=sys.stderr)
    except URLError, ConnectionError:
        print("✗ 演示没有在运行，请先执行 scripts/demo --serve", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
