"""A made-up run: calls told step by step, written down at once in all three books and in call records.

It knows how Asterisk 22 and the lab's phones write (docs and measurements of this project), and nothing of the judge.
The PBX is a few milliseconds late on everything, as a real one is; the records are what a faultless product writes.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MS = 1_000
SECOND = 1_000_000
START = 1_795_402_664 * SECOND + 123_456
PBX = "pbx1"
TRUNK = "trunk-carrier"
HEAD = "date\ttime\tepoch\trole\tevent\tnumber\tother\tcall_id\tdetail"


@dataclass
class Phone:
    """One agent's phone in one call."""

    agent: str
    uniqueid: str
    channel: str
    call_id: str
    at: int
    queue: str
    offer: bool
    until: int | None = None
    outcome: str = ""
    answered: int | None = None
    gone: bool = False

    def record(self) -> dict[str, Any]:
        return {
            "member": self.agent,
            "queue": self.queue,
            "uniqueid": self.uniqueid,
            "at": self.at,
            "ended_at": self.until,
            "outcome": self.outcome,
            "cause": None,
        }


class World:
    """All books of one run. ``seed`` moves the PBX's small delays."""

    def __init__(self, seed: int = 0) -> None:
        self.dice = random.Random(seed)
        self.queue_log: list[str] = [f"{START // SECOND}|NONE|NONE|NONE|QUEUESTART|"]
        self.cdr: list[list[str]] = []
        self.phones: list[tuple[int, str]] = []
        self.records: list[dict[str, Any]] = []
        self._channels = 0
        self._rows = 0
        self._sip = 0
        self.log_lines: list[tuple[int, str]] = []

    # --- names ---

    def late(self) -> int:
        """What the PBX takes for anything: 0.2 to 4 ms."""
        return self.dice.randint(200, 4_000)

    def channel(self, endpoint: str, at: int) -> tuple[str, str]:
        self._channels += 1
        return f"{PBX}-{at // SECOND}.{self._channels}", f"PJSIP/{endpoint}-{self._channels:08x}"

    def sip_id(self) -> str:
        self._sip += 1
        return f"{self._sip}-4711@127.0.0.1"

    def sequence(self) -> str:
        self._rows += 1
        return str(self._rows)

    # --- writing ---

    def log(self, at: int, callid: str, queue: str, agent: str, event: str, *data: object) -> None:
        second = at // SECOND
        self.log_lines.append((at, "|".join([str(second), callid, queue, agent, event, *map(str, data)])))

    def seen(self, at: int, role: str, event: str, number: str, other: str, call_id: str, detail: object = "") -> None:
        stamp = f"2026-11-23\t04:20:11.123456\t{at // SECOND}.{at % SECOND:06}"
        self.phones.append((at, f"{stamp}\t{role}\t{event}\t{number}\t{other}\t{call_id}\t{detail}"))

    def lines(self) -> list[str]:
        """queue_log in the order of time."""
        return self.queue_log + [line for _, line in sorted(self.log_lines, key=lambda each: each[0])]

    def phones_text(self, role: str) -> str:
        """The log of all phones of one role."""
        told = [line for _, line in sorted(self.phones) if line.split("\t")[3] == role]
        return "\n".join([HEAD, *told, ""])

    def queue_log_text(self) -> str:
        return "\n".join([*self.lines(), ""])

    def cdr_text(self) -> str:
        rows = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in self.cdr]
        return "\n".join([*rows, ""])

    def records_text(self) -> str:
        return "".join(json.dumps(each) + "\n" for each in self.records)

    def write(self, folder: Path) -> list[str]:
        """Put the books into ``folder``; returns the judge's arguments."""
        texts = {
            "phones/001-callers/callers.tsv": self.phones_text("caller"),
            "phones/002-agents/agents.tsv": self.phones_text("agent"),
            "queue_log": self.queue_log_text(),
            "cdr.csv": self.cdr_text(),
            "calls.jsonl": self.records_text(),
        }
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        names = {"records": "calls.jsonl", "queue-log": "queue_log", "cdr": "cdr.csv", "sipp": "phones"}
        return [word for option, name in names.items() for word in (f"--{option}", str(folder / name))]
