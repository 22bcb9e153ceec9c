"""The answer to a digest challenge (RFC 7616, RFC 8760 for SIP): MD5 and SHA-256, with and without qop. Pure."""

import hashlib
import re

import msgspec

from zhitong.lab.phones.errors import MalformedSip

_PAIR = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^",\s]+)')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


class Credentials(msgspec.Struct, frozen=True):
    """Who asks: the user and password of the PBX's auth section."""

    user: str
    password: str


def parse_challenge(value: str) -> dict[str, str]:
    """The parameters of a WWW-Authenticate or Proxy-Authenticate value. Raises `MalformedSip` unless Digest."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        raise MalformedSip(f"the PBX asks for {scheme!r}; phones of the lab know Digest only")
    return {name.lower(): _unquoted(text) for name, text in _PAIR.findall(rest)}


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def answer(challenge: str, credentials: Credentials, method: str, uri: str, cnonce: str) -> str:
    """The Authorization (or Proxy-Authorization) value for one request; the nonce is used once (nc=1)."""
    asked = parse_challenge(challenge)
    algorithm = asked.get("algorithm", "MD5").upper()
    if algorithm not in _HASHES:
        raise MalformedSip(f"the PBX asks for digest algorithm {algorithm!r}; phones of the lab know MD5 and SHA-256")
    realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
    secret = _hash(algorithm, f"{credentials.user}:{realm}:{credentials.password}")
    what = _hash(algorithm, f"{method}:{uri}")
    said = {"username": credentials.user, "realm": realm, "nonce": nonce, "uri": uri}
    bare = f"algorithm={algorithm}"
    if "auth" in re.split(r"\s*,\s*", asked.get("qop", "")):
        said["response"] = _hash(algorithm, f"{secret}:{nonce}:00000001:{cnonce}:auth:{what}")
        said["cnonce"] = cnonce
        bare += ", qop=auth, nc=00000001"
    else:
        said["response"] = _hash(algorithm, f"{secret}:{nonce}:{what}")
    if "opaque" in asked:
        said["opaque"] = asked["opaque"]
    return "Digest " + ", ".join([*(f'{name}="{_escape(text)}"' for name, text in said.items()), bare])


def _hash(algorithm: str, text: str) -> str:
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _escape(text: str) -> str:
    return re.sub(r'(["\\])', r"\\\1", text)
