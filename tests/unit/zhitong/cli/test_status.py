"""``zhitong status``: the rows that depend on the link. The command itself: tests/integration/service."""

import msgspec
import pytest

from telephony.ami.link import LinkState
from telephony.live.status import Link, Records, Status
from telephony.model.ids import Micros
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
