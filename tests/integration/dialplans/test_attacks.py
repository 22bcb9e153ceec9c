"""Who guesses passwords is in the security log, as fail2ban wants it; no key that a caller presses is in any file."""

import asyncio
import configparser
import re
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.manager import Manager
from tests.integration.dialplans.rig import Rig, agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS
from tests.integration.dialplans.test_transfers import hear_each_other, second_agent, talking
from zhitong.lab.phones.errors import RegisterRefused
from zhitong.lab.phones.phone import Phone, Setup

pytestmark = pytest.mark.acceptance

FILTER = Path(__file__).parents[3] / "docs" / "fail2ban" / "filter-zhitong.conf"
GUESSER = "127.0.0.9"
_HOST = r"(?:::f{4,6}:)?(?P<host>[\w\-.^_:]*\w)"
"""What fail2ban makes of <HOST>."""


def banned(line: str) -> str | None:
    """The address that the filter finds in a line; None if it finds none."""
    parser = configparser.ConfigParser()
    parser.read(FILTER)
    found = re.search(parser["Definition"]["failregex"].replace("<HOST>", _HOST), line)
    return found["host"] if found else None


async def guess(rig: Rig, number: str, password: str) -> None:
    server = ("127.0.0.1", rig.lab.ports.sip)
    with pytest.raises(RegisterRefused):
        await Phone.start(number, password, server, setup=Setup(host=GUESSER))


async def test_who_guesses_is_found_by_the_filter_and_nobody_else(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        await rig.agent("1001")
        call = await (await rig.citizen()).call("12345")
        await call.ringing()
        await call.hangup()
        log = rig.lab.pbx.log_dir / "security.log"
        honest = log.read_text(encoding="utf-8").splitlines()
        assert honest
        assert [line for line in honest if banned(line)] == []

        for password in ("1001", "123456"):
            await guess(rig, "1001", password)  # a phone that is there
        for number in ("1000", "admin"):
            await guess(rig, number, "x")  # one that is not
        server = ("127.0.0.1", rig.lab.ports.sip)
        stranger = await Phone.start("9", "", server, register=False, setup=Setup(host=GUESSER))
        async with stranger:
            assert (await (await stranger.call("00441632960961")).ended()).code in (401, 403, 404)
        with pytest.raises(AssertionError):
            await Manager.open(rig.lab.ports.ami, "zhitong", "guessed")
        await settled()
        tries = log.read_text(encoding="utf-8").splitlines()[len(honest) :]
        found = [banned(line) for line in tries]
        assert set(found) - {None} == {GUESSER, "127.0.0.1"}, "the last is the guess at AMI"
        assert found.count(GUESSER) >= 5
        assert found.count("127.0.0.1") == 1
        bad = next(line for line in tries if banned(line) == GUESSER)
        forged = re.sub(r'AccountID="[^"]*"', 'AccountID="x",RemoteAddress="IPV4/UDP/127.0.0.2/5060"', bad)
        assert banned(forged) is None, "nobody has somebody else banned"


KEYS, WAITING = "749315820649", "493158206493"
"""What callers key, long enough to stand in no id by chance; in the queue, where 7 leads out, without it."""


WAITS = """join_empty = true
leave_empty = false
exits = { 7 = "agent:1002" }
"""


async def test_no_key_that_anybody_presses_is_in_any_file(make_rig: MakeRig) -> None:
    base = f"{ALWAYS}{WAITS}[recording]\non = true\nkeep_days = 30\n"
    async with make_rig(base, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        waiting = await (await rig.citizen("13800000002", "entry")).call("12345")
        await waiting.answered()
        await rig.manager.event("QueueCallerJoin")
        await waiting.dtmf(WAITING)  # while waiting, and no exit: what was keyed is forgotten
        await waiting.dtmf(WAITING, via="info")
        await waiting.hangup()
        second = await second_agent(rig)
        citizen, first = await talking(rig)
        await citizen.dtmf(KEYS)
        await citizen.dtmf(KEYS, via="info")
        await first.dtmf(KEYS)
        await first.dtmf("*2" + "1002")
        consulted = await second.next_call()
        await consulted.answered()
        await first.dtmf(KEYS)
        await first.hangup()
        await hear_each_other(citizen, consulted)
        await citizen.dtmf(KEYS, via="info")
        await citizen.hangup()
        await rig.manager.event("ZtEnd", Uniqueid=rig.manager.all("ZtEntry")[1]["Uniqueid"])
        await settled(0.5)
        texts = await asyncio.to_thread(texts_below, rig.lab.run)
        assert any("1002" in text for text in texts.values()), "what is searched for would be found"
        assert [name for name, text in texts.items() if KEYS in text or WAITING in text] == []
        assert [
            name for name, text in texts.items() if re.search(r"(?i)DTMF (?:begin|end)|dtmf.{0,20}'[0-9]'", text)
        ] == []
        assert not [event for event in rig.manager.events if "DTMF" in event["Event"]]


def texts_below(folder: Path) -> dict[str, str]:
    """Every file of the run but the phones' own books and sounds: logs, CEL, CDR, AstDB and its WAL."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".wav", ".sln"}]
    return {str(path.relative_to(folder)): path.read_bytes().decode("latin-1") for path in files}
