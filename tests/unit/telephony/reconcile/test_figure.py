"""The daily figure: what is hashed, what is counted, what is signed, which moments are of which day."""

import datetime
import hashlib
import hmac
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.model.ids import CallId, Micros
from telephony.model.terms import Direction, Outcome, Provenance
from telephony.reconcile.canonical import canonical, digest, hash_of
from telephony.reconcile.days import bounds, day_of, since
from telephony.reconcile.errors import FigureError
from telephony.reconcile.figure import DayCounts, Figure, Tally, digest_of, figure_of, is_signed_with, name_of, signed
from telephony.records.record import CallRecord
from telephony.records.rows import body_of
from tests.unit.telephony.records.samples import record

KEY = "k" * 32
CALL = CallId("0" * 26)
DIGESTS = st.dictionaries(
    st.text("0123456789ABC", min_size=4, max_size=4).map(CallId), st.text("0123456789abcdef", min_size=4, max_size=4)
)


# --- what is hashed ----------------------------------------------------------------------------------------


def test_the_form_is_plain_json_with_sorted_keys() -> None:
    body = '{ "b": [1, {"d": "王", "c": null}],\n "a": true }'
    assert canonical(body, CALL) == '{"a":true,"b":[1,{"c":null,"d":"王"}]}'.encode()
    assert digest(body, CALL) == hashlib.sha256('{"a":true,"b":[1,{"c":null,"d":"王"}]}'.encode()).hexdigest()


def test_it_is_what_the_documentation_says() -> None:
    """Anybody can make it again with other tools: here with Python's own."""
    bodies = {call.call_id: body_of(call) for call in (record(1), record(2))}
    lines = []
    for call_id, body in sorted(bodies.items()):
        form = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        lines.append(f"{call_id} {hashlib.sha256(form.encode()).hexdigest()}\n")
    told = hash_of({call_id: digest(body, call_id) for call_id, body in bodies.items()})
    assert told == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_a_body_that_is_no_json_has_a_digest_too() -> None:
    assert digest("{", CALL) != digest("{{", CALL)


@given(digests=DIGESTS, seed=st.randoms(use_true_random=False))
def test_the_order_does_not_matter(digests: dict[CallId, str], seed: object) -> None:
    items = list(digests.items())
    seed.shuffle(items)  # type: ignore[attr-defined]
    assert hash_of(dict(items)) == hash_of(digests)


@given(one=DIGESTS, other=DIGESTS)
def test_only_the_same_calls_have_the_same_hash(one: dict[CallId, str], other: dict[CallId, str]) -> None:
    assert (hash_of(one) == hash_of(other)) == (one == other)


# --- what is counted ---------------------------------------------------------------------------------------


def tally(*records: CallRecord) -> DayCounts:
    counted = Tally()
    for each in records:
        counted.add(each)
    return counted.counts()


def test_offered_calls_are_answered_abandoned_or_otherwise_ended() -> None:
    """Row 5 of the failures, by arithmetic: whatever the outcome, the call is counted once."""
    records = [record(number, outcome=outcome) for number, outcome in enumerate(Outcome)]
    counts = tally(*records)
    assert counts.offered == len(Outcome) == counts.answered + counts.abandoned + counts.other
    assert (counts.answered, counts.abandoned) == (1, 1)
    assert counts.outcomes == dict.fromkeys(sorted(outcome.value for outcome in Outcome), 1)


def test_calls_between_phones_are_no_offered_calls() -> None:
    counts = tally(record(1), record(2, direction=Direction.INTERNAL), record(3, direction=Direction.OUTBOUND))
    assert (counts.calls, counts.offered) == (3, 1)


def test_where_the_records_come_from() -> None:
    rebuilt = record(1, provenance=Provenance.REBUILT, estimated=("ended_at",))
    counts = tally(rebuilt, record(2, provenance=Provenance.COMPLETED), record(3))
    assert (counts.rebuilt, counts.completed, counts.estimated) == (1, 1, 1)


# --- what is signed ----------------------------------------------------------------------------------------


def figure(**changes: object) -> Figure:
    plain = Figure(
        number=1,
        day="2026-11-22",
        zone="Asia/Shanghai",
        revision=1,
        made_at=Micros(1),
        counts=tally(record(1)),
        hash="ab",
    )
    return msgspec.structs.replace(plain, **changes)


def test_a_signature_holds_for_its_key_and_its_words() -> None:
    body = signed(figure(), KEY)
    assert is_signed_with(body, KEY)
    assert not is_signed_with(body, "x" * 32)
    assert figure_of(body, "here").key == name_of(KEY)
    assert KEY not in body


def test_it_is_made_as_the_documentation_says() -> None:
    told = json.loads(signed(figure(), KEY))
    form = json.dumps({**told, "signature": ""}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    wanted = hmac.new(KEY.encode(), b"zhitong daily figure 1\0" + form.encode(), hashlib.sha256).hexdigest()
    assert told["signature"] == wanted


@pytest.mark.parametrize(
    ("name", "value"), [("hash", "cd"), ("day", "2026-11-21"), ("revision", 2), ("predecessor", "ef"), ("number", 7)]
)
def test_no_word_can_be_changed(name: str, value: object) -> None:
    told = json.loads(signed(figure(), KEY))
    assert not is_signed_with(json.dumps({**told, name: value}), KEY)
    counts = {**told["counts"], "abandoned": 7}
    assert not is_signed_with(json.dumps({**told, "counts": counts}), KEY)
    assert not is_signed_with(json.dumps({**told, "signature": None}), KEY)


def test_layout_does_not_matter_and_a_later_programs_fields_do_not_either() -> None:
    """A figure is checked as it was stored: a field that this program does not know is part of what was signed."""
    body = signed(figure(), KEY)
    assert is_signed_with(json.dumps(json.loads(body), indent=3), KEY)
    told = {**json.loads(body), "news": 1, "signature": ""}
    form = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    signature = hmac.new(KEY.encode(), b"zhitong daily figure 1\0" + form.encode(), hashlib.sha256).hexdigest()
    assert is_signed_with(json.dumps({**told, "signature": signature}), KEY)
    assert figure_of(json.dumps(told), "here").day == "2026-11-22"


def test_a_figure_is_named_by_all_of_it() -> None:
    one, other = signed(figure(), KEY), signed(figure(), "x" * 32)
    assert digest_of(one) != digest_of(other)
    assert digest_of(one) == digest_of(json.dumps(json.loads(one), indent=2))


def test_a_damaged_figure_is_said() -> None:
    with pytest.raises(FigureError, match="here is damaged"):
        figure_of("{}", "here")


# --- days --------------------------------------------------------------------------------------------------

MOMENTS = st.integers(0, 4_000_000_000_000_000).map(Micros)
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"])


@given(at=MOMENTS, zone=ZONES)
def test_every_moment_is_of_one_day(at: Micros, zone: str) -> None:
    day = day_of(at, zone)
    begins, ends = bounds(day, zone)
    assert begins <= at < ends
    assert bounds(day + datetime.timedelta(days=1), zone)[0] == ends


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", "2026-11-22", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
    ],
)
def test_a_day_has_23_to_25_hours(zone: str, day: str, hours: int) -> None:
    begins, ends = bounds(datetime.date.fromisoformat(day), zone)
    assert ends - begins == hours * 3_600_000_000


def test_midnight_is_the_sites() -> None:
    begins, _ = bounds(datetime.date(2026, 11, 22), "Asia/Shanghai")
    assert datetime.datetime.fromtimestamp(begins / 1e6, datetime.UTC).isoformat() == "2026-11-21T16:00:00+00:00"


def test_days_between() -> None:
    first, last = datetime.date(2026, 2, 27), datetime.date(2026, 3, 2)
    assert [day.isoformat() for day in since(first, last)] == ["2026-02-27", "2026-02-28", "2026-03-01"]
    assert list(since(last, first)) == []
