"""The PBX's state, read once at the start of an epoch. The only place where we ask instead of listening.

Asterisk answers the actions of one session in their order and sends an event only after the state it tells of is
stored, so every event made before the ``Ping`` below is already in the lists, and every later one comes after it in
the stream. Events that come while the lists are read are newer or already contained; they are applied afterwards,
and an event that repeats what the snapshot says does no harm.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

import msgspec

from telephony.ami import actions as a
from telephony.ami.decode import Undecoded
from telephony.ami.layout import HeaderMissing
from telephony.ami.snapshot_invites import invites, muted
from telephony.ami.values import NotANumber, caller_name, caller_number, flag, micros_of_timestamp, number
from telephony.errors import AmiActionFailed
from telephony.model.events import MemberChanged, SnapshotTaken
from telephony.model.ids import (
    MICROS_PER_SECOND,
    BridgeId,
    Linkedid,
    MemberName,
    Micros,
    QueueName,
    Uniqueid,
)
from telephony.model.met import KEPT_QUEUE, queue_behind
from telephony.model.pauses import WRAPUP_FAMILY, wrapup_word
from telephony.model.seen import CallerSeen, ChannelSeen, TrunkSeen, WrapUpSeen

_QUESTIONS: Sequence[a.Action] = (a.Ping(), a.CoreStatus(), a.CoreShowChannels(), a.QueueStatus())
Row = TypeVar("Row")
Headers = dict[str, str]
Act = Callable[[a.Action], Awaitable[a.Reply]]

_QUARTER_HOUR = 900  # seconds; every time zone's distance from UTC is a multiple of it


class Login(msgspec.Struct, frozen=True):
    """What is known of a login before anything was asked."""

    epoch: int
    arrival: Micros  # our time, for a PBX that does not tell its own
    uptime_s: int | None = None  # from FullyBooted, which only a user with read=system sees
    zone: tzinfo = UTC  # of the PBX; used only when uptime_s is missing


class Taken(msgspec.Struct, frozen=True):
    """A snapshot, and the rows of it that could not be read."""

    snapshot: SnapshotTaken
    undecoded: tuple[Undecoded, ...]


async def take(
    act: Act, login: Login, trunks: Sequence[str] = (), *, closure: bool = False, wrap_ups: bool = False
) -> Taken:
    """Ask the PBX. Raises what ``Session.act`` raises; a PBX whose app_queue is not loaded refuses QueueStatus.

    All is asked at once: over a slow link the lists would otherwise be seconds younger than the time that dates them,
    and tell nothing of a channel that was there at the login and is gone by then. ``trunks``: names of those asked
    after. ``closure``: whether the site has an emergency closure. ``wrap_ups``: whether it
    has wrap-ups.
    """
    lists = asyncio.gather(*map(act, _QUESTIONS))
    states = asyncio.gather(*(_trunk(act, name) for name in trunks))
    shut = _closure(act) if closure else _nothing()
    wraps = _wrap_ups(act) if wrap_ups else _none()
    (ping, status, channels, queues), seen, closed, kept = await asyncio.gather(lists, states, shut, wraps)
    taken = read(login, ping.headers, status.headers, [*channels.items, *queues.items])
    found = tuple(trunk for trunk in seen if trunk is not None)
    there = taken.snapshot.channels
    asked, silent = await asyncio.gather(invites(act, there), muted(act, there))
    snapshot = msgspec.structs.replace(
        taken.snapshot, trunks=found, closure=closed, wrap_ups=kept, invites=asked, muted=silent
    )
    return msgspec.structs.replace(taken, snapshot=snapshot)


async def _closure(act: Act) -> str:
    """What AstDB holds of the emergency closure (dialplans/contract.py, CLOSURE_KEY)."""
    try:
        reply = await act(a.DBGet("zt", "closure"))
    except AmiActionFailed:  # there is none; or no right, which is not worth the whole snapshot
        return ""
    return next((item["Val"] for item in reply.items if "Val" in item), "")


async def _wrap_ups(act: Act) -> tuple[WrapUpSeen, ...]:
    """``manager_db_tree_get`` (main/db.c): a key is told as ``/family/name``."""
    try:
        reply = await act(a.DBGetTree(WRAPUP_FAMILY))
    except AmiActionFailed:  # no right, or a PBX that knows no such action: not worth the whole snapshot
        return ()
    start = f"/{WRAPUP_FAMILY}/"
    kept = {
        item["Key"].removeprefix(start): item.get("Val", "") for item in reply.items if start in item.get("Key", "")
    }
    return tuple(await asyncio.gather(*(_wrap_up(act, phone, mark) for phone, mark in kept.items())))


async def _wrap_up(act: Act, phone: str, mark: str) -> WrapUpSeen:
    """Ours counts only while it speaks of this wrap-up."""
    try:
        reply = await act(a.Getvar(wrapup_word(phone, 0, None)[0]))
    except AmiActionFailed:
        reply = a.Reply({})
    said, _, until = reply.headers.get("Value", "").partition(":")
    return WrapUpSeen(phone, _milliseconds(mark), _milliseconds(until if said == mark else mark))


def _milliseconds(text: str) -> Micros:
    return Micros(int(text) * 1_000) if text.isascii() and text.isdigit() and len(text) < 15 else Micros(0)


async def _nothing() -> str:
    return ""


async def _none() -> tuple[WrapUpSeen, ...]:
    return ()


async def _trunk(act: Act, name: str) -> TrunkSeen | None:
    """``ast_devstate_str`` (main/devicestate.c); None for a trunk that the PBX does not know."""
    try:
        reply = await act(a.Getvar(f"DEVICE_STATE(PJSIP/trunk-{name})"))
    except AmiActionFailed:  # no right, or no func_devstate: not worth the whole snapshot
        return None
    state = reply.headers.get("Value", "")
    return None if state in ("", "INVALID", "UNKNOWN") else TrunkSeen(name, state != "UNAVAILABLE")


def read(login: Login, ping: Headers, status: Headers, rows: Sequence[Headers]) -> Taken:
    """The snapshot in these replies. Rows that make no sense are left out and listed."""
    at = micros_of_timestamp(ping.get("Timestamp", ""), login.arrival)
    undecoded: list[Undecoded] = []
    places = [row for row in rows if not _beside(row)]

    def every(event: str, make: Callable[[Headers], Row]) -> tuple[Row, ...]:
        return tuple(_made((row for row in places if row.get("Event") == event), make, undecoded))

    snapshot = SnapshotTaken(
        at=at,
        epoch=login.epoch,
        booted_at=booted_at(status, at, login),
        channels=every("CoreShowChannel", _channel),
        callers=every("QueueEntry", _caller),
        members=every("QueueMember", lambda row: _member(row, at)),
        queues=every("QueueParams", lambda row: QueueName(_need(row, "Queue"))),
    )
    return Taken(snapshot, tuple(undecoded))


def _beside(row: Headers) -> bool:
    """A line in which one agent at a time is rung is nobody's queue; whoever waits there waits in the queue behind."""
    return row.get("Event") in ("QueueMember", "QueueParams") and row.get("Queue", "").startswith(KEPT_QUEUE)


def _made(rows: Iterable[Headers], make: Callable[[Headers], Row], undecoded: list[Undecoded]) -> Iterator[Row]:
    for row in rows:
        try:
            yield make(row)
        except (HeaderMissing, NotANumber) as error:
            undecoded.append(Undecoded(row["Event"], str(error)))


def _need(row: Headers, header: str) -> str:
    value = row.get(header, "")
    if not value:
        raise HeaderMissing(f"no {header}")
    return value


def _channel(row: Headers) -> ChannelSeen:
    """``action_coreshowchannels`` (main/manager.c)."""
    return ChannelSeen(
        uniqueid=Uniqueid(_need(row, "Uniqueid")),
        linkedid=Linkedid(_need(row, "Linkedid")),
        name=row.get("Channel", ""),
        state=number(row.get("ChannelState", "")),
        caller_number=caller_number(row.get("CallerIDNum", "")),
        caller_name=caller_name(row.get("CallerIDName", "")),
        context=row.get("Context", ""),
        exten=row.get("Exten", ""),
        bridge=BridgeId(row.get("BridgeId", "")),
        age_s=_age(row.get("Duration", "")),
        language=row.get("Language", ""),
        application=row.get("Application", ""),
    )


def _caller(row: Headers) -> CallerSeen:
    """``manager_queues_status`` (apps/app_queue.c)."""
    return CallerSeen(
        queue=queue_behind(_need(row, "Queue")),
        uniqueid=Uniqueid(_need(row, "Uniqueid")),
        position=number(row.get("Position", "")),
        wait_s=number(row.get("Wait", "")),
    )


def _member(row: Headers, at: Micros) -> MemberChanged:
    """As a ``QueueMemberStatus`` event, but for the names of two headers (``Name``, ``Location``)."""
    return MemberChanged(
        at=at,
        queue=QueueName(_need(row, "Queue")),
        member=MemberName(_need(row, "Name")),
        interface=row.get("Location", ""),
        state_interface=row.get("StateInterface", ""),
        status=number(row.get("Status", "")),
        paused=flag(row.get("Paused", "")),
        pause_reason=row.get("PausedReason", ""),
        penalty=number(row.get("Penalty", "")),
        in_call=flag(row.get("InCall", "")),
        last_call=number(row.get("LastCall", "")),
        wrapup_s=number(row.get("Wrapuptime", "")),
        removed=False,
    )


def _age(duration: str) -> int:
    """Seconds of ``HH:MM:SS``, where hours may have more digits; 0 when absent."""
    if not duration:
        return 0
    hours, _, rest = duration.partition(":")
    minutes, _, seconds = rest.partition(":")
    return number(hours) * 3600 + number(minutes) * 60 + number(seconds)


def booted_at(status: Headers, now: Micros, login: Login) -> Micros:
    """When the PBX started, to the second, so that the same start always reads the same; 0 when it does not say.

    ``CoreStatus`` tells it in the PBX's local time without saying which zone. The uptime of ``FullyBooted`` knows no
    zone but is a second coarse; together they give the zone, which is then taken off.
    """
    about = None if login.uptime_s is None else now // MICROS_PER_SECOND - login.uptime_s
    try:
        said = datetime.fromisoformat(f"{status.get('CoreStartupDate')}T{status.get('CoreStartupTime')}")
    except ValueError:
        return Micros((about or 0) * MICROS_PER_SECOND)
    if about is None:
        return Micros(int(said.replace(tzinfo=login.zone).timestamp()) * MICROS_PER_SECOND)
    local = int(said.replace(tzinfo=UTC).timestamp())
    offset = round((local - about) / _QUARTER_HOUR) * _QUARTER_HOUR
    return Micros((local - offset) * MICROS_PER_SECOND)
