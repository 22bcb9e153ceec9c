"""The connect time ends when the agent is bridged, whenever our 200 OK went out."""

from pathlib import Path

import pytest

from telephony.model.terms import SegmentKind
from tests.acceptance.stage import ALWAYS, Stage, people, stage
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

RING_S = 1.5
SLACK_S = 0.3
TOLD = ALWAYS + "[recording]\non = true\nkeep_days = 3\n[notice]\non = true\n"
TOLD_WHOLE = TOLD + "whole = true\n"


def at(play: Stage, role: str, event: str) -> float:
    """When a phone saw this, by its own book, in seconds since 1970."""
    (when,) = [line.at for line in play.lab.lines() if (line.role, line.event) == (role, event)]
    return when


@pytest.mark.parametrize(
    ("policy", "rest"),
    [
        pytest.param("at-entry", ALWAYS, id="at-entry"),
        pytest.param("at-agent", ALWAYS, id="at-agent"),
        pytest.param("at-entry", TOLD, id="told", marks=pytest.mark.slow),
        pytest.param("at-entry", TOLD_WHOLE, id="told-whole", marks=pytest.mark.slow),
    ],
)
async def test_the_connect_time_ends_at_the_bridge(tmp_path: Path, tools: Tools, policy: str, rest: str) -> None:
    """Held as well against the judge's three books and against the logs alone (``Stage.records``)."""
    async with stage(tmp_path, tools, people(["1001"]), rest=rest, trunk=f'answer = "{policy}"') as play:
        caller = Caller(number="13800000001", name="张三", dialled="12345", talk_s=20.0)
        await play.play([caller], [Agent("1001", (Offer(ring_s=RING_S, talk_s=1.0),))])
        (record,) = await play.records(1)
        picked_up, ours = at(play, "agent", "answer_sent"), at(play, "caller", "answered")
    assert record.answered_at is not None
    connected = record.answered_at / 1e6
    assert abs(connected - picked_up) < SLACK_S
    assert abs(ours - (picked_up if policy == "at-agent" else record.received_at / 1e6)) < SLACK_S
    assert record.wait_ms is not None
    whole_s = 0 if record.notice_heard is None else record.notice_heard.cost_ms / 1000
    assert (whole_s > 0) is (rest == TOLD_WHOLE)
    assert abs(whole_s + record.wait_ms / 1000 - (picked_up - record.received_at / 1e6)) < SLACK_S
    talk = [segment for segment in record.timeline if segment.kind is SegmentKind.TALK]
    assert talk[0].start == record.answered_at
