"""How much of the notice a caller heard before somebody answered, and who must say it then."""

import pytest

from telephony.model import events as ev
from telephony.model.changes import NoticeCut
from telephony.model.ids import Micros
from telephony.records.record import NoticeHeard
from tests.unit.telephony.model.script import Line, Pbx, Told, told

LENGTH = Micros(8_000_000)
PATH = "2026/11/23/pbx1-1795400000.1.wav"


def told_caller(how: str = "waiting") -> tuple[Pbx, Line]:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.say(lambda at, u, li: ev.CallEntered(at, u, li, "carrier", "12345", PATH, "zt/notice"))
    says(caller, how)
    return pbx, caller


def says(line: Line, how: str) -> None:
    line.say(lambda at, u, li: ev.NoticeTold(at, u, li, how, "zh", LENGTH))


def music(line: Line, name: str) -> None:
    line.say(lambda at, u, li: ev.MusicChanged(at, u, li, name))


def over(pbx: Pbx, caller: Line, after_s: float = 5) -> Told:
    pbx.wait(after_s)
    if caller.bridge is None:
        caller.gives_up()
    else:
        caller.hangs_up()
    return told(pbx.events)


def heard(it: Told) -> tuple[int, bool]:
    notice = it.record.notice_heard
    assert notice is not None
    assert (notice.language, notice.length_ms) == ("zh", 8000)
    return round(notice.heard_ms, -2), notice.whole


def cuts(it: Told) -> list[tuple[str | None, int]]:
    found = [change for change in it.changes if isinstance(change, NoticeCut)]
    return [(change.member, round(change.heard // 1000, -2)) for change in found]


@pytest.mark.parametrize(("seconds", "expected"), [(3, (3000, False)), (8.2, (8000, True)), (60, (8000, True))])
def test_the_pick_up_cuts_it(seconds: float, expected: tuple[int, bool]) -> None:
    pbx, caller = told_caller()
    caller.joins("hotline")
    music(caller, "zt-notice-default")
    phone = caller.offered("1001")
    pbx.wait(seconds)
    music(caller, "")
    phone.answers()
    it = over(pbx, caller)
    assert heard(it) == expected
    assert cuts(it) == ([] if expected[1] else [("1001", 3000)])


def test_an_announcement_in_between_is_not_the_notice_and_it_goes_on_where_it_was() -> None:
    pbx, caller = told_caller()
    caller.joins("hotline")
    for seconds in (2, 3):
        music(caller, "zt-notice-default")
        pbx.wait(seconds)
        music(caller, "")
        pbx.wait(4)
    assert heard(over(pbx, caller)) == (5000, False)


def test_in_another_queue_with_other_music_it_begins_anew() -> None:
    pbx, caller = told_caller()
    for name, seconds in (("zt-notice-a", 5), ("zt-notice-b", 4), ("a", 9)):
        music(caller, name)
        pbx.wait(seconds)
        music(caller, "")
    assert heard(over(pbx, caller)) == (5000, False)


def test_who_gives_up_has_heard_it_until_then() -> None:
    pbx, caller = told_caller()
    caller.joins("hotline")
    music(caller, "zt-notice-default")
    it = over(pbx, caller, 4)
    assert heard(it) == (4000, False)
    assert cuts(it) == []


def test_hold_after_the_answer_adds_nothing() -> None:
    pbx, caller = told_caller()
    caller.joins("hotline")
    music(caller, "zt-notice-default")
    phone = caller.offered("1001")
    pbx.wait(1)
    music(caller, "")
    phone.answers()
    for name in ("default", "", "zt-notice-default"):
        pbx.wait(3)
        music(caller, name)
    assert heard(over(pbx, caller)) == (1000, False)


def test_without_a_path_for_sound_nothing_was_heard() -> None:
    pbx, caller = told_caller("unheard")
    caller.joins("hotline")
    phone = caller.offered("1001")
    pbx.wait(9)
    phone.answers()
    it = over(pbx, caller)
    assert heard(it) == (0, False)
    assert cuts(it) == [("1001", 0)]


def test_the_whole_of_it_costs_time_before_the_queue() -> None:
    pbx, caller = told_caller("whole")
    pbx.wait(8.1)
    says(caller, "played")
    caller.joins("hotline")
    phone = caller.offered("1001")
    pbx.wait(1)
    phone.answers()
    it = over(pbx, caller)
    assert heard(it) == (8000, True)
    assert it.record.notice_heard is not None
    assert round(it.record.notice_heard.cost_ms, -2) == 8100
    assert cuts(it) == []


def test_who_hangs_up_in_the_whole_of_it_never_came_to_the_queue() -> None:
    pbx, caller = told_caller("whole")
    it = over(pbx, caller, 3)
    assert heard(it) == (3000, False)
    assert (it.record.outcome, it.record.abandoned_in, it.record.visits) == ("abandoned", "entry", ())


def test_what_could_not_be_played_was_not_heard() -> None:
    pbx, caller = told_caller("whole")
    says(caller, "failed")
    caller.joins("hotline")
    phone = caller.offered("1001")
    phone.answers()
    it = over(pbx, caller)
    assert heard(it) == (0, False)
    assert cuts(it) == [("1001", 0)]


def test_a_call_without_a_notice_says_so() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins("hotline")
    music(caller, "default")
    assert over(pbx, caller).record.notice_heard is None


def test_told_twice_is_told_once() -> None:
    pbx, caller = told_caller("whole")
    pbx.events.append(pbx.events[-1])
    pbx.wait(8)
    says(caller, "played")
    pbx.events.append(pbx.events[-1])
    expected = NoticeHeard(language="zh", length_ms=8000, heard_ms=8000, whole=True, cost_ms=8000)
    found = over(pbx, caller).record.notice_heard
    assert found is not None
    assert (found.heard_ms, found.whole, round(found.cost_ms, -2)) == (8000, True, expected.cost_ms)
