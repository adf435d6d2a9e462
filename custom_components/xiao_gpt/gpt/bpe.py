"""OpenAI's tokenizers: which file each needs, where it is kept, and how it is made of it.

tiktoken would fetch the file by itself, blocking and without a time-out; here it is handed the file's content, so that
whoever has the file (or the patience to fetch it) decides.
"""

import base64
from dataclasses import dataclass
import hashlib
import importlib
import importlib.util
from pathlib import Path

from .tokens import CL100K, O200K, CountTokens

_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"


class BpeError(Exception):
    """A tokenizer cannot be made."""


@dataclass(frozen=True, slots=True)
class BpeFile:
    """The file of an encoding."""

    url: str
    sha256: str
    pattern: str
    """What text is split by before it falls into tokens (OpenAI defines it beside the file)."""


_WORD_STARTS, _WORD_ENDS = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_O200K_PATTERN = "|".join(
    (
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_WORD_STARTS}]*[{_WORD_ENDS}]+{_CONTRACTION}",
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_WORD_STARTS}]+[{_WORD_ENDS}]*{_CONTRACTION}",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
_CL100K_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)

FILES: dict[str, BpeFile] = {
    O200K: BpeFile(
        _ADDRESS.format(O200K), "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d", _O200K_PATTERN
    ),
    CL100K: BpeFile(
        _ADDRESS.format(CL100K), "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7", _CL100K_PATTERN
    ),
}
"""By the name of the encoding."""


def read_kept(folder: Path, name: str, file: BpeFile) -> bytes | None:
    """Return the kept file, or None if there is none that is whole. Blocks."""
    try:
        data = _path(folder, name).read_bytes()
    except FileNotFoundError:
        return None
    return data if _is_whole(data, file) else None


def keep(folder: Path, name: str, file: BpeFile, data: bytes) -> None:
    """Keep a file that was fetched. Blocks.

    Raises:
        BpeError: it is not the file.
        OSError: it cannot be written.
    """
    if not _is_whole(data, file):
        raise BpeError(f"what came for {name} is not its file")
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(folder, name)
    half_written = path.with_suffix(".part")
    half_written.write_bytes(data)
    half_written.replace(path)


def is_possible() -> bool:
    """Return whether tiktoken is installed. Blocks."""
    return importlib.util.find_spec("tiktoken") is not None


def load(name: str, data: bytes, file: BpeFile) -> CountTokens:
    """Return the tokenizer that a file makes; it takes some 60 MB. Blocks for half a second.

    Raises:
        BpeError: tiktoken is not installed, or the file is none.
    """
    try:
        tiktoken = importlib.import_module("tiktoken")
        ranks = {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, data.splitlines())}
        encoding = tiktoken.Encoding(name, pat_str=file.pattern, mergeable_ranks=ranks, special_tokens={})
    except (ImportError, ValueError) as err:
        raise BpeError(f"no tokenizer for {name}: {err}") from err

    def count(text: str) -> int:
        return len(encoding.encode_ordinary(text))

    return count


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.tiktoken"


def _is_whole(data: bytes, file: BpeFile) -> bool:
    return hashlib.sha256(data).hexdigest() == file.sha256
