"""What a carrier gets of a call that goes out: number dialled and number shown, in its own format, on the wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import agents_of
from tests.integration.dialplans.test_callbacks import originate
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.message import Request, parse, parse_address, render, respond, uri_user, value_of
from zhitong.lab.phones.policy import Answer

pytestmark = pytest.mark.acceptance

SITE = """
name = "某市12345"
hotline = ["12345"]
[numbers]
area_code = "0561"
own_mobiles = ["1385610"]
"""
TRUNK = """
[[trunk]]
name = "{name}"
hosts = ["127.0.0.2"]
port = {port}
qualify_s = 0
numbers = ["3053000", "12345"]
{format}
"""


class Carrier(asyncio.DatagramProtocol):
    """Hears each INVITE, and is busy."""

    def __init__(self) -> None:
        self.invites: asyncio.Queue[Request] = asyncio.Queue()
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = parse(data)
        if isinstance(message, Request) and message.method == "INVITE" and self.transport is not None:
            self.transport.sendto(render(respond(message, 486, "busy")), addr)
            self.invites.put_nowait(message)

    @property
    def port(self) -> int:
        assert self.transport is not None
        port: int = self.transport.get_extra_info("sockname")[1]
        return port


@asynccontextmanager
async def carrier() -> AsyncIterator[Carrier]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        Carrier, local_addr=("127.0.0.2", 0)
    )
    try:
        yield protocol
    finally:
        transport.close()


FORMATS = {
    "plus": 'out_format = "e164"\nsend_pai = true',
    "city": 'out_format = "local"\nout_prefix = "9"\nout_zero = "elsewhere"',
    "own": 'out_format = "0086"\ncaller_id = "12345"',
}
WANTED = {
    # trunk: dialled there, shown there, P-Asserted-Identity
    "plus": ("+865613053111", "+865613053000", "+865613053000"),
    "city": ("93053111", "3053000", None),
    "own": ("00865613053111", "12345", None),
}


async def test_each_carrier_gets_numbers_in_its_own_format(make_rig: MakeRig) -> None:
    async with AsyncExitStack() as stack:
        carriers = {name: await stack.enter_async_context(carrier()) for name in FORMATS}
        trunks = [TRUNK.format(name=name, port=carriers[name].port, format=form) for name, form in FORMATS.items()]
        rig = await stack.enter_async_context(make_rig(ALWAYS, agents_of("1001"), base=SITE + "".join(trunks)))
        agent = await rig.agent("1001")
        agent.on_invite = Answer()
        for name, (dialled, shown, asserted) in WANTED.items():
            await originate(rig, "+865613053111", name)
            invite = await asyncio.wait_for(carriers[name].invites.get(), 30)
            await (await agent.next_call()).ended()
            assert uri_user(invite.uri) == dialled, name
            assert _number(invite, "From") == shown, name
            assert _number(invite, "P-Asserted-Identity") == asserted, name


def _number(invite: Request, header: str) -> str | None:
    value = value_of(invite, header)
    return uri_user(parse_address(value).uri) if value is not None else None
