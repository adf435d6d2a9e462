"""Writes what custom_components/xiao_gpt/routing ships."""

from collections.abc import Mapping, Sequence
import hashlib
import json
from pathlib import Path
from typing import Any
import zipfile

import numpy as np
import numpy.typing as npt

from .calibration import Calibration, borders
from .corpus import LLM, NATIVE

MODELS = Path(__file__).parent.parent / "custom_components" / "xiao_gpt" / "routing" / "models"

type Arrays = Mapping[str, npt.NDArray[np.generic]]


def write(
    kind: str, arrays: Arrays, names: Sequence[str], rarity: Mapping[str, float], calibration: Calibration
) -> Path:
    """Write a model's file and return its path.

    Args:
        kind: "bert" or "svm".
        arrays: as the model's own module of routing/ reads them.
        names: the tokens or runs of tokens that rows belong to.
        rarity: inverse document frequency of each token.
        calibration: from the model's score to log odds.
    """
    facts = {
        "native": NATIVE,
        "llm": LLM,
        "calibration": [round(calibration.slope, 5), round(calibration.offset, 5)],
        "borders": borders(),
        "tokens": list(rarity),
    }
    return _save(
        MODELS / f"{kind}.npz",
        {
            **arrays,
            "names": _bytes("\n".join(names)),
            "rarity": np.array(list(rarity.values()), np.float16),
            "facts": _bytes(json.dumps(facts, ensure_ascii=False)),
        },
    )


def sha256(path: Path) -> str:
    """Return the hash of a file, as the report names it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_json(name: str, data: Mapping[str, Any]) -> Path:
    """Write a small file beside the models."""
    MODELS.mkdir(exist_ok=True)
    path = MODELS / name
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    return path


def _bytes(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _save(path: Path, arrays: Arrays) -> Path:
    """Write arrays as numpy.load reads them; the same arrays make the same file, byte for byte."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            member_info = zipfile.ZipInfo(f"{name}.npy")
            member_info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member_info, "w") as member:
                np.lib.format.write_array(member, np.array(arrays[name], order="C"), allow_pickle=False)  # type: ignore[no-untyped-call]
    return path
