"""An agent who consults a ring-all queue about a caller: a second call of the agent's, through a Local channel, which
Asterisk counts to the caller's conversation; it may outlast the caller."""

from dataclasses import dataclass

from tests.unit.judge.telling import Call, stamp
from tests.unit.judge.world import SECOND, Phone


@dataclass
class Consult:
    """The consult of the agent to whom ``call`` is connected."""

    call: Call
    queue: str
    half: str = ""
    agent: str = ""

    def ring(self, agents: list[str]) -> list[Phone]:
        """The agent keys the queue's number; the phones of ``agents`` ring, and are shown the agent's number."""
        call = self.call
        assert call.connected is not None
        self.agent = call.connected.agent
        call.wait(call.world.late())
        self.half, _ = call.world.channel("half", call.now)
        call.world.log(call.now, self.half, self.queue, "NONE", "ENTERQUEUE", "", self.agent, 1)
        visit = {"queue": self.queue, "uniqueid": self.half, "position": 1, "joined_at": call.now, "key": ""}
        call.visits.append(visit | {"ended_at": None, "result": "unknown"})
        return [self._ring(agent) for agent in agents]

    def _ring(self, agent: str) -> Phone:
        call = self.call
        call.wait(call.world.late())
        uniqueid, channel = call.world.channel(agent, call.now)
        phone = Phone(agent, uniqueid, channel, call.world.sip_id(), call.now, self.queue, offer=True)
        call.rung.append(phone)
        self._seen(phone, "invite_received")
        return phone

    def _seen(self, phone: Phone, event: str) -> None:
        self.call.world.seen(self.call.now, "agent", event, phone.agent, self.agent, phone.call_id)

    def picks_up(self, winner: Phone, losers: list[Phone], lasting: float) -> None:
        """``winner`` answers, and the two agents talk for so many seconds, whatever the caller does."""
        call = self.call
        for event in ("answer_sent", "ack_received"):
            self._seen(winner, event)
        call.wait(call.world.late())
        call.world.log(call.now, self.half, self.queue, winner.agent, "CONNECT", 1, winner.uniqueid, 1)
        call.visits[-1] |= {"ended_at": call.now, "result": "connected"}
        winner.until, winner.outcome = call.now, "answered"
        self._row(winner, "ANSWERED", call.now + round(lasting * SECOND))
        for phone in losers:
            phone.until, phone.outcome = call.now, "lost"
            self._row(phone, "NO ANSWER", call.now)
            self._seen(phone, "cancel_received")
        done = (call.now + round(lasting * SECOND), self.half, self.queue, winner.agent, "COMPLETECALLER", 1, 2, 1)
        call.world.log(*done)

    def _row(self, phone: Phone, disposition: str, end: int) -> None:
        call = self.call
        answer = stamp(call.now) if disposition == "ANSWERED" else "0.000000"
        times = [stamp(phone.at), answer, stamp(end), "1", "1", disposition]
        ids = [self.half, call.uniqueid, call.world.sequence(), "Local/8001@zt-transfer-00000001;2", phone.channel]
        ways = [self.agent, "s", f"zt-queue-{self.queue}", "Queue", f"{self.queue},ctR,,,600"]
        call.world.cdr.append(["d1", *times, *ids, *ways, "."])
