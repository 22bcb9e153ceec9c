"""Rows as Asterisk writes them, for tests: by hand, and from what the fields are."""

import csv
import io
from collections.abc import Iterable

from telephony.journal.rows import CelRow, QueueLine, cel_row, queue_line

BOOT = 1_795_400_000
"""The second in which the PBX of these tests was started."""


def cel(
    at: float,
    event: str,
    channel: str = "1",
    linked: str = "",
    *,
    name: str = "",
    number: str = "",
    caller: str = "",
    exten: str = "s",
    context: str = "zt-phone",
    app: str = "",
    data: str = "",
    user_event: str = "",
    extra: str = "",
) -> str:
    """One row, without its line break. ``at`` counts seconds from ``BOOT``; channels are named by their counters."""
    micros = round((BOOT + at) * 1_000_000)
    fields = [
        "c1",
        f"{micros // 1_000_000}.{micros % 1_000_000:06}",
        event,
        user_event,
        uniqueid(channel),
        uniqueid(linked or channel),
        name or f"PJSIP/100{channel}-0000000{channel}",
        number,
        caller,
        exten,
        context,
        app,
        data,
        "",
        extra,
        ".",
    ]
    return quoted(fields)


def quoted(fields: Iterable[str]) -> str:
    """All fields in quotes, as ``CSV_QUOTE`` makes them."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="").writerow(fields)
    return text.getvalue()


def uniqueid(channel: str) -> str:
    return f"pbx1-{BOOT}.{channel}"


def line(at: float, channel: str, event: str, *data: object, queue: str = "service", agent: str = "NONE") -> str:
    """One line of queue_log, without its line break. ``channel`` is a counter, or a whole callid."""
    callid = uniqueid(channel) if channel.isdigit() else channel
    return "|".join([str(int(BOOT + at)), callid, queue, agent, event, *map(str, data)]) + ("" if data else "|")


def rows_of(*texts: str) -> list[CelRow]:
    found = [cel_row(text) for text in texts]
    assert None not in found, texts
    return [row for row in found if row is not None]


def lines_of(*texts: str) -> list[QueueLine]:
    found = [queue_line(text) for text in texts]
    assert None not in found, texts
    return [row for row in found if row is not None]
