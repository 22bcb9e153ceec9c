"""SRTP (RFC 3711) undone with nothing but AES from the openssl command: what a test may believe.

``AES_CM_128_HMAC_SHA1_80`` with the key of an SDP's ``a=crypto`` line (RFC 4568); no roll-over: a few packets only.
"""

import base64
import re
import subprocess

TAG = 10
"""Bytes of authentication at a packet's end."""
SUITE = "AES_CM_128_HMAC_SHA1_80"
_LABEL_KEY, _LABEL_SALT = 0, 2


def key_of(sdp: str) -> bytes:
    """Master key and salt, 30 bytes, that an SDP says for its sender."""
    found = re.search(rf"(?m)^a=crypto:\d+ {SUITE} inline:([A-Za-z0-9+/=]+)", sdp)
    assert found, f"no {SUITE} in {sdp}"
    return base64.b64decode(found[1])


def voice(packet: bytes, master: bytes) -> bytes:
    """The payload of one SRTP packet without extensions."""
    key, salt = _derived(master, _LABEL_KEY, 16), _derived(master, _LABEL_SALT, 14)
    sequence, ssrc = packet[2:4], packet[8:12]
    start = int.from_bytes(salt + bytes(2)) ^ (int.from_bytes(ssrc) << 64) ^ (int.from_bytes(sequence) << 16)
    sealed = packet[12:-TAG]
    return bytes(one ^ other for one, other in zip(sealed, _stream(key, start, len(sealed)), strict=True))


def _derived(master: bytes, label: int, size: int) -> bytes:
    """RFC 3711 §4.3.1 with a key derivation rate of 0."""
    salt = int.from_bytes(master[16:]) ^ (label << 48)
    return _stream(master[:16], salt << 16, size)


def _stream(key: bytes, start: int, size: int) -> bytes:
    command = ["openssl", "enc", "-aes-128-ctr", "-K", key.hex(), "-iv", f"{start:032x}"]
    return subprocess.run(command, input=bytes(size), check=True, capture_output=True).stdout
