"""Nothing outlives whoever started it: killed, interrupted, or told to end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zhitong.lab.programs import Tools

SLEEPER = """
import asyncio, os, sys
from pathlib import Path
from zhitong.lab.child import Child

async def main():
    child = await Child.start(
        ["/bin/sleep", "60"], name="sleep", output=Path(sys.argv[1]) / "out", cwd=Path(sys.argv[1]), environ={}
    )
    print(child.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""

WHOLE_LAB = """
import asyncio, sys
from pathlib import Path
from tests.integration.lab.hotline import configure
from zhitong.lab.lab import Lab
from zhitong.lab.programs import find_tools
from zhitong.lab.roles import Agent, Caller

async def main():
    async with Lab(Path(sys.argv[1]) / "run", find_tools(), port_count=1000) as lab:
        configure(lab, ["8001"])
        await lab.pbx.start()
        agents = await lab.agents([Agent("8001")])
        callers = await lab.callers([Caller(number="13800000001", dialled="12345")])
        print(lab.pbx.pid, agents.pid, callers.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def start(script: str, directory: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A process of its own that starts children, and their process ids."""
    command = [sys.executable, "-c", script, str(directory)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, [int(word) for word in parent.stdout.readline().split()]


def gone(pids: list[int], within_s: float) -> bool:
    """Whether the kernel has forgotten all of `pids`, after at most `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        if time.monotonic() > deadline:
            print("still there:", left)
            return False
        time.sleep(0.01)
    return True


def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent, pids = start(SLEEPER, tmp_path)
    assert len(pids) == 1
    parent.kill()
    parent.communicate()
    assert gone(pids, 60)


@pytest.mark.acceptance
@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_a_whole_lab_dies_with_whoever_started_it(tmp_path: Path, how: signal.Signals) -> None:
    parent, pids = start(WHOLE_LAB, tmp_path)
    assert len(pids) == 3, parent.communicate()
    parent.send_signal(how)
    _, complaints = parent.communicate(timeout=100)
    assert gone(pids, 60)
    if how is signal.SIGINT:
        # In order: the PBX had time to write its last line, and took its socket with it.
        assert "KeyboardInterrupt" in complaints
        assert not any(Path("/tmp").glob(f"zt-{os.getuid()}/*/asterisk.{pids[0]}"))


def test_a_leash_without_its_parent_does_not_start_the_program(tmp_path: Path) -> None:
    leash = Path(sys.modules["zhitong.lab.child"].__file__ or "").with_name("leash.py")
    mark = tmp_path / "started"
    done = subprocess.run(
        [sys.executable, "-I", "-S", leash, "1", "/usr/bin/touch", mark], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "parent is gone" in done.stderr
    assert not mark.exists()


def test_the_tools_are_there(tools: Tools) -> None:
    done = subprocess.run(
        [*tools.sipp.command, "-v"],
        env={**os.environ, **tools.sipp.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "SIPp v3" in done.stdout
