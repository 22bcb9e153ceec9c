"""What may never be, wherever people walk: said of a standing alone, by nothing of what moves them."""

from collections.abc import Mapping

from telephony.conference.table import Deed, Input, Spot
from telephony.conference.walk import AFTER, Rule, Standing, after, inputs

TIME = (Deed.RINGS_OUT, Deed.NOT_COMING, Deed.STAYS_AWAY, Deed.NOBODY_TAKES, Deed.LIMIT)
"""What comes by itself, if nobody does anything."""


def wrongs(now: Standing, rules: Mapping[str, Rule] = AFTER) -> list[str]:
    """What is wrong with this standing, in words."""
    found = {
        "the caller is alone, and nobody is on the way": unheard(now),
        "somebody is in an empty room": deserted(now),
        "a channel outlives its conference": outlived(now),
        "a phone is rung for nobody": rung_for_nobody(now),
        "somebody holds for ever": not released(now, rules),
    }
    return [words for words, wrong in found.items() if wrong]


def caller_talks(now: Standing) -> bool:
    met = now.agent is Spot.ROOM or now.count(Spot.ROOM) > 0
    return now.caller is Spot.BRIDGE or (now.caller is Spot.ROOM and met)


def unheard(now: Standing) -> bool:
    """Who is muted is nobody to be alone with. Music is a way on only while an agent is aside, who comes back by
    themselves, or somebody is rung, which ends by itself (`released`)."""
    on_the_way = now.agent is Spot.SIDE or now.count(Spot.CALLED_IN) > 0
    return now.caller is Spot.ROOM and not caller_talks(now) and not on_the_way


def deserted(now: Standing) -> bool:
    without_caller = now.caller is not Spot.ROOM and (
        now.agent is Spot.ROOM or now.count(Spot.ROOM, Spot.MUTED, Spot.KEPT) > 0
    )
    without_agent = now.agent not in (Spot.ROOM, Spot.SIDE) and now.count(Spot.KEPT) > 0
    side = now.agent is not Spot.SIDE and now.count(Spot.SIDE) > 0
    nobody = now.agent is Spot.SIDE and now.caller is not Spot.ROOM and not now.count(Spot.SIDE, Spot.RUNG)
    return without_caller or without_agent or side or nobody


def outlived(now: Standing) -> bool:
    """The queue's own bridge, and Dial's, end with one of two."""
    half = (now.caller is Spot.BRIDGE) != (now.agent is Spot.BRIDGE or now.count(Spot.BRIDGE) > 0)
    gone = now.caller is Spot.AWAY and now.agent is Spot.AWAY and bool(now.guests)
    handing = now.caller is Spot.ASKING and now.guests != (Spot.ASKING,)
    return half or gone or handing or (now.caller is Spot.QUEUE and bool(now.guests))


def rung_for_nobody(now: Standing) -> bool:
    aside = now.count(Spot.RUNG) > 0 and now.agent is not Spot.SIDE
    inside = (now.count(Spot.CALLED_IN) > 0 or now.agent is Spot.CALLED_IN) and now.caller is not Spot.ROOM
    return aside or inside


def released(now: Standing, rules: Mapping[str, Rule]) -> bool:
    """If nobody does anything any more the caller talks with somebody soon, is in the queue, or the call is over; and
    two who are left to themselves aside are so for a limited time."""
    seen = set[Standing]()
    while not (caller_talks(now) or now.caller is Spot.QUEUE or now.stage == "over"):
        due: list[Input] = [given for given in inputs(now) if given in TIME]
        if now in seen or not due:
            return False
        seen.add(now)
        now = after(now, due[0], rules)
    return True
