"""What a text of the site may hold.

Every text that reaches a file of Asterisk is held to an allow-list here, so that no value can add a line, a section,
a comment or an argument there; the renderer checks again (``dialplans.render``).
"""

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta


def text(pattern: str, allowed: str) -> Meta:
    """A constraint on the whole text. ``allowed`` is said to whoever breaks it.

    ``\\Z`` and never ``$``: a pattern that ends in ``$`` lets a last line break through.
    """
    return Meta(pattern=rf"^(?:{pattern})\Z", extra_json_schema={"description": allowed})


def whole(low: int, high: int, unit: str) -> Meta:
    """A constraint on a whole number, both ends allowed."""
    return Meta(ge=low, le=high, extra_json_schema={"description": f"{unit} from {low} to {high}"})


Word = Annotated[
    str,
    text("[a-z][a-z0-9_-]{0,29}", "a letter a-z and up to 29 more of a-z 0-9 _ -"),
]
SystemName = Annotated[str, text("[a-z][a-z0-9]{0,15}", "a letter a-z and up to 15 more of a-z 0-9")]
Account = Annotated[str, text("[A-Za-z0-9.+_][A-Za-z0-9.+_-]{0,63}", "1 to 64 of A-Z a-z 0-9 . _ + -")]
AgentNumber = Annotated[str, text("[0-9]{2,15}", "an agent's number: 2 to 15 digits")]
Number = Annotated[str, text(r"\+?[0-9]{2,20}", "2 to 20 digits, '+' may stand first")]
FeatureCode = Annotated[str, text("[*#][0-9*#]{1,8}", "'*' or '#' and 1 to 8 more of 0-9 * #, such as *11")]
Key = Annotated[str, text("[0-9*#]", "one key of the telephone: 0-9, * or #")]
Title = Annotated[
    str,
    text(
        r"""(?:[^\W_][^\x00-\x1f\x7f-\x9f\u2028\u2029;"'\\<>\[\]{}$|`]{0,79})?""",
        r"""up to 80 characters of one line, without ; " ' \ < > [ ] { } $ | `""",
    ),
]
Sound = Annotated[
    str,
    text(
        "[A-Za-z0-9_][A-Za-z0-9_-]*(?:/[A-Za-z0-9_][A-Za-z0-9_-]*)*",
        "a sound's name below Asterisk's sounds folder, without language and ending, such as custom/closed",
    ),
]
SipHeader = Annotated[
    str,
    text(
        r"[A-Za-z][A-Za-z0-9-]{0,39}: [A-Za-z0-9<](?:[A-Za-z0-9 <>:/=.@;_-]{0,118}[A-Za-z0-9>])?",
        "a header of SIP, such as Call-Info: <sip:localhost>;answer-after=0 (of A-Z a-z 0-9 < > : / = . @ ; _ - space)",
    ),
]
Folder = Annotated[
    str,
    text(r"[\w/~.][\w/.@+~-]{0,199}", "a path of letters, digits and / . _ - + @ ~, without spaces"),
]
Host = Annotated[
    str,
    text(
        r"[A-Za-z0-9.:-]{1,253}(?:/[0-9]{1,3})?|\[[0-9a-fA-F:.]{2,45}\](?::[0-9]{1,5})?(?:/[0-9]{1,3})?",
        "a host name or an address",
    ),
]
AgentUrl = Annotated[
    str,
    text(
        r"https://(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9a-fA-F:.]{2,45}\])(?::[0-9]{1,5})?",
        "https://, a host name or an address, and :port unless it is 5048, such as https://pbx.example",
    ),
]
Version = Annotated[str, text(r"2[0-9](?:\.[0-9]{1,2}){0,2}", "Asterisk's version, such as 22 or 20.11")]
Language = Annotated[str, text("[a-z]{2}(?:_[A-Z]{2})?", "a language such as zh or en")]
Date = Annotated[str, text("20[0-9]{2}-[01][0-9]-[0-3][0-9]", "a date, YYYY-MM-DD")]
Span = Annotated[
    str,
    text("(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)", "HH:MM-HH:MM"),
]
TargetText = Annotated[
    str,
    text(
        r"queue:[a-z][a-z0-9_-]{0,29}|agent:[0-9]{2,15}|duty|callback|hangup",
        "'queue:NAME', 'agent:NUMBER', 'duty', 'callback' (a spoken promise) or 'hangup' (a sentence is spoken first)",
    ),
]
Port = Annotated[int, whole(1, 65535, "a port")]
Seconds = Annotated[int, whole(0, 86_400, "whole seconds")]
Count = Annotated[int, whole(0, 100_000, "a whole number")]

Codec = Literal["alaw", "ulaw", "g722", "g729", "opus", "gsm", "slin"]
Strategy = Literal["leastrecent", "rrmemory", "rrordered", "fewestcalls", "random", "wrandom", "linear", "ringall"]
AnswerPolicy = Literal["at-agent", "at-entry"]
Transport = Literal["udp", "tcp", "tls"]
Srtp = Literal["no", "optional", "required"]
Dtmf = Literal["rfc4733", "info", "inband", "auto"]
Timers = Literal["no", "yes", "required", "always"]


class Target(NamedTuple):
    """Where a caller goes next: ``kind`` as in ``TargetText``; ``name``: the queue's name, agent's number."""

    kind: str
    name: str


def target_of(target: str) -> Target:
    """The parts of a ``TargetText``."""
    kind, _, name = target.partition(":")
    return Target(kind, name)


EMERGENCY = frozenset({"110", "112", "119", "120", "122"})
"""China's emergency numbers (and 112, GSM's): nothing of the site may be called by one, or it could not be dialled."""
