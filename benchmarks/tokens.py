"""How far the estimate of tokens is off: against real tokenizers, by kind of text; and its weights, fitted anew.

Needs `tiktoken` and numpy, and a folder with `o200k_base.tiktoken` and `cl100k_base.tiktoken` (OpenAI's own files; the
PyPI package `litellm` carries both under the SHA-1 of their addresses). With `deepseek_tokenizer.json` in the folder
and the package `tokenizers`, the weights for all other vendors are measured too:

    python -m benchmarks.tokens FOLDER             the table
    python -m benchmarks.tokens FOLDER --fit       the weights, fitted
    python -m benchmarks.tokens FOLDER --reference what tests/gpt/test_tokens.py compares with
"""

import argparse
from collections.abc import Iterator, Mapping
from itertools import batched
import json
from pathlib import Path
import sys
from typing import Any

from custom_components.xiao_gpt.gpt.bpe import FILES, load
from custom_components.xiao_gpt.gpt.tokens import FEATURES, CountTokens, estimate, features

ROOT = Path(__file__).parents[1]
TEXTS = Path(__file__).with_name("token_texts.json")
REFERENCE = ROOT / "tests" / "gpt" / "token_counts.json"
PER_BATCH = 12
"""Lines of a file that are one text: an utterance alone is too short to speak of per cents."""
FITTED = 2
"""Each second batch of the repository's own texts is kept away from the fit."""


def own_texts() -> dict[str, list[str]]:
    """Return the texts that were written for this."""
    texts: dict[str, list[str]] = json.loads(TEXTS.read_text())
    return texts


def found_texts() -> dict[str, list[str]]:
    """Return texts out of the repository."""
    folders = {
        "utterances": sorted((ROOT / "training" / "utterances").glob("*.txt")),
        "Chinese docs": [path for path in sorted((ROOT / "docs").glob("*.md")) if ".en." not in path.name],
        "English docs": sorted((ROOT / "docs").glob("*.en.md")),
        "code": sorted((ROOT / "custom_components" / "xiao_gpt").glob("*.py")),
        "translations": sorted((ROOT / "custom_components" / "xiao_gpt" / "translations").glob("*.json")),
    }
    return {
        kind: [
            "\n".join(lines)
            for path in paths
            for lines in batched(
                (line for line in path.read_text().splitlines() if line[:1] != "#"), PER_BATCH, strict=False
            )
        ]
        for kind, paths in folders.items()
    }


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def tokenizers(folder: Path) -> Iterator[tuple[str, CountTokens]]:
    """Yield the real tokenizers that the folder has files for, by the names of the estimate's weights."""
    for name, file in FILES.items():
        counting = load(name, (folder / f"{name}.tiktoken").read_bytes(), file)
        yield name, counting
    other = folder / "deepseek_tokenizer.json"
    if other.exists():
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(other))
        yield "", lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def fit(count: CountTokens, name: str) -> list[float]:
    """Return the weights that are least wrong, each kind of text being equally important."""
    import numpy as np
    from scipy.optimize import nnls

    rows: list[Any] = []
    kinds = own_texts() | {kind: texts[::FITTED] for kind, texts in found_texts().items()}
    for texts in kinds.values():
        for text in texts:
            # Relative errors; the kinds weigh the same, however many texts there are of one.
            if (tokens := count(text)) > 0:
                weight = 1 / tokens / len(texts) ** 0.5
                rows.append([*(value * weight for value in features(text)), tokens * weight])
    table = np.array(rows)
    weights, _ = nnls(table[:, :-1], table[:, -1])
    print(f"{name or 'other'}: ({', '.join(f'{weight:.2f}' for weight in weights)})")
    return [float(weight) for weight in weights]


def measure(count: CountTokens, name: str) -> None:
    """Print how far the estimate is off for each kind of text."""
    print(
        f"\n{name or 'other (DeepSeek)'}\n{'kind of text':16} {'texts':>6} {'tokens':>8}"
        f" {'sum':>7} {'mean':>6} {'worst':>6}"
    )
    kinds = own_texts() | {kind: texts[1::FITTED] for kind, texts in found_texts().items()}
    sums: list[float] = []
    for kind, texts in kinds.items():
        pairs = [(count(text), estimate(text, name or None)) for text in texts if text.strip()]
        true, guessed = sum(real for real, _ in pairs), sum(guess for _, guess in pairs)
        errors = [abs(guess - real) / real for real, guess in pairs]
        off = guessed / true - 1
        sums.append(off)
        print(f"{kind:16} {len(pairs):6} {true:8} {off:+7.1%} {sum(errors) / len(errors):6.1%} {max(errors):6.1%}")
    mean = sum(sums) / len(sums)
    print(f"{'all, evenly':16} {'':6} {'':8} {mean:+7.1%}")


def reference(counts: Mapping[str, CountTokens]) -> None:
    """Write what the tests compare the estimate with."""
    kinds = {
        kind: [{"text": text, **{name or "other": count(text) for name, count in counts.items()}} for text in texts]
        for kind, texts in own_texts().items()
    }
    REFERENCE.write_text(json.dumps(kinds, ensure_ascii=False, indent=1) + "\n")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--reference", action="store_true")
    arguments = parser.parse_args(sys.argv[1:])
    counts = dict(tokenizers(arguments.folder))
    if arguments.reference:
        reference(counts)
        return
    if arguments.fit:
        print(", ".join(FEATURES))
    for name, count in counts.items():
        (fit if arguments.fit else measure)(count, name)


if __name__ == "__main__":
    main()
