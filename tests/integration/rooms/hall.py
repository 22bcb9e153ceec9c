"""A citizen and an agent in a talk, others to consult, music: who hears whom is heard by their phones.

The bridge's orders are sent as AMI actions by a client of the tests' own, so that the dialplan is judged alone.
"""

import asyncio
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.integration.dialplans.listening import music_of
from tests.integration.dialplans.manager import Message
from tests.integration.dialplans.rig import Rig, agents_of
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer

CITIZEN, FIRST, SECOND, THIRD, MUSIC = 450, 1000, 700, 1350, 300
"""What each hums, in Hz. The PBX's ring-back is 450 too, so nobody rings while the citizen may be heard."""
AGENTS = agents_of("1001") + agents_of("1002", "1003", queues="other")
SITE = """
[agents]
sign_in = "always"
[[queue]]
name = "hotline"
[[queue]]
name = "other"
"""


class Hall(NamedTuple):
    rig: Rig
    phones: dict[str, Phone]
    citizen: Call
    agent: Call
    room: str

    # --- channels -----------------------------------------------------------------------------------------

    def channel(self, party: str) -> str:
        """The name of the newest channel of this phone; of the citizen's for an empty name."""
        begins = f"PJSIP/{party}-" if party else "PJSIP/trunk-"
        return [
            event["Channel"] for event in self.rig.manager.all("Newchannel") if event["Channel"].startswith(begins)
        ][-1]

    async def redirect(self, *moves: tuple[str, str]) -> Message:
        """Each is a party and ``context,exten``; one or two."""
        headers: dict[str, str] = {}
        for prefix, (party, place) in zip(("", "Extra"), moves, strict=False):
            context, exten = place.split(",")
            headers |= {
                f"{prefix}Channel": self.channel(party),
                f"{prefix}Context": context,
                f"{prefix}Exten": exten,
                f"{prefix}Priority": "1",
            }
        return await self.rig.manager.ask("Redirect", **headers)

    async def setvar(self, party: str, variable: str, value: str) -> None:
        await self.rig.manager.ask("Setvar", Channel=self.channel(party), Variable=variable, Value=value)

    async def enter(self, exten: str) -> None:
        """The first step: citizen into the room, agent to ``exten``."""
        await self.setvar("1001", "__ZT_CALLER", self.channel(""))
        await self.setvar("", "GROUP(zt-room-caller)", self.room)
        answer = await self.redirect(("", "zt-room-caller,join"), ("1001", f"zt-room-agent,{exten}"))
        assert answer["Response"] == "Success", answer

    async def consult(self, number: str = "1002") -> Call:
        """The agent consults; who was consulted has answered, and both are aside."""
        await self.setvar("1001", "ZT_TO", number)
        await self.enter("consult")
        taken = await self.phones[number].next_call()
        await taken.answered()
        await self.placed("1001", "side")
        await self.placed(number, "side")
        return taken

    # --- what is seen -------------------------------------------------------------------------------------

    async def placed(self, party: str, place: str) -> Message:
        """The newest word of the dialplan on where this party is, once it is this."""
        async with asyncio.timeout(30):
            while True:
                said = [event for event in self.rig.manager.all("ZtRoom") if event["Channel"] == self.channel(party)]
                if said and said[-1]["Place"] == place:
                    return said[-1]
                await asyncio.sleep(0.01)

    async def silent(self) -> None:
        """Return when the PBX has no channel left."""
        async with asyncio.timeout(30):
            while not (await self.rig.lab.pbx.cli("core show channels count")).startswith("0 "):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def queue_log(self) -> list[str]:
        """The words of this call in app_queue's own log, in order."""
        lines = (self.rig.lab.pbx.log_dir / "queue_log").read_text(encoding="utf-8").splitlines()
        return [line.split("|")[4] for line in lines if line.split("|")[1] == self.room]


_ROOM = r"'[cs]?[\w-]+-\d+\.\d+'"
_CROSSING = re.compile(
    "|".join(
        (
            r"app_channelredirect\.c: No such channel: PJSIP/\S",
            rf"app_confbridge\.c: No conference bridge named {_ROOM} found!",
            rf"app_confbridge\.c: No participants found in conference bridge {_ROOM}!",
            r"func_global\.c: Channel 'PJSIP/[^']+' not found!  Variable 'ZT_[A-Z]+' ",
            r"res_musiconhold\.c: Failed to write frame to 'PJSIP/[^']+':",
            r"channel\.c: Can't move channel\. One or both is dead ",
            # Sent elsewhere in the midst of a step. That each label exists is checked before (dialplans.checks).
            r"pbx\.c: Priority '[a-z]+' must be a number > 0, or valid label",
        )
    )
)
"""Who goes and who is sent on the way cross: what was to be done for them has been. A name that is empty, or is that
of something else, is a fault of ours."""


def crosses(line: str) -> bool:
    """Whether no more is said here than that somebody has hung up, or was sent elsewhere, in the same instant."""
    return _CROSSING.search(line) is not None


def complaints(rig: Rig) -> list[str]:
    """As of the rig, without what is told when two hang up at once."""
    return [line for line in rig.complaints() if not crosses(line)]


async def hear(*pairs: tuple[Call, int]) -> float:
    """Each call hears this tone, from now on; when the last of them first did."""
    now = time.monotonic()
    return max(await asyncio.gather(*(call.hears(hz, now) for call, hz in pairs)))


async def only(call: Call, wanted: Iterable[int], seconds: float = 0.3) -> None:
    """For so long, once it has settled, this call hears all of these tones and none of the others."""
    wanted = frozenset(wanted)
    async with asyncio.timeout(30):
        while True:
            start = time.monotonic()
            await asyncio.sleep(seconds)
            if call.heard.tones(start, among=(CITIZEN, FIRST, SECOND, THIRD, MUSIC)) == wanted:
                return


async def hall(rig: Rig, folder: Path, **policies: object) -> Hall:
    """The citizen talks with 1001; 1002 and 1003 answer at once, or as told (``p1002=Refuse()``)."""
    await music_of(rig, folder, MUSIC)
    phones = {}
    for number, hz in (("1001", FIRST), ("1002", SECOND), ("1003", SECOND)):
        phones[number] = await rig.agent(number)
        phones[number].tone_hz = hz
        phones[number].on_invite = Answer() if number == "1001" else policies.get(f"p{number}", Answer())  # type: ignore[assignment]
    return await talk(rig, phones)


async def talk(rig: Rig, phones: dict[str, Phone]) -> Hall:
    """Another citizen's call."""
    caller = await rig.citizen()
    caller.tone_hz = CITIZEN
    citizen = await caller.call("12345")
    await citizen.answered()
    agent = await phones["1001"].next_call()
    await hear((citizen, FIRST), (agent, CITIZEN))
    entry = rig.manager.all("ZtEntry")[-1]
    return Hall(rig, phones, citizen, agent, entry["Uniqueid"])
