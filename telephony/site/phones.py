"""What agents do with their phones: signing in, and the keys."""

from typing import Literal

from telephony.site.table import Table
from telephony.texts import FeatureCode


class SignIn(Table, frozen=True):
    """``always``: an agent takes calls as soon as the phone is registered. ``code``: by feature code, remembered
    over a restart of Asterisk."""

    sign_in: Literal["always", "code"] = "code"


class FeatureCodes(Table, frozen=True):
    """What an agent keys: the first six dialled from an idle phone, the others within a call.

    ``emergency`` and an emergency number behind it: anywhere.
    """

    sign_in: FeatureCode = "*11"
    sign_out: FeatureCode = "*12"
    pause: FeatureCode = "*13"
    unpause: FeatureCode = "*14"
    close: FeatureCode = "*91"  # the emergency closure
    reopen: FeatureCode = "*92"
    attended: FeatureCode = "*2"
    blind: FeatureCode = "#1"
    attended_abort: FeatureCode = "*1"
    attended_complete: FeatureCode = "*2"
    attended_threeway: FeatureCode = "*3"
    attended_swap: FeatureCode = "*4"
    room: FeatureCode = "*8"  # out of the queue's bridge into a room
    invite: FeatureCode = "*7"  # in a room: and a number or code, who joins at once
    emergency: FeatureCode = "*0"  # and the number, such as *0110
    record_pause: FeatureCode = "*5"
    record_resume: FeatureCode = "*6"
