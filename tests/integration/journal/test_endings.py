"""Every ending on a real PBX, played anew: the logs alone tell the calls that were seen.

The same stories are kept as captures and held to this in every run (tests/unit/telephony/journal/test_recorded.py); and
``tests.acceptance.stage`` holds every call of the acceptance tests to it. This is for another Asterisk, or a changed
dialplan.
"""

import asyncio
from pathlib import Path

import pytest

from telephony.journal.differences import differences
from tests.integration.journal.make import BOOKS, make
from tests.integration.journal.mirror import BUSY
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.journal.test_recorded import KILLED

pytestmark = [pytest.mark.acceptance, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_every_ending_is_told_by_the_logs_alone(tmp_path: Path) -> None:
    asyncio.run(make([], tmp_path, BOOKS))
    assert sorted(path.name for path in tmp_path.iterdir()) == recorded.NAMES
    wrong = {name: told for name in recorded.NAMES if (told := _wrong(name, tmp_path))}
    assert not wrong


def _wrong(name: str, folder: Path) -> list[str]:
    seen, told = recorded.seen(recorded.events(name, folder)), recorded.rebuilt(name, folder)
    if name == KILLED:  # nobody saw that end
        return [] if [record.hung_up_by.value for record in told.values()][:3] == ["system"] * 3 else ["not so"]
    missing = sorted(seen.keys() - told.keys())
    both = sorted(seen.keys() & told.keys())
    return [*missing, *(str(each) for call_id in both for each in differences(seen[call_id], told[call_id], BUSY))]
