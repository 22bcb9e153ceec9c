"""A manager client of a few lines, sharing nothing with the product's: what Asterisk sent is what the test sees."""

import asyncio
import contextlib
import ssl
from typing import Self

Message = dict[str, str]


class Manager:
    """Logged in from `open` until `close`. `events` holds every event received, in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.events: list[Message] = []
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._pulse = asyncio.Condition()
        self._count = 0
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, port: int, user: str, secret: str, tls: ssl.SSLContext | None = None) -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
        await reader.readline()  # the banner
        client = cls(reader, writer)
        client._task = asyncio.create_task(client._read())
        answer = await client.ask("Login", Username=user, Secret=secret)
        if answer["Response"] != "Success":
            await client.close()
            raise AssertionError(answer)
        return client

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def ask(self, action: str, **headers: str) -> Message:
        """Send an action; its response (events it lists come as events)."""
        self._count += 1
        number = str(self._count)
        lines = [f"Action: {action}", f"ActionID: {number}", *(f"{name}: {value}" for name, value in headers.items())]
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n")
        async with asyncio.timeout(30):
            return await self._answers[number]

    async def event(self, name: str, timeout: float = 30.0, **headers: str) -> Message:
        """The first event of this name with these headers; waits for it. A UserEvent is named by its own name."""

        def wanted(event: Message) -> bool:
            return matches(event, name, headers)

        try:
            async with asyncio.timeout(timeout), self._pulse:
                await self._pulse.wait_for(lambda: any(map(wanted, self.events)))
        except TimeoutError:
            raise AssertionError(f"no {name} {headers} among {[name_of(event) for event in self.events]}") from None
        return next(filter(wanted, self.events))

    def all(self, name: str, **headers: str) -> list[Message]:
        return [event for event in self.events if matches(event, name, headers)]

    def names(self) -> list[str]:
        return [name_of(event) for event in self.events]

    async def _read(self) -> None:
        while True:
            try:
                raw = await self._reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            message = dict(line.split(": ", 1) for line in raw.decode().split("\r\n") if ": " in line)
            if "Event" not in message:  # OriginateResponse is an event that has a Response
                self._answers[message["ActionID"]].set_result(message)
                continue
            async with self._pulse:
                self.events.append(message)
                self._pulse.notify_all()


def name_of(event: Message) -> str:
    return event["UserEvent"] if event["Event"] == "UserEvent" else event["Event"]


def matches(event: Message, name: str, headers: dict[str, str]) -> bool:
    return name_of(event) == name and all(event.get(key) == value for key, value in headers.items())
