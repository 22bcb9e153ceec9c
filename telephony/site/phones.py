"""What agents do with their phones: signing in, and the keys."""

from typing import Literal

from telephony.site.table import Table
from telephony.texts import FeatureCode, SipHeader

AUTO_ANSWER_HEADERS = (
    "Call-Info: <sip:localhost>;answer-after=0",
    "Alert-Info: <http://localhost>;info=alert-autoanswer;delay=0",
    "Answer-Mode: Auto",
)
"""By which phones are asked to pick up at once; one that knows none of them rings.

By what their makers' manuals say. ``Call-Info`` with ``answer-after`` (seconds): AudioCodes, Gigaset, Grandstream,
MicroSIP, Zoiper. ``Alert-Info`` with ``info=alert-autoanswer``: AudioCodes, Gigaset, Yealink, and Aastra, now Mitel,
which without ``delay`` would ring for ever. ``Answer-Mode``: RFC 5373 section 4; without a Require of ``answermode``,
since a phone that does not know it would refuse the call. Most have to be allowed to pick up so.
"""


class SignIn(Table, frozen=True):
    """``always``: an agent takes calls as soon as the phone is registered. ``code``: by feature code, remembered
    over a restart of Asterisk.

    ``auto_answer_headers`` go with a queue's offer to a phone that is to pick up by itself; its agent hears a tone.
    """

    sign_in: Literal["always", "code"] = "code"
    auto_answer_headers: tuple[SipHeader, ...] = AUTO_ANSWER_HEADERS
    auto_answer_tone: bool = True


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
