"""What is learned of a PBX's layout changes the speed, never the result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ami import layout
from telephony.ami.codec import headers_of
from tests.unit.telephony.ami.frames import channel, frame, head

WANTED = ["Timestamp", "Channel", "Uniqueid", "Cause"]
REQUIRED = ["Uniqueid"]

keys = st.sampled_from([*WANTED, "Privilege", "Chan.nel", "Uniqueid2", "(Channel)", ""])
values = st.text(st.sampled_from("ab: \r\n()\\.中"), max_size=6)
lines = st.lists(st.tuples(keys, values, st.sampled_from([": ", ":", ""])), max_size=9)
frames = lines.map(lambda some: "\r\n".join(key + colon + value for key, value, colon in some).encode())


def plainly(data: bytes) -> list[str] | str:
    headers = headers_of(data)
    if not headers.get("Uniqueid"):
        return "no Uniqueid"
    return [headers.get(name, "") for name in WANTED]


def read(reader: layout.HeaderReader, data: bytes) -> list[str] | str:
    try:
        return list(reader.values(data))
    except layout.HeaderMissing as missing:
        return str(missing)


@given(st.lists(frames, max_size=12))
def test_any_sequence_of_frames_reads_as_if_nothing_were_learned(sequence: list[bytes]) -> None:
    reader = layout.HeaderReader(WANTED, REQUIRED)
    for data in sequence + sequence:
        assert read(reader, data) == plainly(data)


@given(st.lists(values, min_size=4, max_size=4), st.lists(values, min_size=4, max_size=4))
def test_a_learned_layout_reads_other_values_right(first: list[str], second: list[str]) -> None:
    reader = layout.HeaderReader(WANTED, REQUIRED)
    for some in (first, second, first):
        data = frame(*zip(WANTED, some, strict=True))
        assert read(reader, data) == plainly(data)


def test_headers_come_in_the_order_asked_for_whatever_the_frames_order() -> None:
    reader = layout.HeaderReader(["Exten", "Uniqueid", "Channel", "Absent"], [])
    data = frame(*head("Newchannel"), *channel())
    for _ in range(2):
        assert list(reader.values(data)) == ["12345", "pbx1-1795402664.9", "PJSIP/trunk-carrier-00000001", ""]


def test_an_indispensable_header_is_missed_when_empty_in_a_known_layout() -> None:
    reader = layout.HeaderReader(["Uniqueid"], ["Uniqueid"])
    assert list(reader.values(b"Event: x\r\nUniqueid: 1.1\r\nA: ")) == ["1.1"]
    for data in (b"Event: x\r\nUniqueid: \r\nA: ", b"Event: x\r\nA: "):
        with pytest.raises(layout.HeaderMissing, match="Uniqueid"):
            reader.values(data)


def test_a_peer_that_varies_its_layout_cannot_fill_our_memory() -> None:
    reader = layout.HeaderReader(["Uniqueid"], [])
    for number in range(500):
        assert list(reader.values(f"Event: x\r\nX-{number}: y\r\nUniqueid: {number}".encode())) == [str(number)]
    assert len(reader.layouts) <= 6


@pytest.mark.parametrize(
    "odd",
    [
        b"Uniqueid: 1\r\nChanVariable(PJSIP/1001-1): A=b",  # another name for each channel
        b"Uniqueid: 1\r\n" + b"\r\n".join(b"H%d: x" % number for number in range(200)),
        b"Uniqueid: 1\r\nLong: " + b"x" * 10_000,
        b"Uniqueid: 1\r\nno colon",
        b"Uniqueid: 1\r\nTight:x",
        b"Uniqueid: 1\r\nReturn: a\rb",
    ],
)
def test_odd_frames_are_read_but_not_learned(odd: bytes) -> None:
    reader = layout.HeaderReader(["Uniqueid"], [])
    assert list(reader.values(odd)) == ["1"]
    assert reader.layouts == []


def test_a_hostile_value_costs_no_more_than_its_length() -> None:
    """No pattern of ours may back-track: 1 MiB that does not match would take longer than any test may."""
    reader = layout.HeaderReader(["Uniqueid", "Cause"], [])
    reader.values(frame(*channel(), ("Cause", "16")))
    hostile = frame(*channel(CallerIDName=": " * 500_000), ("Cause", "16"), ("Cause", "17"))
    assert list(reader.values(hostile)) == ["pbx1-1795402664.9", "16"]
