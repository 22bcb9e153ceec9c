"""Somebody hangs up in the very instant in which a step is taken. Which of the two the PBX sees first is left to
chance: whatever comes of it, nobody may be left alone, and no caller be lost."""

import asyncio
from collections.abc import Awaitable
from typing import NamedTuple

from telephony.conference.phases import Phase
from telephony.conference.table import Deed, Input, Spot, Step
from telephony.conference.walk import Path, Standing, inputs
from telephony.control.orders import rooms
from telephony.errors import LabError
from tests.integration.every_order.choice import ways
from tests.integration.every_order.company import Company, Table
from tests.integration.every_order.doing import DOES, step
from tests.integration.every_order.play import Play
from tests.integration.rooms.office import DEADLINE_S
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.tones import Tone

GOES = (Deed.CALLER_GOES, Deed.AGENT_GOES, Deed.ASIDE_GOES, Deed.KEPT_GOES, Deed.MUTED_GOES, Deed.GUEST_GOES)
TAKEN = (*(one for one in Step if one in DOES), Deed.ANSWERS, Deed.JOINS)
SENT_S = 0.004
"""An order's action is with the PBX so much later."""
VOICES = (Tone.AGENT, Tone.SPECIALIST, Tone.SUPERVISOR)


class Race(NamedTuple):
    """After this way ``taken`` and ``goes`` come at once."""

    way: Path
    taken: Input
    goes: Deed

    @property
    def begin(self) -> Standing:
        return self.way[-1][1] if self.way else Standing()


def races() -> list[Race]:
    """One for each stage, step and who hangs up, with one guest at most; where the shortest way leads to."""
    found: dict[tuple[object, ...], Race] = {}
    for now, way in ways(frozenset(DOES)).items():
        if len(now.guests) > 1 or not isinstance(now.stage, Phase):
            continue
        known = list(inputs(now))
        for taken in (one for one in known if one in TAKEN):
            for goes in (one for one in known if one in GOES):
                found.setdefault((now.stage, now.guests, taken, goes), Race(way, taken, Deed(goes)))
    return list(found.values())


async def run(there: Company, table: Table, race: Race, offset_s: float) -> None:
    """``offset_s``: how much later than the step the hang-up is."""
    one = Play(there, table)
    try:
        await one.begin()
        for given, then in race.way:
            await step(one, given, then)
        await _at_once(one, race, offset_s)
        await _judged(one, race)
        await _away(one)
    except (AssertionError, LabError, TimeoutError) as error:
        error.add_note(f"{race.begin.stage}: {race.taken} and {race.goes}, {offset_s * 1000:+.1f} ms; {race.begin}")
        raise
    finally:
        await _given_up(one.ordered)


async def _given_up(ordered: asyncio.Task[object] | None) -> None:
    """What an order came to whose effect somebody's hang-up prevents is nobody's business here."""
    if ordered is not None:
        ordered.cancel()
        await asyncio.gather(ordered, return_exceptions=True)


async def _at_once(one: Play, race: Race, offset_s: float) -> None:
    _, who = one.means(race.taken)
    _, goer = one.means(race.goes)
    lead = SENT_S if isinstance(race.taken, Step) else 0.0
    one.ordered = asyncio.create_task(_later(max(0.0, -offset_s - lead), DOES[race.taken](one, who)))
    await _later(max(0.0, offset_s + lead), DOES[race.goes](one, goer))


async def _later(seconds: float, what: Awaitable[None]) -> None:
    await asyncio.sleep(seconds)
    await what


async def _judged(one: Play, race: Race) -> None:
    """What is still wrong after a long while is told."""
    loop = asyncio.get_running_loop()
    until = loop.time() + DEADLINE_S
    wrong = "nothing was looked at"
    while loop.time() < until and wrong:
        start = loop.time()
        await asyncio.sleep(0.25)
        wrong = await _wrong(one, race, start)
    assert not wrong, wrong


async def _wrong(one: Play, race: Race, start: float) -> str:
    guests = [guest.leg for guest in one.spots if guest.leg.is_up]
    if race.goes is Deed.CALLER_GOES:
        return _left_by_caller(one, guests, start)
    if one.citizen.is_up:
        return await _with_caller(one, start)
    with_agent = race.begin.agent is not Spot.AWAY and race.taken is not Step.COMPLETE
    if race.goes is not Deed.AGENT_GOES and with_agent:
        return "the caller was lost, though only a guest went"
    return "the caller was lost, though a guest was there" if guests else ""


def _left_by_caller(one: Play, guests: list[Call], start: float) -> str:
    """All are gone, or two talk apart."""
    up = [call for call in (one.table.agent.calls[-1], *guests) if call.is_up]
    apart = len(up) > 1 and all(call.heard.tones(start, among=VOICES) for call in up)
    return "" if apart or not up else f"{up} left, the caller is gone"


async def _with_caller(one: Play, start: float) -> str:
    """They hear somebody, or music while somebody is on the way: an agent who is aside comes back when told to."""
    heard = one.citizen.heard.tones(start, among=(*VOICES, Tone.MUSIC))
    if heard & set(VOICES):
        return ""
    if any(guest.phone.calls and guest.leg.ending is None and not guest.leg.is_up for guest in one.table.guests):
        return ""  # somebody is rung: what comes of that is other tests'
    if Tone.MUSIC in heard and one.agent.is_up:
        await one.there.bridge.order(rooms.Resume(one.call, one.me, "test"))
    return f"the caller hears {sorted(heard)}"


async def _away(one: Play) -> None:
    """Nobody has to hang up but the caller and one of two who are apart."""
    await _given_up(one.ordered)
    await one.citizen.hangup()
    await one.table.agent.calls[-1].hangup()
    for call in (call for guest in one.table.guests for call in guest.phone.calls):
        call.refuse()
    await asyncio.gather(*(call.ended() for call in one.table.calls()))
