"""A PBX that a test plays by hand, with calls already up to begin from."""

from tests.unit.zhitong.lab.phones.peer import Peer
from zhitong.lab.phones import sdp
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.message import (
    Place,
    Request,
    Response,
    parse_address,
    required,
)
from zhitong.lab.phones.phone import Phone
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


async def from_pbx(pbx: Pbx, call: Call, invite: Request, method: str, number: int, body: bytes = b"") -> Response:
    """A request of the PBX inside a call that the phone began; the phone's answer."""
    tag = parse_address(required(invite, "from")).tag
    pbx.say(method, call.id, number, tag, body)
    while not isinstance(message := (await pbx.next())[0], Response):
        pass
    return message
