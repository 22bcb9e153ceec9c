"""Finding a few headers among many, fast. Pure.

A PBX prints the headers of one kind of event always in the same order. So the first frame of a kind is read line
by line and teaches a regular expression for exactly its layout; the following ones cost one match. A frame of any
other layout is read line by line and gives the same values: what is learned changes the speed, never the result.
"""

import re
from collections.abc import Iterable, Sequence

from telephony.ami.codec import lines_of, text_of

_LAYOUTS = 6  # kept per event; real ones have two or three (with or without TechCause, a caller, a tenant)
_LEARNABLE_LENGTH = 8192
_LEARNABLE_LINES = 150


class HeaderMissing(ValueError):
    """A header without which the event means nothing is absent or empty."""


class _Layout:
    """One order of headers: how to match it (``fullmatch``), and where each wanted value stands in the match."""

    __slots__ = ("fullmatch", "groups")

    def __init__(self, keys: Iterable[str], wanted: Sequence[str], required: frozenset[str]) -> None:
        group: dict[str, int] = {}
        lines = []
        for key in keys:
            value = "[^\r]++" if key in required else "[^\r]*+"
            if key in wanted and key not in group:
                group[key] = len(group) + 2
                value = f"({value})"
            lines.append(f"{re.escape(key)}: {value}")
        # Group 1 is always empty: it stands for a wanted header that this layout has not.
        self.fullmatch = re.compile("()" + "\r\n".join(lines)).fullmatch
        self.groups = tuple(group.get(key, 1) for key in wanted)


class HeaderReader:
    """Reads ``wanted`` headers from the frames of one event; those ``required`` must be there and not empty."""

    __slots__ = ("_layouts", "_required", "_wanted")

    def __init__(self, wanted: Sequence[str], required: Iterable[str]) -> None:
        self._wanted = tuple(wanted)
        self._required = frozenset(required)
        self._layouts: list[_Layout] = []

    def values(self, frame: bytes) -> Sequence[str]:
        """The wanted headers' values, in the order asked for; absent ones are empty. Raises ``HeaderMissing``.
        Of a repeated header the first counts (as in ``codec.headers_of``)."""
        text = text_of(frame)
        for layout in self._layouts:
            if match := layout.fullmatch(text):
                return match.group(*layout.groups)
        return self._read(text)

    def _read(self, text: str) -> Sequence[str]:
        lines = lines_of(text)
        headers = dict(reversed(lines))
        for key in self._wanted:
            if key in self._required and not headers.get(key):
                raise HeaderMissing(f"no {key}")
        self._learn(text, [key for key, _ in lines])
        return [headers.get(key, "") for key in self._wanted]

    def _learn(self, text: str, keys: Sequence[str]) -> None:
        """Learn this frame's layout, unless it is odd: what a peer varies at will must not fill our memory.
        Asterisk varies only ``ChanVariable(channel)``."""
        odd = len(text) > _LEARNABLE_LENGTH or len(keys) > _LEARNABLE_LINES or any("(" in key for key in keys)
        if odd or len(self._layouts) >= _LAYOUTS:
            return
        layout = _Layout(keys, self._wanted, self._required)
        if layout.fullmatch(text):
            self._layouts.append(layout)
