"""Departments and specialists in real databases."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

import dialplans
from telephony.config import read_site
from telephony.database.database import Database
from telephony.directory import specialist_store
from telephony.directory.agents import Agent
from telephony.directory.entries import Entry, Rules
from telephony.directory.entry_sheet import read_entries
from telephony.directory.roster_text import leave_of, roster_of
from telephony.directory.sheets import sheets_of
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Code, Department, Specialist
from telephony.directory.store import AgentStore
from telephony.errors import DirectoryError
from telephony.model.ids import MemberName

CITY = Path(dialplans.__path__[0]) / "samples" / "city"
HOME = Department(
    Code("8100"), "人力资源和社会保障局", "人社局", ("社保",), ("010", "020"), roster_of("周一至周五 9:00-17:00"), 2, 15
)
OTHER = Department(Code("8200"), "教育局")
ZHANG = Specialist(
    Code("8101"),
    "阿卜杜拉·买买提",
    HOME.code,
    ("01000001111", "1003"),
    "科长",
    ("退休", "工伤"),
    roster_of("全天; 节假日 休"),
    leave_of("2026-12-01至2026-12-03"),
    10,
    25,
    ("维吾尔语", "English"),
)
LI = Specialist(Code("8102"), "李四", HOME.code, ("01000001112",))


@pytest.fixture
async def store(url: str) -> AsyncIterator[SpecialistStore]:
    database = await Database.open(url)
    yield SpecialistStore(database)
    await database.close()


async def put(store: SpecialistStore, *wanted: Entry) -> None:
    await store.change(lambda _stored: wanted)


async def test_entries_come_back_as_they_were(store: SpecialistStore) -> None:
    assert await store.list() == []
    changes = await store.change(lambda _stored: [ZHANG, OTHER, LI, HOME])
    assert changes.added == (HOME, OTHER, ZHANG, LI)
    assert await store.list() == [HOME, OTHER, ZHANG, LI]


async def test_the_revision_grows_with_each_change_and_only_then(store: SpecialistStore) -> None:
    assert await store.revision() == 0
    await put(store, HOME, LI)
    assert await store.revision() == 1
    await put(store, HOME, LI)
    assert await store.revision() == 1
    await put(store, HOME)
    assert await store.revision() == 2
    made = await store.directory(read_site(CITY / "site.toml"), datetime.datetime.now(datetime.UTC))
    assert (made.revision, list(made.departments), list(made.specialists)) == (2, ["8100"], [])


async def test_a_second_change_says_what_it_did(store: SpecialistStore) -> None:
    await put(store, HOME, ZHANG, LI)
    home, zhang = msgspec.structs.replace(HOME, name="人社局"), msgspec.structs.replace(ZHANG, department=OTHER.code)
    changes = await store.change(lambda _stored: [home, OTHER, zhang])
    assert (changes.added, changes.unchanged, changes.removed) == ((OTHER,), (), (LI,))
    assert [(change.before, change.after) for change in changes.changed] == [(HOME, home), (ZHANG, zhang)]
    assert await store.list() == [home, OTHER, zhang]


async def test_a_department_becomes_a_specialist_and_back(store: SpecialistStore) -> None:
    await put(store, HOME, OTHER)
    turned = Specialist(OTHER.code, "王五", HOME.code, ("010",))
    await put(store, HOME, turned)
    assert await store.list() == [HOME, turned]
    await put(store, HOME, OTHER)
    assert await store.list() == [HOME, OTHER]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ([ZHANG], "no department 8100"),
        ([HOME, HOME], "given twice"),
        ([HOME, LI, msgspec.structs.replace(ZHANG, code=LI.code)], "given twice"),
        ([HOME, Specialist(Code("1001"), "王五", HOME.code, ("010",))], "agent's number"),
        ([HOME, msgspec.structs.replace(ZHANG, department=LI.code), LI], "no department 8102"),
    ],
)
async def test_what_cannot_be_changes_nothing(store: SpecialistStore, wanted: list[Entry], words: str) -> None:
    await AgentStore(store.database).import_agents([Agent(MemberName("1001"), "冯刚", (), "1001")])
    await put(store, OTHER)
    with pytest.raises(DirectoryError, match=words):
        await put(store, *wanted)
    assert await store.list() == [OTHER]
    assert await store.revision() == 1


async def test_no_agent_gets_a_code(store: SpecialistStore) -> None:
    await put(store, HOME, LI)
    agents = AgentStore(store.database)
    for code in ("8100", "8102"):
        with pytest.raises(DirectoryError, match=f"zhitong directory show {code}"):
            await agents.import_agents([Agent(MemberName(code), "冯刚", (), "1001")])
    assert await agents.list() == []


async def test_two_who_change_it_at_once_lose_nothing(store: SpecialistStore, url: str) -> None:
    await put(store, HOME)
    people = [Specialist(Code(f"81{turn:02}"), "王五", HOME.code, ("010",)) for turn in range(1, 13)]

    async def add(one: Specialist) -> None:
        database = await Database.open(url)
        await SpecialistStore(database).change(lambda stored: [*stored, one])
        await database.close()

    await asyncio.gather(*map(add, people))
    assert await store.list() == [HOME, *people]
    assert await store.revision() == 13


async def test_the_sample(store: SpecialistStore) -> None:
    read = read_entries(sheets_of((CITY / "directory.csv").read_bytes()), (), Rules())
    await put(store, *read.entries)
    assert await store.list() == list(read.entries)


async def test_what_is_changed_while_it_is_read_is_read_again(
    store: SpecialistStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(store, HOME)
    reads = specialist_store._all

    async def overtaken(connection: AsyncConnection) -> list[Entry]:
        monkeypatch.setattr(specialist_store, "_all", reads)
        entries = await reads(connection)
        await put(store, HOME, OTHER)
        return entries

    monkeypatch.setattr(specialist_store, "_all", overtaken)
    read = await store.directory(read_site(CITY / "site.toml"), datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC))
    assert OTHER.code not in read.departments
    assert read.revision < await store.revision()
