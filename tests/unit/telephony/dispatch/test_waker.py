"""When somebody is woken, and when not: every way in which a member becomes able to take a call."""

import pytest

from telephony.dispatch.choice import Line
from telephony.model.changes import EpochBegan, EpochEnded
from telephony.model.ids import MemberName, Micros
from telephony.model.met import Kept
from telephony.site.desk import Desk
from tests.unit.telephony.dispatch.scene import HOTLINE, TAX, Scene, told

ME = "1001"


def test_a_call_that_ends_wakes_the_first_and_one_more() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    phone = scene.talks(ME)
    first, second, _third = (scene.caller() for _ in range(3))
    assert scene.hear() == []
    phone.caller.hangs_up()
    wakes = scene.hear()
    assert told(wakes) == [(first.uniqueid, ME), (second.uniqueid, None)]
    assert wakes[0].caller.channel == first.name


def test_nobody_waits_nobody_is_woken() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    scene.talks(ME).caller.hangs_up()
    assert scene.hear() == []


@pytest.mark.parametrize("before", [{"paused": True, "pause_reason": "wrap-up"}, {"status": 5}, {"status": 2}])
def test_a_pause_lifted_a_phone_back_a_private_call_over(before: dict[str, object]) -> None:
    scene = Scene()
    scene.pbx.member(ME, "hotline", **before)
    caller = scene.caller()
    assert scene.hear() == []
    scene.pbx.member(ME)
    assert told(scene.hear()) == [(caller.uniqueid, ME)]


def test_a_sign_in() -> None:
    scene = Scene()
    caller = scene.caller()
    scene.pbx.signs_in(ME)
    assert told(scene.hear()) == [(caller.uniqueid, ME)]


@pytest.mark.parametrize("status", [2, 3, 4, 5, 6, 7, 8])
def test_a_phone_that_is_not_idle_is_not_able(status: int) -> None:
    scene = Scene()
    scene.caller()
    scene.pbx.member(ME, status=status)
    assert scene.hear() == []


def test_a_phone_that_is_rung_is_not_able_though_its_state_lags_behind() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    caller, _other = scene.caller(), scene.caller()
    phone = caller.offered(ME)
    scene.hear()
    scene.pbx.member(ME)  # free, says the queue: the ringing is not told yet
    assert scene.hear() == []
    scene.pbx.member(ME, status=6)
    phone.answers()
    scene.pbx.member(ME, status=2)
    assert scene.hear() == []


def test_a_sign_out_wakes_nobody() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    scene.caller()
    scene.hear()
    scene.pbx.member(ME, removed=True)
    assert scene.hear() == []


@pytest.mark.parametrize("how", ["rings out", "refuses"])
def test_an_offer_that_came_to_nothing_wakes_the_first_again(how: str) -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    caller, other = scene.caller(), scene.caller()
    phone = caller.offered(ME)
    scene.hear()
    phone.rings_out() if how == "rings out" else phone.refuses(17)
    assert told(scene.hear()) == [(caller.uniqueid, ME), (other.uniqueid, None)]


def test_a_phone_that_refuses_everything_is_not_rung_again_and_again() -> None:
    """It would be rung forty times a second. app_queue's own look, once a second, goes on ringing it."""
    scene = Scene()
    scene.pbx.signs_in(ME)
    caller = scene.caller()
    caller.offered(ME).refuses(17)
    assert told(scene.hear()) == [(caller.uniqueid, ME)]
    for _ in range(3):
        caller.offered(ME).refuses(17)
        assert scene.hear() == []
        scene.pbx.wait(1)
    phone = caller.offered(ME)
    phone.answers()
    scene.pbx.member(ME, status=2)
    other = scene.caller()
    phone.caller.hangs_up()
    assert told(scene.hear()) == [(other.uniqueid, ME)]


def test_who_refuses_now_and_then_is_woken_for() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    caller = scene.caller()
    for _ in range(3):
        phone = caller.offered(ME)
        scene.pbx.wait(3)
        phone.refuses(17)
        assert told(scene.hear()) == [(caller.uniqueid, ME)]


@pytest.mark.parametrize("how", ["rings out", "refuses"])
def test_not_where_a_pause_is_to_follow_but_when_that_is_lifted(how: str) -> None:
    scene = Scene(Desk(after_missed="pause", after_refused="pause"))
    scene.pbx.signs_in(ME)
    caller = scene.caller()
    phone = caller.offered(ME)
    phone.rings_out() if how == "rings out" else phone.refuses(17)
    assert scene.hear() == []
    scene.pbx.member(ME, paused=True, pause_reason="missed-offer")
    assert scene.hear() == []
    scene.pbx.member(ME)
    assert told(scene.hear()) == [(caller.uniqueid, ME)]


def test_a_pause_that_never_comes_is_not_waited_for_for_ever() -> None:
    scene = Scene(Desk(after_missed="pause"))
    scene.pbx.signs_in(ME)
    caller = scene.caller()
    caller.offered(ME).rings_out()
    scene.hear()
    scene.pbx.wait(6)
    scene.pbx.member(ME)
    assert told(scene.hear()) == [(caller.uniqueid, ME)]


def test_callers_for_whom_a_phone_rings_are_left_alone() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME, "1002")
    scene.caller().offered("1002")
    phone = scene.talks(ME)
    third = scene.caller()
    scene.hear()
    phone.caller.hangs_up()
    assert told(scene.hear()) == [(third.uniqueid, ME)]


def test_who_waits_for_one_agent_alone_stands_in_another_line() -> None:
    scene = Scene()
    caller = scene.caller()
    scene.hear()
    call = scene.world.by_leg[caller.uniqueid]
    call.met.kept = Kept(MemberName("1009"), HOTLINE, Micros(1))
    scene.pbx.signs_in(ME)
    assert scene.hear() == []
    call.met.kept.until = Micros(2)
    scene.pbx.member(ME, status=2)
    scene.pbx.member(ME)
    assert told(scene.hear()) == [(caller.uniqueid, ME)]


def test_status_that_is_told_again_and_again_wakes_once() -> None:
    scene = Scene()
    caller = scene.caller()
    for _ in range(5):
        scene.pbx.member(ME)
    assert told(scene.hear()) == [(caller.uniqueid, ME)]


def test_two_freed_one_after_another_wake_two() -> None:
    """The first one's caller is on the way; the second is another's."""
    scene = Scene()
    one, two, three = (scene.caller() for _ in range(3))
    scene.pbx.signs_in(ME)
    scene.pbx.signs_in("1002")
    assert told(scene.hear()) == [
        (one.uniqueid, ME),
        (two.uniqueid, None),
        (two.uniqueid, "1002"),
        (three.uniqueid, None),
    ]


def test_two_freed_in_one_batch_wake_two_and_one_more() -> None:
    scene = Scene()
    callers = [scene.caller() for _ in range(4)]
    scene.pbx.signs_in(ME, "1002")
    assert told(scene.hear(whole=True)) == list(
        zip([each.uniqueid for each in callers[:3]], [ME, "1002", None], strict=True)
    )


def test_no_verdict_no_wake_and_none_where_it_says_no() -> None:
    scene = Scene()
    scene.waker.allowed = frozenset()
    scene.caller()
    scene.pbx.signs_in(ME)
    assert scene.hear() == []
    scene.waker.allowed = frozenset({TAX})
    scene.pbx.member(ME, status=2)
    scene.pbx.member(ME)
    assert scene.hear() == []


def test_what_was_so_at_the_login_is_no_news() -> None:
    scene = Scene()
    scene.caller()
    scene.pbx.signs_in(ME)
    scene.waker.allowed = frozenset()
    scene.hear()
    scene.waker.allowed = frozenset({HOTLINE})
    assert scene.waker.fold([EpochBegan(Micros(1), 1, 1)]) == []
    scene.pbx.member(ME)
    assert scene.hear() == []


def test_nobody_is_woken_without_a_link() -> None:
    scene = Scene()
    scene.caller()
    scene.world.blind = True
    assert scene.waker.fold([EpochEnded(Micros(1), 1)]) == []
    scene.pbx.signs_in(ME)
    assert scene.hear() == []


def test_of_two_queues_of_equal_weight_the_longest_waiting() -> None:
    scene = Scene()
    scene.pbx.member(ME, TAX, paused=True)
    scene.pbx.member(ME, HOTLINE, paused=True)
    tax, hot = scene.caller(TAX), scene.caller(HOTLINE)
    scene.hear()
    scene.pbx.member(ME, HOTLINE)
    scene.pbx.member(ME, TAX)
    assert told(scene.hear(whole=True)) == [(tax.uniqueid, ME)]
    assert hot.uniqueid != tax.uniqueid


def test_queues_that_tell_one_after_another_are_waited_for_and_not_for_long() -> None:
    scene = Scene()
    scene.pbx.member(ME, TAX, paused=True)
    scene.pbx.member(ME, HOTLINE, paused=True)
    tax, hot = scene.caller(TAX), scene.caller(HOTLINE)
    scene.hear()
    scene.pbx.member(ME, HOTLINE)
    assert scene.hear() == []
    scene.pbx.member(ME, TAX)
    assert told(scene.hear()) == [(tax.uniqueid, ME)]
    assert scene.waker.resting == {}
    scene.pbx.wait(1)
    for queue in (TAX, HOTLINE):
        scene.pbx.member(ME, queue, paused=True)
    scene.pbx.member(ME, HOTLINE)
    assert scene.hear() == []
    (due,) = scene.waker.resting.values()
    assert scene.waker.rested(Micros(due - 1)) == []
    assert told(scene.waker.rested(due)) == [(hot.uniqueid, ME)]
    assert scene.waker.rested(Micros(due + 9)) == []


def test_a_heavier_queue_goes_before_and_keeps_the_member_while_its_callers_are_many() -> None:
    scene = Scene(lines={HOTLINE: Line(), TAX: Line(weight=9)})
    for queue in (HOTLINE, TAX):
        scene.pbx.member(ME, queue, paused=True)
        scene.pbx.member("1002", queue)
    scene.caller(HOTLINE)
    heavy = scene.caller(TAX)
    heavy.offered("1002")  # its only caller, and no member of it is free
    scene.pbx.member("1002", HOTLINE, status=6)
    scene.hear()
    scene.pbx.member(ME, HOTLINE)
    assert scene.hear() == []  # compare_weight: TAX has a caller and nobody free
    scene.pbx.member("1003", TAX)
    scene.pbx.member("1004", TAX)
    scene.pbx.member(ME, HOTLINE, paused=True)
    scene.hear()
    scene.pbx.member(ME, HOTLINE)
    assert [member for _, member in told(scene.hear())] == [ME]


def test_what_it_counts() -> None:
    scene = Scene()
    caller, _other = scene.caller(), scene.caller()
    scene.pbx.signs_in(ME)
    scene.hear()
    caller.offered(ME)
    scene.hear()
    scene.pbx.wait(1)
    scene.pbx.signs_in("1002")  # for whom the other is woken, and nothing comes of it
    scene.hear()
    scene.pbx.wait(1)
    scene.pbx.member("1003", TAX)
    scene.hear()
    figures = scene.waker.tally.of[HOTLINE]
    assert (figures.wakes, figures.useful, figures.spare) == (3, 1, 1)
    scene.caller()
    scene.pbx.signs_in("1004")
    scene.hear()
    assert figures.wasted == 1
    (free_to_offered,) = figures.free_to_offered
    assert 0 < free_to_offered < 2_000


def test_an_agent_gone_again_gives_no_time() -> None:
    scene = Scene()
    scene.caller()
    scene.pbx.signs_in(ME)
    scene.pbx.member(ME, paused=True)
    scene.pbx.wait(60)
    scene.pbx.member(ME, status=2)
    other = scene.caller()
    scene.hear()
    other.offered(ME)
    scene.hear()
    assert list(scene.waker.tally.of[HOTLINE].free_to_offered) == []
