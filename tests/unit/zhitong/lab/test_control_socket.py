"""Asterisk's control socket, against a server that follows asterisk.c."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from telephony.errors import LabError
from zhitong.lab.control_socket import ask

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Handler], Awaitable[Path]]
PREFIX = b"cli quit after "


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    servers: list[asyncio.Server] = []

    async def start(handler: Handler) -> Path:
        path = tmp_path / "ctl"
        servers.append(await asyncio.start_unix_server(handler, path))
        return path

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


async def asterisk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """netconsole(): greet, take one command up to its NUL, answer, hang up."""
    writer.write(b"host/4711/Asterisk 22.10.1\n")
    words = await reader.readuntil(b"\0")
    writer.write(b"you said: " + words.removeprefix(PREFIX).rstrip(b"\0") + b"\n\0")
    writer.close()


async def test_a_command_and_its_answer(serve: Serve) -> None:
    assert await ask(await serve(asterisk), "core show 版本") == "you said: core show 版本\n"


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="core show version"):
        await ask(tmp_path / "none", "core show version")


async def test_it_hangs_up_before_it_greets(serve: Serve) -> None:
    async def rude(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    with pytest.raises(LabError, match="greeted"):
        await ask(await serve(rude), "core show version")


async def test_it_never_answers(serve: Serve) -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"host/4711/Asterisk 22.10.1\n")
        await reader.read()
        writer.close()

    with pytest.raises(LabError, match=r"within 0\.05 s"):
        await ask(await serve(deaf), "core show version", timeout_s=0.05)


@pytest.mark.parametrize("command", ["x" * 511, "one\ntwo", "one\0two", "版" * 170])
async def test_what_asterisk_would_cut_or_run_as_two_is_refused(serve: Serve, command: str) -> None:
    with pytest.raises(LabError, match="not a command"):
        await ask(await serve(asterisk), command)
