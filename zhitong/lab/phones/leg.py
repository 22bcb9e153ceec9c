"""The SIP side of one call: its dialog, its state, and the messages that move it. `Call` is what a test talks to."""

import asyncio
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import msgspec

from zhitong.lab.phones import callstate, dialog, sdp
from zhitong.lab.phones.callstate import Action, Input, State
from zhitong.lab.phones.dialog import Dialog
from zhitong.lab.phones.errors import CallRefused
from zhitong.lab.phones.exchange import Incoming, Outgoing, cancellation
from zhitong.lab.phones.line import USER_AGENT, Line
from zhitong.lab.phones.media import Media
from zhitong.lab.phones.message import Header, Message, Request, Response, parameters, sequence, value_of, values_of
from zhitong.lab.phones.udp import Moment, now

_SDP: Header = ("Content-Type", "application/sdp")
_ALLOW: Header = ("Allow", dialog.ALLOW)
_GLARE_TRIES = 3


class Side(StrEnum):
    """Whose deed it was."""

    US = "us"
    THEM = "them"


class Ending(NamedTuple):
    """How a call ended. `code`: the refusal (487 for a cancelled call), 200 where it was up and then hung up.

    `cause`: Q.850, where a Reason header says it (RFC 3326).
    """

    at: Moment
    by: Side
    code: int
    cause: int | None


class Leg:
    """One INVITE dialog. `on_change` is called after every change of state; `on_event` for INFO and NOTIFY."""

    def __init__(self, line: Line, media: Media, begun: Dialog, state: State) -> None:
        self.line, self.media, self.dialog, self.state = line, media, begun, state
        self.ours = sdp.Audio(*media.place)
        self.ending: Ending | None = None
        self.refusal = 486
        self.elsewhere: tuple[Header, ...] = ()
        self.ringing_at: Moment | None = None
        self.up_at: Moment | None = None
        self.on_change: Callable[[], None] = lambda: None
        self.on_event: Callable[[Request], None] = lambda _: None
        self.asked: Incoming | None = None
        self._invite: Outgoing | None = None
        self._accepted: Response | None = None
        self.gone = False
        """The plug was pulled: nothing is answered any more."""
        self._hung_up = self._picked_up = False
        self._offering = False
        self._session, self._version = secrets.randbelow(1 << 31), 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._acting: dict[Action, Callable[[], None]] = {
            Action.ACK: self._acknowledge,
            Action.CANCEL: self._cancel,
            Action.BYE: self._bye,
            Action.ACCEPT: self._accept,
            Action.REFUSE: lambda: self._finish_asked(self.refusal),
            Action.TERMINATE: lambda: self._finish_asked(487),
        }

    # --- the table at work ------------------------------------------------------------------------------------

    def take(self, entry: Input, at: Moment | None = None, message: Message | None = None) -> bool:
        """Let the table decide; False if there is nothing to do."""
        step = callstate.TABLE.get((self.state, entry))
        if step is None:
            return False
        before, self.state = self.state, step.state
        moment = at or now()
        self._hung_up = self._hung_up or entry is Input.HANG_UP
        if isinstance(message, Response) and entry is Input.ACCEPTED:
            self._accepted = message
        if step.state is State.UP and self.up_at is None:
            self.up_at = moment
        for action in step.actions:
            self._acting[action]()
        if step.state is State.OVER and before is not State.OVER:
            self._end(moment, message)
        self.on_change()
        return True

    def _end(self, at: Moment, message: Message | None) -> None:
        self.ending = Ending(at, Side.US if self._hung_up else Side.THEM, self._final_code(message), _cause(message))
        self.media.close()

    def _final_code(self, message: Message | None) -> int:
        if self.up_at is not None or self._accepted is not None:
            return 200
        if self.asked is not None and self._hung_up:
            return 200 if self._picked_up else self.refusal
        return message.code if isinstance(message, Response) else 487

    def abandon(self) -> None:
        """Forget the call without a word, like a phone whose plug was pulled."""
        self.gone = True
        for task in self._tasks:
            task.cancel()
        for transaction in (self._invite, self.asked):
            if transaction is not None:
                transaction.drop()
        self.media.close()
        if self.state is not State.OVER:
            self.state, self.ending = State.OVER, Ending(now(), Side.US, 0, None)
            self.on_change()

    # --- a call of ours ---------------------------------------------------------------------------------------

    def invite(self, extra: tuple[Header, ...] = ()) -> None:
        """Send the INVITE; again with the password when the PBX asks for it."""
        self.dialog = dialog.numbered(self.dialog)
        headers = (self.line.contact, _ALLOW, USER_AGENT, _SDP, *extra)
        request = dialog.request(self.dialog, "INVITE", self.line.via(), headers, self._offer(self.ours))
        self._invite = self.line.exchange.ask(request, self.line.account.server, self._on_invite_response)

    def _on_invite_response(self, response: Response, at: Moment) -> None:
        assert self._invite is not None
        header = self.line.authorisation(self._invite.request, response)
        if header is not None and self.state is State.CALLING:
            self.invite((header,))
        elif response.code >= 300:
            self.take(Input.REFUSED, at, response)
        else:
            self._progress(response, at)

    def _progress(self, response: Response, at: Moment) -> None:
        if self.state is not State.OVER:
            self.dialog = dialog.established(self.dialog, response)
            self._listen(response)
        if response.code == 180 and self.ringing_at is None:
            self.ringing_at = at
        self.take(Input.PROVISIONAL if response.code < 200 else Input.ACCEPTED, at, response)

    def _acknowledge(self) -> None:
        assert self._accepted is not None
        self._send_ack(self._accepted)

    def _send_ack(self, response: Response) -> None:
        """A transaction of its own, with the INVITE's number (RFC 3261 §13.2.2.4)."""
        numbered = msgspec.structs.replace(self.dialog, number=sequence(response)[0])
        ack = dialog.request(numbered, "ACK", self.line.via())
        self.line.exchange.send(ack, dialog.next_hop(self.dialog))

    def _cancel(self) -> None:
        assert self._invite is not None
        self.line.exchange.ask(cancellation(self._invite.request), self._invite.place, lambda *_: None)

    # --- a call to us -----------------------------------------------------------------------------------------

    def ring(self, asked: Incoming, at: Moment) -> None:
        """Take the INVITE and say that the phone rings. Raises `MalformedSip` if its offer cannot be answered."""
        self.asked, self.ringing_at = asked, at
        answer = self._answer(asked.request)
        self.ours = msgspec.structs.replace(answer, direction=self.ours.direction)
        asked.respond(180, self.dialog.local.tag, (self.line.contact, _ALLOW))

    def _accept(self) -> None:
        assert self.asked is not None
        self._picked_up = True
        headers = (self.line.contact, _ALLOW, USER_AGENT, _SDP)
        self.asked.respond(200, self.dialog.local.tag, headers, self._offer(self._answer(self.asked.request)))
        self._listen(self.asked.request)

    def _finish_asked(self, code: int) -> None:
        assert self.asked is not None
        self.asked.respond(code, self.dialog.local.tag, self.elsewhere)

    def on_ack(self, ack: Request, at: Moment) -> None:
        """Our 200 has arrived; an ACK may carry the answer to an offer of ours (RFC 3261 §13.2.2.4)."""
        self._listen(ack)
        self.take(Input.ACK, at)

    # --- inside the dialog, from us ---------------------------------------------------------------------------

    async def ask(self, method: str, extra: tuple[Header, ...] = (), body: bytes = b"") -> Response:
        """The final response to a request inside the dialog."""

        def build(more: tuple[Header, ...]) -> tuple[Request, tuple[str, int]]:
            self.dialog = dialog.numbered(self.dialog)
            headers = (self.line.contact, USER_AGENT, *extra, *more)
            return dialog.request(self.dialog, method, self.line.via(), headers, body), dialog.next_hop(self.dialog)

        acknowledge = (lambda response, _: self._send_ack(response)) if method == "INVITE" else None
        return await self.line.final(build, acknowledge)

    async def redirect(self, direction: sdp.Direction) -> None:
        """Re-INVITE with another direction of audio. Raises `CallRefused`.

        When both sides ask at once (491), wait and ask again (RFC 3261 §14.1).
        """
        wish = msgspec.structs.replace(self.ours, direction=direction)
        response, tries = await self._reinvite(wish), 1
        while response.code == 491 and tries < _GLARE_TRIES:
            await asyncio.sleep(self._glare_pause())
            response, tries = await self._reinvite(wish), tries + 1
        if response.code >= 300:
            raise refused("the re-INVITE", response)
        self.ours, self.dialog = wish, dialog.refreshed(self.dialog, response)
        self._listen(response)

    async def _reinvite(self, wish: sdp.Audio) -> Response:
        self._offering = True
        try:
            return await self.ask("INVITE", (_ALLOW, _SDP), self._offer(wish))
        finally:
            self._offering = False

    def _glare_pause(self) -> float:
        """2.1 to 4 s for who began the call, 0 to 2 s for the other, in steps of 10 ms."""
        return (secrets.randbelow(200) if self.asked else 210 + secrets.randbelow(191)) / 100

    def _bye(self) -> None:
        self.media.say(None)
        task = asyncio.get_running_loop().create_task(self._say_bye())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _say_bye(self) -> None:
        await self.ask("BYE")
        self.take(Input.BYE_ANSWERED)

    # --- inside the dialog, from them -------------------------------------------------------------------------

    def on_request(self, asked: Incoming, at: Moment) -> None:
        """A request that names this dialog. Answers it."""
        if self.gone:
            return
        seen = dialog.seen(self.dialog, asked.request)
        if seen is None:
            asked.respond(481)
            return
        self.dialog = seen
        method = asked.request.method
        if method == "BYE":
            asked.respond(200)
            self.take(Input.BYE, at, asked.request)
        elif method in ("INVITE", "UPDATE"):
            self._on_offer(asked)
        elif method in ("INFO", "NOTIFY", "OPTIONS"):
            asked.respond(200)
            self.on_event(asked.request)
        else:
            asked.respond(405, extra=(_ALLOW,))

    def _on_offer(self, asked: Incoming) -> None:
        """Another offer, or none (a new display name, a session timer): both are answered with what we have."""
        if self._offering and asked.request.body:
            asked.respond(491)
            return
        self.dialog = dialog.refreshed(self.dialog, asked.request)
        answer = self._answer(asked.request)
        wants_body = bool(asked.request.body) or asked.request.method == "INVITE"
        headers = (self.line.contact, _ALLOW, *([_SDP] if wants_body else []))
        asked.respond(200, extra=headers, body=self._offer(answer) if wants_body else b"")
        if asked.request.body:
            self.media.connect(answer, sdp.parse(asked.request.body))

    # --- audio ------------------------------------------------------------------------------------------------

    def _offer(self, audio: sdp.Audio) -> bytes:
        self._version += 1
        return sdp.render(audio, self._session, self._version)

    def _answer(self, request: Request) -> sdp.Audio:
        return sdp.answer(self.ours, sdp.parse(request.body)) if request.body else self.ours

    def _listen(self, message: Message) -> None:
        """Talk to where this message's SDP says, if it has one."""
        if message.body and (value_of(message, "content-type") or "").startswith("application/sdp"):
            self.media.connect(self.ours, sdp.parse(message.body))


def _cause(message: Message | None) -> int | None:
    reasons = [] if message is None else values_of(message, "reason")
    said = (parameters(value).get("cause", "") for value in reasons if value.upper().startswith("Q.850"))
    return next((int(cause) for cause in said if cause.isdecimal()), None)


def refused(what: str, response: Response) -> CallRefused:
    """The error for a request that was answered with 300 or more."""
    return CallRefused(f"the PBX refused {what}: {response.code} {response.reason}", response.code)
