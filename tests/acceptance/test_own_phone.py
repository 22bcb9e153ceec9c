"""An agent dials the hotline from their own phone: the queue must not ring that phone for its own call."""

from pathlib import Path

import pytest

from telephony.places import secrets_of
from telephony.secrets import read_secrets
from tests.acceptance.stage import ALWAYS, people, stage
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

TRIES = 12


async def test_a_phone_is_never_rung_for_its_own_call(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001", "1002"]), rest=ALWAYS, contacts=False) as play:
        site = play.scene.site
        secrets = read_secrets(secrets_of(play.scene.site_file, site)).phones
        place = ("127.0.0.1", site.sip.port)
        async with (
            await Phone.start("1001", secrets["1001"], place, 450) as first,
            await Phone.start("1002", secrets["1002"], place, 1000) as second,
        ):
            first.on_invite = second.on_invite = Answer(after_s=0.1)
            await play.reachable(["1001", "1002"])
            for index in range(TRIES):
                caller = (first, second)[index % 2]
                call = await caller.call("12345")
                await call.answered()
                await call.hangup()
                await play.quiet()
        records = await play.scene.records_of(TRIES)
    own = [(record.caller_number, offer.member) for record in records for offer in record.offers]
    assert len(records) == TRIES
    assert [pair for pair in own if pair[0] == pair[1]] == []
