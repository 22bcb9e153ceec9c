"""The lock files: hashed, naming no host, and in step with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for extra in ("dev", "bench") for line in PROJECT["optional-dependencies"][extra]]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def read_lock(name: str) -> dict[str, tuple[Version, Marker | None, int]]:
    """Package → its version, its marker and the number of its hashes."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    entries: dict[str, tuple[Version, Marker | None, int]] = {}
    for entry in re.sub(r"(?m)^\s*#.*\n", "", text).replace("\\\n", " ").splitlines():
        requirement = Requirement(entry.split(" --hash", 1)[0])
        (pin,) = requirement.specifier
        assert pin.operator == "==", entry
        hashes = len(HASH.findall(entry))
        entries[canonicalize_name(requirement.name)] = (Version(pin.version), requirement.marker, hashes)
    return entries


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_every_package_is_pinned_and_hashed(name: str) -> None:
    unhashed = [package for package, (_, _, hashes) in read_lock(name).items() if not hashes]
    assert unhashed == []


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_no_host_file_or_option_is_named(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    assert re.findall(r"\w+://|^-|--(?!hash=)\w+|\s@\s", text, re.MULTILINE) == []


@pytest.mark.parametrize(("name", "wanted"), [("runtime", RUNTIME), ("dev", RUNTIME + DEV)])
def test_the_lock_satisfies_the_project(name: str, wanted: list[Requirement]) -> None:
    locked = read_lock(name)
    for requirement in wanted:
        version, marker, _ = locked[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, f"{requirement}: the lock has {version}; run `make lock`"
        assert marker is None or requirement.marker is not None or "greenlet" in str(requirement)


def test_developers_run_the_versions_that_users_get() -> None:
    runtime, dev = read_lock("runtime"), read_lock("dev")
    assert {package: dev[package] for package in runtime} == runtime
    assert len(dev) > len(runtime)


def test_each_dependency_has_a_written_reason() -> None:
    reasons = (ROOT / "docs/decisions/0001-dependencies.md").read_text(encoding="utf-8")
    missing = [requirement.name for requirement in RUNTIME + DEV if f"`{requirement.name}`" not in reasons]
    assert missing == []


def test_each_reason_is_for_a_dependency_we_have() -> None:
    reasons = (ROOT / "docs/decisions/0001-dependencies.md").read_text(encoding="utf-8")
    named = re.findall(r"(?m)^\| `([^`]+)` \|", reasons)
    assert sorted(named) == sorted(requirement.name for requirement in RUNTIME + DEV)
