"""Values that contradict each other. Pure."""

import zoneinfo
from collections.abc import Iterator

from telephony.site.site import Site

_NOT_LISTED = ("right/", "posix/", "posixrules")
"""Copies of all others, with leap seconds or without, and a name that only some machines have."""


def faults(site: Site) -> Iterator[str]:
    if not _is_time_zone(site.time_zone):
        if zoneinfo.available_timezones():
            yield f"time_zone: {site.time_zone!r} is no time zone. Allowed: a name such as Asia/Shanghai."
        else:
            yield "time_zone: this machine has no time zones. Install the package tzdata."
    if site.sip.rtp_end - site.sip.rtp_start < 3:
        yield "sip.rtp_end: must be above sip.rtp_start, by two ports for each leg of a call."
    for index, trunk in enumerate(site.trunks):
        if trunk.register and not trunk.username:
            yield f"trunk[{index}].username: is needed to register."
    yield from _recording(site)


def _is_time_zone(name: str) -> bool:
    """Whether it is one of those that ``zoneinfo.available_timezones`` lists. They are not listed for it: that opens
    each of six hundred files, and every command reads a site."""
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return not name.startswith(_NOT_LISTED)


def _recording(site: Site) -> Iterator[str]:
    if site.recording.on and site.recording.keep_days is None:
        yield (
            "recording.keep_days: is needed where calls are recorded: for how many days recordings are kept before "
            "`zhitong retention run` deletes them. Write what the law of your site says, such as keep_days = 180."
        )
