"""What a text of a desktop's may hold. Pure.

Every string is bounded, and holds no line break, no control character and no half of a surrogate pair: none of it
could add a line to what is sent to the PBX, a log or a file. ``description`` is said to whoever breaks the rule.
"""

from typing import Annotated

from msgspec import Meta

_END = r"(?![\s\S])"
"""The end of the text in Python's and in ECMA-262's regular expressions alike; ``$`` lets a line break through in one,
and the other knows no ``\\Z``."""
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"


def line(low: int, high: int) -> Meta:
    """One line of ``low`` to ``high`` characters."""
    return Meta(
        min_length=low,
        max_length=high,
        pattern=rf"^[^{_CONTROL}]*{_END}",
        extra_json_schema={"description": f"one line of {low} to {high} characters, without control characters"},
    )


def form(pattern: str, longest: int, allowed: str) -> Meta:
    """A text of this form as a whole, of at most ``longest`` characters."""
    return Meta(max_length=longest, pattern=f"^(?:{pattern}){_END}", extra_json_schema={"description": allowed})


def whole(low: int, high: int, what: str) -> Meta:
    """A whole number, both ends allowed."""
    return Meta(ge=low, le=high, extra_json_schema={"description": f"{what}, {low} to {high}"})


Key = Annotated[str, form("[!-~]{1,64}", 64, "1 to 64 visible ASCII characters, new for each order: a UUID")]
Token = Annotated[str, form("[!-~]{1,4096}", 4096, "a token from POST /auth/token")]
ClientId = Annotated[str, form("[A-Za-z0-9._-]{1,64}", 64, "1 to 64 of A-Z a-z 0-9 . _ -")]
Scope = Annotated[str, form("[0-9a-f]{0,32}", 32, "as of the last hello")]
CallName = Annotated[str, form("[0-9A-HJKMNP-TV-Z]{26}", 26, "a call's id: 26 of 0-9 A-Z without I L O U")]
AgentNumber = Annotated[str, form("[0-9]{2,15}", 15, "an agent's number: 2 to 15 digits")]
Queue = Annotated[str, form("[a-z][a-z0-9_-]{0,29}", 30, "a queue's name: a letter a-z, up to 29 more of a-z 0-9 _ -")]
QueueOrNone = Annotated[str, form("(?:[a-z][a-z0-9_-]{0,29})?", 30, "a queue's name, or empty: the one it came from")]
Number = Annotated[str, form(r"\+?[0-9]{2,20}", 21, "a telephone number: 2 to 20 digits, '+' may stand first")]
Leg = Annotated[str, form("[A-Za-z0-9._-]{1,150}", 150, "a party's leg, as the call's document names it")]
Invitation = Annotated[str, form("[0-9a-z]{0,16}", 16, "an invitation's id, or empty: all that ring")]
Goal = Annotated[
    str,
    form(r"\+?[0-9]{2,20}|[a-z][a-z0-9_-]{0,29}", 30, "an agent's number, a queue's name or a telephone number"),
]
Query = Annotated[str, line(0, 40)]
Word = Annotated[str, line(1, 40)]
Name = Annotated[str, line(0, 80)]
WordOrNone = Annotated[str, line(0, 40)]
Remark = Annotated[str, line(0, 200)]
Sentence = Annotated[str, line(1, 200)]
Text = Annotated[str, line(0, 2000)]
