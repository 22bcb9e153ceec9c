"""Rows of a group, told as the events that the PBX sent, or would have. Pure.

The model that watches the PBX live knows how a call is to be understood. So that there is one truth and not two, what
the logs hold is told to a model of its own (``rebuild``) in the words it knows. Worked out here is only what the logs
say in another way than the manager interface does: who hung up (``hangupsource``), why a phone stopped ringing
(queue_log), which ``APP_START Queue`` was a stay.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from telephony.journal import retell_met, retell_rooms
from telephony.journal.rows import CelRow, QueueLine
from telephony.journal.stays import NEVER_JOINED, RING_CANCELED, RING_NO_ANSWER, Ring, Stay, rings_of, stays_of
from telephony.model import events as ev
from telephony.model.ids import MICROS_PER_SECOND, BridgeId, Linkedid, MemberName, Micros, QueueName, Uniqueid
from telephony.model.names import role_of
from telephony.model.on_bypass import BYPASSED, FORWARD, agent_of, is_bypass, number_of
from telephony.model.said_by_us import CallerSent, SpyTold
from telephony.model.telling import NOTICE_MUSIC
from telephony.model.terms import Role

_DOWN, _CALLS_US, _UP = 0, 4, 6  # ast_channel_state
_ORDERED = 32  # AST_SOFTHANGUP_EXPLICIT
_STEP_BACK = Micros(2 * MICROS_PER_SECOND)
_AROUND_END = Micros(MICROS_PER_SECOND // 10)
"""A hang-up shows in rows of other channels so long before its own HANGUP, at most."""
_SHUTTING_DOWN = Micros(MICROS_PER_SECOND)
"""From a transfer that a shutdown brings about to the ends of those it is about: 4 ms, as measured."""
_CALLED = frozenset(("AppQueue", "AppDial"))
"""What CEL shows as the application of a channel that Queue() or Dial() called."""
_WALKS = frozenset(("ZT_ROOM", "ZT_CONSULT"))
"""Said where a leg goes on in the dialplan: who waits aside for lines is in no application that CEL tells of."""
_SUCCESS = "Success"
_NOBODY = frozenset(("", "N/A"))


def in_order(rows: Iterable[CelRow]) -> list[CelRow]:
    """By time, since a log's rows stand only nearly so (worst measured: 0.9 ms). A row that is much older than the one
    before it says that the clock was set back: what follows it stays behind it."""
    spans: list[list[CelRow]] = [[]]
    for row in rows:
        if spans[-1] and spans[-1][-1].at - row.at > _STEP_BACK:
            spans.append([])
        spans[-1].append(row)
    return [row for span in spans for row in sorted(span, key=lambda row: row.at)]


def retell(rows: Sequence[CelRow], lines: Sequence[QueueLine], names: Mapping[str, MemberName]) -> Iterator[ev.Event]:
    """The events of ``rows`` (``in_order``). ``names``: endpoint → member, where they are not the same."""
    stays = stays_of(rows, lines)
    teller = _Teller(rows, stays, rings_of(rows, stays, lines, names))
    for before, row in pairwise([None, *rows]):
        assert row is not None
        if before is not None and before.at - row.at > _STEP_BACK:
            yield ev.ClockSet(row.at, row.at - before.at)
        yield from teller.tell(row)


class _Teller:
    def __init__(self, rows: Sequence[CelRow], stays: Iterable[Stay], rings: Mapping[Uniqueid, Ring]) -> None:
        self._stays = {(stay.uniqueid, stay.start): stay for stay in stays}
        self._ending = {(stay.uniqueid, stay.end): stay for stay in stays}
        self._rings = rings
        self._asked = _asked(rows, rings)
        self._ends = {row.uniqueid: row for row in rows if row.event == "HANGUP"}
        self._names: dict[Uniqueid, str] = {}
        self._callers: dict[Uniqueid, tuple[str, str]] = {}
        self._hung_up: set[Uniqueid] = set()
        self._told: set[Uniqueid] = set()  # whose next wait begins with the notice

    def tell(self, row: CelRow) -> Iterator[ev.Event]:
        """This row's events, in order."""
        if row.uniqueid not in self._names:
            yield from self._created(row)
        yield from self._changed(row)
        yield from self._asked.get(id(row), ())
        handler = _HANDLERS.get(row.user_event or row.event)
        if handler is not None:
            yield from handler(self, row)

    # --- channels -----------------------------------------------------------------------------------------

    def _created(self, row: CelRow) -> Iterator[ev.Event]:
        """Outgoing channels have the extension ``s``. A channel without CHAN_START is told where it first shows."""
        state = _DOWN if row.exten in ("", "s") else _CALLS_US
        self._names[row.uniqueid], self._callers[row.uniqueid] = row.name, (row.number, row.caller_name)
        yield ev.ChannelCreated(
            row.at,
            row.uniqueid,
            row.linkedid,
            row.name,
            state,
            row.number,
            row.caller_name,
            row.context,
            row.exten,
        )
        yield from self._paired(row)
        ring = self._rings.get(row.uniqueid)
        if ring is not None:
            yield _offer(ev.OfferMade, ring, row.at, dest_linkedid=row.linkedid, dest_name=row.name)

    def _paired(self, row: CelRow) -> Iterator[ev.Event]:
        other = row.name[:-1] + {"1": "2", "2": "1"}.get(row.name[-1:], "")
        if row.name.startswith("Local/") and row.name[-2:] in (";1", ";2"):
            halves = [uniqueid for uniqueid, name in self._names.items() if name == other]
            if halves:
                yield ev.LocalBridged(row.at, *sorted((halves[-1], row.uniqueid), key=self._names.__getitem__))

    def _changed(self, row: CelRow) -> Iterator[ev.Event]:
        if self._names[row.uniqueid] != row.name:
            self._names[row.uniqueid] = row.name
            yield ev.ChannelRenamed(row.at, row.uniqueid, row.name)
        caller = (row.number, row.caller_name)
        if self._callers[row.uniqueid] != caller:
            self._callers[row.uniqueid] = caller
            yield ev.CallerIdChanged(row.at, row.uniqueid, row.linkedid, *caller)

    def _answered(self, row: CelRow) -> Iterator[ev.Event]:
        yield ev.ChannelStateChanged(row.at, row.uniqueid, row.linkedid, _UP)

    def _hung_up_with_cause(self, row: CelRow) -> Iterator[ev.Event]:
        self._hung_up.add(row.uniqueid)
        cause = row.detail("hangupcause")
        number = int(cause) if cause.isascii() and cause.isdigit() else 0
        yield ev.ChannelHungUp(row.at, row.uniqueid, row.linkedid, number, "")
        ring = self._rings.get(row.uniqueid)
        if ring is not None and ring.verdict:
            kind = ev.OfferDumped if ring.verdict == RING_CANCELED else ev.OfferUnanswered
            yield _offer(kind, ring, row.at)

    def _ended(self, row: CelRow) -> Iterator[ev.Event]:
        """Without its HANGUP, whose row was lost."""
        if row.uniqueid not in self._hung_up:
            yield from self._hung_up_with_cause(row)

    # --- bridges and transfers ----------------------------------------------------------------------------

    def _entered_bridge(self, row: CelRow) -> Iterator[ev.Event]:
        bridge, kind = BridgeId(row.detail("bridge_id")), row.detail("bridge_technology")
        yield ev.BridgeEntered(row.at, row.uniqueid, row.linkedid, bridge, kind, row.name)

    def _left_bridge(self, row: CelRow) -> Iterator[ev.Event]:
        yield ev.BridgeLeft(row.at, row.uniqueid, row.linkedid, BridgeId(row.detail("bridge_id")))

    def _blind(self, row: CelRow) -> Iterator[ev.Event]:
        """CEL writes down only those that succeeded (``cel_blind_transfer_cb``); so with attended ones."""
        whom = Uniqueid(row.detail("transferee_channel_uniqueid"))
        place = (row.detail("context"), row.detail("extension"))
        yield ev.BlindTransferred(row.at, row.uniqueid, row.linkedid, whom, *place, _SUCCESS)

    def _attended(self, row: CelRow) -> Iterator[ev.Event]:
        """Not when both who transferred and who was transferred are ended by the PBX in that moment: it is shutting
        down, and takes its ending an agent's channel in a consult for that agent's hanging up. That channel's own last
        row can be missing."""
        second, whom, target = (
            Uniqueid(row.detail(f"{who}_uniqueid"))
            for who in ("channel2", "transferee_channel", "transfer_target_channel")
        )
        transferrer_ended = row.uniqueid not in self._ends or self._ended_by_pbx(row.uniqueid, row.at)
        if transferrer_ended and self._ended_by_pbx(whom, row.at):
            return
        first, linkedid = row.uniqueid, row.linkedid
        if row.detail("app") and whom in _NOBODY:  # out of a room: CEL tells first of the channel that is in a bridge
            first, second, linkedid = second, first, Linkedid("")
        yield ev.AttendedTransferred(row.at, first, linkedid, second, Linkedid(""), whom, target, _SUCCESS)

    def _ended_by_pbx(self, uniqueid: Uniqueid, at: Micros) -> bool:
        """Whether this channel ended just then, and neither a phone nor the dialplan hung up."""
        end = self._ends.get(uniqueid)
        return end is not None and not end.detail("hangupsource") and 0 <= end.at - at < _SHUTTING_DOWN

    # --- queues -------------------------------------------------------------------------------------------

    def _app_started(self, row: CelRow) -> Iterator[ev.Event]:
        stay = self._stays.get((row.uniqueid, row.at))
        if stay is not None and stay.status not in NEVER_JOINED:
            yield ev.QueueJoined(row.at, row.uniqueid, row.linkedid, stay.queue, stay.position)
            yield from self._music(row)

    def _app_ended(self, row: CelRow) -> Iterator[ev.Event]:
        stay = self._ending.get((row.uniqueid, row.at))
        if stay is None or stay.status in NEVER_JOINED:
            return
        yield ev.QueueLeft(row.at, row.uniqueid, row.linkedid, stay.queue)
        yield ev.MusicChanged(row.at, row.uniqueid, row.linkedid, "")
        status, key = stay.logged_status
        if status and not stay.status:
            yield ev.QueueEnded(row.at, row.uniqueid, row.linkedid, stay.queue, status, key)

    def _music(self, row: CelRow) -> Iterator[ev.Event]:
        """CEL does not tell of it in every version: the notice is taken to be heard as long as the caller waits, though
        an announcement may have interrupted it."""
        if row.uniqueid in self._told:
            self._told.discard(row.uniqueid)
            yield ev.MusicChanged(row.at, row.uniqueid, row.linkedid, NOTICE_MUSIC)

    # --- our dialplan's own words -------------------------------------------------------------------------

    def _zt_entry(self, row: CelRow) -> Iterator[ev.Event]:
        trunk, dialled, recording, notice = (row.words.get(key, "") for key in "tdfn")
        yield ev.CallEntered(row.at, row.uniqueid, row.linkedid, trunk, dialled, recording, notice)

    def _zt_rec(self, row: CelRow) -> Iterator[ev.Event]:
        size = row.words.get("b", "")
        yield ev.RecordingTold(
            row.at, row.uniqueid, row.linkedid, row.words.get("s", ""), int(size) if size.isdecimal() else 0
        )

    def _zt_notice(self, row: CelRow) -> Iterator[ev.Event]:
        how, language, length = (row.words.get(key, "") for key in ("h", "l", "ms"))
        told = Micros(int(length) * 1_000 if length.isdecimal() else 0)
        yield ev.NoticeTold(row.at, row.uniqueid, row.linkedid, how, language, told)
        if how == "waiting":
            self._told.add(row.uniqueid)

    def _zt_qend(self, row: CelRow) -> Iterator[ev.Event]:
        queue, status, key = (row.words.get(key, "") for key in "qsk")
        yield ev.QueueEnded(row.at, row.uniqueid, row.linkedid, QueueName(queue), status, key)

    def _zt_expect(self, row: CelRow) -> Iterator[ev.Event]:
        queue, minutes = (row.words.get(key, "") for key in "qm")
        if minutes.isdecimal():
            yield ev.WaitTold(row.at, row.uniqueid, row.linkedid, QueueName(queue), int(minutes))

    def _zt_refused(self, row: CelRow) -> Iterator[ev.Event]:
        yield ev.CallRefused(row.at, row.uniqueid, row.linkedid, row.words.get("t", ""), "", row.words.get("r", ""))

    def _zt_duty(self, row: CelRow) -> Iterator[ev.Event]:
        yield ev.DutyCalled(row.at, row.uniqueid, row.linkedid, row.words.get("m", ""))

    def _zt_promise(self, row: CelRow) -> Iterator[ev.Event]:
        why, state = (row.words.get(key, "") for key in "ws")
        yield ev.CallBackPromised(row.at, row.uniqueid, row.linkedid, why, state)

    def _zt_out(self, row: CelRow) -> Iterator[ev.Event]:
        yield ev.CallWentOut(row.at, row.uniqueid, row.linkedid, *(row.words.get(key, "") for key in "pdatf"))

    def _zt_out_refused(self, row: CelRow) -> Iterator[ev.Event]:
        yield ev.OutRefused(row.at, row.uniqueid, row.linkedid, *(row.words.get(key, "") for key in "pdar"))

    def _zt_spy(self, row: CelRow) -> Iterator[ev.Event]:
        mode, agent, spied = (row.words.get(key, "") for key in "mau")
        yield SpyTold(row.at, row.uniqueid, row.linkedid, mode, agent, Uniqueid(spied))

    def _zt_sent(self, row: CelRow) -> Iterator[ev.Event]:
        yield CallerSent(row.at, row.uniqueid, row.linkedid, row.words.get("b", ""), row.words.get("t", ""))

    def _forwarded(self, row: CelRow) -> Iterator[ev.Event]:
        """Of a phone that named a channel (302). CEL writes it of who dials; whose phone it was tells the next end."""
        forward = row.detail("forward")
        if is_bypass(forward):
            agent = agent_of(self._sender(row))
            yield ev.OutRefused(row.at, row.uniqueid, row.linkedid, FORWARD, number_of(forward), agent, BYPASSED)

    def _sender(self, row: CelRow) -> str:
        """Asterisk ends the channel that forwarded at once, and first."""
        ends = (end for end in self._ends.values() if end.at >= row.at and end.app in _CALLED)
        return min((end for end in ends if end.linkedid == row.linkedid), key=lambda end: end.at, default=row).name

    def _zt_callback(self, row: CelRow) -> Iterator[ev.Event]:
        entry, attempt, trunk, dialled, recording = (row.words.get(key, "") for key in "eatdf")
        yield ev.CallBackBegan(row.at, row.uniqueid, row.linkedid, entry, attempt, trunk, dialled, recording)


_HANDLERS = {
    "ANSWER": _Teller._answered,
    "HANGUP": _Teller._hung_up_with_cause,
    "CHAN_END": _Teller._ended,
    "BRIDGE_ENTER": _Teller._entered_bridge,
    "BRIDGE_EXIT": _Teller._left_bridge,
    "BLINDTRANSFER": _Teller._blind,
    "ATTENDEDTRANSFER": _Teller._attended,
    "FORWARD": _Teller._forwarded,
    "APP_START": _Teller._app_started,
    "APP_END": _Teller._app_ended,
    "ZT_ENTRY": _Teller._zt_entry,
    "ZT_QEND": _Teller._zt_qend,
    "ZT_REFUSED": _Teller._zt_refused,
    "ZT_DUTY": _Teller._zt_duty,
    "ZT_PROMISE": _Teller._zt_promise,
    "ZT_EXPECT": _Teller._zt_expect,
    "ZT_CALLBACK": _Teller._zt_callback,
    "ZT_ROOM": retell_rooms.walked,
    "ZT_CONSULT": retell_rooms.consult,
    "ZT_INVITE": retell_rooms.invite,
    "ZT_PRIVATE": retell_rooms.private,
    "ZT_REQUEUE": retell_rooms.requeue,
    "ZT_OUT": _Teller._zt_out,
    "ZT_OUTREF": _Teller._zt_out_refused,
    "ZT_REC": _Teller._zt_rec,
    "ZT_NOTICE": _Teller._zt_notice,
    "ZT_RATING": retell_met.rating,
    "ZT_LIMIT": retell_met.limit,
    "ZT_STICKY": retell_met.kept,
    "ZT_SPY": _Teller._zt_spy,
    "ZT_SENT": _Teller._zt_sent,
}


def _offer(kind: type[ev.OfferEvent], ring: Ring, at: Micros, **more: object) -> ev.OfferEvent:
    stay = ring.stay
    return kind(
        at=at,
        uniqueid=stay.uniqueid,
        linkedid=Linkedid(""),
        queue=stay.queue,
        member=ring.member,
        interface="",
        dest_uniqueid=ring.uniqueid,
        **more,
    )


# --- who hung up ------------------------------------------------------------------------------------------


def _asked(rows: Sequence[CelRow], rings: Mapping[Uniqueid, Ring]) -> Mapping[int, list[ev.Event]]:
    """Before which row (by ``id``) each channel asked to end, by its own phone or by an order."""
    names: dict[Uniqueid, set[str]] = defaultdict(set)
    asked: dict[int, list[ev.Event]] = defaultdict(list)
    bridging: dict[Uniqueid, CelRow] = {}  # the last time it came into a bridge or went
    elsewhere: set[Uniqueid] = set()  # since then sent into the dialplan: a room, a consult
    own = _left_by_themselves(rows)
    for number, row in enumerate(rows):
        names[row.uniqueid].add(row.name)
        if row.event in ("BRIDGE_ENTER", "BRIDGE_EXIT"):
            bridging[row.uniqueid] = row
            elsewhere.discard(row.uniqueid)
        elif row.event == "APP_START" or row.user_event in _WALKS:
            elsewhere.add(row.uniqueid)
        if row.event != "HANGUP" or role_of(row.name) is Role.SERVICE:
            continue
        source = row.detail("hangupsource")
        if source in names[row.uniqueid]:
            called = row.app in _CALLED and row.uniqueid not in elsewhere
            first = _first_sign(rows, number, bridging.get(row.uniqueid), rings, own, called=called)
            asked[id(first)].append(ev.HangupAsked(first.at, row.uniqueid, row.linkedid, True, 0))
        elif not source:
            asked[id(row)].append(ev.HangupAsked(row.at, row.uniqueid, row.linkedid, False, _ORDERED))
    return asked


def _left_by_themselves(rows: Iterable[CelRow]) -> set[int]:
    """The rows (by ``id``) by which phones that hung up themselves left their last bridge for it: no sign that another
    had hung up, though that one's HANGUP may come soon after."""
    left: dict[Uniqueid, CelRow] = {}
    own: set[int] = set()
    for row in rows:
        if row.event == "BRIDGE_EXIT":
            left[row.uniqueid] = row
        exit_ = left.get(row.uniqueid) if row.event == "HANGUP" and row.detail("hangupsource") == row.name else None
        if exit_ is not None and row.at - exit_.at <= _AROUND_END:
            own.add(id(exit_))
    return own


def _first_sign(
    rows: Sequence[CelRow],
    number: int,
    bridging: CelRow | None,
    rings: Mapping[Uniqueid, Ring],
    own: Container[int],
    *,
    called: bool,
) -> CelRow:
    """The first row that this hang-up brought about: leaving the bridge, the queue giving up its phones …

    A leg that was ``called`` has nowhere to go but into a bridge: leaving the last one was hanging up, even if its
    channel is kept for a transfer. Who called goes on in the dialplan, and may hang up later.
    """
    hangup = first = rows[number]
    if bridging is not None and bridging.event == "BRIDGE_EXIT" and called:
        return bridging
    for row in reversed(rows[:number]):
        if hangup.at - row.at > _AROUND_END:
            break
        another = row.uniqueid != hangup.uniqueid and id(row) in own
        if not another and _is_sign(row, hangup, "" if bridging is None else bridging.detail("bridge_id"), rings):
            first = row
    return first


def _is_sign(row: CelRow, hangup: CelRow, bridge: str, rings: Mapping[Uniqueid, Ring]) -> bool:
    if row.uniqueid == hangup.uniqueid:
        return row.event in ("BRIDGE_EXIT", "APP_END") or row.user_event == "ZT_END"
    if row.event == "BRIDGE_EXIT":
        return row.detail("bridge_id") == bridge
    ring = rings.get(row.uniqueid) if row.event == "HANGUP" else None
    return ring is not None and ring.stay.uniqueid == hangup.uniqueid and _given_up(ring, row)


def _given_up(ring: Ring, hangup: CelRow) -> bool:
    """Whether the queue, and not the phone, ended this leg, for want of a caller."""
    return ring.verdict != RING_NO_ANSWER and not hangup.detail("hangupsource")
