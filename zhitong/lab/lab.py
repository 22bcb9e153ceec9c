"""A whole lab: one PBX and the people who call and answer, in one directory, on ports of its own.

::

    async with Lab(Path("var/demo"), await asyncio.to_thread(find_tools)) as lab:
        render(lab.etc, sip=lab.ports.sip, ami=lab.ports.ami, agents=lab.ports.agents)   # the site's files
        await lab.pbx.start()
        await lab.agents([Agent("8001"), Agent("8002")])
        callers = await lab.callers([Caller(number="13800000001", dialled="12345", talk_s=3.0)])
        await callers.finished(timeout_s=30)
    # here nothing runs any more

Several labs run side by side, each in a directory of its own.
"""

import asyncio
import contextlib
import fcntl
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from telephony.errors import LabError
from zhitong.lab.books import Line
from zhitong.lab.pbx import Pbx
from zhitong.lab.ports import Ports, reserve
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Account, Agent, Caller
from zhitong.lab.sipp import Place, Sipp, register, start_agents, start_callers

_PORTS_EACH = 5
"""SIP, control, and three in a row for media (SIPp takes the first and the third)."""


class Lab:
    """Everything stops, by pid, when the `async with` is left: at its end, by an exception, by Ctrl-C.

    If this process is killed, the kernel ends the PBX and the phones (`zhitong.lab.leash`).
    `etc` is the directory of Asterisk's configuration: `run`/etc unless it is named.
    """

    ports: Ports
    pbx: Pbx

    def __init__(
        self, run: Path, tools: Tools, *, host: str = "127.0.0.1", etc: Path | None = None, port_count: int = 1500
    ) -> None:
        self.run = run.resolve()
        self.etc = (etc or run / "etc").resolve()
        self.host = host
        self._tools = tools
        self._port_count = port_count
        self._phones: list[tuple[Sipp, Place]] = []
        self._lines_before: list[Line] = []
        self._groups = 0
        self._lock: IO[str] | None = None

    @property
    def data(self) -> Path:
        """The PBX's data directory: sounds and music."""
        return self._tools.asterisk.data

    async def __aenter__(self) -> Self:
        self._lock = await asyncio.to_thread(_claim, self.run, self.etc)
        try:
            self.ports = await asyncio.to_thread(reserve, self._port_count, host=self.host)
        except BaseException:
            self._lock.close()
            raise
        self.pbx = Pbx(self._tools.asterisk, run=self.run, etc=self.etc, rtp=self.ports.rtp)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        async with contextlib.AsyncExitStack() as last:
            if self._lock:
                last.callback(self._lock.close)
            last.callback(self.ports.close)
            last.push_async_callback(self.pbx.stop)
            last.push_async_callback(self.stop_phones)

    async def callers(self, callers: Sequence[Caller], host: str | None = None) -> Sipp:
        """Make a group of callers call; more than one group may be on the line.

        `host` is the address they call from, where trunks are told apart by it (any of 127.0.0.0/8 will do).
        """
        place = self._place("callers", self._ports(), host=host)
        return self._keep(await start_callers(self._tools.sipp, place, callers), place)

    async def agents(self, agents: Sequence[Agent], port: int | None = None, *, by_caller: bool = False) -> Sipp:
        """Put agents' phones at ``sip:NUMBER@host:port`` (the lab's port for agents by default).

        ``by_caller``: the numbers are callers', and so whoever's phone rings for that caller does.
        """
        place = self._place("agents", self._ports(), port or self.ports.agents)
        return self._keep(await start_agents(self._tools.sipp, place, agents, by_caller=by_caller), place)

    async def register(self, accounts: Sequence[Account], port: int | None = None) -> None:
        """Register phones that `agents` has put, or will put, at `port`. Raises LabError when the PBX refuses one."""
        place = self._place("register", self._ports())
        try:
            await register(self._tools.sipp, place, accounts, f"{self.host}:{port or self.ports.agents}")
        finally:
            self.ports.give(_first_port(place), _PORTS_EACH)

    def lines(self) -> list[Line]:
        """What all phones of this lab have seen so far, in the order of time."""
        lines = [line for sipp, _ in self._phones for line in sipp.lines()]
        return sorted([*self._lines_before, *lines], key=lambda line: line.at)

    async def stop_phones(self) -> None:
        """Take all phones off the line at once: no goodbye. Their logs stay, and stay part of `lines`."""
        await asyncio.gather(*(sipp.stop() for sipp, _ in self._phones))
        self._retire()

    async def clear(self) -> None:
        """Between two runs: no phones, no calls. Needed, because a phone that died leaves its call in the queue."""
        await self.stop_phones()
        await self.pbx.hang_up_all()

    def _retire(self) -> None:
        """Keep the lines of groups that have ended, and give their ports to the next."""
        ended = [(sipp, place) for sipp, place in self._phones if not sipp.running]
        self._phones = [kept for kept in self._phones if kept not in ended]
        for sipp, place in ended:
            self._lines_before += sipp.lines()
            self.ports.give(_first_port(place), _PORTS_EACH)

    def _keep(self, sipp: Sipp, place: Place) -> Sipp:
        self._phones.append((sipp, place))
        return sipp

    def _ports(self) -> int:
        self._retire()
        return self.ports.take(_PORTS_EACH)

    def _place(self, kind: str, first: int, port: int | None = None, host: str | None = None) -> Place:
        self._groups += 1
        return Place(
            directory=self.run / "phones" / f"{self._groups:03}-{kind}",
            host=host or self.host,
            port=port or first,
            media_port=first + 2,
            control_port=first + 1,
            pbx_host=self.host,
            pbx_port=self.ports.sip,
        )


def _first_port(place: Place) -> int:
    return place.control_port - 1


def _claim(run: Path, etc: Path) -> IO[str]:
    """Make the directories and hold the run directory's lock, which the kernel frees when we die."""
    run.mkdir(parents=True, exist_ok=True)
    etc.mkdir(parents=True, exist_ok=True)
    lock = (run / "lab.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise LabError(f"another lab runs in {run}; stop it, or choose another directory") from None
    return lock
