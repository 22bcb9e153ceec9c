"""Finding a few headers among many, fast. Pure.

A PBX prints the headers of one kind of event always in the same order. So the first frame of a kind is read line
by line and teaches a regular expression for its layout, up to the last header wanted; the following ones cost one
match. A frame of any other layout is read line by line and gives the same values: what is learned changes the speed,
never the result.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from telephony.ami.codec import lines_of, text_of

_LAYOUTS = 6  # kept per event; real ones have two or three (with or without TechCause, a caller, a tenant)
_LEARNABLE_LENGTH = 8192
_LEARNABLE_LINES = 150
_FORMS = {"Timestamp": r"[0-9]{10}\.[0-9]{6}"}
"""What is learned of these holds for values of this form alone."""
_REGULAR = re.compile(r"[^:\r]*+: [^\r]*+(?:\r\n[^:\r]*+: [^\r]*+)*+")
"""A frame of nothing but lines ``Key: value``."""


class HeaderMissing(ValueError):
    """A header without which the event means nothing is absent or empty."""


_Layout = tuple[Callable[[str], re.Match[str] | None], tuple[int, ...]]
"""One order of headers: how to match it, and where each wanted value stands in the match."""


def _layout(keys: Iterable[str], wanted: Sequence[str], required: frozenset[str]) -> _Layout:
    group: dict[str, int] = {}
    lines: list[str] = []
    end = r"\Z"
    for key in keys:
        value = _FORMS.get(key, "[^\r]++" if key in required else "[^\r]*+")
        if key in wanted and key not in group:
            group[key] = len(group) + 2
            lines.append(f"{re.escape(key)}: ({value})")
        else:
            lines.append(re.escape(_unlike(key, wanted)) + "[^\r]*+")
        if len(group) == len(set(wanted)):  # of a repeated header the first counts: nothing can follow that matters
            end = r"(?:\r\n|\Z)"
            break
    # Group 1 is always empty: it stands for a wanted header that this layout has not.
    match = re.compile("()" + "\r\n".join(lines) + end).match
    return match, tuple(group.get(key, 1) for key in wanted)


def _unlike(key: str, wanted: Sequence[str]) -> str:
    """As much of an unwanted line's beginning as tells that it is none of the headers ``wanted``: what else it says
    is no matter, and a short pattern is a quick one."""
    line = f"{key}:"
    for length in range(1, len(line) + 1):
        if not any(f"{other}:".startswith(line[:length]) for other in wanted):
            return line[:length]
    return ""  # one of them again: the first counts


class HeaderReader:
    """Reads ``wanted`` headers from the frames of one event; those ``required`` must be there and not empty."""

    __slots__ = ("_required", "_wanted", "layouts")

    def __init__(self, wanted: Sequence[str], required: Iterable[str]) -> None:
        self._wanted = tuple(wanted)
        self._required = frozenset(required)
        self.layouts: list[_Layout] = []

    def values(self, frame: bytes) -> Sequence[str]:
        """The wanted headers' values, in the order asked for; absent ones are empty. Raises ``HeaderMissing``.
        Of a repeated header the first counts (as in ``codec.headers_of``)."""
        text = text_of(frame)
        for match, groups in self.layouts:
            if found := match(text):
                return [found[group] for group in groups]
        return self.read(text)

    def read(self, text: str) -> Sequence[str]:
        """``values`` of a frame's text in none of the ``layouts`` known; may add its own to them."""
        lines = lines_of(text)
        headers = dict(reversed(lines))
        for key in self._wanted:
            if key in self._required and not headers.get(key):
                raise HeaderMissing(f"no {key}")
        self._learn(text, lines)
        return [headers.get(key, "") for key in self._wanted]

    def _learn(self, text: str, headers: Sequence[tuple[str, str]]) -> None:
        """Learn this frame's layout, unless it is odd: what a peer varies at will must not fill our memory.
        Asterisk varies only ``ChanVariable(channel)``."""
        odd = len(text) > _LEARNABLE_LENGTH or len(headers) > _LEARNABLE_LINES or any("(" in key for key, _ in headers)
        if not odd and len(self.layouts) < _LAYOUTS and _REGULAR.fullmatch(text):
            self.layouts.append(_layout([key for key, _ in headers], self._wanted, self._required))
