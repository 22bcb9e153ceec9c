"""Lays .venv: the hashed lock, then the project itself in place. Quick when nothing changed.

Run by `make setup` with the standard library alone. Works without root and without Debian's python3-venv:
where the interpreter brings no ensurepip, pip comes from wheels on this machine or from the package
python3-pip-whl, unpacked into the cache.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "zhitong-setup"
LOCK = ROOT / "requirements" / "dev.lock"
SYSTEM = Path("/")
WHEELS = Path("usr/share/python-wheels")
"""Where Debian's python3-pip-whl puts pip, under SYSTEM or under the cache it is unpacked into."""


class SetupError(Exception):
    """Set-up cannot go on; the message says what to do."""


def main() -> int:
    with LOCK.open("rb") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # two `make setup` at once: the second finds the work done
        try:
            lay_venv()
        except SetupError as error:
            print(f"setup: {error}", file=sys.stderr)
            return 1
    return 0


def lay_venv() -> None:
    """Brings .venv in step with the lock and pyproject.toml; does nothing when the stamp says it is."""
    wanted = stamp_of_now()
    if STAMP.is_file() and STAMP.read_text() == wanted and VENV_PYTHON.exists():
        return
    STAMP.unlink(missing_ok=True)
    if not has_pip():
        say("making .venv")
        make_venv()
    say("installing the locked packages")
    pip("install", "-qq", "--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK))
    say("installing the project in place")
    pip("install", "-qq", "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text(wanted)
    say("ready: .venv")


def stamp_of_now() -> str:
    """A digest of all that .venv depends on: the lock, the project's metadata, the interpreter, the place."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed = [project["build-system"], project["project"], project["tool"]["hatch"]]
    digest = hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes())
    digest.update(repr((installed, sys.version, sys.base_prefix, str(VENV))).encode())
    return digest.hexdigest()


def has_pip() -> bool:
    """Whether .venv was made by this interpreter's version at this place and its pip answers."""
    asked = "import pip, sys; print(sys.prefix, sys.base_prefix, sys.version)"
    if not VENV_PYTHON.exists():
        return False
    answer = subprocess.run([VENV_PYTHON, "-c", asked], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == f"{VENV} {sys.base_prefix} {sys.version}".strip()


def make_venv() -> None:
    """Makes .venv with pip in it, by ensurepip where there is one."""
    bundled = importlib.util.find_spec("ensurepip") is not None
    run([sys.executable, "-m", "venv", "--clear", *([] if bundled else ["--without-pip"]), str(VENV)])
    if not bundled:
        wheel = find_pip_wheel()
        run([str(VENV_PYTHON), str(wheel / "pip"), "install", "-qq", "--no-index", "--no-deps", str(wheel)])


def find_pip_wheel() -> Path:
    """The newest pip wheel on this machine, or the one of Debian's python3-pip-whl brought into the cache."""
    cache = cache_dir()
    for place in (SYSTEM, cache):
        if wheels := sorted((place / WHEELS).glob("pip-*.whl")):
            return wheels[-1]
    say("this Python has no ensurepip: fetching pip from the package python3-pip-whl (no root needed)")
    fetch_debian_package("python3-pip-whl", cache)
    if wheels := sorted((cache / WHEELS).glob("pip-*.whl")):
        return wheels[-1]
    raise SetupError(no_pip_advice())


def fetch_debian_package(name: str, cache: Path) -> None:
    """Unpacks package `name` under `cache` with apt's own client; reads package lists anew if need be."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise SetupError(no_pip_advice())
    downloads = cache / "apt"
    downloads.mkdir(parents=True, exist_ok=True)
    for options in apt_attempts(downloads):
        got = run_quietly(["apt-get", *options, "download", name], cwd=downloads)
        packages = sorted(downloads.glob(f"{name}_*.deb"))
        if got and packages:
            run(["dpkg-deb", "--extract", str(packages[-1]), str(cache)])
            return


def apt_attempts(downloads: Path) -> Iterator[list[str]]:
    """Options for `apt-get download`: the host's lists as they are, then private lists freshly read."""
    yield []
    private = ["-o", f"Dir::State::lists={downloads}/lists", "-o", f"Dir::Cache={downloads}/cache"]
    private += ["-o", "APT::Sandbox::User=", "-o", "Debug::NoLocking=true"]
    (downloads / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (downloads / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    if run_quietly(["apt-get", *private, "update"], cwd=downloads):
        yield private


def cache_dir() -> Path:
    """The folder of this user's cache that outlives a checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "zhitong" / "python"


def no_pip_advice() -> str:
    return (
        f"{sys.executable} brings no ensurepip, and pip could not be fetched with apt-get.\n"
        "  Debian, Ubuntu:  sudo apt-get install python3-venv\n"
        "  elsewhere:       install pip's wheel package, or name a complete Python:\n"
        "                   PYTHON=/path/to/python3 make setup"
    )


def pip(*arguments: str) -> None:
    run([str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments])


def run(command: Sequence[str]) -> None:
    """Runs `command` with its output shown; a failure is a SetupError that repeats it."""
    done = subprocess.run(command, check=False)
    if done.returncode:
        raise SetupError(f"failed with status {done.returncode}, its words above:\n  {' '.join(command)}")


def run_quietly(command: Sequence[str], cwd: Path) -> bool:
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False).returncode == 0


def say(what: str) -> None:
    print(f"setup: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
