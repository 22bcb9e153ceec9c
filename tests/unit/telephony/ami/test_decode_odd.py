"""AMI events that are of no interest, damaged, hostile, or hard to read: never an exception, never a guess."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.ami.codec import lines_of
from telephony.ami.decode import EVENTS, Decoder, Undecoded
from telephony.ami.values import caller_name, micros_of_timestamp
from telephony.model import events as e
from telephony.model.ids import BridgeId, Micros
from tests.unit.telephony.ami import frames as f
from tests.unit.telephony.ami.test_decode import ARRIVAL, IDS, LINKED, ONE, SAID, about_channel, decode

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
        b"Event: Hangup2",  # one line, one character more than a name of ours
        b"\r\nEvent: VarSet\r\nUniqueid: 1.1",
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


@pytest.mark.parametrize(("data", "event"), SAID, ids=IDS)
@pytest.mark.parametrize("before", [b"\r\n", b"\r\n\r\n", b"\n"])
def test_an_empty_line_too_many_before_an_event_is_no_matter(before: bytes, data: bytes, event: e.Event) -> None:
    decoder = Decoder()
    assert [decoder.decode(frame, ARRIVAL) for frame in (before + data, data, before + data)] == [event] * 3


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


@given(st.text(st.characters(blacklist_categories=["Cs"])).filter(lambda name: name != "<unknown>"))
def test_unescaping_undoes_the_escapes_of_sip_and_of_asterisk(name: str) -> None:
    """A phone writes a name as a quoted string (RFC 3261 §25.1); Asterisk keeps its backslashes and adds its own."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    table = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\\": "\\"}
    table |= {"'": "'", '"': '"', "?": "?"}
    escaped = "".join("\\" + table[char] if char in table else char for char in quoted)
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
        ("12345678.0.123456", 5),
        ("1795402664..23456", 5),
        (" 795402664.123456", 5),
    ],
)
def test_timestamps_are_exact_or_the_arrival(said: str, micros: int) -> None:
    assert micros_of_timestamp(said, Micros(5)) == micros


def test_an_event_without_a_timestamp_has_its_arrivals_time() -> None:
    got = decode(f.frame(("Event", "BridgeDestroy"), *f.bridge()))
    assert got == e.BridgeDestroyed(at=ARRIVAL, bridge=BridgeId("b-1"))


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
