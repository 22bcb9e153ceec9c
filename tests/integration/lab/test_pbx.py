"""One Asterisk in one directory: its life and its deaths, and what is left behind."""

import asyncio
import os
import signal
import stat
from pathlib import Path

import pytest

from telephony.errors import LabError
from tests.integration.lab.hotline import configure, queue_log, text
from zhitong.lab.lab import Lab
from zhitong.lab.ports import is_free
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance


def alive(pid: int | None) -> bool:
    """Whether the kernel knows the process, and it is no zombie."""
    try:
        return pid is not None and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_it_boots_answers_and_leaves_nothing(lab: Lab) -> None:
    configure(lab, ["8001"])
    await lab.pbx.start()
    pid = lab.pbx.pid
    assert alive(pid)
    async with asyncio.timeout(30):  # a busy PBX knows some of its commands a moment after it calls itself booted
        while not (await lab.pbx.cli("core show version")).startswith("Asterisk "):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert "PJSIP/8001" in await lab.pbx.cli("queue show hotline")
    assert not is_free("127.0.0.1", lab.ports.sip)
    assert len(str(lab.pbx.socket)) < 108
    assert stat.S_IMODE(lab.pbx.socket.parent.parent.stat().st_mode) == 0o700
    await lab.pbx.stop()
    assert not alive(pid)
    assert lab.pbx.pid is None
    assert not lab.pbx.socket.parent.exists()
    assert is_free("127.0.0.1", lab.ports.sip)
    await lab.pbx.stop()  # may be repeated


async def test_it_loads_what_calls_need_and_complains_of_nothing_else(lab: Lab) -> None:
    configure(lab, ["8001"])
    await lab.pbx.start()
    loaded = await lab.pbx.cli("module show")
    for module in ("app_queue", "app_confbridge", "app_mixmonitor", "app_chanspy", "app_celgenuserevent", "cel_custom"):
        assert f"{module}.so" in loaded
    assert "ConfBridge:" in await lab.pbx.cli("core show applications")
    assert list((await prompts(lab)).glob("demo-congrats.*"))
    assert "File: " in await lab.pbx.cli("moh show files")
    complaints = [line for line in text(lab.pbx.log_dir / "messages.log").splitlines() if " ERROR[" in line]
    # These two have no file of columns here: the site renders it.
    assert [line for line in complaints if "cdr_custom" not in line and "cel_custom" not in line] == []


async def prompts(lab: Lab) -> Path:
    """Where Playback looks for English prompts."""
    settings = await lab.pbx.cli("core show settings")
    data = next(line.split(":", 1)[1].strip() for line in settings.splitlines() if "Data directory" in line)
    return Path(data, "sounds", "en")


async def test_a_restart_reads_the_configuration_again(lab: Lab) -> None:
    configure(lab, ["8001"])
    await lab.pbx.start()
    first = lab.pbx.pid
    configure(lab, ["8001", "8002"])
    await lab.pbx.restart()
    assert lab.pbx.pid != first
    assert "PJSIP/8002" in await lab.pbx.cli("queue show hotline")
    async with asyncio.timeout(30):
        while len(queue_log(lab)) < 2:  # noqa: ASYNC110 - written by a thread of its own
            await asyncio.sleep(0.05)
    assert [row[4] for row in queue_log(lab)] == ["QUEUESTART", "QUEUESTART"]


async def test_killed_it_is_gone_at_once_and_can_be_started_again(lab: Lab) -> None:
    configure(lab, ["8001"])
    await lab.pbx.start()
    pid = lab.pbx.pid
    await lab.pbx.kill()
    assert not alive(pid)
    await lab.pbx.start()
    assert alive(lab.pbx.pid)


async def test_the_litter_of_a_pbx_that_was_killed_is_swept_by_the_next(lab: Lab, tmp_path: Path, tools: Tools) -> None:
    configure(lab, ["8001"])
    await lab.pbx.start()
    assert lab.pbx.pid is not None
    os.kill(lab.pbx.pid, signal.SIGKILL)
    await lab.pbx.wait()
    litter = lab.pbx.socket.parent
    assert litter.exists()
    async with Lab(tmp_path / "next", tools, port_count=1000) as following:
        configure(following, ["8001"])
        await following.pbx.start()
        assert not litter.exists()
        assert following.pbx.socket.exists()


async def test_a_death_nobody_asked_for_is_told_with_the_last_words(lab: Lab) -> None:
    configure(lab, ["8001"])
    await lab.pbx.start()
    watching = asyncio.create_task(lab.pbx.wait())
    assert lab.pbx.pid is not None
    os.kill(lab.pbx.pid, signal.SIGSEGV)
    error = await asyncio.wait_for(watching, 10)
    assert "status -11" in str(error)
    assert "messages" not in str(error)  # words, not names of files
    assert "Asterisk" in str(error)


async def test_a_configuration_it_cannot_start_with(lab: Lab) -> None:
    configure(lab, ["8001"])
    (lab.etc / "modules.conf").write_text("[modules]\nautoload=no\nrequire=no_such_module.so\n", encoding="utf-8")
    with pytest.raises(LabError, match="no_such_module"):
        await lab.pbx.start()
    assert lab.pbx.pid is None


async def test_it_is_not_started_without_a_dialplan_nor_twice(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"extensions\.conf"):
        await lab.pbx.start()
    configure(lab, ["8001"])
    await lab.pbx.start()
    with pytest.raises(LabError, match="runs already"):
        await lab.pbx.start()


async def test_two_labs_side_by_side_and_no_two_in_one_directory(lab: Lab, tmp_path: Path, tools: Tools) -> None:
    configure(lab, ["8001"])
    async with Lab(tmp_path / "other", tools, port_count=1000) as other:
        configure(other, ["8002"])
        await asyncio.gather(lab.pbx.start(), other.pbx.start())
        assert "PJSIP/8001" in await lab.pbx.cli("queue show hotline")
        assert "PJSIP/8002" in await other.pbx.cli("queue show hotline")
        with pytest.raises(LabError, match="another lab runs in"):
            async with Lab(lab.run, tools):
                raise AssertionError("two labs in one directory")


async def test_hang_up_all_ends_the_calls_of_phones_that_died(lab: Lab) -> None:
    configure(lab, ["8001"])
    await lab.pbx.start()
    agents = await lab.agents([Agent("8001", (Offer(ring_s=0.0),))])
    callers = await lab.callers([Caller(number="13800000001", dialled="12345")])
    for _ in range(200):
        if any(line.event == "answered" for line in callers.lines()):
            break
        await asyncio.sleep(0.02)
    await lab.stop_phones()
    assert not alive(callers.pid) and not alive(agents.pid)
    assert "2 active channels" in await lab.pbx.cli("core show channels count")
    await lab.clear()
    assert "0 active channels" in await lab.pbx.cli("core show channels count")
    # What the phones saw is still told, and the next run starts afresh on the same ports.
    assert {line.role for line in lab.lines()} == {"caller", "agent"}
    await lab.agents([Agent("8001", (Offer(ring_s=0.0),))])
    await (await lab.callers([Caller(number="13800000002", dialled="12345", talk_s=0.1)])).finished(60)
    assert [row[3] for row in queue_log(lab) if row[4] == "CONNECT"] == ["8001", "8001"]


async def test_leaving_by_an_error_stops_everything(tmp_path: Path, tools: Tools) -> None:
    pids: list[int | None] = []
    with pytest.raises(ZeroDivisionError):
        async with Lab(tmp_path / "run", tools, port_count=1000) as lab:
            configure(lab, ["8001"])
            await lab.pbx.start()
            agents = await lab.agents([Agent("8001")])
            callers = await lab.callers([Caller(number="13800000001", dialled="12345")])
            pids += [lab.pbx.pid, agents.pid, callers.pid]
            assert all(alive(pid) for pid in pids)
            raise ZeroDivisionError
    assert not any(alive(pid) for pid in pids)


async def test_a_scenario_that_sipp_refuses_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhitong.lab.sipp.render", lambda *_: "<scenario><nonsense/></scenario>")
    with pytest.raises(LabError, match="nonsense"):
        await lab.agents([Agent("8001")])
