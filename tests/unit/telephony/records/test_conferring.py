"""What of a conference is on record reaches exports, the terminal and whoever may not see numbers."""

import csv
import io
from collections.abc import AsyncIterator

import pytest
from rich.console import Console

from telephony.journal.differences import differences
from telephony.journal.merge import complete
from telephony.model.calls import Call
from telephony.model.ids import Micros
from telephony.model.terms import InviteMode, InviteState, TryResult
from telephony.records.export import ExportFormat, Layout, export
from telephony.records.masked import masked
from telephony.records.record import CallRecord, Incident, Invitation, Try
from telephony.records.rows import body_of, record_of
from tests.integration.journal.invitations import STORIES
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.records.samples import START, record
from zhitong.cli import conference_words, console, timeline

NUMBER = "13912345678"


def story(name: str) -> CallRecord:
    (found,) = recorded.seen(recorded.events(name)).values()
    return found


def outside() -> CallRecord:
    """A specialist outside, and an emergency."""
    tried = Try(NUMBER, "8105", Micros(START), Micros(START + 5_000_000), TryResult.ANSWERED, "answer")
    invitation = Invitation(
        id="i1",
        by="1001",
        to=NUMBER,
        department="81",
        mode=InviteMode.ROOM,
        purpose="specialist",
        at=Micros(START),
        tries=(tried,),
        result=InviteState.JOINED,
    )
    called = Incident(Micros(START), "110", "1001", Micros(START + 4_000_000), None, TryResult.ANSWERED)
    return record(1, invitations=(invitation,), incidents=(called,))


@pytest.mark.parametrize("name", sorted(STORIES))
def test_it_is_stored_as_it_is(name: str) -> None:
    assert record_of(body_of(story(name)), "here") == story(name)


def test_a_specialists_number_is_masked_and_an_emergency_number_is_not() -> None:
    shown = masked(outside())
    assert NUMBER not in body_of(shown)
    assert shown.invitations[0].tries[0].number != ""
    assert (shown.invitations[0].id, shown.invitations[0].tries[0].code, shown.incidents[0].number) == (
        *("i1", "8105", "110"),
    )


async def row(told: CallRecord) -> dict[str, str]:
    async def records() -> AsyncIterator[CallRecord]:
        yield told

    out = io.BytesIO()
    await export(records(), out, Layout(format=ExportFormat.CSV))
    (found,) = csv.DictReader(io.StringIO(out.getvalue().decode()))
    return found


async def test_columns() -> None:
    found = await row(story("asks-in-order-until-one-comes"))
    assert (found["invitations"], found["joined_codes"], found["departments"]) == ("1", "8105", "81")
    assert 500 < int(found["private_ms"]) < 2_000
    assert (found["incidents"], (await row(outside()))["incidents"]) == ("", "110")
    back = await row(story("the-agent-leaves-and-comes-back"))
    assert (back["invitations"], back["joined_codes"]) == ("2", "8105")


def drawn(told: CallRecord) -> str:
    screen = Console(width=150, highlight=False)
    with screen.capture() as captured, pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "out", screen)
        timeline.draw(told, "Asia/Shanghai")
    return captured.get()


@pytest.mark.parametrize("name", sorted(STORIES))
def test_each_number_and_each_participant_is_drawn(name: str) -> None:
    told = story(name)
    seen = drawn(told)
    for invitation in told.invitations:
        assert all(f"{tried.number} {tried.code}".rstrip() in seen for tried in invitation.tries)
        assert all(conference_words.TRIES[tried.result] in seen for tried in invitation.tries)
    assert all(one.who in seen for one in told.participants)
    assert (conference_words.PRIVATE in seen) == bool(told.private_parts)


def test_the_incident_line() -> None:
    (line,) = [each for each in drawn(outside()).splitlines() if each.startswith("紧急呼叫 incident")]
    assert "1001 → 110 接听 answered 4.0 s" in line


@pytest.mark.parametrize("name", ["invited-in-order-until-one-comes", "asks-several-at-once"])
def test_what_the_logs_have_lost_stays(name: str) -> None:
    """All rows of invitations."""
    seen, without = story(name), lost(name)
    assert without.invites == []
    kept = complete(without, seen)
    assert [each for each in differences(seen, kept) if each.where.startswith("invitations")] == []


def lost(name: str) -> Call:
    (call,) = recorded.rebuilt_calls(name).values()
    call.invites = []
    return call
