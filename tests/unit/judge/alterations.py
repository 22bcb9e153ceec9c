"""Every way in which one record is altered, and what the judge must say of it."""

import copy
from collections.abc import Iterator
from typing import Any

from tests.unit.judge.judged import Alteration
from tests.unit.judge.world import MS, SECOND

OUTCOMES = (
    "answered",
    "abandoned",
    "timed_out",
    "queue_empty",
    "queue_full",
    "key_exit",
    "refused",
    "withdrawn",
    "system",
    "failed",
    "unobserved",
)
SIDES = ("caller", "agent", "system", "unknown")
OFFER_OUTCOMES = ("answered", "no_answer", "refused", "unavailable", "cancelled", "lost", "dropped", "unknown")
STRANGER = {"kind": "blind", "at": 0, "by": "", "to": "", "context": "", "result": "Success"}
NOWHERE = {"queue": "x", "uniqueid": "", "position": 1, "joined_at": 1, "ended_at": 2, "result": "connected", "key": ""}

Raw = dict[str, Any]


def of_record(record: Raw) -> Iterator[Alteration]:
    """One field at a time."""
    yield from _words(record)
    yield from _times(record)
    yield from _lists(record)
    for index in range(len(record["offers"])):
        yield from _offer(record, index)


def _words(record: Raw) -> Iterator[Alteration]:
    for name, values in (("outcome", OUTCOMES), ("hung_up_by", SIDES)):
        for value in values:
            if value != record[name]:
                yield Alteration(f"{name} {value}", name, {name: value})
    if record["outcome"] == "abandoned":
        for value in {"entry", "waiting", "ringing"} - {record["abandoned_in"]}:
            yield Alteration(f"abandoned_in {value}", "abandoned_in", {"abandoned_in": value})
    yield Alteration("agent another", "agent", {"agent": "1099"})
    yield Alteration("agent none or one", "agent", {"agent": None if record["agent"] else "1001"})
    for name, value in (("queue", "x"), ("caller_number", "13900009999"), ("dialled", "12346"), ("trunk", "x")):
        yield Alteration(f"{name} another", name, {name: value})
    yield Alteration("pbx another", "pbx", {"pbx": "pbx2"})
    yield Alteration("direction another", "direction", {"direction": "internal"})


def _times(record: Raw) -> Iterator[Alteration]:
    for name in ("received_at", "first_offered_at", "answered_at", "ended_at"):
        if record[name] is None:
            yield Alteration(f"{name} made up", name, {name: record["received_at"] + 5 * MS})
            continue
        for shift in (60, -60):
            yield Alteration(f"{name} {shift} ms", name, {name: record[name] + shift * MS})
    for name in ("first_offered_at", "answered_at"):
        if record[name] is not None:
            yield Alteration(f"{name} none", name, {name: None})
    if record["queued_at"] is not None:
        yield Alteration("queued_at 3 s", "queued_at", {"queued_at": record["queued_at"] + 3 * SECOND})
    for name in ("talk_ms", "ring_ms"):
        if record[name]:
            yield Alteration(f"{name} 150 ms", name, {name: record[name] + 150})


def _lists(record: Raw) -> Iterator[Alteration]:
    yield Alteration("transfer made up", "transfers", {"transfers": [*record["transfers"], STRANGER]})
    if record["transfers"]:
        yield Alteration("transfer gone", "transfers", {"transfers": record["transfers"][1:]})
        kind = "blind" if record["transfers"][0]["kind"] != "blind" else "attended"
        first = record["transfers"][0] | {"kind": kind}
        yield Alteration("transfer another kind", "transfers", {"transfers": [first, *record["transfers"][1:]]})
    yield Alteration("visit made up", "visits", {"visits": [*record["visits"], NOWHERE]})
    if record["visits"]:
        yield Alteration("visit gone", "visits", {"visits": record["visits"][1:]})
        first = record["visits"][0] | {"result": "withdrawn" if record["outcome"] != "withdrawn" else "connected"}
        yield Alteration("visit 1 result", "visit 1 result", {"visits": [first, *record["visits"][1:]]})


def _offer(record: Raw, index: int) -> Iterator[Alteration]:
    offer, offers = record["offers"][index], record["offers"]

    def other(about: str, **fields: Any) -> Alteration:
        altered = copy.deepcopy(offers)
        altered[index] |= fields
        (name, value), *_ = fields.items()
        return Alteration(f"offer {index} {name} {value}", about, {"offers": altered})

    without = offers[:index] + offers[index + 1 :]
    yield Alteration(f"offer {index} gone", "offers", {"offers": without})
    yield Alteration(f"offer {index} doubled", "offers", {"offers": [*offers, offer]})
    yield other(", member", member="1099")
    yield other(", queue", queue="x")
    for outcome in OFFER_OUTCOMES:
        if outcome != offer["outcome"]:
            yield other(", outcome", outcome=outcome)
    for shift in (60, -60):
        yield other(", at", at=offer["at"] + shift * MS)
        yield other(", ended_at", ended_at=offer["ended_at"] + shift * MS)
    if offer["outcome"] == "answered":
        yield other(", uniqueid", uniqueid="pbx1-1795402999.99")
