"""A phone that calls, against a PBX that a test plays by hand."""

import asyncio

import pytest

from tests.unit.zhitong.lab.phones.pbx import SDP, Pbx, up
from tests.unit.zhitong.lab.phones.peer import eventually
from zhitong.lab.phones import sdp
from zhitong.lab.phones.callstate import State
from zhitong.lab.phones.errors import CallRefused, PhoneTimeout
from zhitong.lab.phones.leg import Side
from zhitong.lab.phones.message import (
    parse_address,
    required,
    sequence,
    uri_place,
    value_of,
    values_of,
)
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.sdp import Direction


async def test_an_invite_says_who_calls_and_where_to_talk(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    invite, place = await pbx.request("INVITE")
    assert place == phone.place
    assert invite.uri == f"sip:12345@{pbx.place[0]}:{pbx.place[1]}"
    caller = parse_address(required(invite, "from"))
    assert (caller.name, caller.uri) == ('张 "三"', f"sip:1001@{pbx.place[0]}:{pbx.place[1]}")
    assert uri_place(parse_address(required(invite, "contact")).uri) == phone.place
    offer = sdp.parse(invite.body)
    assert (offer.host, offer.direction, offer.payloads) == ("127.0.0.1", Direction.BOTH, (0, 101))
    assert value_of(invite, "supported") is None  # no session timers, no 100rel
    assert call.state is State.CALLING


async def test_rings_is_answered_and_hangs_up(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    invite = await pbx.request("INVITE")
    pbx.reply(invite, 100)
    pbx.reply(invite, 180, pbx.contact)
    await call.ringing()
    assert call.up_at is None
    pbx.accept(invite)
    await call.answered()
    ack, _ = await pbx.request("ACK")
    assert ack.uri == f"sip:pbx@{pbx.place[0]}:{pbx.place[1]}"
    assert sequence(ack)[0] == sequence(invite[0])[0]
    hanging = asyncio.create_task(call.hangup())
    bye = await pbx.request("BYE")
    assert sequence(bye[0])[0] > sequence(invite[0])[0]
    assert parse_address(required(bye[0], "to")).tag == "peer"
    pbx.reply(bye, 200)
    ending = await hanging
    assert (ending.by, ending.code) == (Side.US, 200)
    assert [event.what for event in call.events] == ["INVITE", "100", "180", "200", "ACK", "BYE", "200"]


async def test_a_repeated_200_is_acknowledged_again(phone: Phone, pbx: Pbx) -> None:
    call, invite = await up(phone, pbx)
    pbx.accept(invite)
    await pbx.request("ACK")
    assert call.is_up


async def test_a_challenged_invite_is_sent_again_with_the_password(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    first = await pbx.request("INVITE")
    pbx.reply(first, 401, ("WWW-Authenticate", 'Digest realm="asterisk", nonce="n"'))
    await pbx.request("ACK")
    second = await pbx.request("INVITE")
    assert 'username="1001"' in required(second[0], "authorization")
    assert sequence(second[0])[0] == sequence(first[0])[0] + 1
    assert value_of(second[0], "call-id") == value_of(first[0], "call-id")
    pbx.accept(second)
    await call.answered()


async def test_a_password_that_is_refused_is_not_sent_again_and_again(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    for _ in range(2):
        pbx.reply(await pbx.request("INVITE"), 401, ("WWW-Authenticate", 'Digest realm="asterisk", nonce="n"'))
        await pbx.request("ACK")
    assert (await call.ended()).code == 401
    await pbx.nothing(0.1)


@pytest.mark.parametrize("code", [404, 486, 503, 603])
async def test_a_refusal_ends_the_call(phone: Phone, pbx: Pbx, code: int) -> None:
    call = await phone.call("12345")
    pbx.reply(await pbx.request("INVITE"), code, ("Reason", "Q.850;cause=17"))
    with pytest.raises(CallRefused) as refusal:
        await call.answered()
    assert refusal.value.code == code
    ending = await call.ended()
    assert (ending.by, ending.code, ending.cause) == (Side.THEM, code, 17)
    await pbx.request("ACK")


async def test_an_invite_that_nobody_answers_ends_with_408(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    assert (await call.ended()).code == 408


async def test_giving_up_sends_cancel(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    invite = await pbx.request("INVITE")
    pbx.reply(invite, 180, pbx.contact)
    await call.ringing()
    giving_up = asyncio.create_task(call.hangup())
    cancel = await pbx.request("CANCEL")
    assert values_of(cancel[0], "via") == values_of(invite[0], "via")
    pbx.reply(cancel, 200)
    pbx.reply(invite, 487)
    ending = await giving_up
    assert (ending.by, ending.code) == (Side.US, 487)
    await pbx.request("ACK")


async def test_giving_up_before_the_first_word_waits_for_it(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    giving_up = asyncio.create_task(call.hangup())
    invite = await pbx.request("INVITE")
    pbx.reply(invite, 100)
    await eventually(lambda: "CANCEL" in [event.what for event in call.events])
    pbx.reply(invite, 487)
    assert (await giving_up).code == 487


async def test_an_answer_in_the_instant_of_giving_up_is_hung_up(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    invite = await pbx.request("INVITE")
    pbx.reply(invite, 180, pbx.contact)
    await call.ringing()
    giving_up = asyncio.create_task(call.hangup())
    cancel = await pbx.request("CANCEL")
    pbx.accept(invite)
    pbx.reply(cancel, 200)
    await pbx.request("ACK")
    pbx.reply(await pbx.request("BYE"), 200)
    ending = await giving_up
    assert (ending.by, ending.code) == (Side.US, 200)
    assert call.up_at is None


async def test_waiting_in_vain_says_for_what(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    with pytest.raises(PhoneTimeout, match=r"call of 1001 to 12345 was not answered within 0.02 s"):
        await call.answered(0.02)
    with pytest.raises(PhoneTimeout, match="nobody called 1001"):
        await phone.next_call(0.02)


async def test_audio_before_the_answer_is_heard(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    invite = await pbx.request("INVITE")
    pbx.reply(invite, 183, pbx.contact, SDP, body=pbx.offer())
    pbx.media.raw(
        bytes.fromhex("80 00 0001 00000002 00000003") + b"\xff" * 160,
        (sdp.parse(invite[0].body).host, sdp.parse(invite[0].body).port),
    )
    await eventually(lambda: len(call.heard.packets()) == 1)
    assert call.up_at is None
