"""One phone's SIP socket and the transactions on it: the tables of `transaction` with a clock and a network."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from zhitong.lab.phones import transaction
from zhitong.lab.phones.errors import MalformedSip
from zhitong.lab.phones.message import (
    Header,
    Message,
    Place,
    Request,
    Response,
    branch,
    parse,
    parse_address,
    render,
    required,
    respond,
    sequence,
    value_of,
    values_of,
)
from zhitong.lab.phones.transaction import Effect, Input, State
from zhitong.lab.phones.udp import Moment, UdpSocket, bind, now

OnResponse = Callable[[Response, Moment], None]


class Listener(Protocol):
    """Who is told what comes in. Called in the loop's thread; must not block."""

    def on_request(self, asked: "Incoming", at: Moment) -> None:
        """A request that is no ACK, no CANCEL and no repetition. It must be answered, now or later."""

    def on_ack(self, asked: "Incoming", ack: Request, at: Moment) -> None:
        """The 2xx that was sent for `asked` has arrived."""

    def on_no_ack(self, asked: "Incoming", at: Moment) -> None:
        """The 2xx that was sent for `asked` was never acknowledged."""

    def on_cancel(self, asked: "Incoming", cancel: Request, at: Moment) -> None:
        """The INVITE `asked` is given up by its sender; the CANCEL itself has been answered."""

    def on_traffic(self, message: Message, sent: bool, at: Moment) -> None:
        """Every message, as it is sent or arrives, repetitions included."""


class _Transaction:
    table = transaction.OUTGOING

    def __init__(self, exchange: "Exchange", request: Request, place: Place, state: State) -> None:
        self.exchange, self.request, self.place = exchange, request, place
        self.state = State.OVER
        self._timers: list[asyncio.TimerHandle] = []
        self._enter(state)

    def take(self, entry: Input, message: Message | None = None, at: Moment | None = None) -> bool:
        """Whether the table knew what to do with it."""
        step = self.table.get((self.state, entry))
        if step is None:
            return False
        if step.state != self.state:
            self._enter(step.state)
        for effect in step.effects:
            self.perform(effect, message, at or now())
        return True

    def perform(self, effect: Effect, message: Message | None, at: Moment) -> None:
        raise NotImplementedError

    def drop(self) -> None:
        """Forget it, without a word to anyone."""
        for timer in self._timers:
            timer.cancel()
        self._timers, self.state = [], State.OVER

    def _enter(self, state: State) -> None:
        self.drop()
        self.state = state
        timers = transaction.TIMERS.get(state, transaction.Timers())
        self._timers = [self._later(units, Input.RESEND) for units in transaction.resends(timers)]
        if timers.lifetime:
            self._timers.append(self._later(timers.lifetime, Input.EXPIRE))
        if state is State.OVER:
            self.exchange.forget(self)

    def _later(self, units: int, entry: Input) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(units * self.exchange.t1, self.take, entry)


class Outgoing(_Transaction):
    """A request of ours. `on_response` gets every response but repetitions; a made-up 408 if none comes."""

    def __init__(self, exchange: "Exchange", request: Request, place: Place, on_response: OnResponse) -> None:
        self._on_response = on_response
        super().__init__(exchange, request, place, transaction.outgoing(request.method))

    def perform(self, effect: Effect, message: Message | None, at: Moment) -> None:
        if effect is Effect.REPEAT:
            self.exchange.send(self.request, self.place)
        elif effect is Effect.GIVE_UP:
            self._on_response(respond(self.request, 408), at)
        elif isinstance(message, Response):
            if effect is Effect.ACKNOWLEDGE:
                self.exchange.send(acknowledgement(self.request, message), self.place)
            else:
                self._on_response(message, at)


class Incoming(_Transaction):
    """A request to us, to be answered with `respond`. `tag` is what our responses add to To."""

    table = transaction.INCOMING

    def __init__(self, exchange: "Exchange", request: Request, place: Place) -> None:
        self._last: Response | None = None
        super().__init__(exchange, request, place, transaction.incoming(request.method))

    @property
    def answered(self) -> bool:
        """Whether a final response has been sent."""
        return self.state not in (State.OFFERED, State.ASKED)

    def respond(self, code: int, tag: str = "", extra: tuple[Header, ...] = (), body: bytes = b"") -> None:
        """Send a response; after a final one, nothing more is sent."""
        self.take(transaction.input_of(code), respond(self.request, code, tag, extra, body))

    def perform(self, effect: Effect, message: Message | None, at: Moment) -> None:
        if effect is Effect.SEND and isinstance(message, Response):
            self._last = message
        if effect in (Effect.SEND, Effect.REPEAT):
            if self._last is not None:
                self.exchange.send(self._last, self.place)
        elif effect is Effect.DELIVER and isinstance(message, Request):
            self.exchange.listener.on_ack(self, message, at)
        elif effect is Effect.GIVE_UP:
            self.exchange.listener.on_no_ack(self, at)


class Exchange:
    """Sends and receives SIP on one UDP port of `host`. Must be made inside a running loop."""

    def __init__(self, host: str, port: int, listener: Listener, t1: float = transaction.T1) -> None:
        self.listener, self.t1 = listener, t1
        self.malformed: list[str] = []
        self._outgoing: dict[tuple[str, str], Outgoing] = {}
        self._incoming: dict[tuple[str, str], Incoming] = {}
        self._socket = UdpSocket(bind(host, port), self._receive)
        self.place = self._socket.place

    def ask(self, request: Request, place: Place, on_response: OnResponse) -> Outgoing:
        """Begin a transaction: send `request`, and again until something comes back."""
        asking = Outgoing(self, request, place, on_response)
        self._outgoing[branch(request), request.method] = asking
        self.send(request, place)
        return asking

    async def final(self, request: Request, place: Place, on_success: OnResponse | None = None) -> Response:
        """The final response to `request`; 408 if nobody answers within 64 T1.

        `on_success` is called for every 2xx, repetitions included: each one to an INVITE asks for an ACK.
        """
        done: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def heard(response: Response, at: Moment) -> None:
            if on_success is not None and 200 <= response.code < 300:
                on_success(response, at)
            if response.code >= 200 and not done.done():
                done.set_result(response)

        asking = self.ask(request, place, heard)
        try:
            return await done
        finally:
            if done.cancelled():
                asking.drop()
                self.forget(asking)

    def send(self, message: Message, place: Place) -> None:
        """Send once, outside of any transaction (an ACK to a 2xx)."""
        self.listener.on_traffic(message, True, now())
        self._socket.send(render(message), place)

    def close(self) -> None:
        """Drop every transaction and give the port back, without a word to anyone."""
        for ongoing in [*self._outgoing.values(), *self._incoming.values()]:
            ongoing.drop()
        self._outgoing.clear()
        self._incoming.clear()
        self._socket.close()

    def forget(self, ended: _Transaction) -> None:
        """Called by a transaction that is over."""
        key = branch(ended.request), ended.request.method
        for known in (self._outgoing, self._incoming):
            if known.get(key) is ended:
                del known[key]

    def _receive(self, data: bytes, place: Place, at: Moment) -> None:
        if not data.strip(b"\r\n\x00"):
            return  # keep-alive (RFC 5626 §3.5.1)
        try:
            message = parse(data)
        except MalformedSip as error:
            self.malformed.append(str(error))
            return
        self.listener.on_traffic(message, False, at)
        if isinstance(message, Response):
            self._take_response(message, at)
        elif message.method == "ACK":
            self._take_ack(message, at)
        else:
            self._take_request(message, place, at)

    def _take_response(self, response: Response, at: Moment) -> None:
        asking = self._outgoing.get((branch(response), sequence(response)[1]))
        if asking is not None:
            asking.take(transaction.input_of(response.code), response, at)

    def _take_ack(self, ack: Request, at: Moment) -> None:
        """An ACK to a refusal has the INVITE's branch, one to a 2xx has its own (RFC 3261 §17.1.1.3, §13.2.2.4)."""
        asked = self._incoming.get((branch(ack), "INVITE"))
        if asked is None:
            asked = next((one for one in self._incoming.values() if _acknowledges(ack, one)), None)
        if asked is not None:
            asked.take(Input.ACK, ack, at)

    def _take_request(self, request: Request, place: Place, at: Moment) -> None:
        key = branch(request), request.method
        known = self._incoming.get(key)
        if known is not None:
            known.take(Input.REQUEST, request, at)
            return
        asked = self._incoming[key] = Incoming(self, request, place)
        if request.method == "CANCEL":
            self._take_cancel(asked, at)
        else:
            self.listener.on_request(asked, at)

    def _take_cancel(self, cancel: Incoming, at: Moment) -> None:
        invite = self._incoming.get((branch(cancel.request), "INVITE"))
        cancel.respond(200 if invite else 481)
        if invite is not None:
            self.listener.on_cancel(invite, cancel.request, at)


def _acknowledges(ack: Request, asked: Incoming) -> bool:
    invite = asked.request
    if invite.method != "INVITE" or value_of(ack, "call-id") != value_of(invite, "call-id"):
        return False
    same_side = parse_address(required(ack, "from")).tag == parse_address(required(invite, "from")).tag
    return same_side and sequence(ack)[0] == sequence(invite)[0]


def acknowledgement(invite: Request, refusal: Response) -> Request:
    """The ACK to a refusal: the INVITE's Via, From, Call-ID and Route, the refusal's To (RFC 3261 §17.1.1.3)."""
    kept = [(name, value) for name in ("Via", "Route", "Max-Forwards") for value in values_of(invite, name)[:1]]
    parties = [("From", required(invite, "from")), ("To", required(refusal, "to"))]
    same = [("Call-ID", required(invite, "call-id")), ("CSeq", f"{sequence(invite)[0]} ACK")]
    return Request("ACK", invite.uri, (*kept, *parties, *same))


def cancellation(invite: Request) -> Request:
    """The CANCEL of an INVITE that has had a 1xx (RFC 3261 §9.1)."""
    ack = acknowledgement(invite, Response(100, "Trying", invite.headers))
    kept = tuple(header for header in ack.headers if header[0] != "CSeq")
    return Request("CANCEL", invite.uri, (*kept, ("CSeq", f"{sequence(invite)[0]} CANCEL")))
