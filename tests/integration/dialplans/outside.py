"""A site with trunks that lead to phones of the outside, and what became of calls over them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.integration.dialplans.manager import Message
from tests.integration.dialplans.rig import Rig
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.message import uri_user
from zhitong.lab.phones.phone import Phone, Setup

MOBILE = "13900000001"
ABROAD = "00441632960961"


class Outside:
    """Two carriers, each one phone that takes whatever number is called. ``base``: the site that has them."""

    def __init__(self, carrier: Phone, backup: Phone) -> None:
        self.carrier, self.backup = carrier, backup
        self.trunks = [self.trunk("carrier", carrier), self.trunk("backup", backup)]
        self.base = self.site()

    @staticmethod
    def trunk(name: str, phone: Phone, more: str = "") -> str:
        host, port = phone.place
        return (
            f'[[trunk]]\nname = "{name}"\nhosts = ["{host}"]\nport = {port}\nnumbers = ["88812345", "12345"]\n{more}\n'
        )

    def site(self, carrier: str = "", backup: str = "") -> str:
        """With more keys of the two trunks."""
        trunks = self.trunk("carrier", self.carrier, carrier) + self.trunk("backup", self.backup, backup)
        head = 'name = "某市12345"\nhotline = ["12345"]\n[numbers]\narea_code = "561"\n'
        return f"{head}{trunks}[recording]\non = true\nkeep_days = 30\n"

    @property
    def calls(self) -> int:
        return len(self.carrier.calls) + len(self.backup.calls)


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    """They are only called, so that they need no PBX to start with."""
    nobody = ("127.0.0.1", 9)
    async with AsyncExitStack() as stack:
        carrier = await Phone.start("carrier", "", nobody, register=False, setup=Setup(host="127.0.0.2"))
        await stack.enter_async_context(carrier)
        backup = await Phone.start("backup", "", nobody, register=False, setup=Setup(host="127.0.0.3"))
        await stack.enter_async_context(backup)
        yield Outside(carrier, backup)


def dialled(call: Call) -> str:
    """The number that the carrier was asked for."""
    return uri_user(call._leg.dialog.local.uri)


def left(rig: Rig) -> list[tuple[str, ...]]:
    """What was tried over trunks."""
    return [_of(event, "Purpose", "Number", "Agent", "Trunk") for event in rig.manager.all("ZtOut")]


def refused(rig: Rig) -> list[tuple[str, ...]]:
    return [_of(event, "Purpose", "Number", "Agent", "Reason") for event in rig.manager.all("ZtOutRefused")]


def _of(event: Message, *headers: str) -> tuple[str, ...]:
    return tuple(event[header] for header in headers)
