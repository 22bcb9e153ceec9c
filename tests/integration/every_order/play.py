"""Plays one order of steps on a real PBX, and looks after each whether everybody stands where the table says.

Three are asked: the bridge (what it thinks the agent is about), the phones (who hears whom, who has no call any more),
and at the end the PBX, which lets go whoever is left when the caller has gone.
"""

import asyncio
from collections import Counter
from contextlib import suppress

from telephony.conference.phases import Phase
from telephony.conference.table import Beyond, Input, Row, Spot, Who, row
from telephony.conference.walk import Standing
from telephony.control.commands import AnyOrder
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import whereabouts
from telephony.model.ids import CallId, Uniqueid
from tests.integration.every_order.company import GUEST_TONES, Company, Guest, Table
from tests.integration.rooms.hall import hear
from tests.integration.rooms.office import DEADLINE_S
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.policy import Answer
from zhitong.lab.phones.tones import Tone

ALL = (Tone.MUSIC, Tone.CALLER, Tone.AGENT, *GUEST_TONES)
RUNG = (Spot.RUNG, Spot.CALLED_IN, Spot.ASKING)
QUIET_MS = 1000
"""The caller hears somebody, or music, but for this long."""
_STALL_MS = 5000
_FEW = 10
"""Packets, in a time in which 50 come in each second."""
_LOOK_S = 0.25


class Play:
    """One call from its beginning; ``now`` is where everybody should stand."""

    def __init__(self, there: Company, table: Table) -> None:
        self.there, self.table, self.me = there, table, table.me
        self.now = Standing()
        self.spots: dict[Guest, Spot] = {}
        """Of those who were brought in, and live or are rung."""
        self.invites: dict[Guest, str] = {}
        """By which invitation each was asked last."""
        self.done: list[str] = []
        self.ordered: asyncio.Task[object] | None = None
        """An order that is over only when somebody else has done something."""
        self.citizen: Call
        self.agent: Call
        self.call: CallId

    async def begin(self) -> None:
        self.table.agent.on_invite = Answer()
        self.citizen = await self.table.caller.call(self.table.dialled)
        await self.citizen.answered()
        self.agent = await self.table.connected()
        await hear((self.citizen, Tone.AGENT), (self.agent, Tone.CALLER))
        self.began = self.citizen.heard.first(Tone.AGENT)
        await self.there.bridge.until(lambda: self._phase() is Phase.BRIDGE)

    # --- what is done -----------------------------------------------------------------------------------------

    def means(self, given: Input) -> tuple[Row, Guest]:
        """What the table says of this step, and whom it is about: who stands where its one move begins, of two who came
        last; or who is free."""
        found = row(given, self.now.stage)
        assert found is not None, (given, self.now)
        single = next((move.of for move in found.moves if move.who is Who.GUEST and not move.every), Spot.AWAY)
        there = [guest for guest in self.table.guests if self.spots.get(guest, Spot.AWAY) is single]
        if single is not Spot.AWAY:
            there.sort(key=lambda guest: (guest.leg.up_at or guest.leg.began).mono)
        return found, there[-1 if single is not Spot.AWAY else 0] if there else self.table.guests[0]

    def walk(self, found: Row, who: Guest, then: Standing) -> None:
        """Everybody where they should be: of who is meant the table tells, the others go together or stay."""
        single = [move.to for move in found.moves if move.who is Who.GUEST and not move.every]
        if single:
            self.spots[who] = single[0]
        ahead = Counter(then.guests)
        for guest, spot in sorted(self.spots.items(), key=lambda item: not ahead[item[1]]):
            stays = spot if ahead[spot] > 0 else next(iter(ahead.elements()), Spot.AWAY)
            ahead[stays] -= 1
            self.spots[guest] = stays
        self.spots = {guest: spot for guest, spot in self.spots.items() if spot is not Spot.AWAY}
        self.now = then

    async def order(self, order: AnyOrder, who: Guest) -> None:
        """Accepted, and its effect seen; ``who``: whom it brings in, if anybody."""
        answer = await self.there.bridge.done(order)
        if answer.invite:
            self.invites[who] = answer.invite

    def channel_of(self, guest: Guest) -> Uniqueid:
        """Their living leg, as the bridge knows it."""
        world = self.there.bridge.service.reach.world
        party = guest.phone.account.number
        return next(one.uniqueid for one in world.channels.values() if one.leg.party == party and one.leg.person)

    # --- what is seen -----------------------------------------------------------------------------------------

    async def settled(self) -> None:
        """Everybody is where the table says."""
        rung = [guest for guest, spot in self.spots.items() if spot in RUNG]
        await asyncio.gather(*(self._rings(guest) for guest in rung), self._gone())
        await asyncio.gather(self._in_phase(), *(self._hears(call, wanted) for call, wanted in self._ears()))

    async def _rings(self, guest: Guest) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not (guest.phone.calls and guest.leg.ending is None):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await guest.leg.ringing()

    async def _gone(self) -> None:
        """Nobody has a call who should have none."""
        calls = [call for guest in self.table.guests if guest not in self.spots for call in guest.phone.calls]
        calls += [self.citizen] if self.now.caller is Spot.AWAY else []
        calls += [self.agent] if self.now.agent in (Spot.AWAY, Spot.CALLED_IN) else []
        await asyncio.gather(*(call.ended() for call in calls))

    async def _in_phase(self) -> None:
        """The bridge's own view; it has none of an agent who is not there."""
        if isinstance(self.now.stage, Phase) and self.now.agent not in (Spot.AWAY, Spot.CALLED_IN):
            seen = await self.there.bridge.service.outcomes.until(lambda: self._phase() is self.now.stage, DEADLINE_S)
            assert seen, f"the bridge says {self._phase()}, the table {self.now.stage}"

    def _phase(self) -> Phase | None:
        """Where the bridge would have an order of the agent's find them."""
        reach = self.there.bridge.service.reach
        with suppress(CommandRefused, StopIteration):
            own = next(one for one in reach.world.channels.values() if one.leg.party == self.me and one.leg.person)
            self.call = own.call.call_id
            return whereabouts(reach, own.call, self.me).phase
        return None

    def _ears(self) -> list[tuple[Call, set[int]]]:
        """Who should hear what, of those of whom it can be told: a ring-back sounds like anybody."""
        found = [(self.citizen, self._caller_hears())] if self.now.caller not in (Spot.AWAY, Spot.QUEUE) else []
        if self.now.agent in (Spot.ROOM, Spot.BRIDGE):
            found.append((self.agent, self._at(Spot.ROOM) | {Tone.CALLER}))
        if self.now.agent is Spot.SIDE and not self.now.count(Spot.RUNG):
            found.append((self.agent, self._at(Spot.SIDE)))
        return found + [(guest.leg, self._guest_hears(guest)) for guest in self.spots if self.spots[guest] not in RUNG]

    def _at(self, spot: Spot, but: Guest | None = None) -> set[int]:
        return {guest.hz for guest, there in self.spots.items() if there is spot and guest is not but}

    def _caller_hears(self) -> set[int]:
        agent = {int(Tone.AGENT)} if self.now.agent is self.now.caller else set()
        met = self._at(self.now.caller) if self.now.caller is not Spot.ASKING else set()
        return met | agent or {int(Tone.MUSIC)}

    def _guest_hears(self, guest: Guest) -> set[int]:
        spot = Spot.ROOM if self.spots[guest] is Spot.MUTED else self.spots[guest]
        if spot is Spot.KEPT:
            return {int(Tone.MUSIC)}
        agent = {int(Tone.AGENT)} if self.now.agent is spot else set()
        caller = {int(Tone.CALLER)} if self.now.caller is spot else set()
        return self._at(spot, but=guest) | agent | caller

    async def _hears(self, call: Call, wanted: set[int]) -> None:
        """This and nothing else for a while, once it has settled."""
        loop, heard = asyncio.get_running_loop(), frozenset[int]()
        until = loop.time() + DEADLINE_S
        while loop.time() < until:
            start = loop.time()
            await asyncio.sleep(_LOOK_S)
            heard = call.heard.tones(start, among=ALL)
            if heard == wanted:
                return
        raise AssertionError(f"{call} hears {sorted(heard)}, not {sorted(wanted)}")

    # --- the end ----------------------------------------------------------------------------------------------

    async def finish(self) -> None:
        """The caller goes, and who talks apart; nobody else has to, and nobody stays behind."""
        if self.now.stage is Beyond.QUEUE:
            self.agent = await self.table.connected()
            await hear((self.citizen, Tone.AGENT), (self.agent, Tone.CALLER))
        elif self.now.stage not in (Beyond.HANDED, Beyond.HANDING):
            self._never_left_in_silence()
        apart = self.now.agent is Spot.SIDE
        await self.citizen.hangup()
        if apart:
            await self.agent.hangup()
        await asyncio.gather(*(call.ended() for call in self.table.calls()))
        if self.ordered is not None:
            self.ordered.cancel()

    def _never_left_in_silence(self) -> None:
        """A PBX that stands still on a busy machine sends nothing at all, and a phone that does is late itself: neither
        is a caller who was left. Silence is sent."""
        heard = self.citizen.heard
        gaps = [gap for gap in heard.gaps(Sound.ANY, self.began) if gap.ms > QUIET_MS]
        late = [gap for gap in gaps if gap.ms - self.citizen.spoke.stall(gap) > QUIET_MS]
        sent = [gap for gap in late if gap.ms > _STALL_MS or len(heard.times(Sound.PACKET, *gap)) > _FEW]
        assert not sent, sent
