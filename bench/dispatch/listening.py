"""What the PBX itself says, heard by an AMI login of the bench's own: the bridge has no part in it."""

import asyncio
from collections.abc import Iterator, Sequence

import msgspec

from telephony.ami.account import Account
from telephony.model.ids import Micros
from telephony.secrets import generate
from zhitong.lab.rehearsal.scene import Scene

EVENTS = (
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueCallerAbandon",
    "QueueMemberStatus",
    "AgentCalled",
    "AgentConnect",
    "AgentRingNoAnswer",
)
_USER = "judge"
_SECTION = """
[{user}]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/32
read = agent,call
write =
writetimeout = 10000
{filters}
"""


class Heard(msgspec.Struct, frozen=True):
    """One event. ``at``: the PBX's own time stamp, epoch µs. ``caller`` is the caller's Uniqueid, ``number`` their
    number; ``member`` is the agent's. What an event does not have is empty; ``status`` is 0."""

    at: Micros
    event: str
    queue: str
    caller: str = ""
    number: str = ""
    member: str = ""
    status: int = 0
    paused: bool = False


async def user(scene: Scene, events: Sequence[str] = EVENTS) -> Account:
    """A manager user of our own beside the bridge's, who hears these events and may do nothing."""
    secret = generate()
    filters = "\n".join(f"eventfilter(action(include),name({event})) =" for event in events)
    conf = scene.lab.etc / "manager.conf"
    text = await asyncio.to_thread(conf.read_text, encoding="utf-8")
    text += _SECTION.format(user=_USER, secret=secret, filters=filters)
    await asyncio.to_thread(conf.write_text, text, encoding="utf-8")
    await scene.lab.pbx.cli("manager reload")
    return Account(host=scene.lab.host, port=scene.lab.ports.ami, user=_USER, secret=secret)


def read(stream: bytes, events: Sequence[str] = EVENTS) -> Iterator[Heard]:
    """These events of an AMI stream, in its order."""
    for frame in stream.split(b"\r\n\r\n"):
        fields = dict(_pairs(frame.decode("utf-8", errors="replace")))
        if fields.get("Event") in events:
            yield Heard(
                at=_micros(fields["Timestamp"]),
                event=fields["Event"],
                queue=fields.get("Queue", ""),
                caller=fields.get("Uniqueid", ""),
                number=fields.get("CallerIDNum", ""),
                member=fields.get("MemberName", ""),
                status=int(fields.get("Status", "0")),
                paused=fields.get("Paused", "0") == "1",
            )


def _pairs(frame: str) -> Iterator[tuple[str, str]]:
    for line in frame.split("\r\n"):
        name, colon, value = line.partition(": ")
        if colon:
            yield name, value


def _micros(stamp: str) -> Micros:
    """Of ``1763900000.123456``, without the rounding of a float."""
    seconds, _, fraction = stamp.partition(".")
    return Micros(int(seconds) * 1_000_000 + int(fraction.ljust(6, "0")[:6]))
