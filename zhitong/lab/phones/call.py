"""One call of a lab phone, as a test sees it."""

import asyncio
import re
from collections.abc import Callable
from typing import NamedTuple

from zhitong.lab.phones import dialog
from zhitong.lab.phones.callstate import Input, State
from zhitong.lab.phones.errors import CallRefused, PhoneTimeout
from zhitong.lab.phones.heard import Heard, Sound, Spoken, What
from zhitong.lab.phones.leg import Ending, Leg, refused
from zhitong.lab.phones.message import (
    Header,
    Message,
    Request,
    parse_address,
    render_address,
    sequence,
    uri_user,
    value_of,
)
from zhitong.lab.phones.rtp import FRAME_S
from zhitong.lab.phones.sdp import Direction
from zhitong.lab.phones.udp import Moment, now

_SIGNAL = re.compile(r"(?im)^\s*(?:signal\s*=\s*)?([0-9*#a-d])\s*$")
_SIPFRAG = re.compile(rb"SIP/2\.0 (\d{3})")


class SipEvent(NamedTuple):
    """One message of the call: `what` is the method, or the code of the response to `method`.

    `detail` is the number that a REFER names.
    """

    at: Moment
    sent: bool
    what: str
    method: str
    detail: str = ""


class Call:
    """Made by `Phone.call`, or by the phone when it rings.

    Every wait takes seconds and raises `PhoneTimeout`; every request that is refused raises `CallRefused`.
    """

    def __init__(self, leg: Leg, number: str, incoming: bool) -> None:
        self._leg = leg
        self.number = number
        """The number dialled, or the number that called."""
        self.incoming = incoming
        self.began = now()
        """INVITE sent, or received."""
        self.events: list[SipEvent] = []
        self.info_keys = ""
        """Keys that the other side pressed by SIP INFO; those by RFC 4733 are in `heard.keys()`."""
        self.transfer_codes: list[int] = []
        """What NOTIFY said of a transfer of ours, in order (RFC 3515 §2.4.4)."""
        self._pulse = asyncio.Event()
        leg.on_change, leg.on_event = self._changed, self._on_event

    # --- what is -----------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The Call-ID."""
        return self._leg.dialog.call_id

    @property
    def own_number(self) -> str:
        """The number of the phone whose call this is."""
        return self._leg.line.account.number

    @property
    def caller(self) -> str:
        """Who calls, as the INVITE's From says it."""
        inside = self._leg.dialog
        return render_address(inside.remote if self.incoming else inside.local)

    @property
    def name(self) -> str:
        """The other party's display name, as in the INVITE (or its answer)."""
        return self._leg.dialog.remote.name

    @property
    def state(self) -> State:
        return self._leg.state

    @property
    def is_up(self) -> bool:
        return self.state is State.UP

    @property
    def heard(self) -> Heard:
        """What came in, judged when asked; may be asked while the call lasts and after it."""
        return self._leg.media.heard

    @property
    def spoke(self) -> Spoken:
        """When our own packets went out, to tell this machine's stalls from the PBX's gaps."""
        return self._leg.media.spoken

    @property
    def ringing_at(self) -> Moment | None:
        """180 received, or our phone began to ring."""
        return self._leg.ringing_at

    @property
    def up_at(self) -> Moment | None:
        """200 received, or the ACK to ours."""
        return self._leg.up_at

    @property
    def ending(self) -> Ending | None:
        """How it ended; None while it has not."""
        return self._leg.ending

    # --- waiting ----------------------------------------------------------------------------------------------

    async def ringing(self, timeout: float = 30.0) -> Moment:
        """When the other phone rang (180). Raises `CallRefused` if the call ended without."""
        await self._until(lambda: self.ringing_at is not None, timeout, "ringing")
        assert self.ringing_at is not None
        return self.ringing_at

    async def answered(self, timeout: float = 30.0) -> Moment:
        """When the call came up. Raises `CallRefused` if it ended before."""
        await self._until(lambda: self.up_at is not None, timeout, "answered")
        assert self.up_at is not None
        return self.up_at

    async def ended(self, timeout: float = 30.0) -> Ending:
        """How the call ended, once it has."""
        await self._until(lambda: self.ending is not None, timeout, "over")
        assert self.ending is not None
        return self.ending

    async def hears(self, what: What = Sound.ANY, from_: float | None = None, timeout: float = 30.0) -> float:
        """When the sound was first heard from `from_` on, waiting for it if need be (seconds of `time.monotonic`)."""
        await self._poll(lambda: self.heard.first(what, from_) is not None, timeout, f"hearing {what!r}")
        at = self.heard.first(what, from_)
        assert at is not None
        return at

    async def keyed(self, keys: str, timeout: float = 30.0) -> None:
        """Return when the other side has pressed just these keys, by RFC 4733 or by SIP INFO."""
        await self._poll(lambda: keys in (self.heard.keys(), self.info_keys), timeout, f"told the keys {keys}")

    async def _poll(self, ready: Callable[[], bool], timeout: float, what: str) -> None:
        """Packets ring no bell: look every 10 ms."""
        deadline = now().mono + timeout
        while not ready():
            if now().mono > deadline:
                raise PhoneTimeout(
                    f"{self} was not {what} within {timeout} s; it heard {self.heard.tones() or 'nothing'}"
                )
            await asyncio.sleep(0.01)

    async def _until(self, ready: Callable[[], bool], timeout: float, what: str) -> None:
        try:
            async with asyncio.timeout(timeout):
                while not ready():
                    if self.ending is not None:
                        code = self.ending.code
                        raise CallRefused(f"{self} ended with {code} before it was {what}", code)
                    await self._pulse.wait()
        except TimeoutError as error:
            raise PhoneTimeout(f"{self} was not {what} within {timeout} s; it is {self.state}") from error

    def _changed(self) -> None:
        pulse, self._pulse = self._pulse, asyncio.Event()
        pulse.set()

    # --- deeds ------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Pick up a ringing phone. Does nothing if it no longer rings."""
        self._leg.take(Input.ANSWER)

    def refuse(self, code: int = 486) -> None:
        """Refuse a ringing call. Does nothing if it no longer rings."""
        if self.state is State.RINGING:
            self._leg.refusal = code
            self._leg.take(Input.HANG_UP)

    def forward(self, user: str) -> None:
        """Refuse a ringing call with 302: it is to go to `user` of this PBX. Does nothing if it no longer rings."""
        self._leg.elsewhere = (("Contact", f"<{self._leg.line.uri(user)}>"),)
        self.refuse(302)

    async def hangup(self, timeout: float = 30.0) -> Ending:
        """End it, whatever it takes: CANCEL, refusal or BYE. Returns at once if it is over."""
        self._leg.take(Input.HANG_UP)
        return await self.ended(timeout)

    def vanish(self) -> None:
        """Disappear without a word: no BYE, no RTP, no answer to anything. The PBX is left with a ghost."""
        self._leg.abandon()

    async def hold(self) -> None:
        """Put the other side on hold (sendonly, RFC 6337 §5.3) and fall silent."""
        self._leg.media.pause()
        await self._leg.redirect(Direction.SEND)

    async def resume(self) -> None:
        """Take the other side back from hold."""
        await self._leg.redirect(Direction.BOTH)
        self._leg.media.pause(False)

    async def dtmf(self, keys: str, via: str = "rtp", ms: int = 100) -> None:
        """Press keys: `via` "rtp" (RFC 4733, each held for `ms`) or "info" (SIP INFO, dtmf-relay)."""
        self._demand_up("press keys")
        if via == "rtp":
            await self._leg.media.press(keys, max(1, round(ms / 1000 / FRAME_S)))
            return
        for key in keys:
            body = f"Signal={key}\r\nDuration={ms}\r\n".encode()
            await self._demand("INFO", (("Content-Type", "application/dtmf-relay"),), body)

    def say(self, tone_hz: int | None) -> None:
        """Hum another tone from now on; None: send nothing."""
        self._leg.media.say(tone_hz)

    async def refer(self, number: str, timeout: float = 30.0) -> int:
        """Blind transfer (RFC 3515): the other side is to call `number`. Returns what became of it.

        That is the final code of the NOTIFYs; 200 too if the PBX accepted the transfer and hung up without one.
        We hang up ourselves once the transfer has succeeded, as phones do.
        """
        return await self._refer(f"<{self._leg.line.uri(number)}>", timeout)

    async def refer_replacing(self, other: "Call", timeout: float = 30.0) -> int:
        """Attended transfer (RFC 3891): this call's other side is to take our place in `other`. As `refer`."""
        named = dialog.replaces(other._leg.dialog).replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
        return await self._refer(f"<{self._leg.line.uri(other.number)}?Replaces={named}>", timeout)

    async def _refer(self, target: str, timeout: float) -> int:
        self._demand_up("transfer")
        self.transfer_codes.clear()
        by = f"<{self._leg.dialog.local.uri}>"
        await self._demand("REFER", (("Refer-To", target), ("Referred-By", by)))
        await self._until_told(timeout)
        code = next((code for code in self.transfer_codes if code >= 200), 200)
        if code < 300:
            await self.hangup()
        return code

    async def _until_told(self, timeout: float) -> None:
        def told() -> bool:
            return self.ending is not None or any(code >= 200 for code in self.transfer_codes)

        await self._until(told, timeout, "told what became of its transfer")

    async def _demand(self, method: str, extra: tuple[Header, ...], body: bytes = b"") -> None:
        response = await self._leg.ask(method, extra, body)
        if response.code >= 300:
            raise refused(f"the {method}", response)

    def _demand_up(self, what: str) -> None:
        if not self.is_up:
            raise CallRefused(f"{self} is {self.state}, so it cannot {what}; await answered() first", 481)

    # --- for the phone ----------------------------------------------------------------------------------------

    def _on_event(self, request: Request) -> None:
        if request.method == "INFO":
            pressed = _SIGNAL.search(request.body.decode("utf-8", "replace"))
            self.info_keys += pressed[1] if pressed else ""
        elif request.method == "NOTIFY" and (value_of(request, "event") or "").startswith("refer"):
            said = _SIPFRAG.match(request.body)
            self.transfer_codes += [int(said[1])] if said else []
            self._changed()
        elif request.method == "NOTIFY" and value_of(request, "event") == "talk" and self.incoming:
            self.answer()  # as phones do whose desktop picks up for them

    def note(self, message: Message, sent: bool, at: Moment) -> None:
        """Keep one message of this call in `events`."""
        method = sequence(message)[1]
        what = message.method if isinstance(message, Request) else str(message.code)
        refer_to = value_of(message, "refer-to")
        detail = uri_user(parse_address(refer_to).uri) if refer_to else ""
        self.events.append(SipEvent(at, sent, what, method, detail))

    def __repr__(self) -> str:
        way = "from" if self.incoming else "to"
        return f"call of {self.own_number} {way} {self.number or 'nobody'}"


def caller_of(leg: Leg) -> str:
    """The number that calls us."""
    return uri_user(leg.dialog.remote.uri)
