"""A phone that is called, against a PBX that a test plays by hand."""

import asyncio

import pytest

from tests.unit.zhitong.lab.phones.pbx import Pbx, rung
from zhitong.lab.phones.callstate import State
from zhitong.lab.phones.leg import Side
from zhitong.lab.phones.message import (
    Request,
    parse_address,
    required,
    sequence,
    value_of,
)
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer, Refuse, Ring


async def test_answers_at_once_unless_told_otherwise(phone: Phone, pbx: Pbx) -> None:
    call, _ = await rung(phone, pbx)
    assert (call.incoming, call.number, call.name) == (True, "13800000001", "市民 王")
    assert (call.own_number, call.caller) == ("1001", '"市民 王" <sip:13800000001@pbx>;tag=peer')
    assert [event.what for event in call.events] == ["INVITE", "180", "200", "ACK"]


async def test_a_request_with_another_s_tag_is_not_of_this_call(phone: Phone, pbx: Pbx) -> None:
    call, _ = await rung(phone, pbx)
    pbx.say("BYE", "c1", 2, "another")
    await pbx.response(481)
    assert call.is_up


async def test_is_hung_up(phone: Phone, pbx: Pbx) -> None:
    call, tag = await rung(phone, pbx)
    pbx.say("BYE", "c1", 2, tag, b"", ("Reason", "Q.850;cause=16"))
    await pbx.response(200)
    ending = await call.ended()
    assert (ending.by, ending.code, ending.cause) == (Side.THEM, 200, 16)


async def test_rings_a_while_and_answers(phone: Phone, pbx: Pbx) -> None:
    phone.on_invite = Answer(0.1)
    pbx.say("INVITE", "c1", 1, body=pbx.offer())
    await pbx.response(180)
    call = await phone.next_call()
    assert call.state is State.RINGING
    await pbx.response(200)
    assert call.up_at is None  # the ACK is still to come


@pytest.mark.parametrize("after", [0.0, 0.05])
async def test_refuses(phone: Phone, pbx: Pbx, after: float) -> None:
    phone.on_invite = Refuse(603, after)
    invite = pbx.say("INVITE", "c1", 1, body=pbx.offer())
    await pbx.response(180)
    refusal = await pbx.response(603)
    call = await phone.next_call()
    ending = await call.ended()
    assert (ending.by, ending.code) == (Side.US, 603)
    assert value_of(refusal, "cseq") == value_of(invite, "cseq")


async def test_rings_until_somebody_answers_by_hand(phone: Phone, pbx: Pbx) -> None:
    phone.on_invite = Ring()
    pbx.say("INVITE", "c1", 1, body=pbx.offer())
    await pbx.response(180)
    call = await phone.next_call()
    await pbx.nothing(0.05)
    call.answer()
    call.refuse()  # too late
    await pbx.response(200)


async def test_is_given_up_on(phone: Phone, pbx: Pbx) -> None:
    phone.on_invite = Answer(0.2)
    invite = pbx.say("INVITE", "c1", 1, body=pbx.offer())
    await pbx.response(180)
    call = await phone.next_call()
    headers = tuple(
        (name, value.replace("INVITE", "CANCEL") if name == "CSeq" else value) for name, value in invite.headers[:6]
    )
    pbx.send(Request("CANCEL", invite.uri, (*headers, ("Reason", "Q.850;cause=26"))), phone.place)
    assert sequence(await pbx.response(200)) == (1, "CANCEL")
    assert sequence(await pbx.response(487)) == (1, "INVITE")
    ending = await call.ended()
    assert (ending.by, ending.code, ending.cause) == (Side.THEM, 487, 26)


async def test_hanging_up_at_once_after_answering_waits_for_the_ack(phone: Phone, pbx: Pbx) -> None:
    phone.on_invite = Ring()
    pbx.say("INVITE", "c1", 1, body=pbx.offer())
    await pbx.response(180)
    call = await phone.next_call()
    call.answer()
    tag = parse_address(required(await pbx.response(200), "to")).tag
    hanging = asyncio.create_task(call.hangup())
    await asyncio.sleep(0)
    assert call.state is State.DROPPING
    pbx.say("ACK", "c1", 1, tag)
    while not isinstance((message := await pbx.next())[0], Request):
        pass  # 200 again
    assert message[0].method == "BYE"
    pbx.reply((message[0], message[1]), 200)
    assert (await hanging).code == 200


async def test_an_offer_that_cannot_be_answered_is_488_and_noted(phone: Phone, pbx: Pbx) -> None:
    alaw = pbx.offer().replace(b"RTP/AVP 0 101", b"RTP/AVP 8 101")
    pbx.say("INVITE", "c1", 1, body=alaw)
    await pbx.response(488)
    assert "allow ulaw" in phone.mishaps[0]
    assert (await phone.calls[0].ended()).code == 488


@pytest.mark.parametrize("method, code", [("OPTIONS", 200), ("NOTIFY", 200), ("INFO", 405), ("BYE", 405)])
async def test_requests_outside_of_calls(phone: Phone, pbx: Pbx, method: str, code: int) -> None:
    pbx.say(method, "other", 1)
    response = await pbx.response(code)
    assert "INVITE" in required(response, "allow")


async def test_a_message_is_kept(phone: Phone, pbx: Pbx) -> None:
    pbx.say("MESSAGE", "other", 1, body="您好".encode())
    await pbx.response(200)
    assert phone.messages == ["您好"]


async def test_requests_of_unknown_calls_are_481(phone: Phone, pbx: Pbx) -> None:
    pbx.say("BYE", "never-seen", 1, "tag")
    await pbx.response(481)


@pytest.mark.parametrize(
    "header",
    [
        ("Call-Info", "<sip:localhost>;answer-after=0"),
        ("Alert-Info", "<http://localhost>;info=alert-autoanswer;delay=0"),
        ("Answer-Mode", "Auto"),
    ],
)
async def test_picks_up_at_once_when_asked_to(phone: Phone, pbx: Pbx, header: tuple[str, str]) -> None:
    phone.on_invite = Ring()
    pbx.say("INVITE", "c1", 1, "", pbx.offer(), header)
    await pbx.response(180)
    await pbx.response(200)


@pytest.mark.parametrize("header", [("Call-Info", "<sip:localhost>;answer-after=10"), ("Answer-Mode", "Manual")])
async def test_rings_when_it_is_asked_for_something_else(phone: Phone, pbx: Pbx, header: tuple[str, str]) -> None:
    phone.on_invite = Ring()
    pbx.say("INVITE", "c1", 1, "", pbx.offer(), header)
    await pbx.response(180)
    await pbx.nothing(0.05)


ASKS = ("Call-Info", "<sip:localhost>;answer-after=0")


async def test_need_not_obey(phone: Phone, pbx: Pbx) -> None:
    phone.on_invite, phone.picks_up = Ring(), False
    pbx.say("INVITE", "c1", 1, "", pbx.offer(), ASKS)
    await pbx.response(180)
    await pbx.nothing(0.05)


async def test_refuses_though_it_is_asked_to_pick_up(phone: Phone, pbx: Pbx) -> None:
    phone.on_invite = Refuse(486)
    pbx.say("INVITE", "c1", 1, "", pbx.offer(), ASKS)
    await pbx.response(180)
    await pbx.response(486)
