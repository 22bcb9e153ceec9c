"""What is sent to the PBX, when it is on, and that nothing is when it is off."""

import asyncio
from collections.abc import Callable, Generator

import pytest

from telephony.ami.actions import Action, ControlPlayback, QueueRule, Reply, ShowDialPlan
from telephony.config import Site, parse_site
from telephony.dispatch.dispatcher import Dispatcher
from telephony.dispatch.verdicts import PLACE, WHOLE
from telephony.errors import AmiActionFailed, AmiUnreachable
from telephony.live.alarms import AlarmName, Alarms
from telephony.live.status import Waking
from telephony.model.changes import Change, EpochBegan, EpochEnded
from telephony.model.ids import NEVER, Micros, PbxName, QueueName, micros_of
from telephony.model.tracker import Tracker
from tests.unit.dialplans.sites import BASE
from tests.unit.telephony.model.script import Pbx

ON, OFF = "", "[dispatch]\non = false\n"
SAID = ("hotline=on",)
HOTLINE = QueueName("hotline")


def site(more: str = "", dispatch: str = ON) -> Site:
    return parse_site(BASE + more + dispatch)


class Answer:
    """Comes when it is awaited, if at all."""

    def __init__(self, reply: Reply, error: Exception | None) -> None:
        self._reply, self._error = reply, error

    def __await__(self) -> Generator[None, None, Reply]:
        yield
        if self._error is not None:
            raise self._error
        return self._reply


class Office:
    """A dispatcher, and what it asked of a PBX whose dialplan says ``said``."""

    def __init__(self, of: Site, said: tuple[str, ...] = SAID) -> None:
        self.pbx = Pbx()
        self.tracker = Tracker(PbxName("pbx1"))
        self.world = self.tracker.world
        self.alarms = Alarms(lambda: NEVER)
        self.said = said
        self.loaded: tuple[dict[str, str], ...] = ({"Extension": "s", "Application": "Queue", "AppData": "hotline,ct"},)
        self.rules: dict[str, str] = {}
        self.asked: list[Action] = []
        self.error: Exception | None = None
        self.later = Micros(0)
        self.dispatcher = Dispatcher(self.world, self.act, of, self.alarms, lambda: Micros(self.world.now + self.later))
        self._heard = 0

    def act(self, action: Action, _deadline: float) -> "Answer":
        self.asked.append(action)
        return Answer(self._reply(action), self.error)

    def _reply(self, action: Action) -> Reply:
        rows = ({"Application": "NoOp", "AppData": data} for data in self.said)
        items = tuple(rows) if action == PLACE else self.loaded if isinstance(action, ShowDialPlan) else ()
        return Reply({"Response": "Success"} | (self.rules if isinstance(action, QueueRule) else {}), items=items)

    def hear(self, *more: Change) -> None:
        changes = [change for event in self.pbx.events[self._heard :] for change in self.tracker.apply(event)]
        self._heard = len(self.pbx.events)
        self.dispatcher.fold([*changes, *more])

    def log_in(self) -> None:
        self.world.blind = False
        self.hear(EpochBegan(self.world.now, 1, 0))

    @property
    def woken(self) -> list[str]:
        return [action.channel for action in self.asked if isinstance(action, ControlPlayback)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # what it waits for happens in a task
            await asyncio.sleep(0.005)


async def turns(count: int = 50) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_who_waits_is_woken_once_the_verdict_is_known() -> None:
    office = Office(site())
    work = asyncio.create_task(office.dispatcher.run())
    caller = office.pbx.citizen()
    caller.joins()
    office.pbx.member("1001", paused=True)
    office.log_in()
    await until(lambda: bool(office.dispatcher.waker.allowed))
    assert office.woken == []
    office.pbx.member("1001")
    office.hear()
    await until(lambda: bool(office.woken))
    assert office.woken == [caller.name]
    assert office.asked[-1] == ControlPlayback(caller.name, "stop")
    work.cancel()


@pytest.mark.parametrize("said", [(), ("hotline=strategy ringall",), ("tax=on",)])
async def test_no_verdict_no_wake(said: tuple[str, ...]) -> None:
    office = Office(site(), said)
    office.pbx.citizen().joins()
    office.log_in()
    await office.dispatcher.ask()
    office.pbx.signs_in("1001")
    office.hear()
    work = asyncio.create_task(office.dispatcher.run())
    await turns()
    assert office.woken == []
    assert office.dispatcher.said == dict(each.split("=") for each in said)
    work.cancel()


async def test_a_verdict_holds_for_its_login() -> None:
    office = Office(site())
    office.log_in()
    await office.dispatcher.ask()
    assert office.dispatcher.waker.allowed == {"hotline"}
    office.hear(EpochEnded(Micros(1), 1))
    assert office.dispatcher.waker.allowed == frozenset()


async def test_a_pbx_that_cannot_be_asked_is_not_woken() -> None:
    office = Office(site())
    await office.dispatcher.ask()
    office.error = AmiActionFailed("ShowDialPlan: no")
    await office.dispatcher.ask()
    assert office.dispatcher.waker.allowed == frozenset()


async def test_what_is_loaded_beside_the_verdict_takes_it_back() -> None:
    office = Office(site())
    office.loaded += ({"Extension": "12", "Application": "Goto", "AppData": "duty,s,1"},)
    await office.dispatcher.ask()
    assert office.dispatcher.said[HOTLINE] == "exit 12: a wake wipes keys that are half keyed"
    assert office.dispatcher.waker.allowed == frozenset()
    office.loaded = office.loaded[:1]
    await office.dispatcher.ask(whole=False)
    assert office.dispatcher.waker.allowed == {HOTLINE}


async def test_the_whole_dialplan_is_read_at_the_login_and_seldom_after() -> None:
    office = Office(site())
    office.rules = {"RuleList": "slow"}
    await office.dispatcher.ask()
    assert "queuerules.conf has rules (slow)" in office.dispatcher.said[HOTLINE]
    office.rules = {}
    await office.dispatcher.ask(whole=False)
    assert "queuerules.conf" in office.dispatcher.said[HOTLINE]
    assert office.asked.count(WHOLE) == 1
    await office.dispatcher.ask()
    assert office.dispatcher.waker.allowed == {HOTLINE}


async def test_the_end_of_a_wrap_up_that_app_queue_keeps_is_nobodys_news() -> None:
    office = Office(site())
    office.log_in()
    await office.dispatcher.ask()
    office.pbx.member("1001", wrapup_s=1)
    phone = office.pbx.citizen().offered("1001")
    phone.answers()
    office.pbx.member("1001", status=2, wrapup_s=1)
    caller = office.pbx.citizen()
    caller.joins()
    phone.gone(16)
    office.pbx.member("1001", wrapup_s=1)
    office.hear()
    assert office.dispatcher.waker.resting
    work = asyncio.create_task(office.dispatcher.run())
    await turns()
    assert office.woken == []
    office.later = micros_of(1.1)
    office.dispatcher._rest.set()
    await until(lambda: bool(office.woken))
    assert office.woken == [caller.name]
    work.cancel()


async def test_at_a_glance() -> None:
    office = Office(site())
    await office.dispatcher.ask()
    assert office.dispatcher.told()[0] == Waking(HOTLINE, "on", 0, 0, 0, 0, 0, None, None, None)
    assert Office(site(dispatch=OFF)).dispatcher.told() == ()


async def test_a_caller_who_has_gone_is_counted_and_nothing_else() -> None:
    office = Office(site())
    office.log_in()
    await office.dispatcher.ask()
    office.pbx.citizen().joins()
    office.pbx.signs_in("1001")
    office.error = AmiUnreachable("away")
    office.hear()
    work = asyncio.create_task(office.dispatcher.run())
    await until(lambda: bool(office.woken))
    await turns()
    assert office.dispatcher.waker.tally.of[QueueName("hotline")].refused == 1
    assert not work.done()
    work.cancel()


async def test_off_it_does_nothing() -> None:
    office = Office(site(dispatch=OFF))
    assert not office.dispatcher.on
    office.pbx.citizen().joins()
    office.log_in()
    office.dispatcher.waker.allowed = frozenset(office.dispatcher._weights)
    office.pbx.signs_in("1001")
    office.hear()
    assert office.dispatcher.waker.tally.of == {}
    assert office.asked == []


def test_the_alarm_stands_and_is_cleared() -> None:
    office = Office(site())
    office.pbx.signs_in("1001")
    caller = office.pbx.citizen()
    caller.joins()
    office.log_in()
    office.later = micros_of(4)
    office.dispatcher.look()
    (alarm,) = office.alarms.standing
    assert alarm.name is AlarmName.AGENT_IDLE
    assert alarm.detail.startswith("agent 1001 in hotline: free for 4.0 s with 1 waiting")
    office.world.blind = True
    office.dispatcher.look()
    assert office.alarms.standing == ()


def test_where_places_are_told_only_who_is_sure_of_an_offer_is_woken() -> None:
    office = Office(site("position = true\n"))
    office.log_in()
    office.dispatcher.waker.allowed = frozenset(office.dispatcher._weights)
    first, *others = (office.pbx.citizen() for _ in range(3))
    for caller in (first, *others):
        caller.joins(position=99)
    office.pbx.signs_in("1001")
    office.hear()
    assert office.woken == [first.name]
