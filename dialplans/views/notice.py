"""The notice: what a caller is told before anybody answers. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dialplans.contract import NOTICE_MUSIC
from dialplans.notice import Spoken
from telephony.site.site import Site


def notice(site: Site, heard: Spoken | None) -> dict[str, Any]:
    """For notice.j2, and what of entry, queues and transfer.j2 leads to it. ``heard`` None: nobody is told anything."""
    if heard is None:
        return {"notice": None}
    return {
        "notice": {
            "name": name_of(site),
            "whole": site.notice.whole,
            "sounds": "&".join(heard.files),
            "language": heard.language or site.language,
            "length": heard.length_ms,
            "prefix": NOTICE_MUSIC,
        }
    }


def name_of(site: Site) -> str:
    """What is stamped in each record: the site's own name of the wording, else the sounds'."""
    return "+".join(site.notice.sounds) if site.recording.notice == "none" else site.recording.notice


def notice_music(site: Site, heard: Spoken | None) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """For musiconhold.conf: the classes that begin with the notice. None where it is heard before the wait."""
    if heard is None or site.notice.whole:
        return {"notices": []}
    return {
        "notices": [
            {"name": f"{NOTICE_MUSIC}{name}", "entries": (*heard.files, *files)} for name, files in heard.music.items()
        ]
    }
