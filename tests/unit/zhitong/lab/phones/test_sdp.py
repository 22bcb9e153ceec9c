"""Offers and answers, judged by RFC 3264's own table and by bodies as Asterisk and SIPp write them."""

import pytest

from zhitong.lab.phones import sdp
from zhitong.lab.phones.errors import MalformedSip
from zhitong.lab.phones.sdp import Audio, Direction

# As Asterisk 22 sends it
ASTERISK = b"""v=0\r
o=- 1795408618 1795408618 IN IP4 127.0.0.1\r
s=Asterisk\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 10110 RTP/AVP 0 101\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-16\r
a=ptime:20\r
a=maxptime:140\r
a=sendrecv\r
"""


def test_reads_what_asterisk_writes() -> None:
    assert sdp.parse(ASTERISK) == Audio("127.0.0.1", 10110, Direction.BOTH, (0, 101), 101)


def test_reads_what_it_writes() -> None:
    audio = Audio("127.0.0.2", 40000, Direction.SEND, (0, 97), 97)
    assert sdp.parse(sdp.render(audio, 7, 1)) == audio


def test_lines_end_with_cr_lf_and_versions_are_told() -> None:
    body = sdp.render(Audio("127.0.0.1", 4000), 7, 3)
    assert body.count(b"\r\n") == body.count(b"\n")
    assert body.startswith(b"v=0\r\no=- 7 3 IN IP4 127.0.0.1\r\n")
    assert b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n" in body


def test_a_stream_s_own_lines_go_before_common_ones() -> None:
    body = ASTERISK.replace(b"t=0 0\r\n", b"a=sendonly\r\nt=0 0\r\n").replace(
        b"a=ptime:20\r\n", b"a=ptime:20\r\nc=IN IP4 127.0.0.9\r\n"
    )
    assert sdp.parse(body).host == "127.0.0.9"
    assert sdp.parse(body).direction is Direction.BOTH
    assert sdp.parse(body.replace(b"a=sendrecv\r\n", b"")).direction is Direction.SEND


def test_without_a_word_audio_goes_both_ways() -> None:
    assert sdp.parse(ASTERISK.replace(b"a=sendrecv\r\n", b"")).direction is Direction.BOTH


def test_a_later_stream_s_lines_are_its_own() -> None:
    video = b"m=video 9 RTP/AVP 31\r\nc=IN IP4 127.0.0.7\r\na=inactive\r\n"
    assert sdp.parse(ASTERISK + video) == sdp.parse(ASTERISK)
    assert sdp.parse(ASTERISK.replace(b"a=sendrecv\r\n", b"") + video).direction is Direction.BOTH


def test_lines_may_end_with_lf_alone() -> None:
    assert sdp.parse(ASTERISK.replace(b"\r\n", b"\n")) == sdp.parse(ASTERISK)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"v=0\r\nm=video 9 RTP/AVP 31\r\n",
        ASTERISK.replace(b"c=IN IP4 127.0.0.1\r\n", b""),
        ASTERISK.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP6 ::1"),
        ASTERISK.replace(b"RTP/AVP 0 101", b"UDPTL t38"),
    ],
)
def test_what_holds_no_audio_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedSip):
        sdp.parse(body)


# RFC 3264 §6.1: what may be answered, for a side that would like to do everything
@pytest.mark.parametrize(
    "offered, answered",
    [
        (Direction.BOTH, Direction.BOTH),
        (Direction.SEND, Direction.RECEIVE),
        (Direction.RECEIVE, Direction.SEND),
        (Direction.NONE, Direction.NONE),
    ],
)
def test_directions_are_answered_by_their_mirror(offered: Direction, answered: Direction) -> None:
    assert sdp.answering(Direction.BOTH, offered) is answered


@pytest.mark.parametrize("wish", list(Direction))
@pytest.mark.parametrize("offered", list(Direction))
def test_nobody_sends_to_who_does_not_listen(wish: Direction, offered: Direction) -> None:
    answered = sdp.answering(wish, offered)
    if answered in (Direction.BOTH, Direction.SEND):
        assert offered in (Direction.BOTH, Direction.RECEIVE) and wish in (Direction.BOTH, Direction.SEND)
    if answered in (Direction.BOTH, Direction.RECEIVE):
        assert offered in (Direction.BOTH, Direction.SEND) and wish in (Direction.BOTH, Direction.RECEIVE)
    assert sdp.may_send(wish, offered) is (answered in (Direction.BOTH, Direction.SEND))


def test_an_answer_takes_the_offer_s_numbers_and_our_place() -> None:
    offer = Audio("127.0.0.1", 10110, Direction.SEND, (8, 0, 96), 96)
    answer = sdp.answer(Audio("127.0.0.1", 40000), offer)
    assert answer == Audio("127.0.0.1", 40000, Direction.RECEIVE, (0, 96), 96)


def test_an_offer_without_keys_gets_an_answer_without() -> None:
    assert sdp.answer(Audio("127.0.0.1", 40000), Audio("127.0.0.1", 1, payloads=(0,), events=None)).payloads == (0,)


def test_an_offer_without_ulaw_is_refused_with_a_remedy() -> None:
    with pytest.raises(MalformedSip, match="allow ulaw"):
        sdp.answer(Audio("127.0.0.1", 40000), Audio("127.0.0.1", 1, payloads=(8,)))
