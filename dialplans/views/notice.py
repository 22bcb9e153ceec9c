"""The notice: what a caller is told before anybody answers. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dialplans.contract import NOTICE_MUSIC
from dialplans.notice import Spoken, Voice
from dialplans.safety import Code
from telephony.site.site import Site


def notice(site: Site, heard: Spoken | None) -> dict[str, Any]:
    """For notice.j2, and what of entry, queues and transfer.j2 leads to it. ``heard`` None: nobody is told anything."""
    if heard is None:
        return {"notice": None}
    shown = {
        "name": name_of(site),
        "whole": site.notice.whole,
        "prefix": NOTICE_MUSIC,
        "measured": any(voice.length_ms is None for voice in heard.voices),
        "voices": [_voice(voice, main=not index) for index, voice in enumerate(heard.voices)],
    }
    return {"notice": shown}


def _voice(voice: Voice, *, main: bool) -> dict[str, Any]:
    """``main``: in the site's own language, and for whoever has another that no route gives."""
    return {
        "channel": voice.channel,
        "language": voice.language,
        "sounds": "&".join(voice.files),
        "length": _length(voice),
        "ending": _ending(voice, main=main),
    }


def _length(voice: Voice) -> int | Code:
    """In ms; of files that are not here, what the PBX finds: 16 bytes of .wav each ms."""
    if voice.length_ms is not None:
        return voice.length_ms
    parts = [f"${{MATH(${{STAT(s,{file}.wav)}}/16,int)}}" for file in voice.files]
    return Code(parts[0] if len(parts) == 1 else f"$[{'+'.join(parts)}]")


def _ending(voice: Voice, *, main: bool) -> str:
    """Of the names of its classes of music."""
    return "" if main else f"-{voice.channel}"


def name_of(site: Site) -> str:
    """What is stamped in each record: the site's own name of the wording, else the sounds'."""
    return "+".join(site.notice.sounds) if site.recording.notice == "none" else site.recording.notice


def notice_music(site: Site, heard: Spoken | None) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """For musiconhold.conf: the classes that begin with the notice. None where it is heard before the wait."""
    if heard is None or site.notice.whole:
        return {"notices": []}
    return {
        "notices": [
            {"name": f"{NOTICE_MUSIC}{name}{_ending(voice, main=not index)}", "entries": (*voice.files, *files)}
            for index, voice in enumerate(heard.voices)
            for name, files in heard.music.items()
        ]
    }
