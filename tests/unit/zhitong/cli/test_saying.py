"""Remarks from the command line: the order that reaches the running service, and its answer in words."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.control import socket
from telephony.control.commands import Answer, Request, Taken
from telephony.control.orders.remarks import Dispose, Mark, Note, Resolve
from tests.unit.zhitong.cli.conftest import Terminal

CALL = "01NG7MVC000707THFW5XRV19TZ"


class Counter:
    """A service that notes what it is asked, and answers as told."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answer = Answer("", Taken.ACCEPTED, seen=True)

    async def handle(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.answer


@contextlib.contextmanager
def serving(path: Path, counter: Counter) -> Iterator[None]:
    up, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with socket.serving(path, counter.handle):
            up.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert up.wait(60)
        yield
    finally:
        over.set()
        thread.join(60)


@pytest.fixture
def counter(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    monkeypatch.setenv("ZHITONG_BY", "李明")
    (terminal.folder / "var").mkdir()
    made = Counter()
    with serving(terminal.folder / "var" / "control.sock", made):
        yield made


def test_each_command_is_its_order(terminal: Terminal, counter: Counter) -> None:
    commands = (
        ("note", CALL, "停水\n三天", "--agent", "1001"),
        ("note", CALL, ""),
        ("dispose", CALL, "--topic", "water", "--topic", "road", "--not-direct"),
        ("dispose", CALL),
        ("mark", CALL, "silent"),
        ("mark", CALL),
        ("resolve", CALL, "--no"),
        ("resolve", CALL, "--agent", "1001"),
    )
    for command in commands:
        said = terminal.zhitong("calls", *command)
        assert (said.status, said.out) == (0, "已登记。  It is kept.\n"), said.err
    assert [request.command for request in counter.asked] == [
        Note(CALL, "1001", "停水\n三天", "李明", any_call=True),  # type: ignore[arg-type]
        Note(CALL, "", "", "李明", any_call=True),  # type: ignore[arg-type]
        Dispose(CALL, "", ("water", "road"), "李明", False, any_call=True),  # type: ignore[arg-type]
        Dispose(CALL, "", (), "李明", None, any_call=True),  # type: ignore[arg-type]
        Mark(CALL, "", "silent", "李明", any_call=True),  # type: ignore[arg-type]
        Mark(CALL, "", "", "李明", any_call=True),  # type: ignore[arg-type]
        Resolve(CALL, "", False, "李明", any_call=True),  # type: ignore[arg-type]
        Resolve(CALL, "1001", None, "李明", any_call=True),  # type: ignore[arg-type]
    ]
    assert len({request.key for request in counter.asked}) == 8


def test_the_longest_note_there_may_be_reaches_it(terminal: Terminal, counter: Counter) -> None:
    assert terminal.zhitong("calls", "note", CALL, "\U0002a6a5" * 2_000).status == 0
    (asked,) = counter.asked
    assert isinstance(asked.command, Note)
    assert len(asked.command.text) == 2_000


def test_what_is_refused_is_told(terminal: Terminal, counter: Counter) -> None:
    counter.answer = Answer("", Taken.REFUSED, "call: there is no call 'x'.")
    said = terminal.zhitong("calls", "mark", CALL, "nuisance")
    assert (said.status, said.out) == (1, "")
    assert "there is no call" in said.err


def test_without_the_service_it_says_so(terminal: Terminal) -> None:
    said = terminal.zhitong("calls", "note", CALL, "x")
    assert said.status == 1
    assert "zhitong serve" in said.err
