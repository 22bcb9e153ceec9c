"""The only door back to the PBX: commands in, actions out, each at most once.

A call-back is on record before anything is sent. So whatever happens in between, a kill too, the try is known; and who
asks again with the same key hears what is known of it, and nothing is sent again.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import structlog

from telephony.ami.actions import Action, Originate, Reply
from telephony.config import Site
from telephony.control.commands import (
    KEY_LIMIT,
    Answer,
    AskStatus,
    CallBack,
    Order,
    PauseRecording,
    Request,
    ResumeRecording,
    Taken,
)
from telephony.control.recorder import Recorder
from telephony.directory.store import AgentStore
from telephony.errors import AmiError, AmiOutcomeUnknown, LedgerError, RecordingError, StoreError
from telephony.ledger.attempts import Attempt
from telephony.ledger.store import CallOrder, Ledger
from telephony.ledger.terms import AttemptOutcome
from telephony.live.board import Live
from telephony.live.status import Status
from telephony.model.ids import MemberName, PbxName
from telephony.model.machines import AgentState
from telephony.outgoing import is_allowed

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]

CONTEXT = "zt-callback"
AGENT_RING_MS = 30_000
REMEMBERED = 1_000
"""Answers kept for who asks again. When as many commands are under way, the next one is refused."""
DEADLINE_LIMIT_S = 60.0

_NOT_ALLOWED = "The number may not be called: [outgoing] in site.toml says which may."

_TAKEN_UP = {
    AgentState.OFFERED: "is being offered a call",
    AgentState.ON_CALL: "is on a call",
    AgentState.HOLD: "is on a call",
    AgentState.BUSY: "is using the phone",
    AgentState.UNREACHABLE: "has a phone that cannot be reached",
}


class Door:
    """``handle`` never raises for what is asked; ``act`` sends an action to the PBX (``Connection.act``); ``status``
    tells how the bridge is, ``recorder`` has the recordings of live calls."""

    def __init__(
        self,
        site: Site,
        act: Act,
        ledger: Ledger,
        live: Live,
        status: Callable[[], Status] | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._site = site
        self._pbx = PbxName(site.pbx.systemname)
        self._trunks = tuple(trunk.name for trunk in site.trunks)
        self._act = act
        self._ledger = ledger
        self._agents = AgentStore(ledger.database)
        self._live = live
        self._status = status
        self._recorder = recorder
        self._answers: OrderedDict[str, asyncio.Task[Answer]] = OrderedDict()

    async def handle(self, request: Request) -> Answer:
        """Carry out a command, or say what became of the one with this key."""
        if not _is_key(request.key) or not 0 < request.deadline_s <= DEADLINE_LIMIT_S:
            return Answer(request.key[:KEY_LIMIT], Taken.REFUSED, "The command has no fit key or deadline.")
        if isinstance(request.command, AskStatus):
            return self._tell(request.key)
        task = self._answers.get(request.key)
        if task is None:
            if not self._make_room():
                return Answer(request.key, Taken.REFUSED, "Too many commands are under way. Try again in a moment.")
            task = self._answers[request.key] = asyncio.create_task(self._carry_out(request, request.command))
        return await asyncio.shield(task)  # who asked may go; what was begun is finished

    def _make_room(self) -> bool:
        for key in [key for key, task in self._answers.items() if task.done()]:
            if len(self._answers) < REMEMBERED:
                break
            del self._answers[key]
        return len(self._answers) < REMEMBERED

    def _tell(self, key: str) -> Answer:
        if self._status is None:
            return Answer(key, Taken.REFUSED, "Nobody here can tell how the service is.")
        return Answer(key, Taken.ACCEPTED, status=self._status())

    async def _carry_out(self, request: Request, command: Order) -> Answer:
        try:
            if isinstance(command, CallBack):
                return await self._call_back(request, command)
            return await self._record(request, command)
        except (LedgerError, RecordingError, StoreError) as error:
            return Answer(request.key, Taken.REFUSED, str(error))
        except Exception:
            log.exception("a command failed", key=request.key)
            return Answer(request.key, Taken.UNKNOWN, "The command failed by a fault of ours; see the service's log.")

    async def _record(self, request: Request, command: PauseRecording | ResumeRecording) -> Answer:
        if self._recorder is None:
            raise RecordingError("Nobody here has a hand on recordings.")
        pauses = isinstance(command, PauseRecording)
        try:
            await (self._recorder.pause if pauses else self._recorder.resume)(command.call, request.deadline_s)
        except AmiOutcomeUnknown as error:
            return Answer(request.key, Taken.UNKNOWN, str(error))
        except AmiError as error:
            return Answer(request.key, Taken.REFUSED, str(error))
        log.info("a recording was told", pause=pauses, call=command.call, by=command.by)
        return Answer(request.key, Taken.ACCEPTED)

    async def _call_back(self, request: Request, command: CallBack) -> Answer:
        until = time.monotonic() + request.deadline_s
        agent = command.agent or await self._ledger.owner(command.entry)
        phone = await self._phone(agent)
        assert agent is not None
        order = CallOrder(agent=agent, by=command.by, key=request.key, pbx=self._pbx, trunks=self._trunks)
        attempt, new = await self._ledger.begin_call(command.entry, order)
        if not new:
            return _known(attempt)
        if is_allowed(attempt.dialled, self._site):
            answer = await self._send(attempt, phone, until)
        else:
            answer = _answer(attempt, Taken.REFUSED, _NOT_ALLOWED)
        await self._note(attempt, answer)
        return answer

    async def _phone(self, agent: MemberName | None) -> str:
        if agent is None:
            raise LedgerError("Nobody owns the entry, so say which agent is to call.")
        found = await self._agents.get(agent) if agent.isprintable() else None
        if found is None:
            raise LedgerError(f"There is no agent {agent}. `zhitong agents list` shows them.")
        state = self._live.agent_state(agent)
        if state in _TAKEN_UP:
            raise LedgerError(f"Agent {agent} {_TAKEN_UP[state]} right now.")
        return found.phone

    async def _send(self, attempt: Attempt, phone: str, until: float) -> Answer:
        left = until - time.monotonic()
        if left <= 0:
            return _answer(attempt, Taken.REFUSED, "The deadline had passed before anything was sent.")
        try:
            await self._act(_originate(attempt, phone), left)
        except AmiOutcomeUnknown as error:
            return _answer(attempt, Taken.UNKNOWN, str(error))
        except AmiError as error:
            return _answer(attempt, Taken.REFUSED, str(error))
        return _answer(attempt, Taken.ACCEPTED)

    async def _note(self, attempt: Attempt, answer: Answer) -> None:
        """What cannot be noted now is found out later (``telephony.ledger.keeper``); the answer stays what it is."""
        try:
            await self._ledger.note_answer(attempt.number, answer.taken.value, answer.why)
            if answer.taken is Taken.REFUSED:
                await self._ledger.fail_call(attempt.number, AttemptOutcome.NOT_PLACED)
        except StoreError as error:
            log.warning("an answer could not be noted", attempt=attempt.number, taken=answer.taken, reason=str(error))


def _is_key(key: str) -> bool:
    return 0 < len(key) <= KEY_LIMIT and key.isascii() and key.isprintable()


def _originate(attempt: Attempt, phone: str) -> Originate:
    """The agent sees whom they will talk with; the citizen is shown the hotline's number by the dialplan."""
    return Originate(
        channel=f"PJSIP/{phone}",
        context=CONTEXT,
        exten=str(attempt.number),
        timeout=AGENT_RING_MS,
        caller_id=f'"{attempt.entry}" <{attempt.dialled}>',
        channel_id=attempt.uniqueid,
        variables=(
            ("FORWARD_CONTEXT", "zt-forward"),
            ("ZT_CALLBACK", str(attempt.entry)),
            ("ZT_TRUNK", attempt.trunk),
            ("ZT_DIALLED", attempt.dialled),
        ),
    )


def _answer(attempt: Attempt, taken: Taken, why: str = "") -> Answer:
    return Answer(attempt.key, taken, why, attempt.number)


def _known(attempt: Attempt) -> Answer:
    """Of a try begun by an order of the same key, perhaps before a restart."""
    return _answer(attempt, Taken(attempt.answer) if attempt.answer else Taken.UNKNOWN, attempt.why)
