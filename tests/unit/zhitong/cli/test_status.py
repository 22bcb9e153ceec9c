"""``zhitong status``: the rows that depend on the link. The command itself: tests/integration/service."""

import msgspec
import pytest

from telephony.ami.link import LinkState
from telephony.live.status import Link, Records, Status, Waking
from telephony.model.ids import Micros, QueueName
from zhitong.cli.status import rows

RECORDS = Records(store="", written=0, rebuilt=0, waiting=0, refused=0, set_aside=0, fill=0.0)


@pytest.mark.parametrize(
    ("state", "age_ms", "shown"),
    [
        (LinkState.LIVE, 0, "0 s"),
        (LinkState.LIVE, 2_500, "2.5 s"),
        (LinkState.SYNCING, 7, "7 ms"),
        (LinkState.CONNECTING, 0, "—"),
        (LinkState.WAITING, 0, "—"),
        (LinkState.DOWN, 2_500, "—"),
    ],
)
def test_while_there_is_no_link_no_age_of_events_is_shown(state: LinkState, age_ms: int, shown: str) -> None:
    link = Link(state=state.value, epoch=1, why="", event_age_ms=age_ms)
    told = Status(at=Micros(0), alarms=(), link=link, calls=0, waiting=0, records=RECORDS, journal=None)
    assert dict(rows(told))["事件延迟 event age"] == shown


def test_calls_out_that_were_refused_are_counted_by_agent() -> None:
    link = Link(state=LinkState.LIVE.value, epoch=1, why="", event_age_ms=0)
    told = Status(at=Micros(0), alarms=(), link=link, calls=0, waiting=0, records=RECORDS, journal=None)
    assert "拒绝外呼 refused out" not in dict(rows(told))
    counted = msgspec.structs.replace(told, refused_out={"agent 1001": 3})
    assert dict(rows(counted))["拒绝外呼 refused out"] == "agent 1001 3"


def test_what_waking_does_is_shown_of_each_queue() -> None:
    link = Link(state=LinkState.LIVE.value, epoch=1, why="", event_age_ms=0)
    told = Status(at=Micros(0), alarms=(), link=link, calls=0, waiting=0, records=RECORDS, journal=None)
    assert not any(what.startswith("唤醒") for what, _ in rows(told))
    waking = (
        Waking(QueueName("service"), "on", 12, 9, 1, 2, 0, 3.0, 4.5, 8.0),
        Waking(QueueName("tax"), "strategy ringall: each try rings everybody", 0, 0, 0, 0, 0, None, None, None),
    )
    shown = dict(rows(msgspec.structs.replace(told, waking=waking)))
    assert "useful 9, 落空 wasted 1, 备用 spare 2" in shown["唤醒 waking service"]
    assert "p50 3, p95 4.5, 最长 max 8 ms" in shown["唤醒 waking service"]
    assert shown["唤醒 waking tax"] == "不唤醒 off: strategy ringall: each try rings everybody"
