"""A small world for a gateway to show: a feed that the test fills, a door that writes down what it is asked, accounts
that are their own tokens."""

import asyncio
from collections.abc import AsyncIterator

from telephony.control.commands import Answer, AnyOrder, AskStatus, Reason, Request, Taken
from telephony.control.orders.agents import DesktopSeen
from telephony.errors import StoreError
from telephony.live.documents import (
    AgentDocument,
    Audience,
    CallDocument,
    Delta,
    Document,
    Party,
    Place,
    QueueDocument,
    Snapshot,
    SystemDocument,
)
from telephony.live.port import Position, PositionGone, UpstreamLost
from telephony.model.ids import CallId, MemberName, Micros, QueueName, Uniqueid, call_id_of
from zhitong.access.refused import Cause, TokenRefused
from zhitong.access.roles import Principal, Role

NOBODY = Audience()
CALLER = "13855667788"
QUEUE = QueueName("general")


class Feed:
    """The feed of a telephony process that a test plays. ``kept``: how many deltas it remembers."""

    def __init__(self, kept: int = 10_000) -> None:
        self.epoch, self.sequence = 7, 0
        self.documents: dict[str, tuple[Document, Audience]] = {}
        self.deltas_kept: list[Delta] = []
        self.kept = kept
        self.lost = False
        self.snapshots = 0
        self._more = asyncio.Event()

    def put(self, key: str, document: Document | None, audience: Audience = NOBODY) -> Delta:
        before = self.documents.get(key, (None, NOBODY))[1]
        self.sequence += 1
        delta = Delta(self.epoch, self.sequence, key, document, audience, before, Micros(5), Micros(6))
        if document is None:
            self.documents.pop(key, None)
        else:
            self.documents[key] = (document, audience)
        self.deltas_kept = [*self.deltas_kept[-self.kept + 1 :], delta]
        self.wake()
        return delta

    def wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    def lose(self) -> None:
        self.lost = True
        self.wake()

    def heal(self, *, another_run: bool = False) -> None:
        self.lost = False
        if another_run:
            self.epoch, self.sequence, self.deltas_kept = self.epoch + 1, 0, []

    async def snapshot(self) -> Snapshot:
        self._check()
        self.snapshots += 1
        return Snapshot(self.epoch, self.sequence, dict(self.documents))

    async def deltas(self, after: Position) -> AsyncIterator[tuple[Delta, ...]]:
        while True:
            self._check()
            first = self.sequence - len(self.deltas_kept)
            if after.epoch != self.epoch or not first <= after.sequence <= self.sequence:
                raise PositionGone("It is not kept.")
            batch = tuple(delta for delta in self.deltas_kept if delta.sequence > after.sequence)
            if batch:
                yield batch
                after = Position(batch[-1].epoch, batch[-1].sequence)
            else:
                await self._more.wait()

    def _check(self) -> None:
        if self.lost:
            raise UpstreamLost("The telephony process does not answer.")


class Door:
    """Writes down what it is asked, and answers as it was told to; each key once."""

    def __init__(self) -> None:
        self.asked: list[AnyOrder] = []
        self.seen: list[tuple[str, bool]] = []
        self.deadlines: list[float] = []
        self.answer = Answer("", Taken.ACCEPTED, seen=True)
        self.gate = asyncio.Event()
        self.gate.set()
        self._answers: dict[str, Answer] = {}

    async def handle(self, request: Request) -> Answer:
        order = request.command
        assert not isinstance(order, AskStatus)
        if isinstance(order, DesktopSeen):
            self.seen.append((str(order.agent), order.present))
            return Answer(request.key, Taken.ACCEPTED)
        if request.key not in self._answers:
            self.asked.append(order)
            self.deadlines.append(request.deadline_s)
            self._answers[request.key] = self.answer
        await self.gate.wait()
        return self._answers[request.key]

    def refuses(self, reason: Reason, why: str) -> None:
        self.answer = Answer("", Taken.REFUSED, why, reason=reason)


class Accounts:
    """A token is an account's name. ``revoked`` are refused."""

    def __init__(self) -> None:
        self.principals: dict[str, Principal] = {}
        self.revoked: dict[str, Cause] = {}

    def add(self, account: str, role: Role, agent: str | None = None, queues: tuple[str, ...] = ("general",)) -> None:
        number = None if agent is None else MemberName(agent)
        of = frozenset(map(QueueName, queues))
        self.principals[account] = Principal(account, role, number, of, account, 4e9)

    async def verify(self, token: str | None) -> Principal:
        found = self.principals.get((token or "").partition("+")[0])
        if found is None:
            raise TokenRefused(Cause.MALFORMED)
        await self.still(found)
        return found

    async def still(self, principal: Principal) -> None:
        if principal.account in self.revoked:
            raise TokenRefused(self.revoked[principal.account])


class Audit:
    """Notes, in memory. ``away``: it cannot be written."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str, dict[str, str]]] = []
        self.away = False

    async def note(self, by: str, deed: str, **details: str) -> None:
        if self.away:
            raise StoreError("The disk is full.")
        self.notes.append((by, deed, details))


# --- documents --------------------------------------------------------------------------------------------


def call_of(n: int) -> CallId:
    return call_id_of("pbx1", f"pbx1-17000000{n:02}.{n}")


def agent(number: str, state: str = "ready", *, desktop: bool = True) -> AgentDocument:
    places = (Place(QUEUE, signed_in=True),)
    return AgentDocument(number=MemberName(number), state=state, since=Micros(1), queues=places, desktop=desktop)


def offered(n: int, to: str) -> CallDocument:
    caller = Party(Uniqueid(f"u{n}"), "caller", CALLER, "talking", Micros(1))
    ringing = Party(Uniqueid(f"u{n}a"), "agent", to, "ringing", Micros(2))
    return CallDocument(
        call_id=call_of(n),
        state="offered",
        direction="inbound",
        since=Micros(1),
        received_at=Micros(1),
        dialled="12345",
        caller=CALLER,
        caller_name="张三丰",
        queue=QUEUE,
        offered=(MemberName(to),),
        parties=(caller, ringing),
    )


def talking(n: int, with_: str) -> CallDocument:
    parties = (
        Party(Uniqueid(f"u{n}"), "caller", CALLER, "talking", Micros(1)),
        Party(Uniqueid(f"u{n}a"), "agent", with_, "talking", Micros(2)),
    )
    return CallDocument(
        call_id=call_of(n),
        state="talking",
        direction="inbound",
        since=Micros(2),
        received_at=Micros(1),
        dialled="12345",
        caller=CALLER,
        caller_name="张三丰",
        queue=QUEUE,
        agent=MemberName(with_),
        agents=(MemberName(with_),),
        parties=parties,
    )


def of(*members: str, queue: str = "general") -> Audience:
    return Audience(frozenset(map(MemberName, members)), frozenset((QueueName(queue),)))


def furnish(feed: Feed) -> None:
    """Two agents of one queue, one of another, the queues and the system."""
    feed.put("system", SystemDocument(connected=True, epoch=7), Audience(everyone=True))
    feed.put("queue/general", QueueDocument(name=QUEUE, title="综合"), Audience(queues=frozenset((QUEUE,))))
    feed.put(
        "queue/tax", QueueDocument(name=QueueName("tax"), title="税务"), Audience(queues=frozenset((QueueName("tax"),)))
    )
    feed.put("agent/1001", agent("1001"), of("1001"))
    feed.put("agent/1002", agent("1002"), of("1002"))
    feed.put("agent/2001", agent("2001"), of("2001", queue="tax"))


def people(accounts: Accounts) -> None:
    """Whom the tests sign in as."""
    accounts.add("wang", Role.AGENT, "1001")
    accounts.add("li", Role.AGENT, "1002")
    accounts.add("zhao", Role.AGENT, "2001", ("tax",))
    accounts.add("lead", Role.LEAD, "1009")
    accounts.add("boss", Role.SUPERVISOR, "1010")
    accounts.add("desk-less", Role.SUPERVISOR)
    accounts.add("ops", Role.OPERATIONS, None, ())
    accounts.add("auditor", Role.AUDITOR, None, ())
