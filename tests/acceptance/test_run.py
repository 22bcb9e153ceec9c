"""``zhitong run`` as a newcomer uses it: two softphones, a call, Ctrl-C."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.command import Command, command
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer

# One after the other: they share the port that softphones expect, 5060.
pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("tools"), pytest.mark.xdist_group("run")]


def up(running: Command) -> None:
    """Wait until it says how to end it."""
    running.until(lambda: "Ctrl-C" in running.output)


def server(running: Command) -> tuple[str, int]:
    """As it stands on the screen."""
    found = re.search(r"服务器 (\S+):(\d+)，UDP", running.output)
    assert found
    return found[1], int(found[2])


def accounts(running: Command) -> dict[str, str]:
    """User and password, as they stand on the screen."""
    return dict(re.findall(r"(?m)^(\d{4})\s+([A-Za-z0-9]{32})\s", running.output))


async def call(running: Command) -> None:
    """1001 calls 12345, 1002 answers after a second and is heard; 1001 hangs up."""
    place, known = server(running), accounts(running)
    assert set(known) == {"1001", "1002"}
    async with (
        await Phone.start("1001", known["1001"], place, 700) as caller,
        await Phone.start("1002", known["1002"], place, 1000) as agent,
    ):
        agent.on_invite = Answer(1.0)
        made = await caller.call("12345")
        await made.answered()
        await asyncio.sleep(1.0)
        await made.hears(1000)  # 450, too: the ring-back tone
        await made.hangup()
        await asyncio.sleep(0.2)


def test_two_softphones_a_call_and_ctrl_c(tmp_path: Path) -> None:
    with command(tmp_path / "run", "run") as running:
        up(running)
        assert Counter(running.others().values()) == {"asterisk": 1, "serve": 1}
        _is_alone(running)
        asyncio.run(call(running))
        running.until(lambda: "接通 answered" in running.output)
        line, times = running.output.splitlines()[-2:]
        shown = re.fullmatch(r"\d\d:\d\d:\d\d  1001 → 1002  接通 answered  ([0-9A-Z]{26})", line)
        assert shown
        measured = re.fullmatch(r" +接通 connect (\d+\.\d) s · 通话 talk (\d+\.\d) s", times)
        assert measured
        assert min(float(each) for each in measured.groups()) >= 1.0
        record = _listed(running)
        assert record["call_id"] == shown[1]
        assert (record["dialled"], record["agent"], record["outcome"]) == ("12345", "1002", "answered")
        running.send(signal.SIGINT)
        assert running.ended(100) == 0
        assert running.output.splitlines()[-1].startswith("已全部停止。")
        assert "Traceback" not in running.output
        running.nothing_left()
    _is_the_same_again(tmp_path / "run", accounts(running))


def _is_alone(running: Command) -> None:
    """A second one in the same place is refused, and does not disturb the first."""
    second = Command(running.directory, "run")
    assert second.ended(100) == 1
    assert second.output.startswith("错误 error: another lab runs in ")
    assert "another directory" in second.output
    assert running.status is None


def _is_the_same_again(directory: Path, known: dict[str, str]) -> None:
    """Softphones are set up once: passwords stay, and so do the calls. Killed, it leaves nothing either."""
    with command(directory, "run") as running:
        up(running)
        assert accounts(running) == known
        assert _listed(running)["outcome"] == "answered"
        running.send(signal.SIGKILL)
        assert running.ended(100) == -9
        running.nothing_left()


def _listed(running: Command) -> dict[str, object]:
    """The one call, by the command that stands on the screen."""
    (words,) = re.findall(r"(?m)^  (.* calls list --site .*)$", running.output)
    done = subprocess.run([*words.split(), "--json"], capture_output=True, check=True, timeout=60)
    (record,) = json.loads(done.stdout)
    return dict(record)


def test_told_to_end_nothing_is_left(tmp_path: Path) -> None:
    with command(tmp_path / "run", "run") as running:
        up(running)
        running.send(signal.SIGTERM)
        assert running.ended(100) == 0
        running.nothing_left()
        assert "Traceback" not in running.output


@pytest.mark.parametrize("what", ["asterisk", "serve"])
@pytest.mark.slow
def test_a_part_that_dies_ends_it_and_is_named(tmp_path: Path, what: str) -> None:
    with command(tmp_path / "run", "run") as running:
        up(running)
        os.kill(next(pid for pid, name in running.others().items() if name == what), signal.SIGKILL)
        assert running.ended(100) == 1
        assert "ended by itself (status -9)" in running.output
        assert "Traceback" not in running.output
        running.nothing_left()


@pytest.mark.parametrize(("bind", "said"), [("192.0.2.1", "cannot listen on 192.0.2.1"), ("no address", "no address")])
def test_an_address_that_is_not_ours(tmp_path: Path, bind: str, said: str) -> None:
    words = [sys.executable, "-m", "zhitong", "run", "--directory", str(tmp_path / "run"), "--bind", bind]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
