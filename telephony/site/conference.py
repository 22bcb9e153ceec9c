"""Conferences: whom an agent brings into a call, and how."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import text, whole

CodePattern = Annotated[
    str,
    text(
        r"(?:[0-9XZN]|\[[0-9](?:-[0-9])?[0-9]*\]){2,8}",
        "a pattern of 2 to 8 digits, X (0-9), Z (1-9), N (2-9) or such as [1-5], for instance 8XXX",
    ),
]
"""As Asterisk has them, without its ``_``; of a fixed length, so that no key is waited for after the last."""


class Conference(Table, frozen=True):
    """``codes``: how the codes of departments and specialists look, which are dialled as numbers are. What is an
    agent's or a queue's number stays theirs. ``ring_s``: how long one number rings that has no time of its own.
    ``whisper``: whoever is invited hears a short sentence of what the call is about before anybody else.
    ``record_private``: the private part is recorded, in a file of its own, where calls are."""

    codes: tuple[CodePattern, ...] = ("8XXX",)
    ring_s: Annotated[int, whole(5, 120, "whole seconds")] = 20
    whisper: bool = False
    record_private: bool = True
