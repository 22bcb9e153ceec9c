"""The link over many logins: whatever breaks, what comes out is snapshot, events, loss, for each epoch in turn."""

import asyncio
import random
import time
from collections.abc import AsyncIterator

import pytest

from telephony.ami import actions as a
from telephony.ami import epoch as epoch_module
from telephony.ami.account import Account
from telephony.ami.backoff import Backoff, Trouble, Wait
from telephony.ami.connection import Connection, Settings
from telephony.ami.link import LinkState, LinkStatus
from telephony.errors import AmiActionFailed, AmiOutcomeUnknown, AmiUnreachable
from telephony.model.events import BridgeDestroyed, Event, LinkLost, SnapshotTaken
from tests.integration.ami.conftest import QUICK, until
from tests.integration.ami.fake_pbx import Answer, FakePbx, Headers, Line, error, lines, success

SOON = Backoff(waits=dict.fromkeys(Trouble, Wait(0.02, 0.02)))
FAST = Settings(backoff=SOON, keep_alive=QUICK, booted_wait=0.05, snapshot_timeout=1.0, chance=lambda: 0.0)


def note(number: int) -> bytes:
    """The shortest event there is; its bridge tells which one it is."""
    return lines(("Event", "BridgeDestroy"), ("Timestamp", f"{time.time():.6f}"), ("BridgeUniqueid", str(number)))


class Watch:
    """A connection under test, what it delivered and how its link fared."""

    def __init__(self, account: Account, settings: Settings = FAST, epoch: int = 0) -> None:
        self.events: list[Event] = []
        self.statuses: list[LinkStatus] = []
        self.connection = Connection(
            account, self.events.append, on_status=self.statuses.append, epoch=epoch, settings=settings
        )
        self.task = asyncio.create_task(self.connection.run())

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def live(self, epoch: int) -> None:
        await until(lambda: self.state is LinkState.LIVE and self.connection.status.epoch >= epoch)

    @property
    def state(self) -> LinkState:
        return self.connection.status.state

    @property
    def story(self) -> list[str]:
        """The stream in short: S1 snapshot of epoch 1, L1 its loss, a number: that note."""
        words = {SnapshotTaken: "S{0.epoch}", LinkLost: "L{0.epoch}", BridgeDestroyed: "{0.bridge}"}
        return [words[type(event)].format(event) for event in self.events]

    @property
    def whys(self) -> list[str]:
        return [status.why for status in self.statuses if status.state is LinkState.WAITING]


@pytest.fixture
async def watch(account: Account) -> AsyncIterator[Watch]:
    watch = Watch(account)
    yield watch
    await watch.stop()


# --- the stream -------------------------------------------------------------------------------------------


async def test_an_epoch_from_snapshot_to_loss(watch: Watch, pbx: FakePbx) -> None:
    pbx.queues = [{"Event": "QueueParams", "Queue": "q12345"}]
    await watch.live(1)
    pbx.send(note(1), note(2))
    await until(lambda: len(watch.events) == 3)
    await watch.stop()
    assert watch.story == ["S1", "1", "2", "L1"]
    first = watch.events[0]
    assert isinstance(first, SnapshotTaken)
    assert first.queues == ("q12345",)


async def test_each_login_is_a_new_epoch_with_a_snapshot(watch: Watch, pbx: FakePbx) -> None:
    for epoch in (1, 2, 3):
        await watch.live(epoch)
        pbx.send(note(epoch))
        await until(lambda: str(epoch) in watch.story)  # noqa: B023  # awaited before the next turn
        pbx.cut()
    await until(lambda: watch.story.count("L3") == 1)
    assert watch.story[:9] == ["S1", "1", "L1", "S2", "2", "L2", "S3", "3", "L3"]


async def test_epochs_go_on_counting_after_a_restart_of_ours(account: Account) -> None:
    watch = Watch(account, epoch=41)
    await watch.live(42)
    await watch.stop()
    assert watch.story == ["S42", "L42"]


async def test_events_during_the_snapshot_follow_it(watch: Watch, pbx: FakePbx) -> None:
    counter = iter(range(1, 100))

    def disturbed(line: Line, action: Headers) -> Answer:
        return [note(next(counter)), *plain(line, action), note(next(counter))]

    plain = pbx.answers["QueueStatus"]
    pbx.answers["QueueStatus"] = disturbed
    pbx.cut()
    await watch.live(1)
    await until(lambda: "2" in watch.story)
    last = max(at for at, word in enumerate(watch.story) if word.startswith("S"))
    assert watch.story[last + 1 : last + 3] == ["1", "2"]


async def test_events_that_come_with_the_login_follow_the_snapshot(account: Account, pbx: FakePbx) -> None:
    plain = pbx.answers["Login"]
    pbx.answers["Login"] = lambda line, action: [*plain(line, action), note(1), note(2)]
    watch = Watch(account)
    await watch.live(1)
    await watch.stop()
    assert watch.story == ["S1", "1", "2", "L1"]


async def test_the_loss_is_stamped_on_the_pbxs_clock(watch: Watch, pbx: FakePbx) -> None:
    """Ours may differ: this PBX lives an hour ahead."""
    ahead = 3600.0
    pbx.answers["Ping"] = lambda _, action: [success(action, "", ("Timestamp", f"{time.time() + ahead:.6f}"))]
    await watch.live(1)
    await asyncio.sleep(0.3)
    await watch.stop()
    snapshot, lost = watch.events
    assert 0.25 <= (lost.at - snapshot.at) / 1e6 <= 5
    assert abs(lost.at / 1e6 - time.time() - ahead) < 5


# --- what breaks ------------------------------------------------------------------------------------------


async def test_a_snapshot_that_fails_delivers_nothing_and_is_tried_again(account: Account, pbx: FakePbx) -> None:
    plain = pbx.answers["QueueStatus"]
    pbx.answers["QueueStatus"] = lambda _, action: [note(1), error(action, "Invalid/unknown command: QueueStatus.")]
    watch = Watch(account)
    await until(lambda: pbx.logins >= 3)
    assert watch.events == []
    assert "QueueStatus" in watch.whys[0]
    pbx.answers["QueueStatus"] = plain
    await watch.live(3)
    await watch.stop()
    epoch = watch.connection.status.epoch
    assert watch.story == [f"S{epoch}", f"L{epoch}"]


async def test_a_cut_in_the_middle_of_the_snapshot(account: Account, pbx: FakePbx) -> None:
    plain = pbx.answers["CoreShowChannels"]

    def cut(line: Line, action: Headers) -> Answer:
        pbx.answers["CoreShowChannels"] = plain
        line.cut()
        return []

    pbx.answers["CoreShowChannels"] = cut
    watch = Watch(account)
    await watch.live(2)
    await watch.stop()
    assert watch.story == ["S2", "L2"]


async def test_a_pbx_that_hangs_during_the_snapshot(account: Account, pbx: FakePbx) -> None:
    plain = pbx.answers["CoreStatus"]
    pbx.answers["CoreStatus"] = lambda *_: []
    watch = Watch(account, Settings(backoff=SOON, snapshot_timeout=0.2))
    await until(lambda: pbx.logins >= 2)
    pbx.answers["CoreStatus"] = plain
    await watch.live(2)
    await watch.stop()
    assert watch.whys[0].startswith("CoreStatus: no answer within 0.2 s")


async def test_the_state_is_right_within_two_seconds_of_the_pbxs_return(account: Account, pbx: FakePbx) -> None:
    """The limit is the issue's; measured with the settings that are used, after an outage long enough to back off."""
    watch = Watch(account, Settings())
    await watch.live(1)
    await pbx.stop()
    await asyncio.sleep(4)
    assert watch.story == ["S1", "L1"]
    await pbx.start()
    start = time.monotonic()
    await watch.live(2)
    assert time.monotonic() - start < 2
    assert watch.story == ["S1", "L1", "S2"]
    await watch.stop()


async def test_a_half_open_link_is_replaced(watch: Watch, pbx: FakePbx) -> None:
    await watch.live(1)
    pbx.deaf = True
    await until(lambda: "L1" in watch.story)
    assert "nothing came from the PBX" in watch.whys[0]
    pbx.deaf = False
    await watch.live(2)


async def test_a_refused_login_says_what_to_fix_and_heals(account: Account, pbx: FakePbx) -> None:
    pbx.secret = "changed"
    watch = Watch(account)
    await until(lambda: len(watch.whys) >= 3)
    waiting = [status for status in watch.statuses if status.state is LinkState.WAITING]
    assert {status.trouble for status in waiting} == {Trouble.REFUSED}
    assert [status.failures for status in waiting[:3]] == [1, 2, 3]
    assert "check the secret" in watch.whys[0]
    pbx.secret = account.secret
    await watch.live(1)
    await watch.stop()
    assert watch.story == ["S1", "L1"]


async def test_a_refused_login_waits_longer_than_a_lost_link(account: Account, pbx: FakePbx) -> None:
    pbx.secret = "changed"
    watch = Watch(account, Settings(chance=lambda: 0.0))
    await until(lambda: bool(watch.whys))
    refused = watch.connection.status.retry_in_s
    await watch.stop()
    await pbx.stop()
    watch = Watch(account, Settings(chance=lambda: 0.0))
    await until(lambda: len(watch.whys) > 2)
    assert refused >= 5 * watch.connection.status.retry_in_s
    await watch.stop()
    await pbx.start()


async def test_a_pbx_that_shuts_down_says_so(watch: Watch, pbx: FakePbx) -> None:
    await watch.live(1)
    pbx.send(lines(("Event", "Shutdown"), ("Shutdown", "Cleanly"), ("Restart", "False")))
    await asyncio.sleep(0.05)
    pbx.cut()
    await watch.live(2)
    assert "was shut down" in watch.whys[0]


async def test_a_pbx_that_finishes_starting_after_the_snapshot_is_asked_again(account: Account, pbx: FakePbx) -> None:
    pbx.booted = False
    watch = Watch(account)
    await watch.live(1)
    pbx.booted = True
    pbx.send(lines(("Event", "FullyBooted"), ("Uptime", "1")))
    await watch.live(2)
    await watch.stop()
    assert watch.story == ["S1", "L1", "S2", "L2"]
    assert "finished starting" in watch.whys[0]


async def test_a_user_without_the_right_to_see_fullybooted_gets_on(account: Account, pbx: FakePbx) -> None:
    pbx.booted = False
    watch = Watch(account)
    await watch.live(1)
    await asyncio.sleep(0.2)
    await watch.stop()
    assert watch.story == ["S1", "L1"]


async def test_more_events_than_can_be_kept_begin_a_new_epoch(
    account: Account, pbx: FakePbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epoch_module, "KEPT_LIMIT", 100)
    plain = pbx.answers["CoreStatus"]

    def flood(line: Line, action: Headers) -> Answer:
        pbx.answers["CoreStatus"] = plain
        return [*(note(number) for number in range(101)), *plain(line, action)]

    pbx.answers["CoreStatus"] = flood
    watch = Watch(account)
    await watch.live(2)
    await watch.stop()
    assert watch.story == ["S2", "L2"]
    assert "more than 100 events" in watch.whys[0]


# --- those who listen -------------------------------------------------------------------------------------


async def test_a_receiver_that_raises_costs_nothing_but_its_own_event(account: Account, pbx: FakePbx) -> None:
    got: list[Event] = []

    def deliver(event: Event) -> None:
        got.append(event)
        raise RuntimeError("a receiver's mistake")

    def on_status(_: LinkStatus) -> None:
        raise RuntimeError("another's")

    connection = Connection(account, deliver, on_status=on_status, settings=FAST)
    task = asyncio.create_task(connection.run())
    await until(lambda: connection.status.state is LinkState.LIVE)
    pbx.send(note(1), note(2))
    await until(lambda: len(got) == 3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [type(event) for event in got] == [SnapshotTaken, BridgeDestroyed, BridgeDestroyed, LinkLost]
    assert connection.status.epoch == 1
    assert connection.receiver_errors >= len(got)


async def test_events_that_cannot_be_read_are_counted_by_name(watch: Watch, pbx: FakePbx) -> None:
    await watch.live(1)
    pbx.send(*[lines(("Event", "Hangup"), ("Cause", "16"))] * 30, note(1))
    await until(lambda: "1" in watch.story)
    assert watch.connection.undecoded == {"Hangup": 30}
    assert watch.story == ["S1", "1"]


async def test_the_link_tells_its_states(watch: Watch, pbx: FakePbx) -> None:
    await watch.live(1)
    pbx.cut()
    await watch.live(2)
    await watch.stop()
    once = [LinkState.CONNECTING, LinkState.SYNCING, LinkState.LIVE]
    assert [status.state for status in watch.statuses] == [*once, LinkState.WAITING, *once, LinkState.DOWN]
    assert [status.epoch for status in watch.statuses] == [0, 1, 1, 1, 1, 2, 2, 2]


# --- commands ---------------------------------------------------------------------------------------------


async def test_an_action_through_the_link(watch: Watch, pbx: FakePbx) -> None:
    await watch.live(1)
    await watch.connection.act(a.QueuePause("PJSIP/1001", True, "午餐"))
    assert pbx.asked("QueuePause")[0]["Reason"] == "午餐"
    pbx.answers["Hangup"] = lambda _, action: [error(action, "No such channel")]
    with pytest.raises(AmiActionFailed, match="No such channel"):
        await watch.connection.act(a.Hangup("PJSIP/1001-1"))


async def test_without_a_link_an_action_is_refused_at_once(account: Account, pbx: FakePbx) -> None:
    pbx.secret = "changed"
    watch = Watch(account, Settings())
    with pytest.raises(AmiUnreachable, match="Ping was not sent: there is no link"):
        await watch.connection.act(a.Ping())
    await until(lambda: bool(watch.whys))
    with pytest.raises(AmiUnreachable, match="check the secret"):
        await watch.connection.act(a.Ping())
    await watch.stop()


async def test_an_action_in_flight_is_unknown_and_never_sent_again(watch: Watch, pbx: FakePbx) -> None:
    await watch.live(1)

    def cut(line: Line, _: Headers) -> Answer:
        line.cut()
        return []

    pbx.answers["Originate"] = cut
    with pytest.raises(AmiOutcomeUnknown):
        await watch.connection.act(a.Originate("PJSIP/1001", "zt-phone", "12345", 1000), timeout=10)
    await watch.live(2)
    await asyncio.sleep(0.3)
    assert len(pbx.asked("Originate")) == 1


async def test_renew_begins_a_new_epoch(watch: Watch) -> None:
    await watch.live(1)
    watch.connection.renew("the inbox is full")
    watch.connection.renew("and again")
    await watch.live(2)
    assert watch.story == ["S1", "L1", "S2"]
    assert watch.whys == ["the inbox is full"]


# --- any time, any order ----------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0.0, 0.002, 0.005, 0.01, 0.05, 0.3])
async def test_it_can_be_stopped_at_any_time(account: Account, pbx: FakePbx, after: float) -> None:
    before = asyncio.all_tasks()
    pbx.delay = 0.003
    watch = Watch(account)
    await asyncio.sleep(after)
    await watch.stop()
    assert watch.story in ([], ["S1", "L1"])
    if watch.statuses:  # it may not have begun at all
        assert watch.state is LinkState.DOWN
    await until(lambda: not pbx.lines)
    assert [task for task in asyncio.all_tasks() - before if "telephony/ami" in repr(task)] == []


async def test_cuts_at_random_moments_never_break_the_order_of_the_stream(account: Account, pbx: FakePbx) -> None:
    dice = random.Random(7)
    watch = Watch(account)
    sent = 0
    for _ in range(40):
        pbx.delay = dice.choice([0.0, 0.002])
        for _ in range(dice.randrange(20)):
            pbx.send(note(sent := sent + 1))
            await asyncio.sleep(dice.choice([0.0, 0.001]))
        await asyncio.sleep(dice.choice([0.0, 0.01, 0.03, 0.06]))
        match dice.randrange(3):
            case 0:
                pbx.cut()
            case 1:
                watch.connection.renew("by chance")
            case 2:
                pbx.send_raw(b"Event: Bri\r\n")  # half a message, and then the next one
    await watch.stop()
    assert_well_ordered(watch.story)
    assert len([word for word in watch.story if word[0] == "S"]) > 5


def assert_well_ordered(story: list[str]) -> None:
    """Snapshot, events, loss, for one epoch after the other; no event twice or out of its order."""
    epoch, last_epoch, last_note = 0, 0, 0
    for word in story:
        if word[0] == "S":
            assert epoch == 0
            epoch = int(word[1:])
            assert epoch > last_epoch
        elif word[0] == "L":
            assert epoch == int(word[1:])
            epoch, last_epoch = 0, epoch
        else:
            assert epoch
            assert int(word) > last_note
            last_note = int(word)
    assert epoch == 0
