"""What all calls of one phone share: its number, its place on the network, its password, its place at the PBX."""

import secrets
from collections.abc import Callable

import msgspec

from zhitong.lab.phones.digest import Credentials, answer
from zhitong.lab.phones.exchange import Exchange, OnResponse
from zhitong.lab.phones.message import Address, Header, Place, Request, Response, render_address, value_of

USER_AGENT: Header = ("User-Agent", "zhitong-lab-phone")
_CHALLENGES = {401: ("www-authenticate", "Authorization"), 407: ("proxy-authenticate", "Proxy-Authorization")}

Build = Callable[[tuple[Header, ...]], tuple[Request, Place]]
"""Makes a request with these headers added, and says where it goes. Called again, it takes the next CSeq."""


class Account(msgspec.Struct, frozen=True):
    """Who a phone is: `number` stands in its URIs, `name` is shown to the called party, any text."""

    number: str
    server: Place
    credentials: Credentials
    name: str = ""


class Line:
    """An account on a socket."""

    def __init__(self, account: Account, exchange: Exchange) -> None:
        self.account, self.exchange = account, exchange
        self.host = exchange.place[0]

    @property
    def contact(self) -> Header:
        """Where the PBX reaches this phone."""
        host, port = self.exchange.place
        return "Contact", f"<sip:{self.account.number}@{host}:{port}>"

    def uri(self, number: str) -> str:
        """A number at the PBX."""
        host, port = self.account.server
        return f"sip:{number}@{host}:{port}"

    def local(self) -> Address:
        """Who we are at the beginning of a dialog; the tag is new each time."""
        return Address(self.uri(self.account.number), self.account.name, new_token())

    def via(self) -> str:
        """A Via with a new branch (RFC 3261 §8.1.1.7)."""
        host, port = self.exchange.place
        return f"SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{new_token()}"

    def first(self, method: str, to: Address, local: Address, number: int, extra: tuple[Header, ...]) -> Request:
        """A request outside of any dialog but its own beginning: REGISTER."""
        own = (("Via", self.via()), ("Max-Forwards", "70"), ("From", render_address(local)), ("To", render_address(to)))
        call = (("Call-ID", f"{local.tag}@{self.host}"), ("CSeq", f"{number} {method}"), self.contact, USER_AGENT)
        host, port = self.account.server
        return Request(method, f"sip:{host}:{port}", (*own, *call, *extra))

    def authorisation(self, request: Request, response: Response) -> Header | None:
        """The header that answers the challenge in `response`; None if it is none, or if our answer was refused."""
        asks, says = _CHALLENGES.get(response.code, ("", ""))
        challenge = value_of(response, asks) if asks else None
        if challenge is None or value_of(request, says) is not None:
            return None
        return says, answer(challenge, self.account.credentials, request.method, request.uri, new_token())

    async def final(self, build: Build, on_success: OnResponse | None = None) -> Response:
        """The final response to a request, sent again with the password if the PBX asks for it."""
        request, place = build(())
        response = await self.exchange.final(request, place, on_success)
        header = self.authorisation(request, response)
        if header is None:
            return response
        return await self.exchange.final(*build((header,)), on_success)


def new_token() -> str:
    """Unguessable, and unique among all phones (RFC 3261 §19.3)."""
    return secrets.token_hex(8)
