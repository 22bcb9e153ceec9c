"""Who sees what: the index over desktops agrees with the rule, and a client that has deltas alone with one that reads
all."""

from dataclasses import dataclass

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agent_bridge.audience import Watchers
from agent_bridge.rebuilt import Rebuilt
from agent_bridge.shelf import Entry, Shelf
from agent_bridge.views import View, has_forms, kind_of, scope_of, sees, shown, view_of
from agent_bridge.wire.envelope import read_params
from agent_bridge.wire.messages import DeltaTold
from telephony.live.documents import (
    AgentDocument,
    Audience,
    CallDocument,
    Delta,
    Document,
    Invited,
    Party,
    QueueDocument,
    Snapshot,
    Tried,
)
from telephony.live.port import Position
from telephony.model.ids import CallId, MemberName, Micros, QueueName, Uniqueid
from tests.integration.agent_bridge.world import CALLER, call_of, offered, talking
from zhitong.access.roles import Principal, Role

MEMBERS = st.sampled_from([MemberName(name) for name in ("1001", "1002", "1003")])
QUEUES = st.sampled_from([QueueName(name) for name in ("general", "tax")])
AUDIENCES = st.builds(
    Audience, st.frozensets(MEMBERS, max_size=2), st.frozensets(QUEUES, max_size=2), st.booleans().map(lambda yes: yes)
)
PEOPLE = st.builds(
    Principal,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(list(Role)),
    st.none() | MEMBERS,
    st.frozensets(QUEUES | st.just(QueueName("*")), max_size=2),
)
KEYS = st.sampled_from(["agent/1001", "agent/1002", "queue/general", "queue/tax", f"call/{call_of(1)}", "system"])


@dataclass(frozen=True, eq=False)
class Seat:
    who: Principal


def document_of(key: str, number: int) -> Document:
    kind, _, name = key.partition("/")
    if kind == "call":
        return talking(1, "1001") if number % 2 else offered(1, "1002")
    if kind == "queue":
        return QueueDocument(name=QueueName(name), waiting=number)
    return AgentDocument(number=MemberName(name), state=f"s{number}", since=Micros(number))


@given(st.lists(PEOPLE, max_size=6), KEYS, AUDIENCES)
def test_the_index_finds_whom_the_rule_allows(people: list[Principal], key: str, audience: Audience) -> None:
    watchers: Watchers[Seat] = Watchers()
    seats = [Seat(who) for who in people]
    for seat in seats:
        watchers.add(seat)
    kind = kind_of(key)
    assert watchers.find(kind, audience) == {seat for seat in seats if sees(seat.who, kind, audience)}
    for seat in seats:
        watchers.remove(seat)
    assert watchers.find(kind, audience) == set()
    assert watchers.agents == frozenset()


@given(PEOPLE, st.lists(st.tuples(KEYS, AUDIENCES, st.booleans()), max_size=25), st.integers(0, 25), st.integers(1, 30))
def test_deltas_alone_rebuild_what_a_snapshot_shows(
    who: Principal, steps: list[tuple[str, Audience, bool]], cut: int, kept: int
) -> None:
    """From any position that is still known, for anybody, whatever happens to documents and whom they concern."""
    shelf, client = Shelf(kept), Rebuilt()
    shelf.fill(Snapshot(1, 0, {}))
    known: dict[str, Audience] = {}
    resumed_at: Position | None = None
    for number, (key, audience, there) in enumerate(steps, 1):
        if number == cut:
            resumed_at = shelf.position
            client.documents = seen(shelf, who)
            client.position = shelf.position
        before = known.pop(key, Audience())
        if there:
            known[key] = audience
        document = document_of(key, number) if there else None
        delta = Delta(1, number, key, document, audience if there else Audience(), before, Micros(1), Micros(1))
        shelf.take(delta)
    entries = None if resumed_at is None else shelf.since(resumed_at)
    if entries is None:
        return
    for entry in entries:
        tell(client, entry, who)
    assert client.documents == seen(shelf, who)


def tell(client: Rebuilt, entry: Entry, who: Principal) -> None:
    text = entry.told(who)
    if text is not None:
        params = msgspec.json.decode(text, type=dict[str, msgspec.Raw])["params"]
        assert client.take(read_params(params, DeltaTold)) is not None


def seen(shelf: Shelf, who: Principal) -> dict[str, Document]:
    return {key: msgspec.json.decode(raw, type=Document) for key, raw in shelf.seen_by(who)}


def test_a_position_that_is_forgotten_or_of_another_run_is_none() -> None:
    shelf = Shelf(3)
    shelf.fill(Snapshot(2, 10, {}))
    for number in range(11, 16):
        shelf.take(Delta(2, number, "system", None, Audience(), Audience(), Micros(1), Micros(1)))
    assert [entry.position.sequence for entry in shelf.since(Position(2, 12)) or ()] == [13, 14, 15]
    assert shelf.since(Position(2, 15)) == []
    for position in (Position(2, 11), Position(2, 16), Position(1, 13), Position(3, 13)):
        assert shelf.since(position) is None


def test_what_came_before_a_gateway_is_remembered_too() -> None:
    shelf = Shelf(10)
    shelf.fill(Snapshot(2, 10, {}))
    made = [Delta(2, n, "system", None, Audience(), Audience(), Micros(1), Micros(1)) for n in (8, 9, 10)]
    shelf.remember(made, Position(2, 7))
    assert [entry.position.sequence for entry in shelf.since(Position(2, 8)) or ()] == [9, 10]
    assert shelf.since(Position(2, 6)) is None


def test_masks_hide_the_citizen_wherever_the_number_stands() -> None:
    inbound = talking(1, "1001")
    outbound = CallDocument(
        call_id=CallId("x"),
        state="talking",
        direction="outbound",
        since=Micros(1),
        received_at=Micros(1),
        dialled=CALLER,
        caller="1001",
        parties=inbound.parties,
    )
    for document in (inbound, outbound, offered(1, "1001")):
        assert has_forms(document)
        assert CALLER.encode() not in msgspec.json.encode(shown(document, View.MASKED))
        assert CALLER.encode() in msgspec.json.encode(shown(document, View.FULL))
    mine = Principal("wang", Role.AGENT, MemberName("1001"))
    assert view_of(mine, inbound) is View.FULL
    assert view_of(mine, offered(1, "1001")) is View.MASKED
    assert view_of(Principal("boss", Role.SUPERVISOR, MemberName("1010")), inbound) is View.MASKED
    assert view_of(Principal("auditor", Role.AUDITOR), inbound) is View.MASKED


def test_a_specialist_is_shown_by_name_and_never_by_number() -> None:
    mobile, plain = "13700001111", "13900002222"
    specialist = Party(Uniqueid("u9"), "specialist", mobile, "talking", Micros(1), code="8002", name="林专员")
    outside = Party(Uniqueid("u8"), "specialist", plain, "ringing", Micros(1))
    tries = (
        Tried(mobile, "8002", "林专员", "answered", Micros(1)),
        Tried(plain, "", "", "ringing", Micros(1)),
    )
    invited = Invited(
        id="k1",
        by=MemberName("1001"),
        to=plain,
        mode="room",
        state="ringing",
        since=Micros(1),
        at=Micros(1),
        tries=tries,
    )
    call = talking(1, "1001")
    call = msgspec.structs.replace(call, parties=(*call.parties, specialist, outside), invites=(invited,))
    masked, full = (msgspec.json.encode(shown(call, view)).decode() for view in (View.MASKED, View.FULL))
    assert mobile not in masked + full
    assert plain not in masked
    assert full.count(plain) == 3
    assert all("林专员" in words and "8002" in words and "137****1111" in words for words in (masked, full))


def test_another_role_agent_or_queue_is_another_scope() -> None:
    base = Principal("a", Role.AGENT, MemberName("1001"), frozenset({QueueName("general")}), "t1")
    others = [
        Principal("a", Role.LEAD, base.agent, base.queues),
        Principal("a", Role.AGENT, MemberName("1002"), base.queues),
        Principal("a", Role.AGENT, base.agent, frozenset({QueueName("tax")})),
    ]
    assert len({scope_of(each) for each in (base, *others)}) == 4
    assert scope_of(base) == scope_of(Principal("a", Role.AGENT, base.agent, base.queues, "t2"))
