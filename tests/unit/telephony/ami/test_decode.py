"""AMI events to the model's events."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.ami.codec import lines_of
from telephony.ami.decode import EVENTS, Decoded, Decoder, Undecoded, caller_name, micros_of_timestamp
from telephony.model import events as e
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
        e.DialEnded(at=AT, uniqueid=ONE, dest_uniqueid=TWO, dest_linkedid=LINKED, status="ANSWER"),
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
        f.user_event("ZtEntry", ("Trunk", "carrier"), ("Dialled", "12345"), ("Recording", "2026/11/a.wav")),
        e.CallEntered(
            at=AT, uniqueid=ONE, linkedid=LINKED, trunk="carrier", dialled="12345", recording="2026/11/a.wav"
        ),
    ),
    (
        f.user_event("ZtQueueEnd", ("Queue", "q12345"), ("Status", "EXITKEY"), ("Key", "1")),
        e.QueueEnded(at=AT, uniqueid=ONE, linkedid=LINKED, queue=QUEUE, status="EXITKEY", key="1"),
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


# --- what is of no interest -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        about_channel("VarSet", ("Variable", "SIPDOMAIN"), ("Value", "x")),
        about_channel("Newexten"),
        b"Response: Success\r\nMessage: Event: Newchannel",
        f.frame(("Event", "CoreShowChannel"), *f.channel()),
        f.frame(("Event", "FullyBooted"), ("Status", "Fully Booted")),
        f.user_event("SomebodyElses", ("Uniqueid", "1.1")),
        f.frame(*f.head("UserEvent"), *f.channel()),
        b"",
        b"\r\n",
        b"Event: ",
    ],
)
def test_nothing_of_interest(data: bytes) -> None:
    assert decode(data) is None


# --- what cannot be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "event"), SAID, ids=IDS)
def test_each_header_may_be_missing_or_empty(data: bytes, event: e.Event) -> None:
    """Never an exception: the event with a default in that place, or a named header that cannot be done without."""
    lines = data.split(b"\r\n")
    decoder = Decoder()
    for at in range(1, len(lines)):
        key = lines[at].split(b":")[0]
        for changed in ([], [key + b": "]):
            got = decoder.decode(b"\r\n".join(lines[:at] + changed + lines[at + 1 :]), ARRIVAL)
            if isinstance(got, Undecoded):
                assert got.why == f"no {key.decode()}"
            elif key != b"UserEvent":
                assert type(got) is type(event)


@pytest.mark.parametrize("missing", ["Uniqueid", "Linkedid", "Queue", "MemberName", "DestUniqueid", "DestLinkedid"])
def test_an_offer_without_its_ids_is_counted_not_guessed(missing: str) -> None:
    data = b"\r\n".join(
        line for line in f.offer("AgentCalled").split(b"\r\n") if not line.startswith(missing.encode() + b":")
    )
    assert decode(data) == Undecoded("AgentCalled", f"no {missing}")


@pytest.mark.parametrize("wrong", ["abc", "1.5", "0x10", "9" * 19, "9" * 5000, "一", "<unknown>", "1 2"])
def test_a_wrong_number_is_counted(wrong: str) -> None:
    got = decode(about_channel("Hangup", ("Cause", wrong), ("Cause-txt", "x")))
    assert isinstance(got, Undecoded)
    assert got.name == "Hangup"
    assert "is not a number" in got.why
    assert len(got.why) < 60


def test_an_absent_number_is_zero() -> None:
    got = decode(f.frame(*f.head("QueueMemberStatus"), ("Queue", "q"), ("MemberName", "1001")))
    assert isinstance(got, e.MemberChanged)
    assert (got.status, got.penalty, got.last_call, got.wrapup_s, got.paused, got.in_call) == (0, 0, 0, 0, False, False)


def test_a_user_event_cannot_speak_for_another_channel() -> None:
    got = decode(f.user_event("ZtEnd", ("Uniqueid", "6.66"), ("Linkedid", "6.66"), ("Cause", "16")))
    assert isinstance(got, e.CallerLegEnded)
    assert (got.uniqueid, got.linkedid) == (ONE, LINKED)


# --- text and time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("<unknown>", ""),
        ("", ""),
        ("李雷", "李雷"),
        (r"O\'Brien", "O'Brien"),
        (r"say \"hi\"\? \\ \t.", 'say "hi"? \\ \t.'),
        (r"\a\b\f\n\r\v", "\a\b\f\n\r\v"),
        ("trailing\\", "trailing\\"),
        (r"\x\\n", r"x\n"),
    ],
)
def test_caller_names_lose_asterisks_escapes(said: str, name: str) -> None:
    """``ast_escape_c`` (main/utils.c): only names are escaped, never numbers."""
    assert caller_name(said) == name


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_unescaping_undoes_asterisks_escaping(name: str) -> None:
    table = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\\": "\\"}
    table |= {"'": "'", '"': '"', "?": "?"}
    escaped = "".join("\\" + table[char] if char in table else char for char in name)
    assert caller_name(escaped) == name


@pytest.mark.parametrize("absent", ["<unknown>", ""])
def test_unknown_callers_are_empty(absent: str) -> None:
    data = f.frame(*f.head("Newchannel"), *f.channel(CallerIDNum=absent, CallerIDName=absent))
    got = decode(data)
    assert isinstance(got, e.ChannelCreated)
    assert (got.caller_number, got.caller_name) == ("", "")


@pytest.mark.parametrize(
    ("said", "micros"),
    [
        ("1795402664.123456", 1795402664123456),
        ("1795402664.000001", 1795402664000001),
        ("", 5),
        ("1795402664", 5),
        ("1795402664.1234", 5),
        ("1795402664.1234567", 5),
        ("abc", 5),
        ("-795402664.123456", 5),
        ("1_95402664.12_456", 5),
        ("²795402664.123456", 5),
        (" 795402664.123456", 5),
    ],
)
def test_timestamps_are_exact_or_the_arrival(said: str, micros: int) -> None:
    assert micros_of_timestamp(said, Micros(5)) == micros


def test_an_event_without_a_timestamp_has_its_arrivals_time() -> None:
    got = decode(f.frame(("Event", "BridgeDestroy"), *f.bridge()))
    assert got == e.BridgeDestroyed(at=ARRIVAL, bridge=BRIDGE)


# --- anything ---------------------------------------------------------------------------------------------

wanted = sorted(EVENTS)
headers = sorted({key for data, _ in SAID for key, _ in lines_of(data.decode())})
odd_text = st.one_of(st.text(max_size=12), st.sampled_from(["", "<unknown>", "-1", "1" * 30, "\r", "\0", "\\"]))


@given(
    st.lists(
        st.tuples(st.sampled_from(wanted), st.lists(st.tuples(st.sampled_from(headers), odd_text), max_size=25)),
        max_size=5,
    )
)
@settings(max_examples=200)
def test_nothing_a_pbx_can_say_raises(said: list[tuple[str, list[tuple[str, str]]]]) -> None:
    decoder = Decoder()
    for name, pairs in said:
        lines = [f"Event: {name}", *(f"{key}: {value}" for key, value in pairs)]
        data = "\r\n".join(lines).encode("utf-8", "surrogatepass")
        got = decoder.decode(data, ARRIVAL)
        assert got is None or isinstance(got, (Undecoded, e.Event))


@given(st.binary(max_size=300))
def test_garbage_after_a_known_name_never_raises(garbage: bytes) -> None:
    decoder = Decoder()
    for name in (b"Newchannel", b"QueueMemberStatus", b"UserEvent", b""):
        decoder.decode(b"Event: " + name + b"\r\n" + garbage, ARRIVAL)
    decoder.decode(garbage, ARRIVAL)


@given(st.data())
def test_damaged_frames_never_raise(data: st.DataObject) -> None:
    whole, _ = data.draw(st.sampled_from(SAID))
    at = data.draw(st.integers(0, len(whole)))
    decoder = Decoder()
    decoder.decode(whole, ARRIVAL)
    decoder.decode(whole[:at], ARRIVAL)
    decoder.decode(whole[:at] + data.draw(st.binary(max_size=8)) + whole[at:], ARRIVAL)
