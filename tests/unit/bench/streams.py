"""Streams for the bench's tests: the recording, and small ones made by hand."""

from bench.recording import STREAMS, Recording, read

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
REPLY = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
CHANNEL = b"Uniqueid: pbx1-1795402664.1\r\nLinkedid: pbx1-1795402664.1\r\n"
CALL = (
    b"Event: Newchannel\r\nTimestamp: 1795402664.000001\r\nChannel: PJSIP/trunk-carrier-00000001\r\nChannelState: 4\r\n"
    b"CallerIDNum: 13800000001\r\nCallerIDName: \xe7\x8e\x8b\xe8\x8a\xb3\r\nContext: zt-in-carrier\r\nExten: 12345\r\n"
    + CHANNEL
    + b"\r\n"
    b"Event: VarSet\r\nTimestamp: 1795402664.000002\r\nVariable: X\r\n" + CHANNEL + b"\r\n\r\n"
    b"Event: Hangup\r\nTimestamp: 1795402665.000003\r\nCause: 16\r\nCause-txt: Normal Clearing\r\n" + CHANNEL + b"\r\n"
)
"""One call of three events; an empty line too many after the second, as Asterisk writes it after some."""
BY_HAND = Recording("by hand", GREETING + REPLY + CALL)


def recorded() -> list[Recording]:
    return [read(name) for name in STREAMS]
