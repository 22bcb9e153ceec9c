"""The judge's findings counted, and live calls that nobody ended."""

import msgspec
import pytest

from zhitong.lab.books import Line, Seen, fold
from zhitong.lab.chaos.result import Finding, Judgement, disturbed, verdict

CALLER, AGENT = "13900000001", "1001"


def finding(kind: str, about: str = "record", call: str = "a call") -> Finding:
    return Finding(kind, call, about, "")


@pytest.mark.parametrize(
    ("kind", "about", "heading"),
    [
        ("lost", "record", "lost"),
        ("merged", "record", "lost"),
        ("doubled", "record", "duplicated"),
        ("invented", "record", "duplicated"),
        ("differs", "outcome", "wrong_outcome"),
        ("differs", "answered_at", "inaccurate"),
        ("differs", "offer to 1001 until 09:30, outcome", "inaccurate"),
        ("inner", "timeline", "inaccurate"),
        ("totals", "answered", "inaccurate"),
        ("books", "rows", "unclear"),
        ("torn", "line", "unclear"),
        ("a kind of the future", "", "unclear"),
    ],
)
def test_each_finding_counts_under_its_heading(kind: str, about: str, heading: str) -> None:
    counts = verdict([finding(kind, about)])
    assert {name for name in counts.__struct_fields__ if getattr(counts, name)} == {heading}


def test_calls_are_counted_not_findings() -> None:
    counts = verdict([finding("differs", "agent"), finding("differs", "queue"), finding("differs", "agent", "another")])
    assert counts.inaccurate == 2


def test_calls_that_no_pbx_took_are_counted() -> None:
    told = (
        b'{"good": true, "calls": 3, "findings": [], "notes": [{"about": "no channel"}, {"about": "kill"}], "sums": {}}'
    )
    assert msgspec.json.decode(told, type=Judgement).untaken == 1


# --- live calls ---------------------------------------------------------------------------------------------------


def lines(role: str, number: str, other: str, *events: tuple[float, str, str]) -> list[Line]:
    return [Line(at, role, event, number, other, f"{role}-{number}-{other}", detail) for at, event, detail in events]


def caller(*events: tuple[float, str, str]) -> list[Line]:
    return lines("caller", CALLER, "12345", (10.0, "invite_sent", ""), *events)


def agent(*events: tuple[float, str, str], number: str = AGENT, other: str = CALLER) -> list[Line]:
    return lines("agent", number, other, (10.1, "invite_received", ""), (11.0, "answer_sent", "200"), *events)


def troubled(*logs: list[Line], outages: tuple[tuple[float, float], ...] = ()) -> list[str]:
    seen: list[Seen] = fold([line for log in logs for line in log])
    return disturbed(seen, outages)


ANSWERED = (11.0, "answered", "200")
HUNG_UP = ((15.0, "bye_received", ""), (15.0, "end", "200"))


def test_who_hangs_up_is_not_disturbed() -> None:
    assert not troubled(caller(ANSWERED, (14.0, "bye_sent", ""), (14.1, "end", "200")))
    assert not troubled(caller((12.0, "cancel_sent", ""), (12.1, "refused", "487"), (12.1, "end", "487")))


def test_an_agent_who_hangs_up_ends_the_call() -> None:
    assert not troubled(caller(ANSWERED, *HUNG_UP), agent((14.98, "bye_sent", ""), (15.0, "end", "200")))


def test_who_was_consulted_and_brought_in_may_end_it() -> None:
    consulted = agent((14.99, "bye_sent", ""), (15.0, "end", "200"), number="1901", other=AGENT)
    first = agent((13.0, "bye_sent", ""), (13.1, "end", "200"))
    assert not troubled(caller(ANSWERED, *HUNG_UP), first, consulted)


def test_a_transfer_that_comes_to_nothing_ends_it() -> None:
    assert not troubled(caller(ANSWERED, *HUNG_UP), agent((12.0, "refer_sent", "1002"), (12.1, "end", "200")))


@pytest.mark.parametrize(
    "log",
    [
        caller(ANSWERED, *HUNG_UP),
        caller(ANSWERED),
        caller((10.0, "refused", "503"), (10.0, "end", "503")),
        caller((30.0, "end", "000")),
    ],
    ids=["the PBX hung up", "no end", "refused", "never answered"],
)
def test_what_nobody_did_is_a_disturbance(log: list[Line]) -> None:
    (told,) = troubled(log, agent((15.5, "bye_received", ""), (15.5, "end", "200")))
    assert CALLER in told


def test_an_agent_who_left_long_before_has_not_ended_it() -> None:
    assert troubled(caller(ANSWERED, *HUNG_UP), agent((13.0, "bye_sent", ""), (13.1, "end", "200")))


@pytest.mark.parametrize(
    ("outage", "counted"), [((5.0, 8.0), True), ((5.0, 9.0), False), ((15.5, 18.0), False), ((17.0, 18.0), True)]
)
def test_what_the_pbx_took_with_it_is_its_own_doing(outage: tuple[float, float], counted: bool) -> None:
    assert bool(troubled(caller(ANSWERED, *HUNG_UP), outages=(outage,))) == counted
