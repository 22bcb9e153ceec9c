"""Callers whose number or name would break Asterisk's own lines: turned away before they can hide or forge anything."""

import asyncio
import socket
from pathlib import Path

import pytest

from tests.acceptance.desk import ENOUGH_S, desk
from tests.acceptance.stage import TRUNK_HOST
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

FORGED = "\r\n\r\nEvent: Hangup\r\nUniqueid: pbx1-1.1\r\n\r\n"
ESCAPED = "%0D%0A%0D%0AEvent%3A%20Hangup%0D%0AUniqueid%3A%20pbx1-1.1%0D%0A%0D%0A"
ODD = [
    f"<sip:138{ESCAPED}@{TRUNK_HOST}>",
    f'"138" <sip:138{ESCAPED.lower()}@{TRUNK_HOST}>',
    f'"138{FORGED}" <sip:13800000001@{TRUNK_HOST}>',
    '"a\tb" <sip:138@127.0.0.2>',
    "<sip:138%1b%5B2J@127.0.0.2>",
    "<sip:138%7F@127.0.0.2>",
    "<sip:%00@127.0.0.2>",
]


def invite(sender: str, number: int, port: int, pbx: int) -> bytes:
    lines = (
        f"INVITE sip:12345@127.0.0.1:{pbx} SIP/2.0",
        f"Via: SIP/2.0/UDP {TRUNK_HOST}:{port};branch=z9hG4bK{number}",
        "Max-Forwards: 70",
        f"From: {sender};tag=t{number}",
        f"To: <sip:12345@127.0.0.1:{pbx}>",
        f"Call-ID: odd-{number}",
        "CSeq: 1 INVITE",
        f"Contact: <sip:odd@{TRUNK_HOST}:{port}>",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answered(pbx: int) -> list[str]:
    """The PBX's final answers to the odd invitations, None for one it does not take for SIP at all."""
    codes = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((TRUNK_HOST, 0))
        phone.settimeout(2)
        for number, sender in enumerate(ODD):
            phone.sendto(invite(sender, number, phone.getsockname()[1], pbx), ("127.0.0.1", pbx))
            codes.append(_final(phone, f"odd-{number}"))
    return codes


def _final(phone: socket.socket, call: str) -> str:
    try:
        while True:
            head = phone.recv(65_536).decode(errors="replace")
            code = head.split()[1]
            if call in head and not code.startswith("1"):
                return code
    except TimeoutError:
        return "silence"


async def test_a_caller_who_would_forge_events_gets_no_channel_and_others_do(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        async with asyncio.timeout(ENOUGH_S):
            codes = await asyncio.to_thread(answered, room.scene.site.sip.port)
        assert "0 calls processed" in await room.scene.lab.pbx.cli("core show channels")
        await room.misses()
        entry = await room.noted()
        records = await room.scene.records()
    said = (tmp_path / "bridge.log").read_text()
    assert set(codes) <= {"404", "silence"}, codes
    assert codes.count("404") >= 4
    assert len(records) == entry.calls == 1
    assert "undecoded" not in said
    assert "torn row" not in said
