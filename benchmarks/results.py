"""What a run measured, and the file that keeps it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
import json
import os
from pathlib import Path
from typing import Any, Literal, Self

from benchmarks.figures import Figures

FOLDER = Path(__file__).resolve().parent.parent / ".run" / "bench"
"""Where the results of the last runs are; not committed."""

type Kind = Literal["out_of_the_blue", "follow_up"]


@dataclass(frozen=True, slots=True)
class Row:
    """One question that was asked of one system."""

    system: str
    hardware: str
    answer: str
    kind: Kind
    figures: Figures
    renewed: bool = False
    """Whether the system had to be started anew afterwards, since it had gone silent."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Requests for records when nothing had been said for over a minute."""

    system: str
    hardware: str
    polls_per_minute: float


@dataclass(slots=True)
class Comparison:
    """All that one run over all systems measured."""

    rows: list[Row] = field(default_factory=list)
    idle: list[Idle] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    """By ``system/hardware``: why a system could not be measured there."""
    about: dict[str, Any] = field(default_factory=dict)
    """The day, the machine, the seed."""

    def add(self, other: Comparison) -> None:
        """Take over what another one measured."""
        self.rows += other.rows
        self.idle += other.idle
        self.failures |= other.failures

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `asdict` made."""
        return cls(
            rows=[Row(**{**row, "figures": _figures(row["figures"])}) for row in data["rows"]],
            idle=[Idle(**idle) for idle in data["idle"]],
            failures=data["failures"],
            about=data["about"],
        )


@dataclass(frozen=True, slots=True)
class Process:
    """What a Home Assistant process used in one stretch of time."""

    cpu_percent: float
    """Of one core."""
    memory_mib: float
    """Resident, at the end."""
    lag_ms: dict[str, float]
    """By how much the event loop was late: ``p50``, ``p95``, ``max``."""


@dataclass(frozen=True, slots=True)
class Load:
    """One number of speakers at one account."""

    speakers: int
    idle: Process
    busy: Process
    idle_polls: float
    """Of the whole account, per minute."""
    busy_polls: float
    first_words: list[float | None]
    """Of every question, in no order; None: it was not answered."""
    leaks: list[float]
    spoken: list[float]


@dataclass(slots=True)
class LoadTest:
    """All that a load test measured."""

    bare: Process
    """The same Home Assistant without the integration."""
    loads: list[Load]
    about: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `asdict` made."""
        loads = [
            Load(**{**load, "idle": Process(**load["idle"]), "busy": Process(**load["busy"])}) for load in data["loads"]
        ]
        return cls(Process(**data["bare"]), loads, data["about"])


def about(seed: int) -> dict[str, Any]:
    """Return when and on what this runs."""
    return {"day": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(), "seed": seed}


def save(name: str, results: Comparison | LoadTest) -> Path:
    """Write results to `FOLDER`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{name}.json"
    file.write_text(json.dumps(asdict(results), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return file


def load_comparison() -> Comparison | None:
    """Return the results of the last comparison, None if there was none."""
    data = _read("compare")
    return Comparison.from_json(data) if data else None


def load_load_test() -> LoadTest | None:
    """Return the results of the last load test, None if there was none."""
    data = _read("load")
    return LoadTest.from_json(data) if data else None


def present[T](values: Iterable[T | None]) -> list[T]:
    """Return the values that are there."""
    return [value for value in values if value is not None]


def _read(name: str) -> dict[str, Any] | None:
    file = FOLDER / f"{name}.json"
    if not file.exists():
        return None
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return data


def _figures(data: dict[str, Any]) -> Figures:
    return Figures(**{**data, "fillers": tuple(data["fillers"]), "gaps": tuple(data["gaps"])})
