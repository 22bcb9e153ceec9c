"""A second Asterisk, as what the lab's phones are not: a desk phone by TLS and SRTP, or with G.722; a carrier.

It stands between the PBX and phones of the lab, which hear and hum in ulaw: ``desk`` is called by the PBX and rings the
phone ``ear``; the phone ``mouth`` calls it, and it calls the PBX as its carrier, from ``CARRIER``.
"""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from tests.integration.dialplans.rig import Rig
from zhitong.lab.lab import Lab
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.tones import Tone
from zhitong.lab.programs import Tools

DESK, CARRIER, MOUTH = "127.0.0.6", "127.0.0.2", "127.0.0.8"

_PJSIP = """
[global]
type = global
endpoint_identifier_order = ip
[plain]
type = transport
protocol = udp
bind = 127.0.0.1:{sip}
[desk]
type = transport
protocol = {protocol}
bind = {desk}:{port}
{certificate}
[carrier]
type = transport
protocol = udp
bind = {carrier}:{port}

[desk]
type = registration
transport = desk
outbound_auth = desk
server_uri = {pbx}
client_uri = sip:1001@127.0.0.1
contact_user = 1001
retry_interval = 1
[desk]
type = auth
auth_type = userpass
username = 1001
password = {password}
[desk]
type = endpoint
transport = desk
context = desk
disallow = all
allow = {codec}
{media}
[desk]
type = identify
endpoint = desk
match = 127.0.0.1

[ear]
type = endpoint
transport = plain
aors = ear
disallow = all
allow = ulaw
direct_media = no
[ear]
type = aor
contact = sip:ear@{ear[0]}:{ear[1]}

[mouth]
type = endpoint
transport = plain
context = mouth
disallow = all
allow = ulaw
direct_media = no
[mouth]
type = identify
endpoint = mouth
match = {mouth}
[carrier]
type = endpoint
transport = carrier
aors = carrier
disallow = all
allow = alaw
direct_media = no
[carrier]
type = aor
contact = sip:127.0.0.1:{pbx_sip}
"""

_EXTENSIONS = """
[desk]
exten => _X.,1,Dial(PJSIP/ear,60)
 same => n,Hangup()
[mouth]
exten => _X.,1,Dial(PJSIP/${EXTEN}@carrier,60)
 same => n,Hangup()
"""


class Far(NamedTuple):
    """``ear`` rings when the desk phone is called; ``mouth`` calls by way of the carrier."""

    lab: Lab
    ear: Phone
    mouth: Phone


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate and its key, for a day."""
    cert, key = folder / "sip.pem", folder / "sip.key"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=pbx1"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


@asynccontextmanager
async def far_away(
    run: Path, tools: Tools, rig: Rig, *, codec: str = "alaw", tls: tuple[Path, Path] | None = None
) -> AsyncIterator[Far]:
    """It registers agent 1001 at the PBX: with ``tls`` by TLS, and all its sound by SRTP."""
    async with Lab(run, tools, port_count=1000) as lab:
        here = ("127.0.0.1", lab.ports.sip)
        ear = await Phone.start("ear", "", here, register=False, tone_hz=Tone.AGENT)
        mouth = await Phone.start("13800000001", "", here, register=False, tone_hz=Tone.CALLER, setup=Setup(host=MOUTH))
        async with ear, mouth:
            files = {"pjsip.conf": _pjsip(lab, rig, ear, codec, tls), "extensions.conf": _EXTENSIONS}
            lab.etc.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (lab.etc / name).write_text(text, encoding="utf-8")
            await lab.pbx.start()
            await rig.manager.event("QueueMemberStatus", MemberName="1001", Status="1")
            yield Far(lab, ear, mouth)


def _pjsip(lab: Lab, rig: Rig, ear: Phone, codec: str, tls: tuple[Path, Path] | None) -> str:
    pbx = f"sip:127.0.0.1:{rig.tls_port}\\;transport=tls" if tls else f"sip:127.0.0.1:{rig.lab.ports.sip}"
    certified = f"cert_file = {tls[0]}\npriv_key_file = {tls[1]}\nmethod = tlsv1_2\n" if tls else ""
    return _PJSIP.format(
        sip=lab.ports.sip,
        port=lab.ports.take(),
        protocol="tls" if tls else "udp",
        certificate=certified,
        desk=DESK,
        carrier=CARRIER,
        mouth=MOUTH,
        pbx=pbx,
        pbx_sip=rig.lab.ports.sip,
        password=rig.secrets.phones["1001"],
        codec=codec,
        media="media_encryption = sdes" if tls else "",
        ear=ear.place,
    )
