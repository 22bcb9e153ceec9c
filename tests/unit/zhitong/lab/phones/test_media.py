"""A voice on the loopback: what is on the wire, packet by packet."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from telephony.errors import LabError
from tests.unit.zhitong.lab.phones.peer import eventually
from zhitong.lab.phones import sdp
from zhitong.lab.phones.media import Media
from zhitong.lab.phones.message import Place
from zhitong.lab.phones.rtp import Packet, key_of, unpack
from zhitong.lab.phones.sdp import Audio, Direction
from zhitong.lab.phones.tones import tone
from zhitong.lab.phones.udp import Moment, UdpSocket, bind


class Wire:
    """A phone's voice and an ear at the other end."""

    def __init__(self) -> None:
        self.got: list[Packet] = []
        self.ear = UdpSocket(bind("127.0.0.1"), self._keep)
        self.voice = Media("127.0.0.1", 1000)

    def _keep(self, data: bytes, _place: Place, at: Moment) -> None:
        packet = unpack(at.mono, data)
        assert packet is not None
        self.got.append(packet)

    def connect(self, direction: Direction = Direction.BOTH, events: int = 101) -> None:
        host, port = self.ear.place
        self.voice.connect(Audio(*self.voice.place), Audio(host, port, direction, (0, events), events))

    async def hear(self, count: int) -> list[Packet]:
        """The next `count` packets."""
        before = len(self.got)
        await eventually(lambda: len(self.got) >= before + count)
        return self.got[before : before + count]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    wire = Wire()
    yield wire
    wire.voice.close()
    wire.ear.close()


async def test_it_hums_its_tone_without_a_hole(wire: Wire) -> None:
    wire.connect()
    packets = await wire.hear(20)
    assert {packet.payload for packet in packets} == {tone(1000)}
    assert {packet.payload_type for packet in packets} == {0}
    assert [packet.marker for packet in packets] == [True, *[False] * 19]
    assert len({packet.ssrc for packet in packets}) == 1
    first = packets[0]
    for steps, packet in enumerate(packets):
        assert packet.sequence == (first.sequence + steps) % (1 << 16)
        assert packet.timestamp == (first.timestamp + 160 * steps) % (1 << 32)


async def test_a_stall_of_ours_is_made_up_for_and_told(wire: Wire) -> None:
    wire.connect()
    await wire.hear(5)
    time.sleep(0.2)  # noqa: ASYNC251 - the loop stands still
    packets = await wire.hear(15)
    numbers = [packet.sequence for packet in packets]
    assert numbers == [(numbers[0] + steps) % (1 << 16) for steps in range(15)]
    assert wire.voice.spoken.longest_gap() >= 180
    assert wire.voice.spoken.skipped == 0


async def test_nobody_is_hummed_at_who_does_not_listen(wire: Wire) -> None:
    wire.connect(Direction.SEND)
    await asyncio.sleep(0.1)
    assert wire.got == []
    wire.connect(Direction.RECEIVE)
    packets = await wire.hear(3)
    assert packets[0].marker


async def test_a_paused_voice_is_silent_and_its_time_runs_on(wire: Wire) -> None:
    wire.connect()
    before = (await wire.hear(3))[-1]
    wire.voice.pause()
    await asyncio.sleep(0.1)
    held = wire.got[-1]
    wire.voice.pause(False)
    after = (await wire.hear(1))[0]
    assert after.marker
    assert after.sequence == (held.sequence + 1) % (1 << 16)
    assert (after.timestamp - before.timestamp) % (1 << 32) >= 160 * 4


async def test_the_tone_can_be_changed_and_taken_away(wire: Wire) -> None:
    wire.connect()
    await wire.hear(2)
    wire.voice.say(450)
    assert {packet.payload for packet in (await wire.hear(4))[1:]} == {tone(450)}
    wire.voice.say(None)
    await asyncio.sleep(0.05)
    count = len(wire.got)
    await asyncio.sleep(0.08)
    assert len(wire.got) == count


async def test_keys_go_out_in_place_of_the_voice(wire: Wire) -> None:
    wire.connect(events=97)
    await wire.hear(2)
    await wire.voice.press("5#", 4)
    await wire.hear(2)
    pressed = [packet for packet in wire.got if packet.payload_type == 97]
    presses = sorted({packet.timestamp for packet in pressed}, key=[packet.timestamp for packet in pressed].index)
    assert len(presses) == 2
    for key, at in zip("5#", presses, strict=True):
        said = [packet for packet in pressed if packet.timestamp == at]
        assert [packet.marker for packet in said] == [True, *[False] * 5]
        assert {read.key for packet in said if (read := key_of(packet.payload))} == {key}
    numbers = [packet.sequence for packet in wire.got]
    assert numbers == [(numbers[0] + steps) % (1 << 16) for steps in range(len(numbers))]
    between = [packet for packet in wire.got if presses[0] < packet.timestamp < presses[1] and packet.payload_type == 0]
    assert len(between) >= 3


async def test_a_key_that_does_not_exist_is_refused_before_anything_is_sent(wire: Wire) -> None:
    wire.connect()
    with pytest.raises(LabError):
        await wire.voice.press("1x", 4)
    await wire.hear(5)
    assert all(packet.payload_type == 0 for packet in wire.got)


async def test_what_arrives_is_kept_from_the_beginning(wire: Wire) -> None:
    """Early media comes before anybody has agreed on anything."""
    other = Media("127.0.0.1", 450)
    other.connect(Audio(*other.place), Audio(*wire.voice.place))
    await eventually(lambda: len(wire.voice.heard.packets()) >= 10)
    other.close()
    assert wire.voice.heard.tones() == {450}


async def test_after_the_end_nothing_is_sent_and_what_was_heard_stays(wire: Wire) -> None:
    wire.connect()
    await wire.hear(2)
    wire.voice.close()
    wire.voice.close()
    await asyncio.sleep(0.03)
    count = len(wire.got)
    await asyncio.sleep(0.06)
    assert len(wire.got) == count
    assert wire.voice.heard.end is not None
    bind(*wire.voice.place).close()


async def test_who_presses_keys_is_not_left_waiting_when_the_call_ends(wire: Wire) -> None:
    wire.connect()
    pressing = asyncio.create_task(wire.voice.press("1234567890", 10))
    await asyncio.sleep(0.05)
    wire.voice.close()
    async with asyncio.timeout(2):
        await pressing


async def test_after_the_end_no_key_is_pressed_and_nobody_waits(wire: Wire) -> None:
    wire.voice.close()
    async with asyncio.timeout(2):
        await wire.voice.press("1", 4)


async def test_a_phone_without_a_tone_sends_no_packets() -> None:
    quiet = Media("127.0.0.1", None)
    got: list[bytes] = []
    ear = UdpSocket(bind("127.0.0.1"), lambda data, *_: got.append(data))
    quiet.connect(Audio(*quiet.place), Audio(*ear.place))
    await asyncio.sleep(0.08)
    quiet.close()
    ear.close()
    assert got == []


async def test_a_stream_that_is_refused_with_port_0_is_not_sent_to(wire: Wire) -> None:
    wire.voice.connect(Audio(*wire.voice.place), Audio("127.0.0.1", 0))
    await asyncio.sleep(0.05)
    assert wire.voice.spoken.times.tolist() == []
    assert sdp.parse(sdp.render(Audio("127.0.0.1", 0), 1, 1)).port == 0
