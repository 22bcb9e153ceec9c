"""What a snapshot sees of a PBX, row by row; ``events.SnapshotTaken`` holds it."""

import msgspec

from telephony.model.ids import BridgeId, Linkedid, Micros, QueueName, Uniqueid


class ChannelSeen(msgspec.Struct, frozen=True, gc=False):
    """One channel of a snapshot (AMI ``CoreShowChannels``)."""

    uniqueid: Uniqueid
    linkedid: Linkedid
    name: str
    state: int
    caller_number: str
    caller_name: str
    context: str
    exten: str
    bridge: BridgeId  # empty: in none
    age_s: int
    language: str = ""
    application: str = ""  # AppQueue, AppDial: a phone that was called; Queue, Dial …: whoever calls


class CallerSeen(msgspec.Struct, frozen=True, gc=False):
    """One waiting caller of a snapshot (AMI ``QueueEntry``)."""

    queue: QueueName
    uniqueid: Uniqueid
    position: int
    wait_s: int


class TrunkSeen(msgspec.Struct, frozen=True, gc=False):
    """One trunk of a snapshot (``DEVICE_STATE``)."""

    name: str
    reachable: bool


class WrapUpSeen(msgspec.Struct, frozen=True, gc=False):
    """One wrap-up that the dialplan keeps: whose phone, until when as it began (``mark``), and as it is now."""

    phone: str
    mark: Micros
    until: Micros


class InviteSeen(msgspec.Struct, frozen=True, gc=False):
    """What a channel of a snapshot says of an invitation: it rings ``number`` for it, or came by it (the variables of
    dialplans/README.md)."""

    uniqueid: Uniqueid
    room: Uniqueid
    invite: str
    line: str
    by: str
    department: str
    purpose: str
    mode: str
    code: str
    number: str
    left: int
