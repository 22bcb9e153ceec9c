"""The state of now, folded from changes: what screens show. In process; one writer (ingest), any number of readers.

Every change moves ``sequence`` on; ``(epoch, sequence)`` names a state, so that a reader that sees a hole reads whole.
"""

import time
from collections import Counter
from collections.abc import Sequence

import msgspec

from telephony.live.alarms import Alarm, Alarms
from telephony.live.closure import Closure
from telephony.live.trunks import Trunks
from telephony.model.changes import (
    AgentStateChanged,
    CallOutRefused,
    CallsJoined,
    CallStarted,
    CallStateChanged,
    Change,
    ClosureChanged,
    EpochBegan,
    EpochEnded,
    NoticeCut,
    QueueChanged,
    TrunkChanged,
    TrunkRegistered,
)
from telephony.model.ids import CallId, MemberName, Micros, QueueName
from telephony.model.machines import AgentState, CallState


class Board(msgspec.Struct, frozen=True):
    """One look at the state of now."""

    epoch: int
    sequence: int
    connected: bool
    calls: dict[str, int]  # call state → how many; ended ones are not counted
    waiting: dict[QueueName, int]
    agents: dict[str, int]  # agent state → how many
    alarms: tuple[Alarm, ...] = ()


def wall_clock() -> Micros:
    """What time it is here; UTC."""
    return Micros(time.time_ns() // 1_000)


class Live:
    """Folds changes; ``board()`` is a snapshot of the result. ``alarms`` are what is wrong with the bridge itself."""

    def __init__(self) -> None:
        self.alarms = Alarms(wall_clock)
        self.epoch = 0
        self.sequence = 0
        self.connected = False
        self.refused_out: Counter[str] = Counter()
        """Calls over a trunk that the list or the day's limit refused, or that we cut, by agent, since the start."""
        self.bypassed: Counter[str] = Counter()
        """Those of them that a phone would have sent past the dialplan."""
        self._calls: dict[CallId, CallState] = {}
        self._waiting: dict[QueueName, int] = {}
        self._agents: dict[MemberName, AgentState] = {}
        self._trunks = Trunks()
        self._to_say: dict[CallId, NoticeCut] = {}
        self.closure = Closure()

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes, in order."""
        for change in changes:
            self.sequence += 1
            match change:
                case CallStateChanged(call_id=call_id, state=state):
                    self._turn(call_id, state)
                case CallStarted(call_id=call_id):
                    self._turn(call_id, CallState.RECEIVED)
                case CallsJoined(gone=call_id):
                    self._turn(call_id, CallState.ENDED)
                case AgentStateChanged(member=member, state=agent_state):
                    self._agents[member] = agent_state
                case QueueChanged(queue=queue, waiting=waiting):
                    self._waiting[queue] = waiting
                case TrunkChanged() | TrunkRegistered() | ClosureChanged() | CallOutRefused():
                    self._turn_pbx(change)
                case NoticeCut(call_id=call_id):
                    self._to_say[call_id] = change
                case EpochBegan() | EpochEnded():
                    self._turn_epoch(change)
                case _:
                    pass

    def _turn_epoch(self, change: EpochBegan | EpochEnded) -> None:
        self.connected = isinstance(change, EpochBegan)
        if isinstance(change, EpochBegan):
            self.epoch = change.epoch

    def _turn(self, call_id: CallId, state: CallState) -> None:
        if state is CallState.ENDED:
            self._calls.pop(call_id, None)
            self._to_say.pop(call_id, None)
        else:
            self._calls[call_id] = state

    def _turn_pbx(self, change: TrunkChanged | TrunkRegistered | ClosureChanged | CallOutRefused) -> None:
        if isinstance(change, ClosureChanged):
            self.closure.fold(change)
        elif isinstance(change, CallOutRefused):
            self._count(change)
        else:
            self._trunks.fold(change)

    def _count(self, change: CallOutRefused) -> None:
        """For want of a line is no sign of fraud."""
        who = f"agent {change.agent}" if change.agent else "nobody's"
        if change.reason in ("not-allowed", "daily-limit", "bypassed"):
            self.refused_out[who] += 1
        if change.reason == "bypassed":
            self.bypassed[who] += 1

    def has_call(self, call_id: CallId) -> bool:
        """Whether this call is going on, as far as is known."""
        return call_id in self._calls

    def agent_state(self, member: MemberName) -> AgentState | None:
        """Where this agent stands; None for one who is in no queue."""
        return self._agents.get(member)

    @property
    def trunks(self) -> Trunks:
        """Which carriers are not reached, and which took no registration."""
        return self._trunks

    @property
    def to_say(self) -> tuple[NoticeCut, ...]:
        """The notices that were cut in calls that go on: who answered is to say them."""
        return tuple(self._to_say.values())

    def board(self) -> Board:
        """The state of now."""
        return Board(
            epoch=self.epoch,
            sequence=self.sequence,
            connected=self.connected,
            calls=dict(Counter(state.value for state in self._calls.values())),
            waiting=dict(self._waiting),
            agents=dict(Counter(state.value for state in self._agents.values())),
            alarms=self.alarms.standing,
        )
