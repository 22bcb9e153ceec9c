"""Passwords that are guessed. No finding ever shows one."""

import re
from collections.abc import Iterator

from dialplans.checks.pbx import Pbx
from dialplans.checks.rule import Fault

LEAST = 12
"""Characters below which a password that is tried from the network all day long does not last."""

_COMMON = re.compile(
    r"(?:secret|password|passw0rd|asterisk|admin|change_?me|amp111|mysecret|test|abcd?1?2?3?4?|qwerty)\d*",
    re.IGNORECASE,
)


def weak(pbx: Pbx) -> Iterator[Fault]:
    """SIP and AMI passwords: like the name, digits alone, well known, or short."""
    for where, who, name, secret in _secrets(pbx):
        why = _fault(secret, name)
        if why:
            mild = why == "short"
            what = f"the password of {who} is {_WORDS[why]}."
            yield Fault(
                where, what, "Generate one of 32 characters; whoever guesses it telephones at your cost.", mild=mild
            )


_ADDED = 4
"""So few characters beside the name are the name still."""

_WORDS = {
    "empty": "empty",
    "name": "made of its name",
    "digits": "a number",
    "common": "one that every list of passwords has",
    "short": f"shorter than {LEAST} characters",
}


def _fault(secret: str, name: str) -> str:
    plain, own = (re.sub("[^a-z0-9]", "", text.lower()) for text in (secret, name))
    if not secret:
        return "empty"
    if own and own in plain and len(plain) - len(own) <= _ADDED:
        return "name"
    if secret.isdecimal() and len(secret) < 20:
        return "digits"
    if _COMMON.fullmatch(secret):
        return "common"
    return "short" if len(secret) < LEAST else ""


def _secrets(pbx: Pbx) -> Iterator[tuple[str, str, str, str]]:
    outbound = {
        each.get("outbound_auth") for kind in ("endpoint", "registration") for each in pbx.sections("pjsip", kind)
    }
    for auth in pbx.sections("pjsip", "auth"):
        if auth.name not in outbound and auth.get("auth_type", "userpass") == "userpass":
            yield auth.where("password"), f"auth {auth.name!r}", auth.get("username", auth.name), auth.get("password")
    for peer in pbx.sections("sip"):
        if peer.all("secret") and peer.name != "general":
            yield peer.where("secret"), f"peer {peer.name!r}", peer.name, peer.get("secret")
    for user in pbx.sections("manager"):
        if user.name != "general":
            yield user.where("secret"), f"AMI user {user.name!r}", user.name, user.get("secret")
