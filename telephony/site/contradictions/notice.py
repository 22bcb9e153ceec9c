"""A notice that would not be true, or that nobody could hear. Pure."""

from collections.abc import Iterator

from telephony.site.notice import Notice
from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    notice = site.notice
    if not notice.on:
        return
    if not notice.sounds:
        yield "notice.sounds: at least one sound is needed, such as zt/notice."
    if not site.recording.on and notice.sounds == Notice().sounds:
        yield (
            "notice.sounds: zt/notice says that the call is recorded, and [recording] is off. Record, or say "
            'sounds = ["zt/greeting"].'
        )
    deaf = [trunk.name for trunk in site.trunks if trunk.answer == "at-agent" and not trunk.early_media]
    if notice.whole and deaf:
        yield (
            f"notice.whole: callers of trunk {', '.join(deaf)} hear nothing before the answer, so none of the notice. "
            "Set answer = 'at-entry' there, or early_media = true if the carrier passes it."
        )
