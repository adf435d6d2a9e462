"""The zip of a release: what Home Assistant's Marketplace finds in it."""

import json
from pathlib import Path
import subprocess
import sys
import tomllib
from typing import Any
import zipfile

from homeassistant.util.yaml import parse_yaml
import pytest

from scripts.package import FILE_NAME, INTEGRATION, ROOT, NoVersionError, files, pack, version_of

MODELS = {"bert.npz", "svm.npz", "both.json", "reply.json"}
MAX_BYTES = 8_000_000
"""It is fetched through slow mirrors as well."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    path = tmp_path_factory.mktemp("release") / FILE_NAME
    pack(path, "1.2.3")
    return zipfile.ZipFile(path)


def test_the_integrations_files_stand_at_its_root(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    assert {"manifest.json", "__init__.py", "translations/zh-Hans.json", "brand/icon.png", "services.yaml"} <= names
    assert {f"routing/models/{model}" for model in MODELS} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc") or name.startswith(".")]
    assert archive.testzip() is None


def test_all_that_is_tracked_is_in_it_and_nothing_else(archive: zipfile.ZipFile) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=INTEGRATION,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    assert sorted(archive.namelist()) == sorted(listed.stdout.splitlines())


def test_the_manifest_has_the_releases_version_and_is_else_the_same(archive: zipfile.ZipFile) -> None:
    packed = json.loads(archive.read("manifest.json"))
    written = json.loads((INTEGRATION / "manifest.json").read_text(encoding="utf-8"))
    assert packed == written | {"version": "1.2.3"}


def test_it_is_small_and_the_same_each_time(archive: zipfile.ZipFile, tmp_path: Path) -> None:
    first = Path(archive.filename or "")
    pack(tmp_path / FILE_NAME, "1.2.3")
    assert (tmp_path / FILE_NAME).read_bytes() == first.read_bytes()
    assert first.stat().st_size < MAX_BYTES


def test_what_python_and_editors_leave_is_left_out() -> None:
    assert not [path for path in files() if path.suffix == ".pyc" or path.name.startswith(".")]


@pytest.mark.parametrize(("tag", "version"), [("v1.2.3", "1.2.3"), ("0.10.0", "0.10.0"), ("v1.2.3-rc.1", "1.2.3-rc.1")])
def test_a_tag_names_a_version(tag: str, version: str) -> None:
    assert version_of(tag) == version


@pytest.mark.parametrize("tag", ["latest", "v1", "1.2", "1.2.3; rm", "v1.2.3?", ""])
def test_a_tag_that_is_none_is_refused(tag: str) -> None:
    with pytest.raises(NoVersionError):
        version_of(tag)


def test_the_command_makes_it(tmp_path: Path) -> None:
    output = tmp_path / "deep" / FILE_NAME
    command = [sys.executable, "-m", "scripts.package", "v9.8.7", "--output", str(output)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "version 9.8.7" in done.stdout
    assert json.loads(zipfile.ZipFile(output).read("manifest.json"))["version"] == "9.8.7"
    refused = subprocess.run([*command[:3], "latest"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "not a version" in refused.stderr


# What hassfest, HACS and the Marketplace ask for


def test_the_manifests_keys_are_in_order() -> None:
    manifest = json.loads((INTEGRATION / "manifest.json").read_text(encoding="utf-8"))
    first, second, *others = manifest
    assert (first, second, others) == ("domain", "name", sorted(others))
    assert manifest["domain"] == INTEGRATION.name
    needed = {"codeowners", "documentation", "issue_tracker", "iot_class", "version"}
    assert needed <= manifest.keys()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert manifest["version"] == project["version"] == version_of(manifest["version"])


def test_the_repository_says_how_it_is_installed() -> None:
    told = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))
    assert told == {
        "name": "Xiao GPT",
        "homeassistant": "2026.10.0",
        "zip_release": True,
        "filename": FILE_NAME,
        "hide_default_branch": True,
    }


def test_the_workflows_are_those_that_a_release_needs() -> None:
    workflows: dict[str, Any] = {
        path.name: parse_yaml(path.read_text()) for path in (ROOT / ".github" / "workflows").iterdir()
    }
    validate, release = workflows["validate.yml"]["jobs"], workflows["release.yml"]["jobs"]
    assert validate.keys() == {"hassfest", "hacs", "tests"}
    assert any(
        step.get("uses", "").startswith("home-assistant/actions/hassfest@") for step in validate["hassfest"]["steps"]
    )
    assert any(step.get("with", {}).get("category") == "integration" for step in validate["hacs"]["steps"])
    steps = release["zip"]["steps"]
    assert any(step.get("run", "").startswith(f'scripts/package "$TAG" --output {FILE_NAME}') for step in steps)
    assert any(step.get("with", {}).get("subject-path") == FILE_NAME for step in steps)
    assert any(f'gh release upload "$TAG" {FILE_NAME}' in step.get("run", "") for step in steps)
