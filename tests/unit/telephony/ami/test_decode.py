"""AMI events to the model's events: each one that we ask for. The odd ones are in test_decode_odd.py."""

import pytest

from telephony.ami.codec import lines_of
from telephony.ami.decode import EVENTS, Decoded, Decoder
from telephony.model import events as e
from telephony.model import met
from telephony.model import room_events as rooms
from telephony.model.ids import BridgeId, Linkedid, MemberName, Micros, QueueName, Uniqueid
from tests.unit.telephony.ami import frames as f

ARRIVAL = Micros(7_000_000)
AT = Micros(f.AT)
ONE = Uniqueid(f.UNIQUEID)
LINKED = Linkedid(f.LINKEDID)
TWO = Uniqueid(f.DEST_UNIQUEID)
QUEUE = QueueName("q12345")
AGENT = MemberName("1001")
BRIDGE = BridgeId("b-1")
PHONE = "PJSIP/1001-00000002"


def decode(data: bytes) -> Decoded:
    return Decoder().decode(data, ARRIVAL)


def about_channel(name: str, *more: tuple[str, str]) -> bytes:
    return f.frame(*f.head(name), *f.channel(), *more)


def about_queue(name: str, *more: tuple[str, str]) -> bytes:
    return about_channel(name, ("Queue", "q12345"), *more)


def member(name: str) -> bytes:
    return f.frame(*f.head(name), *f.member())


def member_changed(removed: bool = False) -> e.MemberChanged:
    return e.MemberChanged(
        at=AT,
        queue=QUEUE,
        member=AGENT,
        interface="PJSIP/1001",
        state_interface="PJSIP/1001",
        status=2,
        paused=True,
        pause_reason="午餐",
        penalty=5,
        in_call=True,
        last_call=1795402600,
        wrapup_s=15,
        removed=removed,
    )


SAID = [
    (
        about_channel("Newchannel"),
        e.ChannelCreated(
            at=AT,
            uniqueid=ONE,
            linkedid=LINKED,
            name="PJSIP/trunk-carrier-00000001",
            state=6,
            caller_number="13800138000",
            caller_name="",
            context="zt-in-carrier",
            exten="12345",
            language="zh",
        ),
    ),
    (about_channel("Newstate"), e.ChannelStateChanged(at=AT, uniqueid=ONE, linkedid=LINKED, state=6)),
    (
        f.frame(*f.head("Rename"), ("Channel", "a"), ("Newname", "a<MASQ>"), ("Uniqueid", f.UNIQUEID)),
        e.ChannelRenamed(at=AT, uniqueid=ONE, name="a<MASQ>"),
    ),
    (
        about_channel("NewCallerid", ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")),
        e.CallerIdChanged(at=AT, uniqueid=ONE, linkedid=LINKED, number="13800138000", name=""),
    ),
    (
        about_channel("HangupRequest"),
        e.HangupAsked(at=AT, uniqueid=ONE, linkedid=LINKED, by_peer=True, cause=0),
    ),
    (
        about_channel("SoftHangupRequest", ("Cause", "32")),
        e.HangupAsked(at=AT, uniqueid=ONE, linkedid=LINKED, by_peer=False, cause=32),
    ),
    (
        about_channel("Hangup", ("Cause", "16"), ("Cause-txt", "Normal Clearing"), ("TechCause", "200")),
        e.ChannelHungUp(at=AT, uniqueid=ONE, linkedid=LINKED, cause=16, cause_text="Normal Clearing"),
    ),
    (
        f.frame(*f.head("DialBegin"), *f.channel(), *f.dest(), ("DialString", "1001/sip:x@127.0.0.1")),
        e.DialBegan(
            at=AT,
            uniqueid=ONE,
            dest_uniqueid=TWO,
            dest_linkedid=LINKED,
            dest_name=PHONE,
            dialled="1001/sip:x@127.0.0.1",
        ),
    ),
    (
        f.frame(*f.head("DialBegin"), *f.dest(), ("DialString", "1001")),  # an Originate: nobody dials
        e.DialBegan(
            at=AT, uniqueid=Uniqueid(""), dest_uniqueid=TWO, dest_linkedid=LINKED, dest_name=PHONE, dialled="1001"
        ),
    ),
    (
        f.frame(*f.head("DialEnd"), *f.channel(), *f.dest(), ("Forward", "x"), ("DialStatus", "ANSWER")),
        e.DialEnded(
            at=AT,
            uniqueid=ONE,
            dest_uniqueid=TWO,
            dest_linkedid=LINKED,
            status="ANSWER",
            dest_name=PHONE,
            forward="x",
        ),
    ),
    (
        f.frame(*f.head("BridgeEnter"), *f.bridge(), *f.channel(), ("SwapUniqueid", "1.1")),
        e.BridgeEntered(
            at=AT,
            uniqueid=ONE,
            linkedid=LINKED,
            bridge=BRIDGE,
            bridge_type="basic",
            name="PJSIP/trunk-carrier-00000001",
        ),
    ),
    (
        f.frame(*f.head("BridgeLeave"), *f.bridge(), *f.channel()),
        e.BridgeLeft(at=AT, uniqueid=ONE, linkedid=LINKED, bridge=BRIDGE),
    ),
    (
        f.frame(*f.head("BridgeMerge"), *f.bridge("To"), *f.bridge("From", "b-2")),
        e.BridgesMerged(at=AT, kept=BRIDGE, gone=BridgeId("b-2")),
    ),
    (f.frame(*f.head("BridgeDestroy"), *f.bridge()), e.BridgeDestroyed(at=AT, bridge=BRIDGE)),
    (
        f.frame(
            *f.head("LocalBridge"),
            *f.channel("LocalOne"),
            *f.dest("LocalTwo"),
            ("Context", "zt-transfer"),
            ("Exten", "1002"),
            ("LocalOptimization", "Yes"),
        ),
        e.LocalBridged(at=AT, one=ONE, two=TWO),
    ),
    (
        about_channel("Hold", ("MusicClass", "default")),
        e.PhoneHeld(at=AT, uniqueid=ONE, linkedid=LINKED, held=True),
    ),
    (about_channel("ChannelTalkingStart"), met.CallerSpoke(at=AT, uniqueid=ONE, linkedid=LINKED)),
    (about_channel("Unhold"), e.PhoneHeld(at=AT, uniqueid=ONE, linkedid=LINKED, held=False)),
    (
        about_channel("MixMonitorStart"),
        e.RecordingChanged(at=AT, uniqueid=ONE, linkedid=LINKED, running=True),
    ),
    (
        about_channel("MixMonitorStop"),
        e.RecordingChanged(at=AT, uniqueid=ONE, linkedid=LINKED, running=False),
    ),
    (
        about_channel("MusicOnHoldStart", ("Class", "zt-notice-default")),
        e.MusicChanged(at=AT, uniqueid=ONE, linkedid=LINKED, music="zt-notice-default"),
    ),
    (
        about_channel("MusicOnHoldStop"),
        e.MusicChanged(at=AT, uniqueid=ONE, linkedid=LINKED, music=""),
    ),
    (
        about_channel("MixMonitorMute", ("Direction", "both"), ("State", "1")),
        e.RecordingMuted(at=AT, uniqueid=ONE, linkedid=LINKED, muted=True),
    ),
    (
        about_channel("ConfbridgeMute", ("Conference", "pbx1-1.1")),
        rooms.VoiceMuted(at=AT, uniqueid=ONE, linkedid=LINKED, muted=True),
    ),
    (
        about_channel("ConfbridgeUnmute", ("Conference", "pbx1-1.1")),
        rooms.VoiceMuted(at=AT, uniqueid=ONE, linkedid=LINKED, muted=False),
    ),
    (
        f.frame(
            *f.head("BlindTransfer"),
            ("Result", "Success"),
            *f.dest("Transferer"),
            *f.channel("Transferee"),
            *f.bridge(),
            ("IsExternal", "Yes"),
            ("Context", "zt-transfer"),
            ("Extension", "1002"),
        ),
        e.BlindTransferred(
            at=AT,
            by=TWO,
            by_linkedid=LINKED,
            whom=ONE,
            context="zt-transfer",
            exten="1002",
            result="Success",
        ),
    ),
    (
        f.frame(
            *f.head("AttendedTransfer"),
            ("Result", "Success"),
            *f.dest("OrigTransferer"),
            *f.bridge("Orig"),
            *f.channel("SecondTransferer", Uniqueid="1.20", Linkedid="1.20"),
            *f.bridge("Second", "b-2"),
            *f.channel("Transferee"),
            *f.channel("TransferTarget", Uniqueid="1.21", Linkedid="1.20"),
            ("IsExternal", "No"),
            ("DestType", "Bridge"),
            ("DestBridgeUniqueid", "b-2"),
        ),
        e.AttendedTransferred(
            at=AT,
            by_first=TWO,
            first_linkedid=LINKED,
            by_second=Uniqueid("1.20"),
            second_linkedid=Linkedid("1.20"),
            whom=ONE,
            target=Uniqueid("1.21"),
            result="Success",
        ),
    ),
    (
        about_queue("QueueCallerJoin", ("Position", "3"), ("Count", "3")),
        e.QueueJoined(at=AT, uniqueid=ONE, linkedid=LINKED, queue=QUEUE, position=3),
    ),
    (
        about_queue("QueueCallerLeave", ("Position", "1"), ("Count", "0")),
        e.QueueLeft(at=AT, uniqueid=ONE, linkedid=LINKED, queue=QUEUE),
    ),
    (
        about_queue("QueueCallerAbandon", ("Position", "1"), ("OriginalPosition", "1"), ("HoldTime", "3")),
        e.QueueAbandoned(at=AT, uniqueid=ONE, linkedid=LINKED, queue=QUEUE),
    ),
    (
        f.offer("AgentCalled"),
        e.OfferMade(
            at=AT,
            uniqueid=ONE,
            linkedid=LINKED,
            queue=QUEUE,
            member=AGENT,
            interface="PJSIP/1001",
            dest_uniqueid=TWO,
            dest_linkedid=LINKED,
            dest_name=PHONE,
        ),
    ),
    (
        f.offer("AgentConnect", ("HoldTime", "3"), ("RingTime", "2")),
        e.OfferConnected(
            at=AT,
            uniqueid=ONE,
            linkedid=LINKED,
            queue=QUEUE,
            member=AGENT,
            interface="PJSIP/1001",
            dest_uniqueid=TWO,
        ),
    ),
    (
        f.offer("AgentRingNoAnswer", ("RingTime", "15000")),
        e.OfferUnanswered(
            at=AT,
            uniqueid=ONE,
            linkedid=LINKED,
            queue=QUEUE,
            member=AGENT,
            interface="PJSIP/1001",
            dest_uniqueid=TWO,
        ),
    ),
    (
        f.offer("AgentDump"),
        e.OfferDumped(
            at=AT,
            uniqueid=ONE,
            linkedid=LINKED,
            queue=QUEUE,
            member=AGENT,
            interface="PJSIP/1001",
            dest_uniqueid=TWO,
        ),
    ),
    (
        f.offer("AgentComplete", ("HoldTime", "3"), ("TalkTime", "60"), ("Reason", "caller")),
        e.OfferCompleted(
            at=AT,
            uniqueid=ONE,
            linkedid=LINKED,
            queue=QUEUE,
            member=AGENT,
            interface="PJSIP/1001",
            dest_uniqueid=TWO,
            reason="caller",
        ),
    ),
    (member("QueueMemberStatus"), member_changed()),
    (member("QueueMemberAdded"), member_changed()),
    (member("QueueMemberPause"), member_changed()),
    (member("QueueMemberPenalty"), member_changed()),
    (member("QueueMemberRinginuse"), member_changed()),
    (member("QueueMemberRemoved"), member_changed(removed=True)),
    (
        f.frame(*f.head("PeerStatus"), ("Peer", "PJSIP/trunk-carrier"), ("PeerStatus", "Unreachable")),
        e.EndpointChanged(at=AT, endpoint="PJSIP/trunk-carrier", status="Unreachable"),
    ),
    (
        f.frame(
            *f.head("Registry"),
            *(("ChannelType", "PJSIP"), ("Username", "sip:gov@192.0.2.1:5060"), ("Domain", "sip:192.0.2.1:5060")),
            ("Status", "Rejected"),
        ),
        e.RegistrationChanged(at=AT, account="sip:gov@192.0.2.1:5060", server="sip:192.0.2.1:5060", status="Rejected"),
    ),
    (
        f.user_event("ZtEntry", ("Trunk", "carrier"), ("Dialled", "12345"), ("Recording", "2026/11/a.wav")),
        e.CallEntered(
            at=AT, uniqueid=ONE, linkedid=LINKED, trunk="carrier", dialled="12345", recording="2026/11/a.wav"
        ),
    ),
    (
        f.user_event("ZtEntry", ("Trunk", "t"), ("Dialled", "1"), ("Recording", "a.wav"), ("Notice", "carrier")),
        e.CallEntered(
            at=AT, uniqueid=ONE, linkedid=LINKED, trunk="t", dialled="1", recording="a.wav", notice="carrier"
        ),
    ),
    (
        f.user_event("ZtNotice", ("How", "waiting"), ("Language", "zh"), ("Length", "8200")),
        e.NoticeTold(at=AT, uniqueid=ONE, linkedid=LINKED, how="waiting", language="zh", length=Micros(8_200_000)),
    ),
    (
        f.user_event("ZtRecording", ("State", "paused"), ("Bytes", "")),
        e.RecordingTold(at=AT, uniqueid=ONE, linkedid=LINKED, state="paused", size=0),
    ),
    (
        f.user_event("ZtRecording", ("State", "ended"), ("Bytes", "16044")),
        e.RecordingTold(at=AT, uniqueid=ONE, linkedid=LINKED, state="ended", size=16044),
    ),
    (
        f.user_event("ZtQueueEnd", ("Queue", "q12345"), ("Status", "EXITKEY"), ("Key", "1")),
        e.QueueEnded(at=AT, uniqueid=ONE, linkedid=LINKED, queue=QUEUE, status="EXITKEY", key="1"),
    ),
    (
        f.user_event("ZtExpect", ("Queue", "q12345"), ("Minutes", "5"), ("Ahead", "3")),
        e.WaitTold(at=AT, uniqueid=ONE, linkedid=LINKED, queue=QUEUE, minutes=5),
    ),
    (
        f.user_event("ZtRefused", ("Trunk", "carrier"), ("Dialled", "12345"), ("Reason", "closed")),
        e.CallRefused(at=AT, uniqueid=ONE, linkedid=LINKED, trunk="carrier", dialled="12345", reason="closed"),
    ),
    (
        f.user_event("ZtEnd", ("Queue", ""), ("Status", ""), ("Cause", "16"), ("Source", PHONE)),
        e.CallerLegEnded(at=AT, uniqueid=ONE, linkedid=LINKED, queue=QueueName(""), status="", cause=16, source=PHONE),
    ),
]
IDS = [f"{number}-{type(event).__name__}" for number, (_, event) in enumerate(SAID)]


def name_of(data: bytes) -> str:
    return dict(lines_of(data.decode()))["Event"]


# --- what is said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "event"), SAID, ids=IDS)
def test_each_event(data: bytes, event: e.Event) -> None:
    assert decode(data) == event


def test_one_decoder_reads_them_all_again_and_again() -> None:
    decoder = Decoder()
    for _ in range(3):
        assert [decoder.decode(data, ARRIVAL) for data, _ in SAID] == [event for _, event in SAID]


def test_the_examples_above_cover_every_event_we_ask_for() -> None:
    assert {name_of(data) for data, _ in SAID} | {"FullyBooted", "Shutdown", "OriginateResponse"} == EVENTS


def test_the_events_we_ask_for_are_those_of_the_contract_with_the_dialplan() -> None:
    contract = """Newchannel Newstate Rename NewCallerid HangupRequest SoftHangupRequest Hangup DialBegin DialEnd
    BridgeEnter BridgeLeave BridgeMerge BridgeDestroy LocalBridge Hold Unhold BlindTransfer AttendedTransfer
    MixMonitorStart MixMonitorStop QueueCallerJoin QueueCallerLeave QueueCallerAbandon AgentCalled AgentConnect
    AgentRingNoAnswer AgentDump AgentComplete QueueMemberStatus QueueMemberAdded QueueMemberRemoved QueueMemberPause
    QueueMemberPenalty QueueMemberRinginuse UserEvent FullyBooted Shutdown"""
    assert set(contract.split()) <= EVENTS
