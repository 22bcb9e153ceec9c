"""``python -m bench.record`` on a real Asterisk: two logins hear the same calls, and the pipeline understands them."""

import pytest
from msgspec.structs import replace

from bench import record
from bench.pipeline import Pipeline, plain_changes
from bench.recording import FILTERED, UNFILTERED, Recording
from telephony.model.changes import CallAnswered, CallEnded
from zhitong.lab.programs import Tools

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


async def test_a_recording_can_be_made_again(tools: Tools) -> None:
    told, streams = await record.record(tools, replace(record.PLAN, calls=6, agents=2))
    assert told.asterisk.startswith("Asterisk 2")
    assert told.calls == 6
    assert told.events[UNFILTERED] > 3 * told.events[FILTERED] > 0
    everything, some = (Recording(name, streams[name]) for name in (UNFILTERED, FILTERED))
    assert b"Event: VarSet" in everything.data
    assert b"Event: VarSet" not in some.data
    changes = Pipeline().changes(some.chunks(4096))
    assert changes == plain_changes(some) == Pipeline().changes(everything.chunks(4096))
    assert sum(isinstance(change, CallEnded) for change in changes) == told.calls
    assert sum(isinstance(change, CallAnswered) for change in changes) == told.answered
