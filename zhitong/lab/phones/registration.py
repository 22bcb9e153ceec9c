"""Being reachable: REGISTER, again before it runs out, and once more to sign off (RFC 3261 §10)."""

import asyncio
import contextlib

from zhitong.lab.phones.errors import PhoneTimeout, RegisterRefused
from zhitong.lab.phones.line import Line
from zhitong.lab.phones.message import Address, Header, Place, Request, Response

_OFF_S = 2.0


class Registration:
    """One phone's registration; `code` is the registrar's last word, 0 before the first."""

    def __init__(self, line: Line, expires: int) -> None:
        self.code = 0
        self._line, self._expires = line, expires
        self._local = line.local()
        self._number = 0
        self._refresher: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Register and stay registered; again after a restart of the PBX. Raises `RegisterRefused`."""
        self.abandon()
        await self._register(self._expires)
        self._refresher = asyncio.get_running_loop().create_task(self._refresh())

    async def end(self) -> None:
        """Sign off, if signed on. Raises `PhoneTimeout` if the registrar does not answer within 2 s."""
        if self._refresher is None:
            return
        self.abandon()
        try:
            async with asyncio.timeout(_OFF_S):
                with contextlib.suppress(RegisterRefused):
                    await self._register(0)
        except TimeoutError as error:
            raise PhoneTimeout("the registrar did not answer the sign-off") from error

    def abandon(self) -> None:
        """Let it run out without a word."""
        if self._refresher is not None:
            self._refresher.cancel()
            self._refresher = None

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(self._expires / 2)
            with contextlib.suppress(RegisterRefused):  # `code` tells; the PBX may be restarting
                await self._register(self._expires)

    async def _register(self, expires: int) -> None:
        def build(more: tuple[Header, ...]) -> tuple[Request, Place]:
            self._number += 1
            extra = (("Expires", str(expires)), *more)
            me = Address(self._local.uri, self._local.name)
            return self._line.first("REGISTER", me, self._local, self._number, extra), self._line.account.server

        response = await self._line.final(build)
        self.code = response.code
        if response.code >= 300:
            raise RegisterRefused(self._complaint(response))

    def _complaint(self, response: Response) -> str:
        number, (host, port) = self._line.account.number, self._line.account.server
        remedies = {
            401: "check the password and the user of the auth section",
            403: "check that the endpoint's aors= and the AOR's max_contacts= allow it",
            404: "there is no such AOR; check the number",
            408: "is the PBX running, and is this its SIP port?",
        }
        remedy = remedies.get(response.code, "look into the PBX's log")
        return f"{number} cannot register at {host}:{port}: {response.code} {response.reason}; {remedy}"
