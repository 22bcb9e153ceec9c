"""One phone against a peer that a test plays by hand: what a PBX may say, and what a phone must."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from tests.unit.zhitong.lab.phones.peer import Peer, eventually
from zhitong.lab.phones import sdp
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.callstate import State
from zhitong.lab.phones.errors import CallRefused, PhoneTimeout
from zhitong.lab.phones.leg import Side
from zhitong.lab.phones.message import (
    Place,
    Request,
    Response,
    parse_address,
    required,
    sequence,
    uri_place,
    value_of,
    values_of,
)
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer, Refuse, Ring
from zhitong.lab.phones.sdp import Audio, Direction

SDP = ("Content-Type", "application/sdp")


class Pbx(Peer):
    """A peer that knows how to begin and answer calls."""

    def __init__(self) -> None:
        super().__init__()
        self.media = Peer()
        self.contact = ("Contact", f"<sip:pbx@{self.place[0]}:{self.place[1]}>")
        self.phone: Place = ("", 0)

    def offer(self, direction: Direction = Direction.BOTH, events: int | None = 101) -> bytes:
        payloads = (0,) if events is None else (0, events)
        return sdp.render(Audio(*self.media.place, direction, payloads, events), 1, 1)

    def accept(self, asked: tuple[Request, Place], direction: Direction = Direction.BOTH) -> None:
        self.reply(asked, 200, self.contact, SDP, body=self.offer(direction))

    def message(
        self, method: str, call: str, number: int, tag: str = "", body: bytes = b"", *more: tuple[str, str]
    ) -> Request:
        to = "<sip:1001@x>" + (f";tag={tag}" if tag else "")
        own = (
            ("Via", f"SIP/2.0/UDP {self.place[0]}:{self.place[1]};branch=z9hG4bK{method}{call}{number}"),
            ("From", '"市民 王" <sip:13800000001@pbx>;tag=peer'),
            ("To", to),
            ("Call-ID", call),
            ("CSeq", f"{number} {method}"),
            self.contact,
            *more,
        )
        return Request(method, f"sip:1001@{self.phone[0]}:{self.phone[1]}", own if not body else (*own, SDP), body)

    def say(
        self, method: str, call: str, number: int, tag: str = "", body: bytes = b"", *more: tuple[str, str]
    ) -> Request:
        message = self.message(method, call, number, tag, body, *more)
        self.send(message, self.phone)
        return message

    def close(self) -> None:
        super().close()
        self.media.close()


@pytest.fixture
async def pbx() -> AsyncIterator[Pbx]:
    pbx = Pbx()
    yield pbx
    pbx.close()


@pytest.fixture
async def phone(pbx: Pbx) -> AsyncIterator[Phone]:
    phone = await Phone.start("1001", "pw", pbx.place, register=False, setup=Setup(name='张 "三"', t1=0.03))
    pbx.phone = phone.place
    yield phone
    phone.unplug()


async def up(phone: Phone, pbx: Pbx) -> tuple[Call, tuple[Request, Place]]:
    """A call of the phone's, answered."""
    call = await phone.call("12345")
    invite = await pbx.request("INVITE")
    pbx.accept(invite)
    await call.answered()
    await pbx.request("ACK")
    return call, invite


async def rung(phone: Phone, pbx: Pbx, name: str = "c1") -> tuple[Call, str]:
    """A call to the phone, answered; and the tag the phone gave it."""
    pbx.say("INVITE", name, 1, body=pbx.offer())
    await pbx.response(180)
    accepted = await pbx.response(200)
    tag = parse_address(required(accepted, "to")).tag
    pbx.say("ACK", name, 1, tag)
    call = await phone.next_call()
    await call.answered()
    return call, tag


# --- calling --------------------------------------------------------------------------------------------------


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


# --- being called ---------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("method, code", [("OPTIONS", 200), ("NOTIFY", 200), ("MESSAGE", 405), ("BYE", 405)])
async def test_requests_outside_of_calls(phone: Phone, pbx: Pbx, method: str, code: int) -> None:
    pbx.say(method, "other", 1)
    response = await pbx.response(code)
    assert "INVITE" in required(response, "allow")


async def test_requests_of_unknown_calls_are_481(phone: Phone, pbx: Pbx) -> None:
    pbx.say("BYE", "never-seen", 1, "tag")
    await pbx.response(481)


# --- inside a call --------------------------------------------------------------------------------------------


async def test_hold_and_resume_are_re_invites(phone: Phone, pbx: Pbx) -> None:
    call, invite = await up(phone, pbx)
    holding = asyncio.create_task(call.hold())
    asked = await pbx.request("INVITE")
    first, second = sdp.parse(invite[0].body), sdp.parse(asked[0].body)
    assert (second.direction, second.port) == (Direction.SEND, first.port)
    assert version(asked[0]) == version(invite[0]) + 1
    pbx.accept(asked, Direction.RECEIVE)
    await holding
    await pbx.request("ACK")
    sent = len(call.spoke.times)
    await asyncio.sleep(0.06)
    assert len(call.spoke.times) == sent
    resuming = asyncio.create_task(call.resume())
    asked = await pbx.request("INVITE")
    assert sdp.parse(asked[0].body).direction is Direction.BOTH
    pbx.accept(asked)
    await resuming
    await pbx.request("ACK")
    await eventually(lambda: len(call.spoke.times) > sent)


def version(request: Request) -> int:
    found = re.search(rb"o=- \d+ (\d+) ", request.body)
    assert found
    return int(found[1])


async def test_a_refused_hold_is_said(phone: Phone, pbx: Pbx) -> None:
    call, _ = await up(phone, pbx)
    holding = asyncio.create_task(call.hold())
    pbx.reply(await pbx.request("INVITE"), 488)
    with pytest.raises(CallRefused, match="488"):
        await holding
    assert call.is_up


async def test_when_both_ask_at_once_each_waits_and_asks_again(
    phone: Phone, pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhitong.lab.phones.leg.Leg._glare_pause", lambda _: 0.01)
    call, invite = await up(phone, pbx)
    holding = asyncio.create_task(call.hold())
    asked = await pbx.request("INVITE")
    theirs = await _from_pbx(pbx, call, invite[0], "INVITE", 1, pbx.offer())
    assert theirs.code == 491
    pbx.reply(asked, 491)
    await pbx.request("ACK")
    again = await pbx.request("INVITE")
    pbx.accept(again, Direction.RECEIVE)
    await holding


async def _from_pbx(pbx: Pbx, call: Call, invite: Request, method: str, number: int, body: bytes = b"") -> Response:
    """A request of the PBX inside a call that the phone began; the phone's answer."""
    tag = parse_address(required(invite, "from")).tag
    pbx.say(method, call.id, number, tag, body)
    while not isinstance(message := (await pbx.next())[0], Response):
        pass
    return message


async def test_the_pbx_may_hold_us(phone: Phone, pbx: Pbx) -> None:
    call, tag = await rung(phone, pbx)
    await eventually(lambda: len(call.spoke.times) > 2)
    pbx.say("INVITE", "c1", 2, tag, pbx.offer(Direction.SEND))
    accepted = await pbx.response(200)
    assert sdp.parse(accepted.body).direction is Direction.RECEIVE
    pbx.say("ACK", "c1", 2, tag)
    sent = len(call.spoke.times)
    await asyncio.sleep(0.06)
    assert len(call.spoke.times) == sent
    pbx.say("UPDATE", "c1", 3, tag, pbx.offer())
    assert sdp.parse((await pbx.response(200)).body).direction is Direction.BOTH
    await eventually(lambda: len(call.spoke.times) > sent)


async def test_an_update_without_an_offer_changes_nothing(phone: Phone, pbx: Pbx) -> None:
    call, tag = await rung(phone, pbx)
    pbx.say("UPDATE", "c1", 2, tag)
    assert (await pbx.response(200)).body == b""
    assert call.is_up


async def test_keys_by_info_go_out_one_by_one(phone: Phone, pbx: Pbx) -> None:
    call, _ = await up(phone, pbx)
    pressing = asyncio.create_task(call.dtmf("*2", via="info", ms=120))
    for key in "*2":
        info = await pbx.request("INFO")
        assert value_of(info[0], "content-type") == "application/dtmf-relay"
        assert info[0].body == f"Signal={key}\r\nDuration=120\r\n".encode()
        pbx.reply(info, 200)
    await pressing


@pytest.mark.parametrize("body", [b"Signal=5\r\nDuration=100\r\n", b"signal= 5\r\n", b"5"])
async def test_keys_by_info_are_understood(phone: Phone, pbx: Pbx, body: bytes) -> None:
    call, tag = await rung(phone, pbx)
    message = pbx.message("INFO", "c1", 2, tag)
    pbx.send(Request("INFO", message.uri, message.headers, body), phone.place)
    await pbx.response(200)
    assert call.info_keys == "5"


async def test_keys_need_a_call_that_is_up(phone: Phone, pbx: Pbx) -> None:
    call = await phone.call("12345")
    for deed in (call.dtmf("1"), call.refer("1002")):
        with pytest.raises(CallRefused, match="calling"):
            await deed


async def test_a_blind_transfer_names_its_target_and_reports_what_became_of_it(phone: Phone, pbx: Pbx) -> None:
    call, tag = await rung(phone, pbx)
    moving = asyncio.create_task(call.refer("1002"))
    refer = await pbx.request("REFER")
    assert value_of(refer[0], "refer-to") == f"<sip:1002@{pbx.place[0]}:{pbx.place[1]}>"
    assert "1001" in required(refer[0], "referred-by")
    pbx.reply(refer, 202)
    for number, (said, state) in enumerate([(b"SIP/2.0 100 Trying", "active"), (b"SIP/2.0 200 OK", "terminated")], 2):
        notify = pbx.message("NOTIFY", "c1", number, tag, b"", ("Event", "refer"), ("Subscription-State", state))
        pbx.send(Request("NOTIFY", notify.uri, notify.headers, said + b"\r\n"), phone.place)
        await pbx.response(200)
    pbx.reply(await pbx.request("BYE"), 200)
    assert await moving == 200
    assert call.transfer_codes == [100, 200]
    assert ("REFER", "1002") in [(event.what, event.detail) for event in call.events]


async def test_a_transfer_that_failed_leaves_the_call_up(phone: Phone, pbx: Pbx) -> None:
    call, tag = await rung(phone, pbx)
    moving = asyncio.create_task(call.refer("1002"))
    pbx.reply(await pbx.request("REFER"), 202)
    notify = pbx.message("NOTIFY", "c1", 2, tag, b"", ("Event", "refer"))
    pbx.send(Request("NOTIFY", notify.uri, notify.headers, b"SIP/2.0 486 Busy Here\r\n"), phone.place)
    assert await moving == 486
    assert call.is_up


async def test_a_refused_refer_is_said(phone: Phone, pbx: Pbx) -> None:
    call, _ = await rung(phone, pbx)
    moving = asyncio.create_task(call.refer("1002"))
    pbx.reply(await pbx.request("REFER"), 403)
    with pytest.raises(CallRefused, match="REFER: 403"):
        await moving


async def test_a_transfer_that_ends_with_a_bye_has_succeeded(phone: Phone, pbx: Pbx) -> None:
    call, tag = await rung(phone, pbx)
    moving = asyncio.create_task(call.refer("1002"))
    pbx.reply(await pbx.request("REFER"), 202)
    pbx.say("BYE", "c1", 2, tag)
    assert await moving == 200


async def test_an_attended_transfer_names_the_other_call_as_the_pbx_sees_it(phone: Phone, pbx: Pbx) -> None:
    call, _ = await rung(phone, pbx)
    consult, invite = await up(phone, pbx)
    moving = asyncio.create_task(call.refer_replacing(consult))
    refer = await pbx.request("REFER")
    ours = parse_address(required(invite[0], "from")).tag
    name = consult.id.replace("@", "%40")
    expected = f"?Replaces={name}%3Bto-tag%3Dpeer%3Bfrom-tag%3D{ours}>"
    assert required(refer[0], "refer-to").endswith(expected)
    assert required(refer[0], "refer-to").startswith("<sip:12345@")
    moving.cancel()


async def test_a_pulled_plug_says_nothing_more(phone: Phone, pbx: Pbx) -> None:
    call, tag = await rung(phone, pbx)
    call.vanish()
    pbx.say("BYE", "c1", 2, tag)
    await pbx.nothing(0.1)
    assert call.ending is not None and call.state is State.OVER


async def test_stopping_hangs_up_what_is_up(phone: Phone, pbx: Pbx) -> None:
    call, _ = await up(phone, pbx)
    stopping = asyncio.create_task(phone.stop())
    pbx.reply(await pbx.request("BYE"), 200)
    await stopping
    assert call.ending is not None and call.ending.by is Side.US
