"""Who is on duty, told to the PBX ahead of time: what is written when. The directory is in a real database, the PBX
remembers what it was told."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from telephony.ami.actions import Action, Getvar, Reply, Setvar
from telephony.config import parse_site
from telephony.control.guide import AGAIN_S, MARK, Guide
from telephony.database.database import Database
from telephony.directory.entries import Entry
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Code, Department, Specialist
from telephony.errors import AmiUnreachable
from telephony.model.changes import EpochBegan
from telephony.model.ids import Micros
from tests.integration.dialplans.rig import SITE

OFFICE = Department(Code("8100"), "人力资源和社会保障局", "人社局", numbers=("62008100",))
LIN = Specialist(Code("8101"), "林专员", OFFICE.code, ("13700000001", "62008101"), ring_s=15)


class Told:
    """A PBX that has global variables, and forgets them."""

    def __init__(self, store: SpecialistStore) -> None:
        self.store = store
        self.variables: dict[str, str] = {}
        self.sent: list[str] = []
        self.away = False
        self.guide = Guide(parse_site(f'{SITE}[[queue]]\nname = "hotline"\n'), store, self.act)
        self.guide.fold([EpochBegan(Micros(0), 1, 0)])

    async def act(self, action: Action, _: float) -> Reply:
        if self.away:
            raise AmiUnreachable("away")
        if isinstance(action, Getvar):
            return Reply({"Response": "Success", "Value": self.variables.get(action.variable, "")})
        assert isinstance(action, Setvar)
        assert not action.channel
        self.variables[action.variable] = action.value
        if action.variable != MARK:
            self.sent.append(action.variable)
        return Reply({"Response": "Success"})

    async def engage(self, *entries: Entry) -> None:
        await self.store.change(lambda _: entries)

    async def step(self, now: float) -> list[str]:
        """Of which codes the PBX was told in this step."""
        self.sent.clear()
        await self.guide.step(now)
        return [name.removeprefix("ZT_DIR_") for name in self.sent]


@pytest.fixture
async def pbx(tmp_path: Path) -> AsyncIterator[Told]:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'zhitong.db'}")
    told = Told(SpecialistStore(database))
    await told.engage(OFFICE, LIN)
    yield told
    await database.close()


async def test_all_at_first_then_what_has_changed(pbx: Told) -> None:
    assert await pbx.step(1.0) == ["8100", "8101"]
    assert pbx.variables["ZT_DIR_8100"] == "8100|13700000001:15:8101&62008101:15:8101&62008100:20:8100"
    assert pbx.variables["ZT_DIR_8101"] == "8100|13700000001:15:8101&62008101:15:8101"
    assert await pbx.step(2.0) == []
    await pbx.engage(OFFICE, msgspec.structs.replace(LIN, numbers=("13700000002",)))
    assert await pbx.step(3.0) == ["8100", "8101"]
    await pbx.engage(OFFICE)
    assert await pbx.step(4.0) == ["8101", "8100"]
    assert (pbx.variables["ZT_DIR_8101"], pbx.variables["ZT_DIR_8100"]) == ("", "8100|62008100:20:8100")
    assert await pbx.step(4.0 + AGAIN_S) == []  # who has gone is told once
    await pbx.engage(OFFICE, LIN)
    assert await pbx.step(5.0 + AGAIN_S) == ["8100", "8101"]


async def test_what_the_pbx_has_forgotten_is_told_again(pbx: Told) -> None:
    await pbx.step(1.0)
    pbx.variables.clear()  # its dialplan was reloaded
    assert await pbx.step(2.0) == []
    assert await pbx.step(2.0 + AGAIN_S) == ["8100", "8101"]
    pbx.guide.fold([EpochBegan(Micros(1), 2, 0)])
    assert await pbx.step(3.0 + AGAIN_S) == ["8100", "8101"]


async def test_what_could_not_be_told_is_told_when_the_pbx_is_back(pbx: Told) -> None:
    pbx.away = True
    assert await pbx.step(1.0) == []
    pbx.away = False
    assert await pbx.step(2.0) == ["8100", "8101"]


async def test_a_code_that_is_new_is_known_at_once(pbx: Told) -> None:
    assert (await pbx.guide.now()).specialist("8101") == LIN
    new = msgspec.structs.replace(LIN, code=Code("8102"), numbers=("13700000003",))
    await pbx.engage(OFFICE, LIN, new)
    assert (await pbx.guide.now("8101")).specialist("8102") is None
    assert (await pbx.guide.now("8102")).specialist("8102") == new
    assert await pbx.step(1.0) == ["8100", "8101", "8102"]
