"""What desktops find in the directory follows the store, the clock and the records."""

import datetime
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import structlog

from agent_bridge.client import Client
from agent_bridge.errors import Refused
from agent_bridge.finder import Finder
from telephony.config import parse_site
from telephony.control.commands import Reason
from telephony.database.database import Database
from telephony.database.faults import StoreUnavailable
from telephony.directory.duty import DutyRoster, Hours
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Code, Department, Specialist
from telephony.errors import DirectoryError
from telephony.model.ids import Micros
from telephony.model.terms import TryResult
from telephony.records.answers import WINDOW, AnswersOfLate
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from tests.integration.agent_bridge.rig import plain, running, until
from tests.unit.telephony.records.invitations import call, invitation
from tests.unit.telephony.records.samples import START

SITE = parse_site(
    'name = "某市12345"\nhotline = ["12345"]\n[[queue]]\nname = "service"\n[emergency]\nnumbers = ["95598"]\n'
)
OFFICE = DutyRoster(((Hours(9 * 60, 17 * 60),),) * 5 + ((), ()))
HUMAN = Department(Code("8100"), "人力资源和社会保障局", "人社局", ("社保缴费",), roster=OFFICE)
ONE = Specialist(Code("8101"), "单晓重", HUMAN.code, ("62008101",), topics=("工伤认定",))
TWO = Specialist(Code("8102"), "曾经理", HUMAN.code, ("62008102",), topics=("工伤认定",), languages=("粤语",))


class Office:
    """A store, and a finder with a clock of its own."""

    def __init__(self, database: Database) -> None:
        self.store, self.records = SpecialistStore(database), RecordStore(database)
        self.now = START / 1_000_000
        self.answers = AnswersOfLate(database)
        self.finder = Finder(SITE, self.store, self.answers, lambda: self.now)

    async def engage(self, *entries: Department | Specialist) -> None:
        await self.store.change(lambda _: entries)

    async def at(self, hour: int, minute: int = 0) -> None:
        """On Monday, 23 November 2026, in Shanghai."""
        zone = datetime.timezone(datetime.timedelta(hours=8))
        self.now = datetime.datetime(2026, 11, 23, hour, minute, tzinfo=zone).timestamp()
        await self.finder.look()

    def found(self, query: str) -> list[tuple[str, bool]]:
        return [(hit.code, hit.on_duty) for hit in self.finder.search(query, 20).hits]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    database = await Database.open(f"sqlite:///{tmp_path / 'zhitong.db'}")
    try:
        office = Office(database)
        await office.engage(HUMAN, ONE, TWO)
        yield office
    finally:
        await database.close()


def rung(number: int, code: str, result: TryResult) -> CallRecord:
    return call(number, [invitation((code, result, 4_000))])


async def test_a_desktop_searches_as_its_agent_types(office: Office) -> None:
    await office.at(10)
    async with running(finder=office.finder) as rig, plain(rig, "wang") as desktop:
        for query, codes in {
            "r": ["8100", "8101", "8102"],
            "rsj": ["8100", "8101", "8102"],
            "zengjl": ["8102"],
        }.items():
            result = (await desktop.ask("directory.search", query=query))["result"]
            assert [hit["code"] for hit in result["hits"]] == codes
        (first, *_) = (await desktop.ask("directory.search", query="粤语", limit=1))["result"]["hits"]
        assert first == {
            "kind": "specialist",
            "code": "8102",
            "name": "曾经理",
            "department": "8100",
            "department_name": "人社局",
            "title": "",
            "topics": ["工伤认定"],
            "languages": ["粤语"],
            "fits": "粤语",
            "on_duty": True,
            "offers": 0,
            "answered": 0,
        }, "no telephone number is among it"
        wrong = (await desktop.ask("directory.search", query="x" * 41))["error"]
        assert wrong["data"]["field"] == "query"
    assert rig.audit.notes == []


async def test_emergency_numbers_are_fixed_entries(office: Office) -> None:
    """Whether anybody is in the directory or not."""
    await office.engage()
    await office.at(23)
    assert office.found("") == [("110", True), ("119", True), ("120", True), ("95598", True)]
    assert office.found("11") == [("110", True), ("119", True)]
    assert office.found("gabj") == office.found("报警") == [("110", True)]
    assert {hit.kind for hit in office.finder.search("", 20).hits} == {"emergency"}


async def test_only_who_may_bring_somebody_in_searches(office: Office) -> None:
    await office.at(10)
    async with running(finder=office.finder) as rig, plain(rig, "auditor") as desktop:
        answer = await desktop.ask("directory.search", query="rsj")
        assert answer["error"]["data"]["right"] == "own-calls"
    async with running() as rig, plain(rig, "wang") as desktop:
        answer = await desktop.ask("directory.search", query="rsj")
        assert answer["error"]["data"]["reason"] == Reason.UNAVAILABLE


async def test_before_the_directory_was_read_it_says_so(office: Office) -> None:
    finder = Finder(SITE, office.store, office.answers)
    async with running(finder=None) as rig:
        rig.gateway.finder = finder
        async with Client([rig.url], "wang", "seat") as client:
            await client.connected(20)
            with pytest.raises(Refused, match="not been read yet"):
                await client.search("rsj")


async def test_the_gateway_follows_the_store_by_itself(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_bridge.finder.LOOK_S", 0.05)
    finder = Finder(SITE, office.store, office.answers)

    def found() -> list[str]:
        return sorted(hit.code for hit in finder.search("rsj", 20).hits) if finder.ready else []

    async with running(finder=finder):
        await until(lambda: found() == ["8100", "8101", "8102"], 60)
        await office.engage(HUMAN, TWO)
        await until(lambda: found() == ["8100", "8102"], 60)


async def test_while_the_store_is_away_the_last_that_was_read_is_searched(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.at(10)
    before, looks = office.found("rsj"), list[int]()

    async def away() -> int:
        looks.append(len(looks))
        if len(looks) <= 3:
            raise StoreUnavailable("the database is away")
        return 1_000

    monkeypatch.setattr("agent_bridge.finder.LOOK_S", 0.01)
    monkeypatch.setattr(office.store, "revision", away)
    with structlog.testing.capture_logs() as logs:
        async with running(finder=office.finder):
            await until(lambda: len(looks) > 6, 60)
            assert office.found("rsj") == before
    told = [line["why"] for line in logs if "directory cannot be followed" in line["event"]]
    assert told == ["the database is away"], "said once, not at each look"


async def test_who_is_on_duty_is_seen_as_the_clock_goes_on(office: Office) -> None:
    await office.at(16, 59)
    assert office.found("gsrd") == [("8101", True), ("8102", True)]
    await office.at(17)
    assert office.found("gsrd") == [("8101", False), ("8102", False)]
    assert office.found("rsj")[0] == ("8100", False)


async def test_who_answers_best_comes_first_and_that_is_learnt_from_the_records(office: Office) -> None:
    await office.records.write([rung(1, "8101", TryResult.NO_ANSWER), rung(2, "8102", TryResult.ANSWERED)])
    await office.at(10)
    assert [code for code, _ in office.found("gsrd")] == ["8102", "8101"]
    assert office.answers.shares() == {"8100": (2, 1), "8101": (1, 0), "8102": (1, 1)}
    better = [rung(n, "8101", TryResult.ANSWERED) for n in range(3, 9)]
    await office.records.write([*better, rung(9, "8102", TryResult.CANCELLED)])  # taken back: held against nobody
    await office.at(10, 1)
    assert [code for code, _ in office.found("gsrd")] == ["8101", "8102"]
    (first, *_) = office.finder.search("gsrd", 1).hits
    assert (first.offers, first.answered) == (7, 6)
    again = AnswersOfLate(office.store.database)
    await again.catch_up(Micros(START))
    assert again.shares() == office.answers.shares(), "a start anew comes to the same"
    await again.catch_up(Micros(START + 5_000_000 + WINDOW))
    assert again.shares()["8101"] == (4, 4), "what is long ago is forgotten"


async def test_a_call_that_became_part_of_another_is_not_counted_twice(office: Office) -> None:
    await office.at(10)
    first = rung(1, "8101", TryResult.ANSWERED)
    await office.records.write([first])
    await office.at(10, 1)
    assert office.answers.shares() == {"8100": (1, 1), "8101": (1, 1)}
    whole = call(2, [invitation(("8101", TryResult.NO_ANSWER, 9), ("8102", TryResult.ANSWERED, 9))])
    await office.records.write([msgspec.structs.replace(whole, aliases=(first.call_id,))])
    await office.at(10, 2)
    assert office.answers.shares() == {"8100": (1, 1), "8101": (1, 0), "8102": (1, 1)}


async def test_without_its_sounds_a_directory_is_found_by_its_characters(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_texts: object) -> None:
        raise DirectoryError("no process can be begun")

    monkeypatch.setattr("agent_bridge.finder.spell", silent)
    with structlog.testing.capture_logs() as logs:
        await office.at(10)
    assert office.found("rsj") == []
    assert office.found("人社") == [("8100", True), ("8101", True), ("8102", True)]
    assert [line["event"] for line in logs] == ["the directory is not searched by sound"]
