"""``zhitong secrets rotate`` beside a real Asterisk: the new secret holds, the old does not; or all is as before."""

from pathlib import Path

import pytest

from telephony.secrets import Secrets, read_secrets
from tests.integration.cli.test_agents_on_asterisk import deployed, files, say
from tests.integration.cli.ward import Ward
from tests.integration.dialplans.manager import Manager
from tests.unit.zhitong.access.deeds import deeds, written
from zhitong.lab.phones.errors import RegisterRefused
from zhitong.lab.phones.phone import Phone
from zhitong.lab.programs import Tools, find_tools

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools()


async def registers(ward: Ward, number: str, password: str) -> bool:
    try:
        async with await Phone.start(number, password, ("127.0.0.1", ward.lab.ports.sip)):
            return True
    except RegisterRefused:
        return False


async def logs_in(ward: Ward, secret: str) -> bool:
    try:
        client = await Manager.open(ward.lab.ports.ami, "zhitong", secret)
    except AssertionError:
        return False
    await client.close()
    return True


def kept(ward: Ward) -> Secrets:
    return read_secrets(ward.clinic.secrets_file)


async def test_a_password_and_the_ami_secret_are_made_anew(tmp_path: Path, tools: Tools) -> None:
    async with deployed(tmp_path, tools) as ward:
        old = kept(ward)
        link = await Manager.open(ward.lab.ports.ami, "zhitong", old.ami)
        one = await say(ward, "secrets", "rotate", "phone", "1001")
        assert one.status == 0, one.err
        assert "1001" in one.out
        assert "zhitong agents sheet 1001" in one.out
        new = kept(ward)
        assert (new.ami, new.phones["1002"]) == (old.ami, old.phones["1002"])
        assert new.phones["1001"] != old.phones["1001"]
        assert len(new.phones["1001"]) == 32
        assert await registers(ward, "1001", new.phones["1001"])
        assert not await registers(ward, "1001", old.phones["1001"])
        assert await registers(ward, "1002", old.phones["1002"])

        every = await say(ward, "secrets", "rotate", "all")
        assert every.status == 0, every.err
        last = kept(ward)
        assert last.ami != old.ami
        assert last.phones["1002"] != old.phones["1002"]
        assert (await logs_in(ward, last.ami), await logs_in(ward, old.ami)) == (True, False)
        assert (await link.ask("Ping"))["Response"] == "Success", "who is logged in stays so"
        await link.close()

        audit = written(ward.clinic.secrets_file.parent)
        assert [deed["deed"] for deed in deeds(ward.clinic.secrets_file.parent)] == [
            "secrets rotate phone 1001",
            "secrets rotate all",
        ]
        for secret in (*old.phones.values(), *new.phones.values(), *last.phones.values(), old.ami, last.ami):
            assert all(secret not in text for text in (one.out, one.err, every.out, every.err, audit))
        assert ward.clinic.secrets_file.stat().st_mode & 0o777 == 0o600


async def test_what_the_pbx_does_not_take_in_is_put_back(tmp_path: Path, tools: Tools) -> None:
    """Its folder is another: the reload goes well, and changes nothing."""
    async with deployed(tmp_path, tools) as ward:
        before = files(ward)
        unknown = await say(ward, "secrets", "rotate", "phone", "1009")
        ward.clinic.change(f'folder = "{ward.lab.etc}"\n', f'folder = "{tmp_path / "elsewhere"}"\n')
        for words in (("phone", "1001"), ("ami",)):
            told = await say(ward, "secrets", "rotate", *words)
            assert told.status == 1, words
            assert files(ward) == before
        assert unknown.status == 1
        assert "1009" in unknown.err
        assert await registers(ward, "1001", kept(ward).phones["1001"])
        assert await logs_in(ward, kept(ward).ami)
