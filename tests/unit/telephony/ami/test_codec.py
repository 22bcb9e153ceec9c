"""Bytes to frames and back: whatever way TCP cuts them, whatever a peer sends."""

import itertools
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from telephony.ami import codec
from telephony.errors import AmiInputRefused
from tests.unit.telephony.ami.frames import frame, wire

NAME = frame(("Event", "Newchannel"), ("CallerIDName", "市民张三 🐉 Ünï"))
TWO = frame(("Response", "Success"), ("ActionID", "7"), ("Message", "Authentication accepted"))

# Text of headers: no line breaks, they would end the header.
words = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20)
frames = st.lists(
    st.lists(st.tuples(words, words), min_size=1, max_size=5).map(lambda pairs: frame(*pairs)), max_size=6
)


def feed_in_pieces(reader: codec.FrameReader, data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [frame for start, end in itertools.pairwise(edges) for frame in reader.feed(data[start:end])]


def plain_frames(data: bytes, limit: int) -> list[bytes]:
    """An independent, slow reading of the same stream, all at once."""
    *whole, _ = re.split(rb"\r\n\r\n", data.split(b"\r\n", 1)[1])
    return [frame for frame in whole if len(frame) <= limit]


# --- framing ----------------------------------------------------------------------------------------------


def test_greeting_then_frames() -> None:
    assert codec.FrameReader().greeting is None
    reader = codec.FrameReader()
    assert reader.feed(wire(NAME, TWO)) == [NAME, TWO]
    assert reader.greeting == "Asterisk Call Manager/9.0.0"
    assert (reader.pending, reader.dropped) == (0, 0)


def test_text_cut_at_every_byte_arrives_whole() -> None:
    data = wire(NAME)
    for cut in range(len(data)):
        reader = codec.FrameReader()
        (only,) = reader.feed(data[:cut]) + reader.feed(data[cut:])
        assert codec.headers_of(only)["CallerIDName"] == "市民张三 🐉 Ünï", cut


def test_text_arriving_byte_by_byte_arrives_whole() -> None:
    reader = codec.FrameReader()
    got = [frame for byte in wire(NAME, TWO, NAME) for frame in reader.feed(bytes([byte]))]
    assert got == [NAME, TWO, NAME]


@given(frames, st.lists(st.integers(0, 10_000), max_size=30))
def test_the_result_does_not_depend_on_the_chunks(sent: list[bytes], cuts: list[int]) -> None:
    reader = codec.FrameReader()
    assert feed_in_pieces(reader, wire(*sent), cuts) == sent
    assert (reader.pending, reader.dropped) == (0, 0)


pieces = st.sampled_from([b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"Event: A", b": ", b"xxxxxxx", b"\xff\xc3", b"\0"])


@given(st.lists(pieces, max_size=60), st.lists(st.integers(0, 500), max_size=60))
@example([b"\r\n", b"xxxxxxx" * 5, b"\r", b"\r\n\r\n"], [2, 30, 36, 37, 38, 39])
@example([b"\r\n\r\n", b"x" * 24, b"\r\n", b"\r\n"], list(range(40)))
def test_garbage_is_cut_the_same_way_in_any_chunks(parts: list[bytes], cuts: list[int]) -> None:
    limit = 24
    data = b"greeting\r\n" + b"".join(parts)
    reader = codec.FrameReader(limit)
    assert feed_in_pieces(reader, data, cuts) == plain_frames(data, limit)


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=20))
def test_garbage_never_raises_and_never_grows_memory(data: bytes, cuts: list[int]) -> None:
    reader = codec.FrameReader(limit=100)
    edges = [0, *sorted(cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        for got in reader.feed(data[start:end]):
            codec.event_name(got)
            codec.headers_of(got)
            assert len(got) <= 100
        assert reader.pending <= max(103, 258)  # a frame up to the limit, or a greeting not ended yet


def test_a_frame_over_the_limit_is_dropped_counted_and_the_next_one_read() -> None:
    reader = codec.FrameReader(limit=1000)
    huge = frame(("Event", "Newchannel"), ("CallerIDName", "x" * 10_000))
    assert reader.feed(wire(NAME, huge, TWO)) == [NAME, TWO]
    assert reader.dropped == 1


def test_ten_megabytes_in_small_pieces_are_not_kept() -> None:
    reader = codec.FrameReader()
    reader.feed(wire())
    reader.feed(b"Event: Newchannel\r\nCallerIDName: ")
    for _ in range(160):
        assert reader.feed(b"x" * 65536) == []
        assert reader.pending <= codec.FRAME_LIMIT + 3
    assert reader.feed(b"\r\n\r\n" + NAME + b"\r\n\r\n") == [NAME]
    assert reader.dropped == 1


@pytest.mark.parametrize(("length", "kept"), [(99, 1), (100, 1), (101, 0)])
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_the_limit_is_exact_in_any_chunks(length: int, kept: int, step: int) -> None:
    reader = codec.FrameReader(limit=100)
    data = wire(b"x" * length, TWO)
    got = [frame for at in range(0, len(data), step) for frame in reader.feed(data[at : at + step])]
    assert got == [b"x" * length] * kept + [TWO]
    assert reader.dropped == 1 - kept


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request", b"", b"SSH-2.0-OpenSSH_9.2p1"])
def test_a_foreign_greeting_is_handed_on_for_the_session_to_judge(greeting: bytes) -> None:
    reader = codec.FrameReader()
    reader.feed(greeting + b"\r\n")
    assert reader.greeting == greeting.decode()


@pytest.mark.parametrize("step", [1, 7, 4096])
def test_a_peer_that_never_ends_its_first_line_has_no_greeting(step: int) -> None:
    reader = codec.FrameReader(limit=1000)
    for _ in range(0, 5000, step):
        reader.feed(b"\x16\x03\x01"[:1] * step)
    assert reader.greeting == ""
    assert reader.pending <= 1003


@pytest.mark.parametrize(("length", "greeting"), [(256, "g" * 256), (257, "")])
@pytest.mark.parametrize("step", [1, 1000])
def test_the_greeting_has_256_bytes_at_most(length: int, greeting: str, step: int) -> None:
    reader = codec.FrameReader()
    data = b"g" * length + b"\r\n"
    for at in range(0, len(data), step):
        reader.feed(data[at : at + step])
    assert reader.greeting == greeting


# --- headers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"Event: Newchannel\r\nChannel: x", b"Newchannel"),
        (b"Event: FullyBooted", b"FullyBooted"),
        (b"\r\nEvent: Hangup\r\nCause: 16", b"Hangup"),
        (b"Response: Success\r\nEvent: no", b""),
        (b"Event:", b""),
        (b"", b""),
    ],
)
def test_event_name(data: bytes, name: bytes) -> None:
    assert codec.event_name(data) == name


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"Response: Success", True),
        (b"\r\nResponse: Error\r\nMessage: x", True),
        (b"Event: Response: x", False),
        (b"ActionID: 1\r\nResponse: Success", False),
        (b"", False),
    ],
)
def test_is_response(data: bytes, answer: bool) -> None:
    assert codec.is_response(data) is answer


def test_the_first_of_repeated_headers_counts() -> None:
    """What a dialplan adds to a UserEvent comes last and must not speak for the PBX."""
    sent = frame(("Event", "UserEvent"), ("Uniqueid", "1.1"), ("UserEvent", "ZtEnd"), ("Uniqueid", "6.66"))
    assert codec.headers_of(sent)["Uniqueid"] == "1.1"


def test_output_of_a_command_is_a_list_with_its_empty_lines() -> None:
    sent = frame(("Response", "Success"), ("Output", "a: b"), ("Output", ""), ("Output", "  indented"))
    assert codec.values_of(sent, "Output") == ["a: b", "", "  indented"]


def test_odd_lines_are_read_as_they_stand() -> None:
    sent = b"Version: \r\nBare:\r\nTight:x\r\nno colon\r\nUrl: sip:1001@127.0.0.1:5060"
    assert codec.headers_of(sent) == {
        "Version": "",
        "Bare": "",
        "Tight": "x",
        "Url": "sip:1001@127.0.0.1:5060",
    }


def test_bytes_that_are_not_text_are_replaced_each_for_itself() -> None:
    assert codec.headers_of(b"Name: a\xffb\0c\xe4\xb8")["Name"] == "a\ufffdb\ufffdc\ufffd"


# --- actions ----------------------------------------------------------------------------------------------


def test_an_action_as_asterisk_reads_it() -> None:
    sent = codec.encode_action("Redirect", [("Channel", "PJSIP/1001-1"), ("Exten", "热线")], "zt-1")
    expected = "Action: Redirect\r\nActionID: zt-1\r\nChannel: PJSIP/1001-1\r\nExten: 热线\r\n\r\n"
    assert sent == expected.encode()


@pytest.mark.parametrize("bad", [*map(chr, range(32)), "\x7f", "\x85", "\u2028", "\u2029"])
def test_control_characters_are_refused_wherever_they_stand(bad: str) -> None:
    for fields in ([("Channel", f"a{bad}b")], [(f"Ch{bad}an", "x")], [("Channel", bad)], [("Channel", f"x{bad}")]):
        with pytest.raises(AmiInputRefused, match="Ch"):
            codec.encode_action("Hangup", fields, "1")
    with pytest.raises(AmiInputRefused, match="Action"):
        codec.encode_action(f"Hang{bad}up", [], "1")
    with pytest.raises(AmiInputRefused, match="ActionID"):
        codec.encode_action("Hangup", [], f"1{bad}")


def test_a_second_action_cannot_be_smuggled_in() -> None:
    for line_break in ("\r\n", "\n", "\r"):
        value = f"x{line_break}Action: Originate{line_break}Application: System"
        with pytest.raises(AmiInputRefused, match=r"^Reason: "):
            codec.encode_action("QueuePause", [("Reason", value)], "1")


def test_the_refusal_names_the_field_and_not_the_value() -> None:
    with pytest.raises(AmiInputRefused) as refused:
        codec.encode_action("Login", [("Username", "zt"), ("Secret", "hunter2\n")], "1")
    assert "Secret" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("key", ["", "Chan nel", "Channel:", "频道", "a\u00a0b"])
def test_odd_field_names_are_refused(key: str) -> None:
    with pytest.raises(AmiInputRefused):
        codec.encode_action("Hangup", [(key, "x")], "1")


def test_a_line_longer_than_asterisks_buffer_is_refused_in_bytes() -> None:
    codec.encode_action("Setvar", [("Value", "x" * (codec.LINE_LIMIT - 7))], "1")
    with pytest.raises(AmiInputRefused, match="Value"):
        codec.encode_action("Setvar", [("Value", "x" * (codec.LINE_LIMIT - 6))], "1")
    with pytest.raises(AmiInputRefused, match="Value"):
        codec.encode_action("Setvar", [("Value", "号" * 400)], "1")


def test_more_headers_than_asterisk_takes_are_refused() -> None:
    with pytest.raises(AmiInputRefused, match="fields"):
        codec.encode_action("Originate", [("Variable", f"V{number}=1") for number in range(130)], "1")


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(AmiInputRefused, match="Value"):
        codec.encode_action("Setvar", [("Value", "a\ud800")], "1")


@given(st.text(max_size=30), st.lists(st.tuples(st.text(max_size=12), st.text(max_size=60)), max_size=5))
@settings(max_examples=300)
def test_what_is_sent_is_read_as_exactly_one_action(name: str, fields: list[tuple[str, str]]) -> None:
    """Judged as Asterisk reads: lines end at LF, with or without CR (manager.c, get_input)."""
    try:
        sent = codec.encode_action(name, fields, "id")
    except AmiInputRefused:
        return
    lines = [line.removesuffix(b"\r") for line in sent.split(b"\n")]
    expected = [("Action", name), ("ActionID", "id"), *fields]
    assert lines == [f"{key}: {value}".encode() for key, value in expected] + [b"", b""]
