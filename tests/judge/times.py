"""Times: microseconds since 1970 (UTC), as plain integers, and how to write them for a person."""

from datetime import UTC, datetime

SECOND = 1_000_000
MILLI = 1_000


def parse_stamp(text: str) -> int | None:
    """Microseconds of ``seconds.micros`` as Asterisk's books write it; None for an empty or zero stamp.

    Exact: the digits are never taken through a float.
    """
    whole, _, fraction = text.strip().partition(".")
    if not whole:
        return None
    value = int(whole) * SECOND + int((fraction + "000000")[:6])
    return value or None


def clock(micros: int) -> str:
    """``09:30:05.123`` (UTC), for findings."""
    return datetime.fromtimestamp(micros / SECOND, UTC).strftime("%H:%M:%S.%f")[:-3]


def apart(micros: int) -> str:
    """A distance in words: ``62 ms`` or ``3.1 s``."""
    size = abs(micros)
    return f"{size / MILLI:.0f} ms" if size < SECOND else f"{size / SECOND:.1f} s"
