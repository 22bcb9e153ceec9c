"""The PBX's state, read by a manager session of our own. Written for this alone, so that it shares nothing with the
bridge's reading of the same."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Self

from zhitong.lab.chaos.facts import Facts, Headers, of_rows

_ANSWER_S = 5.0
_LISTS = (("CoreShowChannels", "CoreShowChannelsComplete"), ("QueueStatus", "QueueStatusComplete"))


class PbxState:
    """One login that hears no events. Raises OSError (of which TimeoutError is one) when the PBX does not answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    @contextlib.asynccontextmanager
    async def login(cls, port: int, user: str, secret: str) -> AsyncIterator[Self]:
        """Log in at 127.0.0.1; the session ends with the block."""
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            state = cls(reader, writer)
            async with asyncio.timeout(_ANSWER_S):
                await reader.readline()  # the banner
                state._ask(Action="Login", Username=user, Secret=secret, Events="off")
                if (await state._message()).get("Response") != "Success":
                    raise ConnectionRefusedError("the PBX refused our login")
            yield state
        finally:
            writer.close()

    async def look(self) -> Facts:
        """What the PBX says now."""
        rows: list[Headers] = []
        async with asyncio.timeout(_ANSWER_S):
            for action, end in _LISTS:
                self._ask(Action=action)
                while (row := await self._message()).get("Event") != end:
                    if row.get("Response") == "Error":  # it is starting, and app_queue is not there yet
                        raise ConnectionRefusedError(row.get("Message", action))
                    rows.append(row)
        return of_rows(rows)

    def _ask(self, **headers: str) -> None:
        self._writer.write("".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n")

    async def _message(self) -> Headers:
        try:
            text = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the PBX ended the session") from error
        lines = text.decode("utf-8", errors="replace").split("\r\n")
        return {name: value.lstrip() for name, _, value in (line.partition(":") for line in lines) if name}
