"""The bridge is killed in the middle of conferences in every phase: nobody hears it, and on its return it knows who is
who, desktops go on, and the records are whole."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from agent_bridge.errors import DesktopError
from bench.conference.floor import PATIENCE_S, Conference, Floor, floor
from telephony.model.terms import InviteMode, InviteState, Outcome, Provenance, Role
from telephony.records.record import CallRecord
from tests.acceptance.test_reconcile import told
from tests.integration.conferences.ears import GAP_MS, Ear, Missed, ears, missed, music, proven
from tests.integration.conferences.steps import INTO, joined
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

EVERY = tuple(INTO)
AWAY_S = 1.0
INTERRUPTED_MS = 500.0
"""More than a busy machine takes from one who listens, and less than the bridge is away."""
RINGS_LONG = "[conference]\nring_s = 60\n"
SHOWN = {
    "bridge": ("on call", ("talking",)),
    "room": ("on call", ("talking",)),
    "hold": ("hold", ("apart",)),
    "ringing": ("consult", ("apart", "ringing")),
    "consult": ("consult", ("talking", "talking")),
    "swapped": ("on call", ("on-hold", "talking")),
    "three": ("conference", ("talking", "talking")),
    "left": ("", ()),
    "inviting": ("on call", ("ringing", "talking")),
    "joined": ("conference", ("talking", "talking")),
    "muted": ("conference", ("talking", "talking")),
    "handing": ("", ()),
}
"""What the agent's desktop shows in each phase: the agent's state, and those of agent and guest in the call."""

Step = Callable[[Conference], Awaitable[None]]


def order(what: str) -> Step:
    async def ordered(one: Conference) -> None:
        await one.ordered(what)

    return ordered


async def answers(one: Conference) -> None:
    """Who was asked picks up only now."""
    one.guest.answer()
    await one.guest.answered()
    await proven(one, "consult")
    await one.ordered("merge")


async def comes_in(one: Conference) -> None:
    """Who was invited picks up only now."""
    one.guest.answer()
    await one.guest.answered()


async def dropped(one: Conference) -> None:
    await one.on_leg("drop", one.guest)
    await one.guest.ended()


async def heard_again(one: Conference) -> None:
    await one.on_leg("unmute", one.guest)


async def nothing(one: Conference) -> None:
    """Citizen and guest are without an agent: there is no order to give."""


THEN: dict[str, tuple[Step, str]] = {
    "bridge": (order("hold"), "hold"),
    "room": (order("hold"), "hold"),
    "hold": (order("resume"), "room"),
    "ringing": (answers, "three"),
    "consult": (order("merge"), "three"),
    "swapped": (order("swap"), "consult"),
    "three": (order("complete"), "left"),
    "left": (nothing, "left"),
    "inviting": (comes_in, "joined"),
    "joined": (dropped, "room"),
    "muted": (heard_again, "joined"),
    "handing": (comes_in, "left"),
}
"""What the agent does once the bridge is back, and where that leads."""

CONSULTS = {"ringing": "merged", "consult": "merged", "swapped": "over", "three": "merged", "left": "merged"}
MODES = {
    "inviting": InviteMode.ROOM,
    "joined": InviteMode.ROOM,
    "muted": InviteMode.ROOM,
    "handing": InviteMode.HAND_OVER,
}


async def entered(conferences: Sequence[Conference], phases: Sequence[str]) -> None:
    """Each into its phase, and all are heard to be there."""
    both = list(zip(conferences, phases, strict=True))
    await asyncio.gather(*(INTO[phase](one) for one, phase in both))
    await asyncio.gather(*(proven(one, phase) for one, phase in both))
    await asyncio.gather(*(desktop_shows(one, phase) for one, phase in both))


async def desktop_shows(one: Conference, phase: str) -> None:
    """The agent's desktop knows who is where."""
    if phase in ("left", "handing"):
        return
    state, parties = SHOWN[phase]

    def shown() -> bool:
        agent = one.seat.desktop.state.agent(one.seat.number)
        return agent is not None and agent.state == state

    await one.shows(*parties)
    await one.seat.desktop.until(shown, PATIENCE_S)
    await one.seat.desktop.until(lambda: one.shows_muted == (phase == "muted"), PATIENCE_S)


Window = tuple[list[Ear], float, float]


async def killed_and_back(here: Floor, both: Sequence[tuple[Conference, str]]) -> Window:
    """The bridge dies and comes again; who heard somebody meanwhile, and from when to when."""
    start = time.monotonic()
    await asyncio.sleep(0.3)
    await here.scene.bridge.kill()
    await asyncio.sleep(AWAY_S)
    await here.back()
    await asyncio.sleep(0.3)
    end = time.monotonic()
    return [ear for one, phase in both for ear in ears(one, phase)], start, end


async def go_on(one: Conference, phase: str) -> None:
    """The desktop shows what there is, and the next order is carried out and heard."""
    await desktop_shows(one, phase)
    step, leads_to = THEN[phase]
    await step(one)
    await proven(one, leads_to)


def whole(record: CallRecord, one: Conference, phase: str) -> None:
    """As if the bridge had never been away."""
    assert record.estimated == ()
    assert (record.outcome, record.agent) == (Outcome.ANSWERED, one.seat.number)
    consults = [(consult.by, consult.whom, consult.result) for consult in record.consults]
    asked = [(one.seat.number, one.seat.guest.account.number, CONSULTS[phase])] if phase in CONSULTS else []
    assert consults == asked, (phase, consults)
    ends = [segment.end for segment in record.timeline]
    assert [record.received_at, *ends[:-1]] == [segment.start for segment in record.timeline]
    assert ends[-1] == record.ended_at
    people = {leg.party for leg in record.legs if leg.role in (Role.AGENT, Role.TARGET, Role.SPECIALIST)}
    assert people == {one.seat.number, *(guest.own_number for guest in one.guests)}
    asked_for = [(each.by, each.mode, each.result) for each in record.invitations]
    mode = MODES.get(phase, InviteMode.SIDE)
    assert asked_for == [(one.seat.number, mode, InviteState.JOINED)] * len(one.guests), (phase, record.invitations)
    assert {each.who for each in record.participants} - {record.caller_number} == people


async def completed(here: Floor, count: int) -> dict[str, CallRecord]:
    """All records, once Asterisk's logs have told what the bridge has not seen of them."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            records = await here.scene.records_of(count)
            assert len(records) <= count
            if len(records) == count and all(record.provenance is Provenance.COMPLETED for record in records):
                return {record.call_id: record for record in records}
            await asyncio.sleep(0.2)


async def killed(folder: Path, tools: Tools, phases: Sequence[str], *, reconciled: bool = False) -> Missed:
    """A conference for each phase named, all at once. ``reconciled``: by our own command too, which takes a while."""
    async with floor(folder / "run", tools, len(phases), rest=RINGS_LONG) as here:
        await music(here, folder / "music")
        conferences = await here.connected()
        both = list(zip(conferences, phases, strict=True))
        await entered(conferences, phases)
        window = await killed_and_back(here, both)
        await asyncio.gather(*(go_on(one, phase) for one, phase in both))
        await asyncio.gather(*(one.over() for one in conferences))
        await here.quiet()
        records = await completed(here, len(phases))
        for one, phase in both:
            whole(records[one.call], one, phase)
        if reconciled:
            status, report = await told(here.scene.site_file)
            assert (status, report["counts"]["unexplained"]) == (0, 0), report
    # Not before, since it takes so long that phones and desktops would stand still.
    return missed(*window)


def unheard(gaps: Missed) -> None:
    """Not by half of them at once, and by nobody for as long as it would take somebody to mend it."""
    assert gaps.median <= GAP_MS, gaps
    assert max(gaps.alone.values()) <= INTERRUPTED_MS, gaps


async def test_the_bridge_is_killed_during_conferences_and_nobody_hears_it(tmp_path: Path, tools: Tools) -> None:
    unheard(await killed(tmp_path, tools, ("hold", "ringing", "consult", "three")))


ORDERS: dict[str, tuple[Step, tuple[str, ...]]] = {
    "bridge": (order("hold"), ("bridge", "hold")),
    "room": (joined, ("room", "joined")),
    "hold": (order("resume"), ("hold", "room")),
    "consult": (order("merge"), ("consult", "three")),
    "swapped": (order("swap"), ("swapped", "consult")),
    "three": (order("complete"), ("three", "left")),
    "joined": (order("hold"), ("joined", "swapped", "hold")),
}


@pytest.mark.slow
async def test_the_bridge_is_killed_in_the_instant_of_an_order(tmp_path: Path, tools: Tools) -> None:
    """The order was carried out or it was not; what is heard is what the desktop shows, and the records are whole."""
    phases = [name for name in ORDERS for _ in range(3)]
    die = random.Random(12345)
    async with floor(tmp_path / "run", tools, len(phases)) as here:
        await music(here, tmp_path / "music")
        conferences = await here.connected()
        both = list(zip(conferences, phases, strict=True))
        await entered(conferences, phases)
        orders = [asyncio.create_task(_late(die.uniform(0, 0.03), ORDERS[phase][0](one))) for one, phase in both]
        await asyncio.wait(orders, return_when=asyncio.FIRST_COMPLETED, timeout=5)
        await here.scene.bridge.kill()
        await here.back()
        for task in orders:
            task.cancel()
        await asyncio.gather(*orders, return_exceptions=True)
        now = await asyncio.gather(*(heard_as(one, ORDERS[phase][1]) for one, phase in both))
        await asyncio.gather(*(desktop_shows(one, phase) for one, phase in zip(conferences, now, strict=True)))
        print(Counter(zip(phases, now, strict=True)))
        await asyncio.gather(*(one.over() for one in conferences))
        await here.quiet()
        records = await completed(here, len(phases))
        assert {(record.outcome, record.estimated) for record in records.values()} == {(Outcome.ANSWERED, ())}


async def _late(seconds: float, step: Awaitable[None]) -> None:
    await asyncio.sleep(seconds)
    with contextlib.suppress(DesktopError):
        await step


async def heard_as(one: Conference, phases: Sequence[str]) -> str:
    """Which of these phases it is, by what everybody hears."""
    one.take_in()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            for phase in phases:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await proven(one, phase)
                        return phase


@pytest.mark.slow
async def test_the_bridge_is_killed_during_twenty_four_conferences_in_every_phase(tmp_path: Path, tools: Tools) -> None:
    phases = [EVERY[at % len(EVERY)] for at in range(24)]
    gaps = await killed(tmp_path, tools, phases, reconciled=True)
    kinds = gaps.by_kind()
    print(f"{len(phases)} conferences {dict(Counter(phases))}: {len(gaps.alone)} ears, half of them missed at most")
    print(f"{gaps.median} ms; by kind {dict(list(kinds.items())[:5])}; one by one {dict(list(gaps.alone.items())[:5])}")
    assert max(kinds.values()) <= GAP_MS, gaps
    unheard(gaps)
