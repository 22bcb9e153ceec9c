"""Values that contradict each other. Pure."""

import zoneinfo
from collections.abc import Iterator

from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    zones = zoneinfo.available_timezones()
    if not zones:
        yield "time_zone: this machine has no time zones. Install the package tzdata."
    elif site.time_zone not in zones:
        yield f"time_zone: {site.time_zone!r} is no time zone. Allowed: a name such as Asia/Shanghai."
    if site.sip.rtp_end - site.sip.rtp_start < 3:
        yield "sip.rtp_end: must be above sip.rtp_start, by two ports for each leg of a call."
    for index, trunk in enumerate(site.trunks):
        if trunk.register and not trunk.username:
            yield f"trunk[{index}].username: is needed to register."
    yield from _recording(site)


def _recording(site: Site) -> Iterator[str]:
    if site.recording.on and site.recording.keep_days is None:
        yield (
            "recording.keep_days: is needed where calls are recorded: for how many days recordings are kept before "
            "`zhitong retention run` deletes them. Write what the law of your site says, such as keep_days = 180."
        )
