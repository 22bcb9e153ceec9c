"""The link at a real Asterisk, with real calls; what it says is judged against Asterisk's own command line."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.ami import actions as a
from telephony.ami.codec import event_name
from telephony.ami.connection import Connection, Settings
from telephony.ami.decode import EVENTS
from telephony.ami.link import LinkState, LinkStatus
from telephony.ami.session import Arrival, Session
from telephony.errors import AmiActionFailed, AmiInputRefused, AmiRefused, AmiUnreachable, ConfigError
from telephony.model import events as e
from tests.integration.ami.asterisk import RealPbx, make_certificate
from tests.integration.ami.conftest import until
from zhitong.lab import ports as lab_ports

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.xdist_group("ami-asterisk"),
    pytest.mark.asyncio(loop_scope="module"),  # one PBX serves most of these tests
]


@pytest.fixture(scope="module")
def block() -> Iterator[lab_ports.Ports]:
    with lab_ports.reserve() as ports:
        yield ports


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory, block: lab_ports.Ports) -> AsyncIterator[RealPbx]:
    pbx = RealPbx(tmp_path_factory.mktemp("pbx"), block)
    await pbx.pbx.start()
    yield pbx
    await pbx.pbx.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def real(shared: RealPbx) -> AsyncIterator[RealPbx]:
    """The shared PBX, with no calls left from another test."""
    if shared.pbx.pid is None:
        await shared.pbx.start()
    yield shared
    if shared.pbx.pid is not None:
        await shared.pbx.hang_up_all()
        await shared.pbx.cli("queue unpause member Local/1001@agents/n")


class Watch:
    """A running connection and what it delivered."""

    def __init__(self, pbx: RealPbx, settings: Settings | None = None, user: str = "zhitong") -> None:
        self.events: list[e.Event] = []
        self.statuses: list[LinkStatus] = []
        self.link = Connection(pbx.account(user), self.events.append, on_status=self.statuses.append, settings=settings)
        self.task = asyncio.create_task(self.link.run())

    async def live(self, epoch: int = 1) -> e.SnapshotTaken:
        await until(lambda: self.link.status.state is LinkState.LIVE and self.link.status.epoch >= epoch)
        return self.snapshots[-1]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    @property
    def snapshots(self) -> list[e.SnapshotTaken]:
        return [event for event in self.events if isinstance(event, e.SnapshotTaken)]

    @property
    def kinds(self) -> set[str]:
        return {type(event).__name__ for event in self.events}

    async def has(self, kind: type[e.Event]) -> None:
        await until(lambda: any(isinstance(event, kind) for event in self.events))


@pytest_asyncio.fixture(loop_scope="module")
async def watch(real: RealPbx) -> AsyncIterator[Watch]:
    watch = Watch(real)
    yield watch
    await watch.stop()


def call(exten: str = "s", name: str = "", **variables: str) -> a.Originate:
    """A caller without a phone: one half of a Local channel runs the dialplan, the other is the far end."""
    return a.Originate(
        f"Local/{exten}@callers/n",
        "far",
        "s",
        30_000,
        caller_id=f'"{name}" <13800138000>' if name else "13800138000",
        variables=tuple(variables.items()),
    )


async def concise(pbx: RealPbx) -> dict[str, list[str]]:
    """Channels by Uniqueid, as ``core show channels concise`` tells them."""
    shown = await pbx.pbx.cli("core show channels concise")
    rows = [line.split("!") for line in shown.splitlines() if line.count("!") >= 13]
    return {row[13]: row for row in rows}


# --- snapshot ---------------------------------------------------------------------------------------------


async def test_an_idle_pbx(real: RealPbx, watch: Watch) -> None:
    snapshot = await watch.live()
    assert snapshot.epoch == 1
    assert set(snapshot.queues) == {"q1", "empty"}
    assert (snapshot.channels, snapshot.callers) == ((), ())
    (member,) = snapshot.members
    assert (member.queue, member.member, member.interface) == ("q1", "1001", "Local/1001@agents/n")
    assert (member.penalty, member.status, member.paused, member.removed) == (5, 1, False, False)
    assert abs(snapshot.at / 1e6 - time.time()) < 5


async def test_when_it_started(real: RealPbx, watch: Watch) -> None:
    """Asterisk's local time is this machine's (it reads /etc/localtime, whatever TZ says)."""
    snapshot = await watch.live()
    shown = await real.pbx.cli("core show uptime seconds")
    uptime = int(shown.split("System uptime:")[1].split()[0])
    assert abs(snapshot.booted_at / 1e6 - (time.time() - uptime)) <= 2.5
    status = await watch.link.act(a.CoreStatus())
    local = datetime.fromtimestamp(snapshot.booted_at / 1e6).astimezone()
    assert status.headers["CoreStartupTime"] == f"{local:%H:%M:%S}"
    assert status.headers["CoreStartupDate"] == f"{local:%Y-%m-%d}"
    other = Watch(real)
    assert (await other.live()).booted_at == snapshot.booted_at
    await other.stop()


async def test_calls_in_progress_are_in_the_snapshot(real: RealPbx, watch: Watch) -> None:
    await watch.live()
    await watch.link.act(call())
    await watch.has(e.OfferConnected)
    await watch.link.act(call("hold"))
    await until(lambda: sum(isinstance(event, e.ChannelCreated) for event in watch.events) >= 6)
    await asyncio.sleep(1.2)
    shown = await concise(real)
    late = Watch(real)
    snapshot = await late.live()
    await late.stop()
    assert {channel.uniqueid for channel in snapshot.channels} == set(shown)
    for channel in snapshot.channels:
        row = shown[channel.uniqueid]
        assert (channel.name, channel.context, channel.exten, channel.bridge) == (row[0], row[1], row[2], row[12])
        assert channel.uniqueid.startswith("pbx1-")
        assert abs(channel.age_s - int(row[11])) <= 2
    bridged = [channel for channel in snapshot.channels if channel.bridge]
    entered = {event.uniqueid: event.bridge for event in watch.events if isinstance(event, e.BridgeEntered)}
    assert {channel.uniqueid: channel.bridge for channel in bridged} == entered
    assert [member.in_call for member in snapshot.members] == [True]


async def test_waiting_callers_are_in_the_snapshot(real: RealPbx, watch: Watch) -> None:
    await watch.live()
    await watch.link.act(a.QueuePause("Local/1001@agents/n", True, "午餐 and 'more'"))
    for _ in range(3):
        await watch.link.act(call())
    await until(lambda: sum(isinstance(event, e.QueueJoined) for event in watch.events) == 3)
    joined = {event.position: event.uniqueid for event in watch.events if isinstance(event, e.QueueJoined)}
    late = Watch(real)
    snapshot = await late.live()
    await late.stop()
    assert {caller.position: caller.uniqueid for caller in snapshot.callers} == joined
    (member,) = snapshot.members
    assert (member.paused, member.pause_reason) == (True, "午餐 and 'more'")
    changed = [event for event in watch.events if isinstance(event, e.MemberChanged) and event.paused]
    assert changed[-1].pause_reason == "午餐 and 'more'"


# --- events -----------------------------------------------------------------------------------------------


async def test_a_queued_call_is_heard_whole_and_understood(real: RealPbx, watch: Watch) -> None:
    await watch.live()
    await watch.link.act(call())
    await watch.has(e.OfferConnected)
    await until(lambda: sum(isinstance(event, e.BridgeEntered) for event in watch.events) >= 2)
    await real.pbx.hang_up_all()
    await watch.has(e.OfferCompleted)
    assert {
        "CallEntered",
        "ChannelCreated",
        "ChannelStateChanged",
        "ChannelHungUp",
        "LocalBridged",
        "QueueJoined",
        "QueueLeft",
        "OfferMade",
        "OfferConnected",
        "BridgeEntered",
        "BridgeLeft",
        "BridgeDestroyed",
        "DialBegan",
        "DialEnded",
        "MemberChanged",
    } <= watch.kinds
    assert watch.link.undecoded == {}
    stamps = [event.at for event in watch.events]
    assert all(abs(at / 1e6 - time.time()) < 60 for at in stamps)


@pytest.mark.parametrize("name", ["李雷", "O'Brien", 'back\\slash and ?"', "市民 ünï 🐉", "a\\nb"])
async def test_a_callers_name_arrives_as_it_is(real: RealPbx, watch: Watch, name: str) -> None:
    """Asterisk escapes names in channel events; the dialplan is given the name here without any quoting."""
    await watch.live()
    await watch.link.act(call("hold"))
    await watch.has(e.ChannelCreated)
    first = next(event for event in watch.events if isinstance(event, e.ChannelCreated))
    await watch.link.act(a.Setvar("CALLERID(name)", name, channel=first.name))
    await watch.has(e.CallerIdChanged)
    await until(lambda: name in [event.name for event in watch.events if isinstance(event, e.CallerIdChanged)])
    late = Watch(real)
    snapshot = await late.live()
    await late.stop()
    assert name in {channel.caller_name for channel in snapshot.channels}


async def test_nothing_comes_that_was_not_asked_for(real: RealPbx) -> None:
    seen: set[str] = set()

    def sink(frame: bytes, _: Arrival) -> None:
        seen.add(event_name(frame).decode())

    async with await Session.open(real.account(), sink) as session:
        await session.act(call())
        await until(lambda: "AgentConnect" in seen)
        await real.pbx.hang_up_all()
        await until(lambda: "AgentComplete" in seen)
        channels = await session.act(a.CoreShowChannels())
    assert {"Newchannel", "UserEvent", "FullyBooted", "OriginateResponse"} <= seen
    assert seen <= EVENTS | {"CoreShowChannel", "CoreShowChannelsComplete"}
    assert channels.headers["EventList"] == "start"


async def test_an_unfiltered_stream_is_understood_as_well(real: RealPbx) -> None:
    watch = Watch(real, user="everything")
    await watch.live()
    await watch.link.act(call())
    await watch.has(e.OfferConnected)
    await real.pbx.hang_up_all()
    await watch.has(e.OfferCompleted)
    assert watch.link.undecoded == {}
    await watch.stop()


async def test_list_replies_pass_event_filters_and_need_no_right_to_read(real: RealPbx) -> None:
    """This user sees nothing but Newchannel, not even FullyBooted; the snapshot is whole, the zone a setting."""
    watch = Watch(real, Settings(zone=datetime.now().astimezone().tzinfo or UTC), user="rightless")
    other = Watch(real)
    snapshot = await watch.live()
    assert set(snapshot.queues) == {"q1", "empty"}
    assert len(snapshot.members) == 1
    assert snapshot.booted_at == (await other.live()).booted_at
    await watch.link.act(call("hold"))
    await watch.has(e.ChannelCreated)
    await asyncio.sleep(0.3)
    assert watch.kinds == {"SnapshotTaken", "ChannelCreated"}
    await watch.stop()
    await other.stop()


# --- actions ----------------------------------------------------------------------------------------------


async def test_variables_of_an_originate_arrive_as_they_are(real: RealPbx, watch: Watch) -> None:
    await watch.live()
    values = {"ZT_A": "a,b", "ZT_B": 'say "hi", (x', "ZT_C": "back\\slash", "ZT_D": "[1,2]", "ZT_E": "市,民"}
    await watch.link.act(call("hold", **values))
    await watch.has(e.ChannelCreated)
    first = next(event for event in watch.events if isinstance(event, e.ChannelCreated))
    shown = await real.pbx.cli(f"core show channel {first.name}")
    for name, value in values.items():
        assert f"{name}={value}" in shown


async def test_members_sign_in_and_out(real: RealPbx, watch: Watch) -> None:
    await watch.live()
    await watch.link.act(a.QueueAdd("empty", "Local/2001@agents/n", "2001", penalty=3))
    assert "2001" in await real.pbx.cli("queue show empty")
    with pytest.raises(AmiActionFailed, match="Already there"):
        await watch.link.act(a.QueueAdd("empty", "Local/2001@agents/n", "2001"))
    await watch.link.act(a.QueueRemove("empty", "Local/2001@agents/n"))
    await until(lambda: any(isinstance(event, e.MemberChanged) and event.removed for event in watch.events))
    changes = [event for event in watch.events if isinstance(event, e.MemberChanged) and event.member == "2001"]
    assert [(change.penalty, change.removed) for change in (changes[0], changes[-1])] == [(3, False), (3, True)]


async def test_redirect_and_hangup(real: RealPbx, watch: Watch) -> None:
    await watch.live()
    await watch.link.act(call("hold"))
    await watch.has(e.ChannelCreated)
    first = next(event for event in watch.events if isinstance(event, e.ChannelCreated))
    await watch.link.act(a.Redirect(first.name, "far", "s"))
    with pytest.raises(AmiActionFailed, match="does not exist"):
        await watch.link.act(a.Redirect("PJSIP/nobody-1", "far", "s"))
    with pytest.raises(AmiActionFailed, match="No such channel"):
        await watch.link.act(a.Hangup("PJSIP/nobody-1"))
    await watch.link.act(a.Hangup(first.name))
    await until(
        lambda: any(isinstance(event, e.ChannelHungUp) and event.uniqueid == first.uniqueid for event in watch.events)
    )


async def test_our_limit_of_a_line_is_below_asterisks(real: RealPbx, watch: Watch) -> None:
    await watch.live()
    longest = "x" * (1000 - len("Value: "))
    await watch.link.act(a.Setvar("ZT_LONG", longest))
    assert longest in await real.pbx.cli("dialplan show globals")
    with pytest.raises(AmiInputRefused):
        await watch.link.act(a.Setvar("ZT_LONG", longest + "x"))


# --- login and link ---------------------------------------------------------------------------------------


async def test_a_wrong_secret_and_an_unknown_user_are_refused(real: RealPbx) -> None:
    for account in (real.account(secret="wrong"), real.account("nobody")):
        with pytest.raises(AmiRefused, match="Authentication failed"):
            await Session.open(account, lambda *_: None)


async def test_tls(real: RealPbx, tmp_path: Path) -> None:
    async with await Session.open(real.tls_account(), lambda *_: None) as session:
        assert (await session.act(a.CoreSettings())).headers["SystemName"] == "pbx1"
        assert len((await session.act(a.QueueStatus())).items) >= 3
    other = make_certificate(tmp_path / "other.pem")
    with pytest.raises(AmiUnreachable, match="no TLS"):
        await Session.open(real.tls_account(authority=other), lambda *_: None)
    with pytest.raises(ConfigError, match="no-such"):
        real.tls_account(authority=tmp_path / "no-such.pem")


async def test_a_certificate_for_another_name_is_not_believed(real: RealPbx) -> None:
    with pytest.raises(AmiUnreachable, match=r"no TLS .*127"):
        await Session.open(real.tls_account(host="127.0.0.1"), lambda *_: None)


async def test_a_restart_of_the_pbx_is_a_new_epoch_with_another_start(real: RealPbx, watch: Watch) -> None:
    first = await watch.live()
    await watch.link.act(call("hold"))
    await watch.has(e.ChannelCreated)
    await asyncio.sleep(3)  # starts are told apart by the second
    await real.pbx.kill()
    await watch.has(e.LinkLost)
    await real.pbx.start()
    second = await watch.live(2)
    assert second.booted_at - first.booted_at > 2_000_000
    assert second.channels == ()
    assert set(second.queues) == {"q1", "empty"}
    order = [type(event).__name__ for event in watch.events if isinstance(event, e.SnapshotTaken | e.LinkLost)]
    assert order[:3] == ["SnapshotTaken", "LinkLost", "SnapshotTaken"]


async def test_a_pbx_that_is_stopped_in_order_says_so(real: RealPbx, watch: Watch) -> None:
    await watch.live()
    await real.pbx.stop()
    await watch.has(e.LinkLost)
    assert "was shut down" in watch.statuses[-1].why or "was shut down" in watch.statuses[-2].why


async def test_a_link_that_waits_for_a_starting_pbx_ends_with_a_whole_snapshot(
    real: RealPbx,
) -> None:
    """It logs in as soon as the port is there, long before the PBX has finished starting."""
    await real.pbx.kill()
    watch = Watch(real)
    await asyncio.sleep(0.2)
    await real.pbx.start()
    await until(lambda: bool(watch.snapshots) and set(watch.snapshots[-1].queues) == {"q1", "empty"})
    await asyncio.sleep(1)
    assert watch.link.status.state is LinkState.LIVE
    assert len(watch.snapshots[-1].members) == 1
    await watch.stop()
