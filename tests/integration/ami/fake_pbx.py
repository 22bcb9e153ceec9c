"""A PBX's manager interface on 127.0.0.1 that does what a test tells it, misbehaviour included.

Written from Asterisk's ``main/manager.c``, not from our code: it reads lines ended by LF with or without CR, answers
in the order of the actions, and knows nothing of telephony.ami.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import Self

Headers = dict[str, str]
Answer = list[bytes]
"""The frames that answer an action, without their empty line."""


def lines(*headers: tuple[str, str]) -> bytes:
    return "\r\n".join(f"{key}: {value}" for key, value in headers).encode()


def success(action: Headers, message: str = "", *more: tuple[str, str]) -> bytes:
    said = [("Message", message)] if message else []
    return lines(("Response", "Success"), ("ActionID", action["ActionID"]), *said, *more)


def error(action: Headers, message: str) -> bytes:
    return lines(("Response", "Error"), ("ActionID", action["ActionID"]), ("Message", message))


def listed(action: Headers, name: str, items: list[Headers]) -> Answer:
    """A list reply: the start, an event for each item, the end."""
    start = success(action, "will follow", ("EventList", "start"))
    tag = ("ActionID", action["ActionID"])
    events = [
        lines(("Event", item["Event"]), tag, *[pair for pair in item.items() if pair[0] != "Event"]) for item in items
    ]
    return [start, *events, lines(("Event", name), tag, ("EventList", "Complete"), ("ListItems", str(len(items))))]


class Line:
    """One connection, as the PBX sees it."""

    def __init__(self, pbx: "FakePbx", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pbx = pbx
        self.reader = reader
        self.writer = writer
        self.logged_in = False

    async def serve(self) -> None:
        self.writer.write(self.pbx.greeting)
        while action := await self._action():
            self.pbx.actions.append(action)
            if self.pbx.deaf:
                continue
            await asyncio.sleep(self.pbx.delay)
            for frame in self.pbx.answer(self, action):
                self.send(frame)

    async def _action(self) -> Headers:
        """The next action; empty at the end of the connection."""
        action: Headers = {}
        while line := await self.reader.readline():
            text = line.decode().rstrip("\r\n")
            if not text:
                return action
            key, _, value = text.partition(": ")
            action[key] = value
        return {}

    def send(self, *frames: bytes) -> None:
        if not self.writer.is_closing():
            self.writer.write(b"".join(frame + b"\r\n\r\n" for frame in frames))

    def cut(self) -> None:
        """Close at once, as a killed process does."""
        self.writer.transport.abort()


class FakePbx:
    """``actions`` is all it was asked; ``answers`` can be set for each action's name."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.greeting = b"Asterisk Call Manager/9.0.0\r\n"
        self.secret = "right"
        self.delay = 0.0
        self.deaf = False
        self.booted = True
        self.uptime = 1000
        self.channels: list[Headers] = []
        self.queues: list[Headers] = []
        self.actions: list[Headers] = []
        self.lines: list[Line] = []
        self.logins = 0
        self.answers: dict[str, Callable[[Line, Headers], Answer]] = {
            "Login": self._login,
            "Ping": lambda _, action: [success(action, "", ("Ping", "Pong"), ("Timestamp", f"{time.time():.6f}"))],
            "CoreStatus": self._core_status,
            "CoreShowChannels": lambda _, action: listed(action, "CoreShowChannelsComplete", self.channels),
            "QueueStatus": lambda _, action: listed(action, "QueueStatusComplete", self.queues),
        }
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen: on a free port at first, later on the same one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.sleep(0)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(self, reader, writer)
        self.lines.append(line)
        try:
            await line.serve()
        except ConnectionError:
            pass
        finally:
            self.lines.remove(line)
            writer.close()

    def answer(self, line: Line, action: Headers) -> Answer:
        name = action.get("Action", "")
        known = self.answers.get(name)
        return known(line, action) if known else [success(action, f"{name} done")]

    def send(self, *frames: bytes) -> None:
        """Events, to everybody who is logged in."""
        for line in self.lines:
            if line.logged_in:
                line.send(*frames)

    def send_raw(self, data: bytes) -> None:
        for line in self.lines:
            line.writer.write(data)

    def cut(self) -> None:
        for line in list(self.lines):
            line.cut()

    def asked(self, name: str) -> list[Headers]:
        return [action for action in self.actions if action["Action"] == name]

    def _login(self, line: Line, action: Headers) -> Answer:
        if action["Secret"] != self.secret:
            return [error(action, "Authentication failed")]
        self.logins += 1
        line.logged_in = True
        booted = lines(("Event", "FullyBooted"), ("Privilege", "system,all"), ("Uptime", str(self.uptime)))
        return [success(action, "Authentication accepted"), *([booted] if self.booted else [])]

    def _core_status(self, _: Line, action: Headers) -> Answer:
        started = time.localtime(time.time() - self.uptime)
        date, clock = time.strftime("%Y-%m-%d", started), time.strftime("%H:%M:%S", started)
        return [success(action, "", ("CoreStartupDate", date), ("CoreStartupTime", clock))]
