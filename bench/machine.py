"""What the figures were measured on, and with which versions."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

import msgspec

from telephony.errors import LabError
from zhitong.lab.programs import find_asterisk

_CPUINFO = Path("/proc/cpuinfo")
_MEMINFO = Path("/proc/meminfo")
_TOP = Path(__file__).parent.parent
PACKAGES = ("panoramisk", "msgspec", "uvloop", "websockets", "SQLAlchemy")
"""Whose version stands beside the figures: what we are raced against, and what we are quick by."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """``load``: the machine's load average over a minute when the run began. ``memory_gib``: 0 where nobody says."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    load: float


def machine() -> Machine:
    """This one."""
    return Machine(
        processor=processor(_text(_CPUINFO)),
        cores=os.cpu_count() or 1,
        memory_gib=memory_gib(_text(_MEMINFO)),
        system=f"{platform.system()} {platform.machine()}",
        load=round(os.getloadavg()[0], 2),
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def processor(cpuinfo: str) -> str:
    """The name of the first processor in ``/proc/cpuinfo``, with its clock where it says one."""
    name = re.search(r"^model name\s*: (.*)$", cpuinfo, re.MULTILINE)
    clock = re.search(r"^cpu MHz\s*: ([0-9]+)", cpuinfo, re.MULTILINE)
    if name is None:
        return platform.processor() or "unknown"
    return name[1].strip() + (f" ({clock[1]} MHz)" if clock and "GHz" not in name[1] else "")


def memory_gib(meminfo: str) -> float:
    """All of it, of ``/proc/meminfo``."""
    found = re.search(r"^MemTotal:\s*([0-9]+) kB", meminfo, re.MULTILINE)
    return round(int(found[1]) / 2**20, 1) if found else 0.0


def versions(*, asterisk: bool) -> dict[str, str]:
    """By name. ``asterisk``: the one that the benches run, too (fetched first if need be). Raises LabError."""
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "Zhitong": importlib.metadata.version("zhitong") + _commit(),
        **({"Asterisk": _asterisk()} if asterisk else {}),
        **{name: importlib.metadata.version(name) for name in PACKAGES if _installed(name)},
    }


def _installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _commit() -> str:
    """Which commit of this checkout, ``+`` where something was changed since; empty where git knows nothing of it."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude", "*"]
    try:
        said = subprocess.run(command, cwd=_TOP, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
    return f" ({said})" if said else ""


def _asterisk() -> str:
    program = find_asterisk().program
    command = [*program.command, "-V"]
    done = subprocess.run(command, env=os.environ | program.environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"`asterisk -V` failed: {done.stderr.strip()}")
    return done.stdout.strip().removeprefix("Asterisk ")
