"""Whether a sound file is what Asterisk plays: it skips any other in silence, with a line in its log. Pure."""

import struct
from collections.abc import Iterator

from telephony.errors import ConfigError

_PCM = 1
_OF_A_PIPE = 0x7FFF_0000
"""Whoever writes to a pipe cannot know the length, and writes the largest there is."""
_BEGINNINGS = {
    b"ID3": "an MP3",
    b"\xff\xfb": "an MP3",
    b"\xff\xf3": "an MP3",
    b"\xff\xf2": "an MP3",
    b"OggS": "an Ogg file",
    b"fLaC": "a FLAC file",
    b"#!AMR": "an AMR file",
    b"\x00\x00\x00": "an MP4 or M4A",
}


def wave_samples(content: bytes, rate: int) -> int:
    """How many samples a ``.wav`` file has (``.wav16`` with a ``rate`` of 16000): PCM, 16 bit, mono, that rate.

    Raises ``ConfigError`` that says what it is instead; what is asked for is that of formats/format_wav.c. A
    header that promises more than the file holds is that of a copy that was cut off, unless it was written to a pipe
    and promises all there can be.
    """
    chunks = dict(_chunks(content))
    if "fmt " not in chunks or len(chunks["fmt "]) < 16:
        raise ConfigError(f"it is {_guess(content)}, not a WAV file")
    tag, channels, found, _, _, bits = struct.unpack("<HHIIHH", chunks["fmt "][:16])
    kind = "" if tag == _PCM else f"of encoding {tag:#06x}, not PCM, "
    if kind or (channels, found, bits) != (1, rate, 16):
        width = {1: "mono", 2: "stereo"}.get(channels, f"{channels} channels")
        raise ConfigError(f"it is {kind}{found} Hz, {bits} bit, {width}, not {rate} Hz, 16 bit, mono")
    if lacking := _lacking(content):
        raise ConfigError(f"it is cut off: {lacking} bytes of its sound are missing")
    return len(chunks.get("data", b"")) // 2


def _lacking(content: bytes) -> int:
    """How many bytes of its sound a file lacks."""
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack("<4sI", content[at : at + 8])
        if name == b"data":
            return 0 if size >= _OF_A_PIPE else max(0, at + 8 + size - len(content))
        at += 8 + size + size % 2
    return 0


def _chunks(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The parts of a RIFF file, by name, as far as they go."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack("<4sI", content[at : at + 8])
        yield name.decode("latin-1"), content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _guess(content: bytes) -> str:
    if not content:
        return "empty"
    return next((what for start, what in _BEGINNINGS.items() if content.startswith(start)), "something else")


def remedy(name: str, rate: int = 8_000) -> str:
    """How to make a file of that name what Asterisk plays."""
    return f"Convert it: sox ORIGINAL -r {rate} -b 16 -c 1 {name}"
