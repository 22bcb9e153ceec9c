"""Agents who are free while callers wait: from when on, and why."""

from collections.abc import Mapping

import pytest

from telephony.dispatch.choice import Line
from telephony.dispatch.idle import Idle, detail, idle
from telephony.model.ids import MemberName, Micros, QueueName, micros_of
from tests.unit.telephony.dispatch.scene import HOTLINE, TAX, Scene

ME = "1001"
ON = {HOTLINE: "on", TAX: "on"}


def found(
    scene: Scene, after_s: float = 1.5, said: Mapping[QueueName, str] | None = None, no_ports: bool = False
) -> list[Idle]:
    scene.hear()
    weights = {name: line.weight for name, line in scene.lines.items()}
    now = Micros(scene.world.now + micros_of(after_s))
    return list(idle(scene.world, now, weights, ON if said is None else said, no_ports))


def test_more_than_a_second_where_callers_are_woken_three_where_not() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    scene.caller()
    assert found(scene, 0.9) == []
    (one,) = found(scene, 1.1)
    assert (one.agent, one.queue, one.waiting) == (ME, HOTLINE, 1)
    assert found(scene, 2.9, said={}) == []
    assert found(scene, 3.1, said={})


def test_nobody_waits_or_nobody_is_free() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    assert found(scene, 60) == []
    scene.talks(ME)
    scene.caller()
    assert found(scene, 60) == []


def test_callers_whose_offer_rings_are_none_who_wait() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME, "1002")
    scene.caller().offered("1002")
    assert found(scene, 60) == []


def test_free_only_since_a_moment() -> None:
    scene = Scene()
    scene.pbx.member(ME, paused=True)
    scene.caller()
    scene.hear()
    scene.pbx.wait(60)
    scene.pbx.member(ME)
    assert found(scene, 0.9) == []
    assert found(scene, 1.1)


def test_paused_in_one_queue_only() -> None:
    scene = Scene()
    scene.pbx.member(ME, TAX)
    scene.pbx.member(ME, HOTLINE, paused=True, pause_reason="meal")
    scene.caller()
    (one,) = found(scene)
    assert one.why == "paused in this queue only (meal)"


def test_a_device_state_that_stands_still() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    scene.pbx.member(ME, status=2)
    scene.caller()
    (one,) = found(scene)
    assert one.why == "device state 2, though they have no call"
    assert one.twice
    scene.pbx.phone_dials(ME, "1002")
    assert found(scene) == []


def test_paused_everywhere_is_not_idle() -> None:
    scene = Scene()
    scene.pbx.member(ME, paused=True)
    scene.caller()
    assert found(scene) == []


def test_a_phone_that_was_rung_in_vain() -> None:
    scene = Scene()
    scene.pbx.signs_in(ME)
    caller = scene.caller()
    phone = caller.offered(ME)
    caller.dial_ended(phone, "CHANUNAVAIL")
    phone.no_answer()
    phone.gone(20)
    scene.pbx.member(ME)
    (one,) = found(scene)
    assert "cannot be reached" in one.why


def test_penalty_ports_and_no_reason() -> None:
    scene = Scene()
    scene.pbx.member(ME, penalty=4)
    scene.pbx.member("1002", penalty=1, paused=True)
    scene.caller()
    assert "penalty, 4" in found(scene)[0].why
    assert "RTP ports" in found(scene, no_ports=True)[0].why
    scene.pbx.member("1002", removed=True)
    assert "no reason found" in found(scene)[0].why


def test_a_heavier_queue_comes_first_and_that_is_no_fault() -> None:
    scene = Scene(lines={HOTLINE: Line(), TAX: Line(weight=1)})
    scene.pbx.member(ME, HOTLINE)
    scene.pbx.member(ME, TAX)
    scene.caller(HOTLINE)
    scene.caller(TAX)
    assert {one.queue for one in found(scene)} == {TAX}


@pytest.mark.parametrize(("count", "ending"), [(1, "waiting: x"), (3, "waiting: x"), (5, "and 2 more")])
def test_what_the_alarm_says(count: int, ending: str) -> None:
    all_found = [Idle(MemberName(f"100{n}"), HOTLINE, 2, Micros(n), "x") for n in range(count)]
    said = detail(all_found, Micros(2_000_000))
    assert said is not None
    assert said.startswith("agent 1000 in hotline: free for 2.0 s with 2 waiting: x")
    assert said.endswith(ending)
    assert said.count("agent") == min(count, 3)
    assert detail([], Micros(1)) is None
