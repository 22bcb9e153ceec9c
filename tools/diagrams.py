"""Draws the state machines of the model as Mermaid diagrams, from the tables that the code runs on (law 9).

`python -m tools.diagrams` writes docs/diagrams/README.md; with `--check` it writes nothing and fails if that is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from telephony.conference.phases import WORDS, Phase
from telephony.conference.table import PHASES, Beyond, Deed, Stage, Step
from telephony.conference.walk import Standing, reachable
from telephony.ledger import terms as ledger
from telephony.model import machines

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "diagrams" / "README.md"

Table = Mapping[tuple[Any, Any], Any]
"""``table[state, input] -> state``; each machine has enums of its own for both."""


@dataclass(frozen=True)
class Drawing:
    """One machine: its table, the state it begins in, and what a reader should know beforehand."""

    title: str
    table: Table
    start: StrEnum
    about: str


DRAWINGS: Sequence[Drawing] = (
    Drawing(
        "A call, as its caller lives it",
        machines.CALL,
        machines.CallState.RECEIVED,
        "*Talking* is decided by bridges: the caller's channel and another person's are in one, or in bridges that\n"
        "Local channels join. A call ends when its last channel is gone; it is handed to the records a second later,\n"
        "once what the PBX says late has been heard.",
    ),
    Drawing(
        "An offer: one agent's phone rung for one caller",
        machines.OFFER,
        machines.OfferState.RINGING,
        "Why a phone stopped ringing is told by the Q.850 cause of its hang-up and by who was gone by then: 17 and\n"
        "21 are a refusal, 26 is a race lost in a ring-all, 0 with the caller gone a cancel, 0 otherwise a phone that\n"
        "rang out.",
    ),
    Drawing(
        "A channel",
        machines.CHANNEL,
        machines.ChannelState.DOWN,
        "One leg of a call, from `Newchannel` to `Hangup`.",
    ),
    Drawing(
        "An agent",
        machines.AGENT,
        machines.AgentState.SIGNED_OUT,
        "The input is what the facts, taken together, say of the agent: calls talked or held, phones rung, wrap-up,\n"
        "sign-in, the phone's device state, pause, in this order of weight.",
    ),
    Drawing(
        "An entry of the missed-call ledger",
        ledger.ENTRY,
        ledger.EntryState.OPEN,
        "One caller who is owed a call back. The first missed call opens it; further ones are merged into it.\n"
        "*Reached* and *called again* are found in call records; *assign*, *close*, *reopen* (*give back*, where it\n"
        "has an owner) are a person's orders, each with who and why. From `telephony/ledger/terms.py`.",
    ),
)

_HEAD = """\
# State machines

Drawn by `make diagrams` from the tables in `telephony/model/machines.py`, `telephony/ledger/terms.py` and
`telephony/conference/table.py`; a test fails when they differ. An input that a state does not show is refused there: in
the model it is counted as an anomaly, in the ledger and in a conference a command is told why; nothing changes.
"""


def main(arguments: Sequence[str]) -> int:
    text = document()
    if "--check" in arguments:
        stale = not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text
        if stale:
            print(f"{TARGET.relative_to(ROOT)} is stale; run: make diagrams")
        return int(stale)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}")
    return 0


def document() -> str:
    """The whole file."""
    machine_by_machine = [_section(one.title, one.about, draw(one.table, one.start)) for one in DRAWINGS]
    return "\n".join([_HEAD, *machine_by_machine, _section("A conference", _CONFERENCE, conference()), *_allowed()])


def _section(title: str, about: str, drawn: Iterable[str]) -> str:
    lines = "\n".join(f"    {line}" for line in drawn)
    return f"## {title}\n\n{about}\n\n```mermaid\nstateDiagram-v2\n{lines}\n```\n"


def draw(table: Table, start: StrEnum) -> Iterator[str]:
    """The lines of one diagram. Inputs that every state answers alike are drawn once, from *any state*."""
    states = type(start)
    alike = _alike(table, states)
    if alike:
        yield 'state "any state" as any'
    for state in states:
        yield f'state "{state.value}" as {_name(state)}'
    yield f"[*] --> {_name(start)}"
    for entry, after in alike.items():
        yield f"any --> {_name(after)} : {entry.value}"
    yield from _arrows({pair: after for pair, after in table.items() if pair[1] not in alike})
    leaving = {state for state, _ in table}
    for state in states:
        if state not in leaving:
            yield f"{_name(state)} --> [*]"


def _alike(table: Table, states: type[StrEnum]) -> dict[StrEnum, StrEnum]:
    found: dict[StrEnum, set[StrEnum]] = {}
    for (_, entry), after in table.items():
        found.setdefault(entry, set()).add(after)
    count = {entry: sum(1 for _, other in table if other is entry) for entry in found}
    return {entry: after.pop() for entry, after in found.items() if len(after) == 1 and count[entry] == len(states)}


def _arrows(table: Table) -> Iterator[str]:
    """One arrow for all inputs that lead from one state to the same other."""
    labels: dict[tuple[StrEnum, StrEnum], list[str]] = {}
    for (state, entry), after in table.items():
        labels.setdefault((state, after), []).append(entry.value)
    for (state, after), entries in labels.items():
        yield f"{_name(state)} --> {_name(after)} : {', '.join(entries)}"


_CONFERENCE = """\
What an agent is about with a caller, and where a call may be when no agent has it in a room. An arrow says what the
agent does, or what somebody else does of their own. Where two arrows of one name leave a state, who else is there tells
them apart: with a second guest in the room three stay three when one hangs up. Not drawn: that the caller hangs up,
which ends everybody's call, but for two who talk aside or are about to (*apart*); and what changes nobody's state. The
table is `telephony/conference/table.py`; what follows for whoever is left is in `walk.py` beside it."""


def conference() -> Iterator[str]:
    """The lines of the diagram: each state once, and one arrow for all that leads from one to the same other."""
    states: list[Stage] = [*Phase, *Beyond]
    for state in states:
        yield f'state "{state.value}" as {_name(state)}'
    yield f"[*] --> {_name(Phase.BRIDGE)}"
    for (stage, then), inputs in _led().items():
        yield f"{_name(stage)} --> {_name(then)} : {', '.join(inputs)}"
    yield f"{_name(Beyond.QUEUE)} --> [*]"
    yield f"{_name(Beyond.OVER)} --> [*]"


def _led() -> dict[tuple[Stage, Stage], dict[str, None]]:
    """From and to → by what, in the order of the table."""
    found: dict[tuple[Stage, Stage], dict[str, None]] = {}
    for now, steps in sorted(reachable(Standing()).items()):
        for given, then in steps.items():
            drawn = then.stage is not now.stage and (given is not Deed.CALLER_GOES or then.stage is Beyond.APART)
            if drawn:
                found.setdefault((now.stage, then.stage), {})[given.value] = None
    states: list[Stage] = [*Phase, *Beyond]
    return dict(sorted(found.items(), key=lambda arrow: [states.index(state) for state in arrow[0]]))


def _allowed() -> Iterator[str]:
    """Which step may be asked for in which phase."""
    yield "| phase | the agent | may |\n|---|---|---|\n" + "".join(
        f"| {phase.value} | {WORDS[phase]} | {', '.join(step.value for step in Step if phase in PHASES[step])} |\n"
        for phase in Phase
    )


def _name(state: StrEnum) -> str:
    return state.name.lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
