"""What a caller is told before anybody answers: a greeting, and that the call is recorded."""

from telephony.site.table import Table
from telephony.texts import Sound


class Notice(Table, frozen=True):
    """Heard from the first moment of waiting, while the agent's phone rings, in place of ring-back; the agent's pick-up
    cuts it.

    ``sounds`` are heard one after another, in the caller's language. ``whole``: to the end, before anybody is rung.
    ``message``: an agent who cut it gets the sentence to say as a SIP MESSAGE on the phone.
    """

    on: bool = False
    sounds: tuple[Sound, ...] = ("zt/notice",)
    whole: bool = False
    message: bool = False
