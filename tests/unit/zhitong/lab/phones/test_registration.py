"""Registering with a registrar that a test plays by hand, with digest sums made here in another way."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator

import pytest

from tests.unit.zhitong.lab.phones.peer import Peer
from zhitong.lab.phones.errors import RegisterRefused
from zhitong.lab.phones.message import Request, parse_address, required, sequence, uri_place, value_of
from zhitong.lab.phones.phone import Phone, Setup

CHALLENGE = ("WWW-Authenticate", 'Digest realm="asterisk", nonce="17/abc", algorithm=MD5, qop="auth", opaque="5c"')
QUICK = Setup(t1=0.02)


@pytest.fixture
async def registrar() -> AsyncIterator[Peer]:
    registrar = Peer()
    yield registrar
    registrar.close()


def begin(registrar: Peer, setup: Setup = QUICK) -> asyncio.Task[Phone]:
    return asyncio.create_task(Phone.start("1001", "geheim", registrar.place, setup=setup))


def response_of(request: Request, user: str, password: str) -> bool:
    """RFC 7616 §3.4.1, from the words of the header itself."""
    value = required(request, "authorization")
    said = {name: text.strip('"') for name, text in re.findall(r'(\w+)=("[^"]*"|[^", ]+)', value)}

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    expected = md5(
        md5(user, "asterisk", password), "17/abc", said["nc"], said["cnonce"], "auth", md5(request.method, said["uri"])
    )
    return (said["username"], said["response"]) == (user, expected)


async def test_registers_with_the_password_and_signs_off(registrar: Peer) -> None:
    starting = begin(registrar)
    first = await registrar.request("REGISTER")
    assert value_of(first[0], "authorization") is None
    registrar.reply(first, 401, CHALLENGE)
    second = await registrar.request("REGISTER")
    assert response_of(second[0], "1001", "geheim")
    assert not response_of(second[0], "1001", "wrong")
    assert value_of(second[0], "call-id") == value_of(first[0], "call-id")
    assert sequence(second[0])[0] == sequence(first[0])[0] + 1
    registrar.reply(second, 200)
    phone = await starting
    assert uri_place(parse_address(required(second[0], "contact")).uri) == phone.place
    assert value_of(second[0], "expires") == "300"

    stopping = asyncio.create_task(phone.stop())
    off = await registrar.request("REGISTER")
    assert value_of(off[0], "expires") == "0"
    registrar.reply(off, 200)
    await stopping


async def test_another_user_may_be_named(registrar: Peer) -> None:
    starting = begin(registrar, Setup(user="auth-1001", t1=0.02))
    registrar.reply(await registrar.request("REGISTER"), 401, CHALLENGE)
    second = await registrar.request("REGISTER")
    assert response_of(second[0], "auth-1001", "geheim")
    registrar.reply(second, 200)
    (await starting).unplug()


async def test_a_wrong_password_is_said_with_its_remedy(registrar: Peer) -> None:
    starting = begin(registrar)
    registrar.reply(await registrar.request("REGISTER"), 401, CHALLENGE)
    registrar.reply(await registrar.request("REGISTER"), 401, CHALLENGE)
    with pytest.raises(RegisterRefused, match=r"1001 cannot register.*401.*password"):
        await starting


@pytest.mark.parametrize("code, remedy", [(403, "max_contacts"), (404, "no such AOR"), (500, "log")])
async def test_other_refusals_have_their_remedies(registrar: Peer, code: int, remedy: str) -> None:
    starting = begin(registrar)
    registrar.reply(await registrar.request("REGISTER"), code)
    with pytest.raises(RegisterRefused, match=remedy):
        await starting


async def test_a_registrar_that_is_not_there_is_said() -> None:
    gone = Peer()
    gone.close()
    with pytest.raises(RegisterRefused, match=rf"127\.0\.0\.1:{gone.place[1]}.*408.*running"):
        await Phone.start("1001", "x", gone.place, setup=Setup(t1=0.002))


async def test_a_registration_is_renewed_in_time(registrar: Peer) -> None:
    starting = begin(registrar, Setup(expires=2, t1=0.02))
    first = await registrar.request("REGISTER")
    registrar.reply(first, 200)
    phone = await starting
    async with asyncio.timeout(1.9):  # or it has run out
        again = await registrar.request("REGISTER")
    assert sequence(again[0])[0] == sequence(first[0])[0] + 1
    registrar.reply(again, 503)  # a PBX that restarts
    once_more = await registrar.request("REGISTER")
    registrar.reply(once_more, 200)
    phone.unplug()


async def test_beginning_again_replaces_the_renewals_of_before(registrar: Peer) -> None:
    starting = begin(registrar, Setup(expires=1, t1=0.02))
    registrar.reply(await registrar.request("REGISTER"), 200)
    phone = await starting
    again = asyncio.create_task(phone.registration.begin())
    registrar.reply(await registrar.request("REGISTER"), 200)
    await again
    registrar.reply(await registrar.request("REGISTER"), 200)  # one renewal for the half second
    await registrar.nothing(0.2)
    phone.unplug()


async def test_a_sign_off_that_nobody_answers_keeps_nobody(registrar: Peer) -> None:
    starting = begin(registrar, Setup(t1=0.02))
    registrar.reply(await registrar.request("REGISTER"), 200)
    phone = await starting
    async with asyncio.timeout(3):
        await phone.stop()
