"""The doctor's own client of the PBX: pyst2 in a process (``zhitong.cli.checks.probe``), held to deadlines."""

import asyncio
import contextlib
import itertools
import os
import sys
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable

import msgspec

from telephony.errors import AmiOutcomeUnknown
from zhitong.cli.checks.pipe import Heard, Kind, Question

SILENCE_S = 5.0
"""How long the PBX may say nothing before an answer is given up. Ours, not Asterisk's: it answers in milliseconds."""

_LINE_LIMIT = 1 << 22  # bytes of one message in JSON; ListCommands, the longest, has about 40,000
_WHOLE_LIST = 3
"""Times as long a silence for a list: pyst2 hands some on only when they are complete (6,000 members: 2 s)."""

_EVENTS_KEPT = 2_000
_ITEMS_LIMIT = 200_000


class PystClient:
    """One conversation. Every question raises AmiOutcomeUnknown when the PBX falls silent or the link is lost."""

    def __init__(self, process: asyncio.subprocess.Process, silence_s: float) -> None:
        assert process.stdin and process.stdout
        self._input, self._output = process.stdin, process.stdout
        self._silence_s = silence_s
        self._ids = (f"zt-doctor-{os.getpid()}-{count}" for count in itertools.count(1))
        self._decode = msgspec.json.Decoder(Heard).decode
        self._asked = "greeting"
        self.events: deque[Heard] = deque(maxlen=_EVENTS_KEPT)
        """Events that belong to no list of ours; the newest, when there are more."""
        self.seen: Counter[str] = Counter()
        """How many of each name there were."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, host: str, port: int, *, silence_s: float = SILENCE_S) -> AsyncIterator["PystClient"]:
        """Connect to an IPv4 address and read the greeting. Not logged in yet. The process is gone at the end."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-W", "ignore", "-m", "zhitong.cli.checks.probe", host, str(port)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT,
        )
        try:
            client = cls(process, silence_s)
            await client._until(lambda heard: heard.kind is Kind.GREETING)
            yield client
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def ask(self, action: str, **fields: str) -> Heard:
        """The reply to one action, refusals among them."""
        asked = self._send(action, fields)
        return await self._until(lambda heard: heard.kind is Kind.REPLY and _answers(heard, asked))

    async def ask_list(self, action: str, **fields: str) -> tuple[Heard, list[dict[str, str]]]:
        """The reply to an action that lists, and the listed events, without the closing one."""
        asked = self._send(action, fields)
        reply, items, complete = None, list[dict[str, str]](), False
        # pyst2 hands on replies and events from two threads, so the list may begin before the reply.
        while reply is None or not (complete or refused(reply)):
            heard = await self._until(
                lambda heard: heard.kind is not Kind.GREETING and _answers(heard, asked), self._silence_s * _WHOLE_LIST
            )
            if heard.kind is Kind.REPLY:
                reply = heard
            elif heard.headers.get("EventList", "").lower() in ("complete", "cancelled"):
                complete = True
            else:
                items.append(heard.headers)
            if len(items) > _ITEMS_LIMIT:
                raise AmiOutcomeUnknown(f"{action}: more than {_ITEMS_LIMIT} entries; the doctor reads no further")
        return reply, items

    def _send(self, action: str, fields: dict[str, str]) -> str:
        question = Question(action, next(self._ids), fields)
        self._asked = action
        self._input.write(msgspec.json.encode(question) + b"\n")
        return question.action_id

    async def listen(self, seconds: float, until: Callable[[Heard], bool] = lambda _: False) -> Heard | None:
        """Listen for so long, or until an event is the one waited for: earlier ones count too. None: it never came."""
        if early := next(filter(until, self.events), None):
            return early
        try:
            async with asyncio.timeout(seconds):
                while True:
                    heard = await self._next()
                    if heard.kind is Kind.EVENT and until(heard):
                        return heard
        except TimeoutError:
            return None

    async def _until(self, wanted: Callable[[Heard], bool], silence_s: float | None = None) -> Heard:
        silence_s = silence_s or self._silence_s
        while True:
            try:
                async with asyncio.timeout(silence_s):
                    heard = await self._next(wanted)
            except TimeoutError:
                raise AmiOutcomeUnknown(f"{self._asked}: no answer for {silence_s:g} s") from None
            if wanted(heard):
                return heard

    async def _next(self, claimed: Callable[[Heard], bool] = lambda _: False) -> Heard:
        line = await self._output.readline()
        heard = self._decode(line) if line.endswith(b"\n") else Heard(Kind.LOST, 0.0)
        if heard.kind is Kind.LOST:
            raise AmiOutcomeUnknown(f"{self._asked}: the PBX closed the connection")
        if heard.kind is Kind.EVENT and not claimed(heard):
            self.events.append(heard)
            self.seen[heard.headers.get("Event", "")] += 1
        return heard


def _answers(heard: Heard, action_id: str) -> bool:
    """Whether it belongs to that action."""
    return heard.headers.get("ActionID") == action_id


def refused(reply: Heard) -> bool:
    """Whether the PBX said no."""
    return reply.headers.get("Response") not in ("Success", "Follows", "Goodbye")


def message(reply: Heard) -> str:
    """The PBX's own words, for a sentence: printable and short."""
    return "".join(char for char in reply.headers.get("Message", "") if char.isprintable())[:120]
