"""Utterances composed of frames and a lexicon: names that people's own sentences cannot all contain."""

from collections.abc import Mapping
from pathlib import Path
import random
import re

from .corpus import INTENTS, CorpusError, Utterance

LEXICON = Path(__file__).parent / "lexicon"
_SLOT = re.compile(r"\{(\w+)\}")
_TRIES = 20


def compose(count: int, seed: int, folder: Path = LEXICON) -> list[Utterance]:
    """Return so many utterances, every frame about equally often, none twice.

    Raises:
        CorpusError: a frame has a slot that there is no list for, or its section is none.
    """
    rng = random.Random(seed)
    lists = _lists(folder)
    frames = _frames(folder / "frames.txt")
    for _, frame in frames:
        if unknown := set(_SLOT.findall(frame)) - lists.keys():
            raise CorpusError(f"no list for {', '.join(sorted(unknown))} in: {frame}")
    found: dict[str, Utterance] = {}
    for _ in range(_TRIES):
        for intent, frame in rng.sample(frames, len(frames)):
            if len(found) == count:
                return list(found.values())
            text = _fill(frame, lists, rng)
            found.setdefault(text, Utterance(text, intent, "composed"))
    return list(found.values())


def _fill(frame: str, lists: Mapping[str, list[str]], rng: random.Random) -> str:
    return _SLOT.sub(lambda slot: rng.choice(lists[slot[1]]), frame)


def _lists(folder: Path) -> dict[str, list[str]]:
    """Return the entries by the name of their slot: the file's, in the singular."""
    lists: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.txt")):
        if path.stem == "frames":
            continue
        lines = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
        if path.stem == "properties":
            lists["device_property"] = [line.replace("\t", "") for line in lines]
        else:
            lists[_singular(path.stem)] = [line.partition("\t")[0] for line in lines]
    return lists


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name.removesuffix("ies") + "y"
    return name.removesuffix("es") if name == "dishes" else name.removesuffix("s")


def _frames(path: Path) -> list[tuple[str, str]]:
    """Return intents and frames."""
    frames: list[tuple[str, str]] = []
    intent = None
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("#"):
            intent = line.removeprefix("#").split()[-1]
            if intent not in INTENTS:
                raise CorpusError(f"{path.name}:{number}: no such intent: {intent}")
        elif text := line.strip():
            if intent is None:
                raise CorpusError(f"{path.name}:{number}: a frame before the first section")
            frames.append((intent, text))
    return frames
