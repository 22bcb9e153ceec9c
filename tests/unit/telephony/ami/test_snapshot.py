"""Replies to the snapshot's questions, read into one event."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from telephony.ami import actions as a
from telephony.ami import snapshot
from telephony.ami.decode import Undecoded
from telephony.errors import AmiActionFailed
from telephony.model.events import MemberChanged
from telephony.model.ids import BridgeId, Linkedid, MemberName, Micros, QueueName, Uniqueid
from telephony.model.seen import CallerSeen, ChannelSeen
from tests.unit.telephony.ami import frames as f

NOW = 1795402664
AT = Micros(f.AT)
PING = {"Response": "Success", "Ping": "Pong", "Timestamp": f.STAMP}
STATUS = {"CoreStartupDate": "2026-11-23", "CoreStartupTime": "12:00:00"}
LOGIN = snapshot.Login(epoch=3, arrival=Micros(5), uptime_s=3600)

CHANNEL = {
    "Event": "CoreShowChannel",
    **dict(f.channel(CallerIDName=r"O\'Brien")),
    "Application": "Queue",
    "ApplicationData": "q12345",
    "Duration": "01:02:03",
    "BridgeId": "b-1",
}
ENTRY = {
    "Event": "QueueEntry",
    "Queue": "q12345",
    "Position": "2",
    "Channel": "PJSIP/trunk-carrier-00000001",
    "Uniqueid": f.UNIQUEID,
    "CallerIDNum": "13800138000",
    "CallerIDName": "unknown",
    "Wait": "17",
    "Priority": "0",
}
MEMBER = {
    "Event": "QueueMember",
    "Queue": "q12345",
    "Name": "1001",
    "Location": "PJSIP/1001",
    "StateInterface": "PJSIP/1001",
    "Membership": "dynamic",
    "Penalty": "5",
    "CallsTaken": "3",
    "LastCall": "1795402600",
    "LastPause": "0",
    "LoginTime": "1795400000",
    "InCall": "0",
    "Status": "1",
    "Paused": "1",
    "PausedReason": "午餐",
    "Wrapuptime": "15",
}
QUEUES = [{"Event": "QueueParams", "Queue": "q12345", "Calls": "1"}, {"Event": "QueueParams", "Queue": "spare"}]


def read(*rows: dict[str, str]) -> snapshot.Taken:
    return snapshot.read(LOGIN, PING, STATUS, rows)


def test_everything() -> None:
    taken = read(*QUEUES, CHANNEL, ENTRY, MEMBER, {"Event": "QueueStatusComplete"}, {})
    assert taken.undecoded == ()
    got = taken.snapshot
    assert (got.at, got.epoch) == (AT, 3)
    assert got.queues == ("q12345", "spare")
    assert got.channels == (
        ChannelSeen(
            uniqueid=Uniqueid(f.UNIQUEID),
            linkedid=Linkedid(f.LINKEDID),
            name="PJSIP/trunk-carrier-00000001",
            state=6,
            caller_number="13800138000",
            caller_name="O'Brien",
            context="zt-in-carrier",
            exten="12345",
            bridge=BridgeId("b-1"),
            age_s=3723,
            language="zh",
            application="Queue",
        ),
    )
    assert got.callers == (CallerSeen(QueueName("q12345"), Uniqueid(f.UNIQUEID), 2, 17),)
    assert got.members == (
        MemberChanged(
            at=AT,
            queue=QueueName("q12345"),
            member=MemberName("1001"),
            interface="PJSIP/1001",
            state_interface="PJSIP/1001",
            status=1,
            paused=True,
            pause_reason="午餐",
            penalty=5,
            in_call=False,
            last_call=1795402600,
            wrapup_s=15,
            removed=False,
        ),
    )


def test_a_quiet_pbx() -> None:
    got = read().snapshot
    assert (got.channels, got.callers, got.members, got.queues) == ((), (), (), ())


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        (CHANNEL, "Uniqueid"),
        (CHANNEL, "Linkedid"),
        (ENTRY, "Queue"),
        (ENTRY, "Uniqueid"),
        (MEMBER, "Queue"),
        (MEMBER, "Name"),
        (QUEUES[0], "Queue"),
    ],
)
def test_a_row_without_its_id_is_left_out_and_counted(row: dict[str, str], missing: str) -> None:
    for damaged in (row | {missing: ""}, {key: value for key, value in row.items() if key != missing}):
        taken = read(damaged, *QUEUES[1:])
        assert taken.undecoded == (Undecoded(row["Event"], f"no {missing}"),)
        assert taken.snapshot.queues == ("spare",)


@pytest.mark.parametrize(
    ("row", "header"),
    [(CHANNEL, "ChannelState"), (CHANNEL, "Duration"), (ENTRY, "Wait"), (MEMBER, "Paused"), (MEMBER, "LastCall")],
)
def test_a_row_with_a_wrong_number_is_left_out_and_counted(row: dict[str, str], header: str) -> None:
    taken = read(row | {header: "many"})
    assert [undecoded.name for undecoded in taken.undecoded] == [row["Event"]]
    assert "is not a number" in taken.undecoded[0].why


@pytest.mark.parametrize(
    ("said", "age"), [("", 0), ("00:00:07", 7), ("123:00:00", 442_800), ("00:01", 60), ("5", 18_000)]
)
def test_durations(said: str, age: int) -> None:
    (channel,) = read(CHANNEL | {"Duration": said}).snapshot.channels
    assert channel.age_s == age


def test_a_pbx_that_does_not_tell_the_time_gets_ours() -> None:
    assert snapshot.read(LOGIN, {}, STATUS, []).snapshot.at == 5


# --- when the PBX started: it says so in its local time, without the zone --------------------------------------

ZONES = ["Asia/Shanghai", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Pacific/Kiritimati"]


def status_of(start: int, zone: str) -> dict[str, str]:
    local = datetime.fromtimestamp(start, ZoneInfo(zone))
    return {"CoreStartupDate": f"{local:%Y-%m-%d}", "CoreStartupTime": f"{local:%H:%M:%S}"}


@pytest.mark.parametrize("zone", ZONES)
@given(start=st.integers(1_700_000_000, 1_900_000_000), up=st.integers(0, 10**8), late=st.floats(0, 5))
def test_the_start_is_found_in_every_zone(zone: str, start: int, up: int, late: float) -> None:
    """``late``: uptime counts whole seconds and is told before the ping's time."""
    now = Micros(int((start + up + late) * 1_000_000))
    login = snapshot.Login(1, now, uptime_s=up)
    assert snapshot.booted_at(status_of(start, zone), now, login) == start * 1_000_000


def test_the_same_start_reads_the_same_at_every_login() -> None:
    status = status_of(NOW - 86_400, "Asia/Shanghai")
    logins = [
        (NOW * 1_000_000 + at, snapshot.Login(1, AT, uptime_s=86_400 + at // 1_000_000))
        for at in range(0, 9_000_000, 700_001)
    ]
    assert {snapshot.booted_at(status, Micros(now), login) for now, login in logins} == {(NOW - 86_400) * 1_000_000}


def test_without_an_uptime_the_configured_zone_counts() -> None:
    for zone in (ZoneInfo("Asia/Shanghai"), timezone(timedelta(hours=8))):
        login = snapshot.Login(1, AT, zone=zone)
        assert snapshot.booted_at(status_of(NOW, "Asia/Shanghai"), AT, login) == NOW * 1_000_000
    assert snapshot.booted_at(status_of(NOW, "UTC"), AT, snapshot.Login(1, AT, zone=UTC)) == NOW * 1_000_000


@pytest.mark.parametrize(
    "status", [{}, {"CoreStartupDate": "x", "CoreStartupTime": "y"}, {"CoreStartupDate": "2026-11-23"}]
)
def test_a_pbx_that_does_not_say_when_it_started(status: dict[str, str]) -> None:
    assert snapshot.booted_at(status, AT, LOGIN) == (NOW - 3600) * 1_000_000
    assert snapshot.booted_at(status, AT, snapshot.Login(1, AT)) == 0


# --- asking -------------------------------------------------------------------------------------------------


async def test_the_questions_and_their_order() -> None:
    """The time is asked first: whatever is stamped earlier is then certainly in the lists."""
    asked = []

    async def act(action: a.Action) -> a.Reply:
        asked.append(action.name)
        rows = {"CoreShowChannels": (CHANNEL,), "QueueStatus": (*QUEUES, ENTRY, MEMBER)}
        return a.Reply(PING if action == a.Ping() else STATUS, rows.get(action.name, ()))

    taken = await snapshot.take(act, LOGIN)
    assert asked == ["Ping", "CoreStatus", "CoreShowChannels", "QueueStatus"]
    assert taken == read(CHANNEL, *QUEUES, ENTRY, MEMBER)


async def test_all_is_asked_before_anything_is_answered() -> None:
    """Over a slow link an answer takes seconds: the lists must be as old as the time that dates them."""
    asked: list[str] = []
    all_asked = asyncio.Event()

    async def act(action: a.Action) -> a.Reply:
        asked.append(action.name)
        if len(asked) == 4:
            all_asked.set()
        await asyncio.wait_for(all_asked.wait(), 20)
        return a.Reply(PING if action == a.Ping() else STATUS, ())

    assert (await snapshot.take(act, LOGIN)).snapshot.at == AT


async def test_a_refusal_is_the_callers_to_handle() -> None:
    async def act(action: a.Action) -> a.Reply:
        raise AmiActionFailed(action.name)

    with pytest.raises(AmiActionFailed):
        await snapshot.take(act, LOGIN)


@given(st.lists(st.dictionaries(st.sampled_from([*CHANNEL, *MEMBER, *ENTRY]), st.text(max_size=8)), max_size=8))
def test_no_reply_raises(rows: list[dict[str, str]]) -> None:
    events = ["CoreShowChannel", "QueueMember", "QueueEntry", "QueueParams"]
    tagged = [{**row, "Event": events[at % 4]} for at, row in enumerate(rows)]
    taken = snapshot.read(LOGIN, {"Timestamp": "x"}, {"CoreStartupDate": "\0"}, tagged)
    got = taken.snapshot
    found = len(got.channels) + len(got.members) + len(got.callers) + len(got.queues)
    assert found + len(taken.undecoded) == len(rows)


# --- what channels say of invitations -----------------------------------------------------------------------


def row(number: int, name: str, context: str, exten: str = "x") -> dict[str, str]:
    ids = {"Uniqueid": f"pbx1-17.{number}", "Linkedid": f"pbx1-17.{number}", "Channel": name}
    return {**CHANNEL, **ids, "Context": context, "Exten": exten}


VARIABLES = {
    "ZT_INVITE": "i1",
    "ZT_CALL": "pbx1-17.1",
    "ZT_LINE": "2",
    "ZT_BY": "1001",
    "ZT_DEPARTMENT": "81",
    "ZT_FOR": "specialist",
    "ZT_MODE": "room",
    "ZT_CODE": "8105",
    "ZT_TO": "84120005",
    "ZT_LEFT": "1",
}


async def test_only_who_may_say_anything_of_an_invitation_is_asked() -> None:
    """The other half of a line, callers and phones are not; nor is more asked of whoever says nothing."""
    rows = (
        row(1, "PJSIP/trunk-carrier-00000001", "zt-room-caller", "join"),
        row(2, "Local/pbx1-17.1@zt-invite-00000001;1", "zt-invite"),
        row(3, "Local/pbx1-17.1@zt-invite-00000001;2", "zt-invite"),
        row(4, "PJSIP/1001-00000002", "zt-room-agent"),
        row(5, "PJSIP/trunk-carrier-00000003", "zt-room-guest", "join"),
        row(6, "PJSIP/1002-00000004", "zt-phone"),
        row(7, "PJSIP/1003-00000005", "zt-room-guest"),
    )
    asked: list[tuple[str, str]] = []

    async def act(action: a.Action) -> a.Reply:
        if isinstance(action, a.Getvar):
            asked.append((action.channel, action.variable))
            if action.channel == "PJSIP/1003-00000005":
                raise AmiActionFailed("No such channel")
            silent = action.channel == "PJSIP/1001-00000002"
            return a.Reply({"Response": "Success", "Value": "" if silent else VARIABLES[action.variable]})
        if isinstance(action, a.ConfbridgeList):
            assert action.conference == "pbx1-17.1"
            muted = [{"Uniqueid": f"pbx1-17.{number}", "Muted": "Yes" if number == 5 else "No"} for number in (1, 5)]
            return a.Reply({"Response": "Success"}, tuple(muted))
        there = rows if action.name == "CoreShowChannels" else ()
        return a.Reply(PING if action == a.Ping() else STATUS, there)

    taken = (await snapshot.take(act, LOGIN)).snapshot
    told = ("pbx1-17.1", "i1", "2", "1001", "81", "specialist", "room", "8105", "84120005", 1)
    assert [astuple(seen) for seen in taken.invites] == [(f"pbx1-17.{number}", *told) for number in (3, 5)]
    assert taken.muted == ("pbx1-17.5",)
    assert {channel for channel, _ in asked} == {rows[at]["Channel"] for at in (2, 3, 4, 6)}
    assert sum(channel == "PJSIP/1001-00000002" for channel, _ in asked) == 1


async def test_a_room_that_ends_meanwhile_holds_nothing_up() -> None:
    async def act(action: a.Action) -> a.Reply:
        if isinstance(action, a.ConfbridgeList):
            raise AmiActionFailed("No Conferences by that name found.")
        there = (row(1, "PJSIP/trunk-carrier-00000001", "zt-room-caller", "join"),)
        return a.Reply(PING if action == a.Ping() else STATUS, there if action.name == "CoreShowChannels" else ())

    assert (await snapshot.take(act, LOGIN)).snapshot.muted == ()
