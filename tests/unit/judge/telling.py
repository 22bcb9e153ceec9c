"""One caller's call in a made-up run, told step by step; each step is written into all books at once."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.unit.judge.world import MS, PBX, SECOND, TRUNK, Phone, World


@dataclass
class Call:
    """One caller's call, told in order. ``now`` is the moment of the next thing; every step moves it on."""

    world: World
    number: str
    now: int
    dialled: str = "12345"
    early: bool = False  # the PBX answers at entry
    uniqueid: str = ""
    queue: str = ""
    visits: list[dict[str, Any]] = field(default_factory=list)
    rung: list[Phone] = field(default_factory=list)
    transfers: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    accepted: int | None = None
    queued_at: int | None = None
    first_answer: int | None = None
    agent: str | None = None
    answered_queue: str | None = None
    entered: int = 0
    connected: Phone | None = None

    def __post_init__(self) -> None:
        self.sip_id = self.world.sip_id()
        self.invited = self.now
        self._caller("invite_sent")
        self.wait(self.world.late())
        self.received = self.now
        self.uniqueid, self.channel = self.world.channel(TRUNK, self.now)
        self._row(self.now, "zt-in-carrier", "Gosub", "")
        self._caller("ringing", 183)
        if self.early:
            self._accept()

    # --- small words ---

    def wait(self, micros: int) -> "Call":
        self.now += micros
        return self

    def seconds(self, seconds: float) -> "Call":
        return self.wait(round(seconds * SECOND))

    def _soon(self) -> int:
        self.now += self.world.late()
        return self.now

    def _caller(self, event: str, detail: object = "") -> None:
        self.world.seen(self.now, "caller", event, self.number, self.dialled, self.sip_id, detail)

    def _agent(self, phone: Phone, event: str, detail: object = "") -> None:
        self.world.seen(self.now, "agent", event, phone.agent, self.number, phone.call_id, detail)

    def _log(self, agent: str, event: str, *data: object) -> None:
        self.world.log(self.now, self.uniqueid, self.queue, agent, event, *data)

    def _accept(self) -> None:
        if self.accepted is None:
            self.accepted = self.now
            self._caller("answered", 200)

    # --- CDR ---

    def _row(self, start: int, context: str, app: str, data: str, phone: Phone | None = None) -> None:
        row = [
            "d1",
            stamp(start),
            "",
            "",
            "",
            "",
            "",
            self.uniqueid,
            self.uniqueid,
            self.world.sequence(),
            self.channel,
        ]
        self.rows.append([*row, phone.channel if phone else "", self.number, self.dialled, context, app, data, "."])

    def _dial(self, phone: Phone, context: str, app: str, data: str) -> None:
        row = self.rows[-1]
        if row[3] or row[11]:
            self._row(self.now, context, app, data, phone)
        else:
            row[11], row[14], row[15], row[16] = phone.channel, context, app, data

    def _close(self, phone: Phone | None, disposition: str) -> None:
        for row in self.rows:
            if not row[3] and (phone is None or row[11] == phone.channel):
                row[3], row[6] = stamp(self.now), row[6] or disposition
                if self.accepted is not None:
                    row[2] = stamp(max(self.accepted, int(row[1].replace(".", ""))))
                row[4], row[5] = "0", "0"

    # --- the queue ---

    def enter(self, queue: str = "hotline") -> "Call":
        self._soon()
        self.queue = queue
        self.entered = self.now // SECOND
        self.queued_at = self.queued_at or self.now
        self._log("NONE", "ENTERQUEUE", "", self.number, 1)
        visit = {"queue": queue, "uniqueid": self.uniqueid, "position": 1, "joined_at": self.now, "key": ""}
        self.visits.append(visit | {"ended_at": None, "result": "unknown"})
        row = self.rows[-1]
        if row[3]:
            self._row(self.now, f"zt-queue-{queue}", "Queue", f"{queue},ct,,,60")
        else:
            row[14:17] = [f"zt-queue-{queue}", "Queue", f"{queue},ct,,,60"]
        return self

    def ring(self, agent: str) -> Phone:
        """The queue rings this agent."""
        return self._ring(agent, f"zt-queue-{self.queue}", "Queue", f"{self.queue},ct,,,60", offer=True)

    def _ring(self, agent: str, context: str, app: str, data: str, *, offer: bool) -> Phone:
        at = self._soon()
        uniqueid, channel = self.world.channel(agent, at)
        phone = Phone(agent, uniqueid, channel, self.world.sip_id(), at, self.queue, offer)
        self._dial(phone, context, app, data)
        self._soon()
        self._agent(phone, "invite_received", f'"" <sip:{self.number}@127.0.0.1>')
        self._agent(phone, "ringing_sent")
        self.rung.append(phone)
        return phone

    def _stopped(self, phone: Phone, outcome: str) -> None:
        phone.until, phone.outcome = self.now, outcome

    def rings_out(self, phone: Phone, rang: float = 3.0) -> "Call":
        self.seconds(rang)
        self._stopped(phone, "no_answer")
        self._close(phone, "NO ANSWER")
        self._log(phone.agent, "RINGNOANSWER", round(rang) * 1000)
        self._soon()
        self._agent(phone, "cancel_received")
        return self.seconds(1.0)

    def refuses(self, phone: Phone, code: int = 486) -> "Call":
        self._agent(phone, "refuse_sent", code)
        self._soon()
        self._stopped(phone, "refused" if code in {486, 600, 603} else "unavailable")
        self._close(phone, "BUSY" if code == 486 else "CONGESTION")
        self._log(phone.agent, "RINGNOANSWER", 0)
        return self

    def picks_up(self, phone: Phone) -> "Call":
        """The agent answers, and the two are connected."""
        self._agent(phone, "answer_sent")
        self._soon()
        phone.answered = self.now
        self._stopped(phone, "answered")
        for other in self.rung:
            if other.until is None:
                self._lose(other)
        self._row_answered(phone)
        if phone.offer:
            self._connect(phone)
        self._accept()
        self._agent(phone, "ack_received")
        self.connected = phone
        return self

    def _lose(self, phone: Phone) -> None:
        """Another phone was quicker: nothing in queue_log."""
        self._stopped(phone, "lost")
        self._close(phone, "NO ANSWER")
        self._agent(phone, "cancel_received")

    def _row_answered(self, phone: Phone) -> None:
        for row in self.rows:
            if row[11] == phone.channel:
                row[6] = "ANSWERED"
                row[2] = stamp(self.accepted if self.early and self.accepted else self.now)

    def _connect(self, phone: Phone) -> None:
        wait = self.now // SECOND - self.entered
        self._log(phone.agent, "CONNECT", wait, phone.uniqueid, 2)
        self.visits[-1] |= {"ended_at": self.now, "result": "connected"}
        if self.first_answer is None:
            self.first_answer, self.agent, self.answered_queue = self.now, phone.agent, self.queue

    # --- ends ---

    def caller_hangs_up(self) -> None:
        """BYE in a talk, CANCEL before; whatever rings stops."""
        if self.accepted is None:
            self._caller("cancel_sent")
        else:
            self._caller("bye_sent")
        self._soon()
        was_ringing = [phone for phone in self.rung if phone.until is None]
        self._leave("caller", was_ringing)
        if self.accepted is None:
            self._caller("refused", 487)

    def _leave(self, by: str, was_ringing: list[Phone]) -> None:
        for phone in was_ringing:
            self._stopped(phone, "cancelled")
            self._log(phone.agent, "RINGCANCELED", (self.now - phone.at) // MS)
            self._agent(phone, "cancel_received")
        if self.connected is not None and not self.connected.gone:
            self._complete("COMPLETECALLER")
            self._agent(self.connected, "bye_received")
            self._finish(by, "answered")
            return
        if self.visits and self.visits[-1]["result"] == "unknown":
            self._log("NONE", "ABANDON", 1, 1, self.now // SECOND - self.entered)
            self.visits[-1] |= {"ended_at": self.now, "result": "abandoned"}
        where = "ringing" if was_ringing else "waiting" if self.visits else "entry"
        self._finish(by, "abandoned", where)

    def _complete(self, event: str) -> None:
        if self.connected is not None and self.connected.offer:
            self._log(self.connected.agent, event, 1, 10, 1)

    def agent_hangs_up(self) -> None:
        """The last phone connected says goodbye first."""
        assert self.connected is not None
        self._agent(self.connected, "bye_sent")
        self._soon()
        self._complete("COMPLETEAGENT")
        by = "agent" if self.connected.offer else "other"
        self._close(None, "ANSWERED")
        self._soon()
        self._caller("bye_received")
        self._finish(by, "answered")

    def in_the_instant(self, phone: Phone, *, connected: bool) -> None:
        """The caller leaves while the 200 of the phone is on its way; ``connected``: app_queue saw the 200 first."""
        self._agent(phone, "answer_sent")
        self.wait(800)
        self._caller("bye_sent" if self.early else "cancel_sent")
        self._soon()
        if connected:
            phone.answered = self.now
            self._row_answered(phone)
            self._stopped(phone, "answered")
            self._connect(phone)
            self._log(phone.agent, "COMPLETECALLER", 1, 0, 1)
        else:
            self._stopped(phone, "dropped")
            self._log(phone.agent, "RINGCANCELED", (self.now - phone.at) // MS)
            self._log("NONE", "ABANDON", 1, 1, self.now // SECOND - self.entered)
            self.visits[-1] |= {"ended_at": self.now, "result": "abandoned"}
        self._agent(phone, "ack_received")
        self._agent(phone, "bye_received")
        if not self.early:
            self._caller("refused", 487)
        self._finish("caller", "answered" if connected else "abandoned", None if connected else "ringing")

    def turned_away(self, event: str | None, outcome: str, code: int = 480, key: str = "") -> None:
        """The queue gives the caller back, a sentence is played, and the PBX ends the call."""
        if event is not None:
            data = ([key] if key else []) + [1, 1, self.now // SECOND - self.entered]
            self._log("NONE", event, *data)
            self.visits[-1] |= {"ended_at": self.now, "result": outcome, "key": key}
        last = self.rows[-1]
        if last[3]:
            self._row(self.now, "zt-bye", "Playback", "sorry")
        self._soon()
        self.seconds(1.5)
        said = {"queue_empty": "LEAVEEMPTY" if event else "JOINEMPTY", "timed_out": "TIMEOUT", "key_exit": "EXITKEY"}
        self.rows[-1][13:17] = [said[outcome], "zt-bye", "Hangup", "19"]
        self._caller("bye_received" if self.early else "refused", "" if self.early else code)
        self._finish("system", outcome)

    def refused(self, code: int = 404) -> None:
        """Before any queue."""
        self.rows[-1][14:17] = ["zt-refuse", "Hangup", "1"]
        self._soon()
        self._caller("refused", code)
        self._finish("system", "refused")

    # --- transfers ---

    def blind_transfer(self, to: str) -> "Call":
        """The agent sends the caller on (REFER) and is gone."""
        phone = self.connected
        assert phone is not None
        self._agent(phone, "refer_sent", to)
        self._soon()
        if phone.offer:
            self._log(phone.agent, "BLINDTRANSFER", to, "zt-transfer", 1, 5, 1)
        self._transfer("blind", phone, to)
        self._close(phone, "ANSWERED")
        phone.gone = True
        self._soon()
        self._agent(phone, "bye_received")
        return self

    def ring_target(self, agent: str) -> Phone:
        """The PBX rings whom the caller was sent to: a Dial, not an offer of the queue."""
        return self._ring(agent, "zt-transfer", "Dial", f"PJSIP/{agent},25,t", offer=False)

    def attended_transfer(self, to: str, *, in_a_room: bool = False) -> "Call":
        """The agent consults ``to`` by feature code, then leaves the two alone. ``in_a_room``: app_queue sees no more
        than that the agent is gone."""
        phone = self.connected
        assert phone is not None
        target = self._consult(phone, to)
        self.seconds(2)
        self._agent(phone, "bye_sent")
        self._soon()
        if in_a_room:
            self._complete("COMPLETEAGENT")
        else:
            self._log(phone.agent, "ATTENDEDTRANSFER", "BRIDGE", "some-bridge", 1, 9, 1)
        self._transfer("attended", phone, to)
        phone.gone = True
        self.connected = target
        self._meets(target.channel)
        return self

    def sent_back(self) -> "Call":
        """The agent's phone is gone while the caller is on hold: into the line again."""
        phone = self.connected
        assert phone is not None
        self._agent(phone, "bye_sent")
        self._soon()
        self._complete("COMPLETEAGENT")
        self._transfer("requeue", phone, self.queue)
        self._close(phone, "ANSWERED")
        for row in self.rows:  # the caller was in a room when the queue's row ended
            row[14] = "zt-room-caller" if row[11] == phone.channel else row[14]
        phone.gone, self.connected = True, None
        return self.enter(self.queue)

    def _meets(self, channel: str) -> None:
        """A bridge brings the caller together with ``channel``: a row like that of the queue, answered at once."""
        context, app, data = self.rows[-1][14:17]
        self._row(self.now, context, app, data)
        self.rows[-1][11], self.rows[-1][2], self.rows[-1][6] = channel, stamp(self.now), "ANSWERED"

    def _consult(self, phone: Phone, to: str) -> Phone:
        at = self._soon()
        uniqueid, channel = self.world.channel(to, at)
        target = Phone(to, uniqueid, channel, self.world.sip_id(), at, self.queue, offer=False)
        half, _ = self.world.channel("half", at)
        self._close(phone, "ANSWERED")
        self._meets(f"Local/{to}@zt-transfer-00000001;1")
        for event, wait in (
            ("invite_received", 0),
            ("ringing_sent", 100),
            ("answer_sent", 2 * SECOND),
            ("ack_received", 300),
        ):
            self.wait(wait)
            self.world.seen(self.now, "agent", event, to, phone.agent, target.call_id)
        target.answered = target.until = self.now
        row = [
            "d1",
            stamp(at),
            stamp(self.now),
            stamp(self.now + 9 * SECOND),
            "9",
            "9",
            "ANSWERED",
            half,
            self.uniqueid,
        ]
        local = [f"Local/{to}@zt-transfer-00000001;2", channel, phone.agent, to, "zt-transfer", "Dial", "x", "."]
        self.world.cdr.append([*row, self.world.sequence(), *local])
        return target

    def _transfer(self, kind: str, phone: Phone, to: str) -> None:
        one = {"kind": kind, "at": self.now, "by": phone.agent, "to": to, "context": "zt-transfer", "result": "Success"}
        self.transfers.append(one)

    # --- the record ---

    def _finish(self, by: str, outcome: str, where: str | None = None) -> None:
        self._close(None, "ANSWERED" if self.first_answer else "NO ANSWER")
        self.world.cdr += self.rows
        self.world.records.append(self._record(by, outcome, where))

    def _record(self, by: str, outcome: str, where: str | None) -> dict[str, Any]:
        offers = [phone for phone in self.rung if phone.offer]
        winner = next((phone for phone in offers if phone.answered is not None), None)
        talk = (self.now - self.first_answer) // MS if self.first_answer else 0
        wait = self.first_answer - self.queued_at if self.first_answer and self.queued_at else None
        queue = self.answered_queue or (self.visits[-1]["queue"] if self.visits else None)
        return {
            "call_id": f"01CALL{self.uniqueid}",
            "schema_version": 1,
            "pbx": PBX,
            "aliases": [],
            "uniqueids": [self.uniqueid, *(phone.uniqueid for phone in self.rung)],
            "linkedids": [self.uniqueid],
            "direction": "inbound",
            "dialled": self.dialled,
            "caller_number": self.number,
            "caller_name": "",
            "trunk": "carrier",
            "queue": queue,
            "agent": self.agent,
            "received_at": self.received,
            "queued_at": self.queued_at,
            "first_offered_at": offers[0].at if offers else None,
            "answered_at": self.first_answer,
            "ended_at": self.now,
            "wait_ms": wait // MS if wait else None,
            "ring_ms": (winner.answered - winner.at) // MS if winner and winner.answered else None,
            "talk_ms": talk,
            "hold_ms": 0,
            "visits": self.visits,
            "offers": [phone.record() for phone in offers],
            "legs": [],
            "transfers": self.transfers,
            "timeline": self._timeline(),
            "recording": None,
            "outcome": outcome,
            "abandoned_in": where,
            "refused_because": "unknown-number" if outcome == "refused" else None,
            "hung_up_by": by,
            "cause": 16,
            "provenance": "observed",
            "estimated": [],
        }

    def _timeline(self) -> list[dict[str, Any]]:
        edges = [("entry", self.received), ("wait", self.queued_at), ("talk", self.first_answer), ("", self.now)]
        known = [(kind, at) for kind, at in edges if at is not None]
        return [{"kind": kind, "start": start, "end": end, "with": []} for (kind, start), (_, end) in pairwise(known)]


def stamp(at: int) -> str:
    return f"{at // SECOND}.{at % SECOND:06}"
