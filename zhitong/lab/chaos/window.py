"""``zhitong serve`` with a window: ``python -m zhitong.lab.chaos.window NAME ARGUMENT…``

It is the very command that people run, in a process of its own; only that whoever connects to the abstract Unix socket
NAME (unix(7)) and sends a line is told, as one line of JSON (``View``), the state that the model holds at that moment,
so that it can be held against the PBX's.
"""

import asyncio
import contextlib
import faulthandler
import os
import runpy
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from unittest import mock

import msgspec

from telephony import service
from zhitong.lab.chaos.facts import Facts, of_world

_PROGRAM = "zhitong"
_STILL_S = 1.0


class View(msgspec.Struct, frozen=True):
    """``facts``: the state of now. ``unwritten``: records on their way to the store; ``journal_due``: calls that the
    journal has yet to judge; ``journal_problem``: why it does not get on."""

    pid: int
    connected: bool
    epoch: int
    facts: Facts
    unwritten: int
    journal_due: int
    journal_problem: str | None


def view(of: service.Service) -> View:
    """What is to be seen of a service now."""
    status = of.journal.status if of.journal is not None else None
    return View(
        pid=os.getpid(),
        connected=of.live.connected,
        epoch=of.live.epoch,
        facts=of_world(of.ingest.world),
        unwritten=of.writer.waiting,
        journal_due=status.due if status else 0,
        journal_problem=status.problem if status else None,
    )


def address(name: str) -> str:
    """Of the window of this name: no file, so that a kill leaves nothing behind."""
    return f"\0{name}"


@contextlib.asynccontextmanager
async def opened(of: service.Service, name: str) -> AsyncIterator[None]:
    """The window, while inside."""

    async def show(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while await reader.readline():
                writer.write(msgspec.json.encode(view(of)) + b"\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(show, address(name))
    pulse = asyncio.create_task(_pulse())
    try:
        yield
    finally:
        pulse.cancel()
        faulthandler.cancel_dump_traceback_later()
        server.close()


async def _pulse() -> None:
    """While the loop turns, nothing. When it stands still, all stacks go into the log: nothing may freeze."""
    while True:
        faulthandler.dump_traceback_later(_STILL_S)
        await asyncio.sleep(_STILL_S / 4)


def main(arguments: list[str]) -> None:
    """Run ``zhitong`` with the arguments after the first, which names the window."""
    name, *rest = arguments

    class Windowed(service.Service):
        async def run(self, control: Path | None = None) -> None:
            async with opened(self, name):
                await super().run(control)

    sys.argv = [_PROGRAM, *rest]
    with mock.patch.object(service, "Service", Windowed):
        runpy.run_module(_PROGRAM, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
