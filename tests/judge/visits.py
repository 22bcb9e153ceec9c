"""queue_log folded into the visits a caller paid to queues, and what in those lines cannot be so."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.judge.books.queue_log import Line

LEAVINGS = frozenset({"ABANDON", "EXITEMPTY", "EXITWITHTIMEOUT", "EXITWITHKEY", "WITHDRAW"})
COMPLETIONS = frozenset({"COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "ATTENDEDTRANSFER"})
TRIES = frozenset({"RINGNOANSWER", "RINGCANCELED", "CONNECT"})


@dataclass(frozen=True, slots=True)
class Try:
    """One agent tried, as queue_log tells it: when its ringing ended (whole second), and how."""

    agent: str
    event: str
    second: int


@dataclass(slots=True)
class Visit:
    """One stay in one queue, from ENTERQUEUE to the agent's or the caller's leaving."""

    queue: str
    entered: int | None  # second; None: the line is missing
    number: str = ""
    end: str = ""  # CONNECT or one of LEAVINGS; empty: still waiting
    ended: int = 0
    agent: str = ""
    leg: str = ""  # Uniqueid of the agent's channel
    finish: str = ""  # one of COMPLETIONS
    finished: int = 0
    callid: str = ""  # the channel that waited: the caller's own, or one by which an agent consulted a queue
    tries: list[Try] = field(default_factory=list)


@dataclass(slots=True)
class Stay:
    """All visits of one channel, in order; ``troubles`` in words."""

    visits: list[Visit] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def open(self) -> Visit | None:
        return self.visits[-1] if self.visits and not self.visits[-1].end else None

    def talking(self, agent: str) -> Visit | None:
        """The visit that is with an agent and not complete; one of ``agent``'s before any other."""
        unfinished = [visit for visit in self.visits if visit.end == "CONNECT" and not visit.finish]
        return next((visit for visit in unfinished if visit.agent == agent), None)


def fold(lines: Iterable[Line]) -> Stay:
    """The visits that these lines of one callid tell of."""
    stay = Stay()
    for line in lines:
        _take(stay, line)
    stay.troubles += [
        f"the visit to queue {visit.queue} has no {'end' if not visit.end else 'completion'}"
        for visit in stay.visits
        if not visit.end or (visit.end == "CONNECT" and not visit.finish)
    ]
    return stay


def _take(stay: Stay, line: Line) -> None:
    if line.event == "ENTERQUEUE":
        _enter(stay, line)
    elif line.event in TRIES:
        _try(stay, line)
    elif line.event in LEAVINGS:
        _leave(stay, line)
    elif line.event in COMPLETIONS:
        _complete(stay, line)


def _enter(stay: Stay, line: Line) -> None:
    if stay.open is not None:
        stay.troubles.append(f"line {line.number}: ENTERQUEUE though the caller already waits")
    number = line.data[1] if len(line.data) > 1 else ""
    stay.visits.append(Visit(line.queue, line.second, number, callid=line.callid))


def _waiting(stay: Stay, line: Line) -> Visit:
    """The open visit that this line belongs to; one is supposed if the book lacks it."""
    visit = stay.open
    if visit is None:
        stay.troubles.append(f"line {line.number}: {line.event} though the caller does not wait")
        visit = Visit(line.queue, None, callid=line.callid)
        stay.visits.append(visit)
    elif visit.queue != line.queue:
        words = f"line {line.number}: {line.event} of queue {line.queue} though the caller waits in {visit.queue}"
        stay.troubles.append(words)
    return visit


def _try(stay: Stay, line: Line) -> None:
    visit = _waiting(stay, line)
    visit.tries.append(Try(line.agent, line.event, line.second))
    if line.event == "CONNECT":
        visit.end, visit.ended, visit.agent = line.event, line.second, line.agent
        visit.leg = line.data[1] if len(line.data) > 1 else ""


def _leave(stay: Stay, line: Line) -> None:
    visit = _waiting(stay, line)
    visit.end, visit.ended = line.event, line.second


def _complete(stay: Stay, line: Line) -> None:
    visit = stay.talking(line.agent)
    if visit is None:
        stay.troubles.append(f"line {line.number}: {line.event} by {line.agent} without a CONNECT of theirs")
    elif visit.queue != line.queue:
        stay.troubles.append(
            f"line {line.number}: {line.event} of queue {line.queue}, but {visit.queue} connected them"
        )
    else:
        visit.finish, visit.finished = line.event, line.second
