"""Makes the zip of a release: the integration's files at its root, the version in its manifest.

Needs nothing but Python, of whatever version a machine has.
"""

import argparse
from collections.abc import Iterator
import json
from pathlib import Path
import re
import sys
import zipfile

ROOT = Path(__file__).resolve().parent.parent
INTEGRATION = ROOT / "custom_components" / "xiao_gpt"
FILE_NAME = "xiao_gpt.zip"
"""As hacs.json has it."""
MANIFEST = "manifest.json"

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:-?(?:alpha|beta|rc)|a|b)\.?\d+)?")
"""What Home Assistant takes for a version, and a person for one of a release."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""When each file was changed, as far as the zip says: the same files give the same zip."""
_ORDINARY_FILE = 0o100644 << 16


class NoVersionError(Exception):
    """That is no version."""


def version_of(tag: str) -> str:
    """Return the version that a tag or a person names.

    Raises:
        NoVersionError: it is none.
    """
    version = tag.removeprefix("v")
    if not _VERSION.fullmatch(version):
        raise NoVersionError(f"{tag} is not a version such as 1.2.3, v1.2.3 or 1.2.3-rc.1")
    return version


def written_version() -> str:
    """Return the version that the manifest has in the repository."""
    return str(json.loads((INTEGRATION / MANIFEST).read_text(encoding="utf-8"))["version"])


def files() -> Iterator[Path]:
    """Yield what belongs to the integration, in order; nothing that Python or an editor has left there."""
    for path in sorted(INTEGRATION.rglob("*"), key=lambda path: path.relative_to(INTEGRATION).as_posix()):
        parts = path.relative_to(INTEGRATION).parts
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in parts):
            yield path


def pack(output: Path, version: str) -> None:
    """Write the zip."""
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files():
            content = path.read_bytes()
            if path == INTEGRATION / MANIFEST:
                content = _with_version(content.decode("utf-8"), version).encode("utf-8")
            entry = zipfile.ZipInfo(path.relative_to(INTEGRATION).as_posix(), _LONG_AGO)
            entry.external_attr = _ORDINARY_FILE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def _with_version(manifest: str, version: str) -> str:
    """Return the manifest with another version, all else as it is written."""
    return re.sub(r'("version": )"[^"]*"', rf'\g<1>"{version}"', manifest)


def main() -> int:
    """Make the zip; say what is in it."""
    parser = argparse.ArgumentParser(prog="scripts/package", description=__doc__)
    parser.add_argument("version", nargs="?", help="of the manifest in the zip; otherwise what it says already")
    parser.add_argument("--output", type=Path, default=ROOT / ".run" / FILE_NAME, help="the zip to write")
    options = parser.parse_args()
    try:
        version = version_of(options.version or written_version())
    except NoVersionError as err:
        print(err, file=sys.stderr)
        return 1
    if version != (written := written_version()):
        print(f"manifest.json says {written}; the zip says {version}", file=sys.stderr)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    pack(options.output, version)
    print(f"{options.output}: version {version}, {options.output.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
