"""The message log followed: only what is new, through rotations and cuts, on real files."""

import asyncio
import os
from pathlib import Path

import pytest

from telephony.journal.files import LocalLogs
from telephony.journal.messages import Follower, Messages
from telephony.live.alarms import AlarmName

PORTS = "[2026-11-23 10:44:05.123] ERROR[1]: rtp.c:1 in x: Oh dear... we couldn't allocate a port for RTP\n"


class Desk:
    """Asterisk's log folder, and one who follows its messages.log."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "messages.log"
        self.follower = Follower(LocalLogs(folder).log("messages"))

    def write(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)

    def look(self) -> list[str]:
        return self.follower.look()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_was_there_before_is_no_news(desk: Desk) -> None:
    desk.write("old\n")
    assert desk.look() == []
    desk.write("one\ntwo\nthr")
    assert desk.look() == ["one", "two"]
    desk.write("ee\n")
    assert desk.look() == ["three"]
    assert desk.look() == []


def test_a_log_that_begins_later_is_read_from_its_beginning(desk: Desk) -> None:
    assert desk.look() == []
    desk.write("one\n")
    assert desk.look() == ["one"]


def test_a_rotation_loses_nothing(desk: Desk) -> None:
    desk.write("old\n")
    desk.look()
    desk.write("last of the old\n")
    desk.path.rename(desk.path.with_name("messages.log.1"))
    with desk.path.with_name("messages.log.1").open("a", encoding="utf-8") as still_open:
        still_open.write("written by who had it open\n")
    assert desk.look() == ["last of the old", "written by who had it open"]
    desk.write("first of the new\n")
    assert [line for _ in range(3) for line in desk.look()] == ["first of the new"]


def test_a_log_that_was_cut_off_is_read_anew(desk: Desk) -> None:
    desk.write("old and long\n" * 9)
    desk.look()
    os.truncate(desk.path, 0)
    desk.write("new\n")
    assert [line for _ in range(3) for line in desk.look()] == ["new"]


def test_a_log_that_nobody_may_read_is_said_and_then_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        messages = Messages(LocalLogs(tmp_path))
        (tmp_path / "messages.log").mkdir()
        await messages.look()
        (tmp_path / "messages.log").rmdir()
        await messages.look()
        (tmp_path / "messages.log").write_text(PORTS * 2, encoding="utf-8")
        await messages.look()
        assert messages.problem is None
        assert messages.complaints.counts == {AlarmName.RTP_PORTS_EXHAUSTED: 2}

    asyncio.run(story())
