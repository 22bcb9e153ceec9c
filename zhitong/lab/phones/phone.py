"""A SIP phone that can hear: registers, calls, is called, and keeps every packet it receives."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import msgspec

from zhitong.lab.phones import dialog
from zhitong.lab.phones.call import Call, caller_of
from zhitong.lab.phones.callstate import Input, State
from zhitong.lab.phones.dialog import Dialog
from zhitong.lab.phones.digest import Credentials
from zhitong.lab.phones.errors import MalformedSip, PhoneTimeout
from zhitong.lab.phones.exchange import Exchange, Incoming
from zhitong.lab.phones.leg import Leg
from zhitong.lab.phones.line import Account, Line, new_token
from zhitong.lab.phones.media import Media
from zhitong.lab.phones.message import Address, Message, Place, Request, parameters, required
from zhitong.lab.phones.policy import Answer, Forward, OnInvite, Refuse, Ring, asks_at_once
from zhitong.lab.phones.registration import Registration
from zhitong.lab.phones.tones import tone
from zhitong.lab.phones.transaction import T1
from zhitong.lab.phones.udp import Moment


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What few tests need to say of a phone.

    `host`: our own address; a trunk that the PBX tells by its address has one of its own (127.0.0.2).
    `user`: name of the auth section where it is not the number. `name`: display name, any text.
    `t1`: RFC 3261's base timer in seconds.
    """

    name: str = ""
    user: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    expires: int = 300
    t1: float = T1


class Phone:
    """Make one with `Phone.start`, end it with `stop`; or `async with await Phone.start(...) as phone`."""

    def __init__(self, account: Account, tone_hz: int | None, setup: Setup) -> None:
        self.account, self.tone_hz = account, tone_hz
        if tone_hz is not None:
            tone(tone_hz)  # a tone that cannot be hummed is refused now, not in the first call
        self.on_invite: OnInvite = Answer()
        """What to do when it rings, from the next call on."""
        self.picks_up = True
        """Whether it obeys an INVITE that asks it to pick up by itself, where it would ring. It refuses as ever."""
        self.calls: list[Call] = []
        """All calls of this phone, in order."""
        self.messages: list[str] = []
        """What MESSAGE requests have said, in order (RFC 3428)."""
        self.mishaps: list[str] = []
        """Messages of the PBX that a phone could not act upon. Empty, unless something is wrong."""
        self._exchange = Exchange(setup.host, setup.port, self, setup.t1)
        self._line = Line(account, self._exchange)
        self._legs: dict[str, Leg] = {}
        self._by_id: dict[str, Call] = {}
        self._incoming: asyncio.Queue[Call] = asyncio.Queue()
        self.registration = Registration(self._line, setup.expires)

    @classmethod
    async def start(
        cls,
        number: str,
        password: str,
        server: Place,
        tone_hz: int | None = 450,
        register: bool = True,
        setup: Setup = Setup(),  # noqa: B008 - frozen
    ) -> Self:
        """A phone on its own UDP port, registered unless told otherwise. Raises `RegisterRefused`, or `LabError` for
        a port or a tone that is not to be had.

        `tone_hz`: what it hums in every call; None: no packets.
        """
        credentials = Credentials(setup.user or number, password)
        phone = cls(Account(number, server, credentials, setup.name), tone_hz, setup)
        if register:
            try:
                await phone.registration.begin()
            except BaseException:
                phone.unplug()
                raise
        return phone

    @property
    def place(self) -> Place:
        """Where its SIP is: for a static contact of an unregistered phone."""
        return self._exchange.place

    async def call(self, number: str) -> Call:
        """Dial. Returns when the INVITE is sent; await `ringing()` and `answered()` on the call."""
        local = self._line.local()
        target = self._line.uri(number)
        begun = Dialog(f"{new_token()}@{self._line.host}", local, Address(target), target)
        leg = Leg(self._line, Media(self._line.host, self.tone_hz), begun, State.CALLING)
        call = self._add(Call(leg, number, incoming=False), leg)
        leg.invite()
        return call

    async def next_call(self, timeout: float = 30.0) -> Call:
        """The next call that came in, in order of arrival. Raises `PhoneTimeout`."""
        try:
            async with asyncio.timeout(timeout):
                return await self._incoming.get()
        except TimeoutError as error:
            raise PhoneTimeout(f"nobody called {self.account.number} within {timeout} s") from error

    async def stop(self) -> None:
        """Hang up, sign off, give the ports back. Never fails: what does not answer is left behind."""
        running = [call for call in self.calls if call.ending is None]
        await asyncio.gather(*(call.hangup(2.0) for call in running), return_exceptions=True)
        with contextlib.suppress(PhoneTimeout):
            await self.registration.end()
        self.unplug()

    def unplug(self) -> None:
        """Vanish without a word. Calls stay up at the PBX until it notices."""
        self.registration.abandon()
        for leg in self._legs.values():
            leg.abandon()
        self._exchange.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _add(self, call: Call, leg: Leg) -> Call:
        self.calls.append(call)
        self._legs[call.id], self._by_id[call.id] = leg, call
        return call

    # --- what comes in (exchange.Listener) ----------------------------------------------------------------------

    def on_traffic(self, message: Message, sent: bool, at: Moment) -> None:
        call = self._by_id.get(required(message, "call-id"))
        if call is not None:
            call.note(message, sent, at)

    def on_request(self, asked: Incoming, at: Moment) -> None:
        try:
            self._dispatch(asked, at)
        except MalformedSip as error:
            self.mishaps.append(f"{asked.request.method}: {error}")
            asked.respond(488)

    def on_ack(self, asked: Incoming, ack: Request, at: Moment) -> None:
        if leg := self._leg_of(asked):
            leg.on_ack(ack, at)

    def on_no_ack(self, asked: Incoming, at: Moment) -> None:
        if leg := self._leg_of(asked):
            leg.take(Input.NO_ACK, at)

    def on_cancel(self, asked: Incoming, cancel: Request, at: Moment) -> None:
        if leg := self._leg_of(asked):
            leg.take(Input.CANCEL, at, cancel)

    def _leg_of(self, asked: Incoming) -> Leg | None:
        """The call that began with this INVITE; None for a re-INVITE, which has no state of its own here."""
        leg = self._legs.get(required(asked.request, "call-id"))
        return leg if leg is not None and leg.asked is asked else None

    def _dispatch(self, asked: Incoming, at: Moment) -> None:
        request = asked.request
        if "tag" in parameters(required(request, "to")):
            leg = self._legs.get(required(request, "call-id"))
            asked.respond(481) if leg is None else leg.on_request(asked, at)
        elif request.method == "INVITE":
            self._ring(asked, at)
        elif request.method == "MESSAGE":
            self.messages.append(request.body.decode())
            asked.respond(200, new_token(), (self._line.contact,))
        elif request.method in ("OPTIONS", "NOTIFY"):
            asked.respond(200, new_token(), (self._line.contact, ("Allow", dialog.ALLOW)))
        else:
            asked.respond(405, new_token(), (("Allow", dialog.ALLOW),))

    def _ring(self, asked: Incoming, at: Moment) -> None:
        begun = dialog.called(asked.request, new_token())
        media = Media(self._line.host, self.tone_hz)
        leg = Leg(self._line, media, begun, State.RINGING)
        call = self._add(Call(leg, caller_of(leg), incoming=True), leg)
        call.note(asked.request, False, at)
        try:
            leg.ring(asked, at)
        except MalformedSip as error:
            self.mishaps.append(f"INVITE: {error}")
            leg.refusal = 488
            leg.take(Input.HANG_UP)
        self._incoming.put_nowait(call)
        self._act(call, at_once=self.picks_up and asks_at_once(asked.request))

    def _act(self, call: Call, *, at_once: bool) -> None:
        policy = self.on_invite
        if at_once and isinstance(policy, Answer | Ring):
            policy = Answer()
        if isinstance(policy, Ring):
            return
        deed = _deed(call, policy)
        if policy.after_s:
            asyncio.get_running_loop().call_later(policy.after_s, deed)
        else:
            deed()


def _deed(call: Call, policy: Answer | Refuse | Forward) -> Callable[[], None]:
    if isinstance(policy, Forward):
        return partial(call.forward, policy.user)
    return partial(call.refuse, policy.code) if isinstance(policy, Refuse) else call.answer
