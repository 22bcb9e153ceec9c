"""What the figures were measured on."""

import importlib.metadata
import os
import platform
import re
from pathlib import Path

import msgspec

_CPUINFO = Path("/proc/cpuinfo")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """``load``: the machine's load average over a minute when the run began."""

    processor: str
    cores: int
    system: str
    python: str
    panoramisk: str
    load: float


def machine() -> Machine:
    """This one."""
    return Machine(
        processor=processor(_CPUINFO.read_text(encoding="utf-8") if _CPUINFO.exists() else ""),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        panoramisk=importlib.metadata.version("panoramisk"),
        load=round(os.getloadavg()[0], 2),
    )


def processor(cpuinfo: str) -> str:
    """The name of the first processor in ``/proc/cpuinfo``, with its clock where it says one."""
    name = re.search(r"^model name\s*: (.*)$", cpuinfo, re.MULTILINE)
    clock = re.search(r"^cpu MHz\s*: ([0-9]+)", cpuinfo, re.MULTILINE)
    if name is None:
        return platform.processor() or "unknown"
    return name[1].strip() + (f" ({clock[1]} MHz)" if clock and "GHz" not in name[1] else "")
