"""Inside a call: hold, keys, transfers and the PBX's own wishes, against a PBX that a test plays by hand."""

import asyncio
import re

import pytest

from telephony.errors import LabError
from tests.unit.zhitong.lab.phones.pbx import Pbx, from_pbx, rung, up
from tests.unit.zhitong.lab.phones.peer import eventually
from zhitong.lab.phones import sdp
from zhitong.lab.phones.callstate import State
from zhitong.lab.phones.errors import CallRefused
from zhitong.lab.phones.leg import Side
from zhitong.lab.phones.message import (
    Request,
    parse_address,
    required,
    value_of,
)
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.sdp import Direction


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
    theirs = await from_pbx(pbx, call, invite[0], "INVITE", 1, pbx.offer())
    assert theirs.code == 491
    pbx.reply(asked, 491)
    await pbx.request("ACK")
    again = await pbx.request("INVITE")
    pbx.accept(again, Direction.RECEIVE)
    await holding


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


async def test_an_offer_inside_that_cannot_be_answered_is_488_and_changes_nothing(phone: Phone, pbx: Pbx) -> None:
    call, tag = await rung(phone, pbx)
    pbx.say("INVITE", "c1", 2, tag, pbx.offer().replace(b"RTP/AVP 0 101", b"RTP/AVP 8 101"))
    await pbx.response(488)
    assert call.is_up
    assert "INVITE: the offer has no ulaw" in phone.mishaps[0]


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


async def test_a_tone_that_cannot_be_hummed_is_refused_at_the_start(pbx: Pbx) -> None:
    with pytest.raises(LabError, match="multiple of 50"):
        await Phone.start("1001", "pw", pbx.place, 440, register=False)


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
