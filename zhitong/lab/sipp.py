"""SIPp processes: a group of callers, the phones of all agents, registrations.

One process serves many people: what each does stands in an injection file (`zhitong.lab.roles`), what they have in
common in a scenario (``scenarios/*.xml.j2``). Each process writes one log (`zhitong.lab.books`).
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from telephony.errors import LabError
from zhitong.lab.books import Line, read
from zhitong.lab.child import Child, last_lines
from zhitong.lab.ports import is_bound
from zhitong.lab.programs import Program
from zhitong.lab.roles import DIGIT_GAP_MS, Account, Agent, Caller, accounts_csv, agents_csv, callers_csv, refusals

_HEAD_START_MS = 300
"""From the moment a group of callers is started to the moment its clock starts: SIPp is up by then."""

_TAB = ("-key", "tab", "\t")
"""SIPp's two XML parsers (before and since 3.8) disagree about tabs in attributes; a keyword of our own is safe."""

_ENDED_WELL = (0, 1)
"""SIPp's exit status: every call went by the scenario, or some call did not (it is told in the log and in errors)."""


class Place(msgspec.Struct, frozen=True):
    """Where a SIPp process lives: its directory, its address, two ports for media, a control port, and its PBX."""

    directory: Path
    host: str
    port: int
    media_port: int
    control_port: int
    pbx_host: str
    pbx_port: int


class Sipp:
    """One SIPp process. `log` is its book; `errors` is where SIPp tells of messages it did not expect."""

    def __init__(self, program: Program, place: Place, scenario: str, **parameters: object) -> None:
        self._program = program
        self._place = place
        self._scenario = scenario
        self._parameters = parameters
        self._child: Child | None = None
        self.log = place.directory / f"{scenario}.tsv"
        self.errors = place.directory / f"{scenario}.errors"

    async def start(self, files: dict[str, str], options: Sequence[str]) -> Self:
        """Write the injection `files` and start SIPp with `options` after the usual ones."""
        place = self._place
        await asyncio.to_thread(self._write, files)
        self._child = await Child.start(
            [*self._program.command, *self._usual_options(), *options, f"{place.pbx_host}:{place.pbx_port}"],
            name=f"SIPp ({self._scenario})",
            output=place.directory / f"{self._scenario}.out",
            cwd=place.directory,
            environ={**self._program.environ, "TERM": "dumb"},
        )
        return self

    @property
    def pid(self) -> int:
        """Process id."""
        return self._started().pid

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._child is not None and self._child.status is None

    async def listening(self, timeout_s: float = 30.0) -> None:
        """Return when it has bound its port. Raises LabError when it ends before that."""
        place, child = self._place, self._started()
        deadline = time.monotonic() + timeout_s
        while not is_bound(place.host, place.port):
            if child.status is not None or time.monotonic() > deadline:
                raise child.died(self.errors)
            await asyncio.sleep(0.01)

    async def finished(self, timeout_s: float) -> None:
        """Wait until every call of the group has ended. Raises LabError on a fault of SIPp or after `timeout_s`."""
        child = self._started()
        try:
            status = await asyncio.wait_for(child.wait(), timeout_s)
        except TimeoutError:
            left = "\n  ".join(last_lines(self.errors, 5))
            raise LabError(f"callers are still on the line after {timeout_s:g} s; see {self.log}\n  {left}") from None
        if status not in _ENDED_WELL:
            raise child.died(self.errors)

    def lines(self) -> list[Line]:
        """The log so far. May be called while SIPp runs."""
        return read(self.log)

    async def stop(self) -> None:
        """End the process; calls it is in are left hanging, as when a phone loses its power."""
        if self._child:
            await self._child.kill()

    def _started(self) -> Child:
        if self._child is None:
            raise LabError(f"SIPp ({self._scenario}) was not started")
        return self._child

    def _write(self, files: dict[str, str]) -> None:
        directory = self._place.directory
        directory.mkdir(parents=True, exist_ok=True)
        files = {**files, f"{self._scenario}.xml": render(self._scenario, self._place, self._parameters)}
        for name, text in files.items():
            (directory / name).write_text(text, encoding="utf-8")

    def _usual_options(self) -> list[str]:
        place = self._place
        return [
            *("-sf", f"{self._scenario}.xml", "-i", place.host, "-p", str(place.port), "-t", "u1"),
            *("-mi", place.host, "-mp", str(place.media_port), "-cp", str(place.control_port)),
            *("-trace_logs", "-log_file", self.log.name, "-trace_err", "-error_file", self.errors.name),
            *("-nostdin", "-timer_resol", "1", *_TAB),
            # A machine that stalls now and then is no reason to stop the phones.
            *("-watchdog_minor_maxtriggers", "1000000", "-watchdog_major_maxtriggers", "1000000"),
        ]


async def start_callers(program: Program, place: Place, callers: Sequence[Caller]) -> Sipp:
    """Make `callers` call; their clock starts a third of a second from now. `Sipp.finished` waits for the last."""
    start_ms = time.time_ns() // 1_000_000 + _HEAD_START_MS
    count = str(len(callers))
    options = ("-inf", "callers.csv", "-m", count, "-l", count, "-r", "2000")
    return await Sipp(program, place, "callers").start({"callers.csv": callers_csv(callers, start_ms)}, options)


async def start_agents(program: Program, place: Place, agents: Sequence[Agent], *, by_caller: bool = False) -> Sipp:
    """Put the phones of all `agents` on one port; returns when they can be called.

    ``by_caller``: their numbers are callers' numbers, and whichever phone is offered that caller does so.
    """
    phones, offers = agents_csv(agents)
    options = ("-inf", "agents.csv", "-inf", "offers.csv", "-infindex", "agents.csv", "0")
    whose = "caller" if by_caller else "agent"
    sipp = Sipp(program, place, "agents", refusals=refusals(agents), whose=whose)
    await sipp.start({"agents.csv": phones, "offers.csv": offers}, options)
    try:
        await sipp.listening()
    except BaseException:
        await sipp.stop()
        raise
    return sipp


async def register(program: Program, place: Place, accounts: Sequence[Account], contact: str) -> None:
    """Register `accounts` with the PBX, each at ``sip:NUMBER@contact`` (``host:port``), for an hour.

    Raises LabError when the PBX refuses one.
    """
    files = {"accounts.csv": accounts_csv(accounts)}
    count = str(len(accounts))
    options = ("-inf", "accounts.csv", "-m", count, "-r", "200", "-key", "contact", contact)
    sipp = await Sipp(program, place, "register").start(files, options)
    try:
        await sipp.finished(30.0)
    finally:
        await sipp.stop()
    refused = [line.number for line in sipp.lines() if line.event == "end" and line.detail != "200"]
    if refused or len(sipp.lines()) < len(accounts):
        raise LabError(f"the PBX did not register {', '.join(refused) or 'every phone'}; see {sipp.errors}")


def render(scenario: str, place: Place, parameters: dict[str, object]) -> str:
    """The scenario as SIPp reads it."""
    templates = Environment(  # noqa: S701 (SIP, not HTML: what goes in is checked in zhitong.lab.roles)
        loader=FileSystemLoader(Path(__file__).with_name("scenarios")), undefined=StrictUndefined
    )
    template = templates.get_template(f"{scenario}.xml.j2")
    pbx = f"{place.pbx_host}:{place.pbx_port}"
    return template.render(pbx=pbx, digit_gap_ms=DIGIT_GAP_MS, **parameters)
