"""Utterances: the project's own, and open data where its folder is given."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from custom_components.xiao_gpt.routing.text import tokens

UTTERANCES = Path(__file__).parent / "utterances"
NATIVE = ("device", "media", "playback", "alarm", "weather", "time", "info", "comm", "nav", "settings")
LLM = ("chat", "knowledge", "create", "lang_calc", "advice", "followup")
INTENTS = NATIVE + LLM


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody said and what it wants."""

    text: str
    intent: str
    source: str

    @property
    def label(self) -> str:
        """Who should answer: native or llm."""
        return "native" if self.intent in NATIVE else "llm"

    @property
    def key(self) -> str:
        """What two utterances share that the models cannot tell apart."""
        return key(self.text)


def key(text: str) -> str:
    """Return what two texts share that the models cannot tell apart."""
    return " ".join(tokens(text))


class CorpusError(ValueError):
    """A file of utterances is not as it should be; the message says where."""


def own(folder: Path = UTTERANCES) -> list[Utterance]:
    """Return the project's own utterances as they are written, in the order of the files.

    A file has sections. `# native device | a voice` says what the lines below are.

    Raises:
        CorpusError: a line is outside a section, or a section's label does not fit its intent.
    """
    return [utterance for path in sorted(folder.glob("*.txt")) for utterance in _sections(path)]


def _sections(path: Path) -> Iterator[Utterance]:
    intent = None
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.strip()
        if text.startswith("#"):
            label, _, intent = text.removeprefix("#").partition("|")[0].strip().partition(" ")
            if intent not in INTENTS or label != ("native" if intent in NATIVE else "llm"):
                raise CorpusError(f"{path.name}:{number}: no such label and intent: {text}")
        elif text:
            if intent is None:
                raise CorpusError(f"{path.name}:{number}: an utterance before the first section")
            yield Utterance(text, intent, path.stem)


def read(path: Path) -> list[Utterance]:
    """Return the utterances of a file with one JSON object a line."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [Utterance(line["text"], line["intent"], line["source"]) for line in lines]
