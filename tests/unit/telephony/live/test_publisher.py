"""What documents show of calls, agents and queues, to whom, and at what pace."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from telephony.ingest import Ingest
from telephony.live import inprocess
from telephony.live.board import Live
from telephony.live.desk import build
from telephony.live.desk.build import Seen
from telephony.live.desk.publisher import BEAT_S, Publisher
from telephony.live.desk.roster import Person, roster_of
from telephony.live.documents import AgentDocument, Audience, CallDocument, Delta, QueueDocument, SystemDocument
from telephony.live.port import Position
from telephony.model.events import Event, LinkLost
from telephony.model.ids import MemberName, Micros, PbxName, QueueName
from telephony.model.tracker import Tracker
from telephony.model.world import World
from tests.unit.telephony.live.folding import ROSTER, Published, fold
from tests.unit.telephony.model.script import Pbx, Phone
from tests.unit.telephony.model.snapshots import snapshot


def tell(published: Published, pbx: Pbx) -> Published:
    """Let it hear what the PBX has said since."""
    for event in pbx.events:
        published.hear(event)
    pbx.events.clear()
    return published


def documents(published: Published, kind: type) -> dict[str, object]:
    return {key: seen[0] for key, seen in published.snapshot.documents.items() if isinstance(seen[0], kind)}


def the_call(published: Published) -> CallDocument:
    (document,) = documents(published, CallDocument).values()
    assert isinstance(document, CallDocument)
    return document


def agent(published: Published, number: str) -> AgentDocument:
    document = published.snapshot.documents[f"agent/{number}"][0]
    assert isinstance(document, AgentDocument)
    return document


def ringing(pbx: Pbx, published: Published) -> Phone:
    pbx.signs_in("1001", "1002")
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    tell(published, pbx)
    return phone


# --- what is shown, and to whom ---------------------------------------------------------------------------


def test_an_offer_is_shown_to_whose_phone_rings_and_to_the_queue() -> None:
    pbx, published = Pbx(), Published()
    ringing(pbx, published)
    call = the_call(published)
    assert (call.state, call.caller, call.queue, call.offered, call.agent) == (
        "offered",
        "13800138000",
        "hotline",
        ("1001",),
        None,
    )
    audience = published.snapshot.documents[f"call/{call.call_id}"][1]
    assert audience == Audience(frozenset({MemberName("1001")}), frozenset({QueueName("hotline")}))
    assert agent(published, "1001").calls == (call.call_id,)
    assert agent(published, "1002").calls == ()
    assert call.queued_at is not None
    assert call.since >= call.queued_at >= call.received_at


def test_who_answers_takes_part_and_the_other_is_told_that_it_is_gone() -> None:
    pbx, published = Pbx(), Published()
    pbx.signs_in("1001", "1002")
    caller = pbx.citizen()
    caller.joins()
    one, two = caller.offered("1001"), caller.offered("1002")
    tell(published, pbx)
    two.gone(26)  # answered elsewhere
    one.answers()
    tell(published, pbx)
    call = the_call(published)
    assert (call.state, call.agent, call.agents, call.offered) == ("talking", "1001", ("1001",), ())
    assert [(party.role, party.who, party.state) for party in call.parties] == [
        ("caller", "13800138000", "talking"),
        ("agent", "1001", "talking"),
    ]
    told = [
        delta for delta in published.deltas if delta.key == f"call/{call.call_id}" and "1002" in delta.before.members
    ]
    assert told[-1].audience.members == {"1001"}
    assert agent(published, "1002").calls == ()
    assert agent(published, "1001").state == "on call"


def test_the_end_takes_the_call_away_and_leaves_the_agent_its_name() -> None:
    pbx, published = Pbx(), Published()
    phone = ringing(pbx, published)
    phone.answers()
    tell(published, pbx)
    call = the_call(published)
    phone.hangs_up()
    tell(published, pbx)
    assert documents(published, CallDocument) == {}
    assert published.deltas[-1].sequence == len(published.deltas)
    of_call = [delta for delta in published.deltas if delta.key == f"call/{call.call_id}"]
    assert of_call[-1].document is None
    (parting,) = [delta for delta in of_call if "1001" in delta.before.members - delta.audience.members]
    assert parting.before.queues == {"hotline"}
    assert agent(published, "1001").last_call == call.call_id
    assert agent(published, "1001").calls == ()


def test_a_hold_is_music_to_the_other() -> None:
    pbx, published = Pbx(), Published()
    phone = ringing(pbx, published)
    phone.answers()
    phone.holds()
    tell(published, pbx)
    assert {party.who: party.state for party in the_call(published).parties} == {
        "13800138000": "on-hold",
        "1001": "talking",
    }
    assert agent(published, "1001").state == "hold"


def test_a_caller_who_sends_an_agents_number_is_no_agent() -> None:
    pbx, published = Pbx(), Published()
    pbx.signs_in("1001")
    pbx.citizen(number="1001").joins()
    tell(published, pbx)
    key = f"call/{the_call(published).call_id}"
    assert published.snapshot.documents[key][1].members == frozenset()
    assert agent(published, "1001").calls == ()


def test_an_agent_s_own_call_is_theirs_and_their_queues() -> None:
    pbx, published = Pbx(), Published()
    pbx.dials("1002", "1002", "1001", "zt-phones")
    tell(published, pbx)
    key = f"call/{the_call(published).call_id}"
    audience = published.snapshot.documents[key][1]
    assert audience == Audience(frozenset({MemberName("1002")}), frozenset({QueueName("hotline")}))


def test_who_is_signed_out_has_a_document_as_the_directory_has_them() -> None:
    published = Published()
    document = agent(published, "1003")
    assert (document.name, document.phone, document.state) == ("坐席1003", "1003", "signed out")
    assert [(place.queue, place.signed_in) for place in document.queues] == [("hotline", False)]


def test_people_who_come_and_go_in_the_directory_do_so_here() -> None:
    published = Published()
    people = [person for person in ROSTER.people.values() if person.number != "1003"]
    people.append(Person(MemberName("1009"), "新", "1009"))
    published.publisher.enrol(roster_of(people, ROSTER.titles))
    assert {"agent/1001", "agent/1002", "agent/1009"} == set(documents(published, AgentDocument))
    assert published.deltas[-1].sequence == published.snapshot.sequence


def test_whose_phone_picks_up_by_itself_is_shown_once_the_directory_says_so() -> None:
    published = Published()
    assert not agent(published, "1001").auto_answer
    people = [msgspec.structs.replace(one, auto_answer=one.number == "1001") for one in ROSTER.people.values()]
    published.publisher.enrol(roster_of(people, ROSTER.titles))
    assert agent(published, "1001").auto_answer
    assert not agent(published, "1002").auto_answer


def test_the_link_is_told_of_at_once_and_the_sequence_goes_on() -> None:
    pbx, published = Pbx(), Published()
    published.hear(snapshot(pbx.now, epoch=1))
    before = published.snapshot.sequence
    published.hear(LinkLost(pbx.now, 1))
    system = published.snapshot.documents["system"][0]
    assert isinstance(system, SystemDocument)
    assert (system.connected, system.epoch) == (False, 1)
    published.hear(snapshot(pbx.now, epoch=2))
    assert published.publisher.position.epoch == 2
    assert published.publisher.position.sequence > before
    assert [delta.epoch for delta in published.deltas] == sorted(delta.epoch for delta in published.deltas)


# --- pace, and care ---------------------------------------------------------------------------------------


class Paced:
    """A publisher on a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.tracker = Tracker(PbxName("pbx1"))
        self.publisher = Publisher(self.tracker.world, Live(), 0, lambda: Micros(42), lambda: self.now)
        self.deltas: list[Delta] = []
        self.publisher.outlets.append(self)

    def publish(self, deltas: Sequence[Delta]) -> None:
        self.deltas += deltas

    def hear(self, pbx: Pbx) -> None:
        for event in pbx.events:
            self.publisher.fold(self.tracker.apply(event))
        pbx.events.clear()

    @property
    def waiting(self) -> list[int]:
        return [delta.document.waiting for delta in self.deltas if isinstance(delta.document, QueueDocument)]


def test_a_queue_is_told_of_at_most_four_times_a_second_and_never_forgotten() -> None:
    pbx, paced = Pbx(), Paced()
    for _ in range(10):
        pbx.citizen().joins()
        paced.hear(pbx)
    assert paced.waiting == [1]
    paced.publisher.beat()
    assert paced.waiting == [1]
    paced.now += BEAT_S
    paced.publisher.beat()
    assert paced.waiting == [1, 10]
    paced.now += BEAT_S
    paced.publisher.beat()
    assert paced.waiting == [1, 10]


def test_a_change_that_nobody_told_is_seen_all_the_same_a_little_later() -> None:
    pbx, paced = Pbx(), Paced()
    pbx.signs_in("1001")
    paced.hear(pbx)
    paced.tracker.world.agents[MemberName("1001")].help = "help"
    for _ in range(5):
        paced.publisher.beat()
    last = [delta.document for delta in paced.deltas if delta.key == "agent/1001"][-1]
    assert isinstance(last, AgentDocument)
    assert last.help == "help"


def test_a_document_that_cannot_be_made_leaves_the_others_true(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(world: World, member: MemberName, *rest: Any) -> Seen | None:
        if member == "1001":
            raise KeyError("a bug of ours")
        return whole(world, member, *rest)

    whole = build.agent_document
    pbx, paced = Pbx(), Paced()
    pbx.signs_in("1001", "1002")
    paced.hear(pbx)
    before = dict(paced.publisher.snapshot().documents)
    monkeypatch.setattr(build, "agent_document", broken)
    pbx.signs_in("1001", "1002", paused=True)
    paced.hear(pbx)
    after = paced.publisher.snapshot().documents
    assert after["agent/1001"] == before["agent/1001"]
    assert after["agent/1002"] != before["agent/1002"]
    assert fold({}, paced.deltas) == after
    assert paced.publisher.failures > 0
    monkeypatch.undo()
    paced.publisher.beat()
    assert paced.publisher.snapshot().documents["agent/1001"] != before["agent/1001"]


def test_what_is_told_says_when_its_cause_was_read() -> None:
    pbx, paced = Pbx(), Paced()
    pbx.signs_in("1001")
    paced.hear(pbx)
    assert {delta.heard for delta in paced.deltas} == {42}


def test_ingest_knows_when_the_first_event_of_a_batch_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [Micros(1_000_000)]
    monkeypatch.setattr("telephony.ingest.monotonic", lambda: now[0])
    monkeypatch.setattr("telephony.ingest.time.time_ns", lambda: 9_000_000_000)
    heard: list[int] = []
    ingest = Ingest(Tracker(PbxName("pbx1")), lambda _: None, sinks=[lambda _: heard.append(ingest.heard())])
    pbx = Pbx()
    pbx.signs_in("1001", "1002")
    for event in pbx.events:
        ingest.deliver(event)
        now[0] = Micros(now[0] + 250_000)
    ingest.drain()
    assert heard == [9_000_000 - 500_000]


def test_nothing_changed_is_nothing_said() -> None:
    pbx, paced = Pbx(), Paced()
    ringing_events: list[Event] = []
    pbx.signs_in("1001")
    ringing_events += pbx.events
    paced.hear(pbx)
    said = len(paced.deltas)
    for event in ringing_events:
        paced.publisher.fold(paced.tracker.apply(event))
    for _ in range(20):
        paced.now += 1
        paced.publisher.beat()
    assert len(paced.deltas) == said


async def test_many_deltas_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inprocess, "BATCH", 7)
    published = Published()
    feed = inprocess.InProcessFeed(Position(0, 0), lambda: published.snapshot)
    feed.publish(published.deltas)
    pbx = Pbx()
    published.publisher.outlets.append(feed)
    phone = ringing(pbx, published)
    phone.answers()
    tell(published, pbx)
    read: list[Delta] = []
    async for batch in feed.deltas(Position(0, 0)):
        assert len(batch) <= 7
        read += batch
        if len(read) == len(published.deltas):
            break
    assert read == published.deltas
    assert fold({}, read) == published.anew()
    assert msgspec.json.decode(msgspec.json.encode(read), type=list[Delta]) == read
