"""Calls citizens back: each try is on record before anything is sent.

So whatever happens in between, a kill too, the try is known; and who asks again with the same key hears what is known
of it, and nothing is sent again.
"""

import time

import structlog

from telephony.ami.actions import Originate
from telephony.config import Site
from telephony.control.commands import Answer, Request, Taken
from telephony.control.orders.ledger import CallBack
from telephony.control.reach import TAKEN_UP, Act
from telephony.directory.store import AgentStore
from telephony.errors import AmiError, AmiOutcomeUnknown, LedgerError, StoreError
from telephony.ledger.attempts import Attempt
from telephony.ledger.store import CallOrder, Ledger
from telephony.ledger.terms import AttemptOutcome
from telephony.live.board import Live
from telephony.model.ids import MemberName, PbxName
from telephony.outgoing import is_allowed

log = structlog.get_logger(__name__)

CONTEXT = "zt-callback"
AGENT_RING_MS = 30_000
_NOT_ALLOWED = "The number may not be called: [outgoing] in site.toml says which may."


class CallsBack:
    """``call`` carries out one order whole, by its request: the try is known by the request's key over restarts."""

    def __init__(self, site: Site, act: Act, ledger: Ledger, live: Live) -> None:
        self._site = site
        self._pbx = PbxName(site.pbx.systemname)
        self._trunks = tuple(trunk.name for trunk in site.trunks)
        self._act = act
        self._ledger = ledger
        self._agents = AgentStore(ledger.database)
        self._live = live

    async def call(self, request: Request, order: CallBack) -> Answer:
        """Raises LedgerError, StoreError before anything was sent."""
        until = time.monotonic() + request.deadline_s
        agent = order.agent or await self._ledger.owner(order.entry)
        phone = await self._phone(agent)
        assert agent is not None
        terms = CallOrder(agent=agent, by=order.by, key=request.key, pbx=self._pbx, trunks=self._trunks)
        attempt, new = await self._ledger.begin_call(order.entry, terms)
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
        if state in TAKEN_UP:
            raise LedgerError(f"Agent {agent} {TAKEN_UP[state]} right now.")
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
