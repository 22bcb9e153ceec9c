"""What agents are shown of a queue: who waits, and not what their colleagues do; nor are they told of that."""

import msgspec

from agent_bridge.shelf import Shelf
from telephony.live.documents import Audience, Delta, Document, QueueDocument, Snapshot
from telephony.model.ids import MemberName, Micros, QueueName
from zhitong.access.roles import Principal, Role

QUEUE = QueueName("general")
SEEN_BY = Audience(queues=frozenset({QUEUE}))
AGENT = Principal("1001", Role.AGENT, MemberName("1001"), frozenset({QUEUE}))
LEAD = Principal("1002", Role.LEAD, MemberName("1002"), frozenset({QUEUE}))


def delta(sequence: int, waiting: int, **agents: int) -> Delta:
    document = QueueDocument(name=QUEUE, waiting=waiting, agents=agents)
    return Delta(1, sequence, "queue/general", document, SEEN_BY, SEEN_BY, Micros(0), Micros(0))


def shelf() -> Shelf:
    made = Shelf(100)
    first: Document = QueueDocument(name=QUEUE, waiting=0, agents={"ready": 2})
    made.fill(Snapshot(1, 0, {"queue/general": (first, SEEN_BY)}))
    return made


def documents(at: Shelf, who: Principal) -> dict[str, object]:
    return {key: msgspec.json.decode(bytes(raw)) for key, raw in at.seen_by(who)}


def test_a_lead_sees_the_agents_states_and_an_agent_does_not() -> None:
    at = shelf()
    assert documents(at, LEAD)["queue/general"]["agents"] == {"ready": 2}  # type: ignore[index]
    assert documents(at, AGENT)["queue/general"]["agents"] == {}  # type: ignore[index]


def test_an_agent_is_told_only_what_they_see_change() -> None:
    at = shelf()
    busy, waits = at.take(delta(1, 0, ready=1)), at.take(delta(2, 1, ready=1))
    assert busy.told(AGENT) is None
    assert busy.told(LEAD) is not None
    assert waits.told(AGENT) is not None
    assert waits.told(LEAD) is not None


def test_who_sees_the_queue_newly_is_told_even_what_looks_the_same() -> None:
    at = shelf()
    document = QueueDocument(name=QUEUE, waiting=0, agents={"ready": 1})
    entry = at.take(Delta(1, 1, "queue/general", document, SEEN_BY, Audience(), Micros(0), Micros(0)))
    assert entry.told(AGENT) is not None
