"""Carries out orders that limit a number, or lift a limit."""

import msgspec
import structlog

from telephony.config import Site
from telephony.control.commands import Reason
from telephony.control.limiter import Limiter, wall_now
from telephony.control.orders.remarks import LiftLimit, LimitNumber
from telephony.control.reach import Done, Handlers
from telephony.control.refused import CommandRefused
from telephony.limits.limit import HOW, LONGEST_REASON, Limit, NotLimitable, number_of
from telephony.limits.store import NumberLimits
from telephony.masking import mask_number
from telephony.model.ids import MICROS_PER_SECOND, Micros
from telephony.numbers.kinds import Rules

log = structlog.get_logger(__name__)

_DAY = 86_400 * MICROS_PER_SECOND
_MOMENT = 60 * MICROS_PER_SECOND
"""By how much clocks may differ."""


def handlers(kept: NumberLimits, limiter: Limiter, site: Site) -> Handlers:
    """Kept first, told to the PBX then: a PBX that is away hears of it when it is back."""
    rules = site.numbers.rules

    async def limit(order: LimitNumber, within: float) -> Done:
        number, who = _number(order.number, rules)
        now = wall_now()
        told = Limit(
            number=number,
            who=who,
            how=_how(order.how),
            until=_until(order.until, now, site.limits.max_days),
            reason=_reason(order.reason),
            by=order.by,
            at=now,
        )
        await kept.put(told)
        seen = await limiter.tell(told, within)
        log.info("a number was limited", number=mask_number(number), how=told.how, until=told.until, by=order.by)
        return Done(seen=seen)

    async def lift(order: LiftLimit, within: float) -> Done:
        number, who = _number(order.number, rules)
        now, reason = wall_now(), _reason(order.reason)
        holding = next((each for each in await kept.listed(now) if each.who == who), None)
        if holding is None or not await kept.lift(who, now, order.by, reason):
            raise CommandRefused(Reason.WRONG_STATE, "number: there is no limit on it.")
        seen = await limiter.tell(msgspec.structs.replace(holding, lifted_at=now), within)
        log.info("a limit was lifted", number=mask_number(number), by=order.by)
        return Done(seen=seen)

    return {LimitNumber: limit, LiftLimit: lift}


def _number(text: str, rules: Rules) -> tuple[str, str]:
    try:
        return number_of(text, rules)
    except NotLimitable as error:
        raise CommandRefused(Reason.BAD_VALUE, f"number: {error}") from None


def _how(how: str) -> str:
    if how not in HOW:
        raise CommandRefused(Reason.BAD_VALUE, f"how: one of {', '.join(HOW)}.")
    return how


def _reason(reason: str) -> str:
    text = reason.strip()
    if not text or len(text) > LONGEST_REASON or not text.isprintable():
        raise CommandRefused(Reason.BAD_VALUE, f"reason: is needed, one line of up to {LONGEST_REASON} characters.")
    return text


def _until(until: Micros, now: Micros, max_days: int) -> Micros:
    if not now < until <= now + max_days * _DAY + _MOMENT:
        raise CommandRefused(Reason.BAD_VALUE, f"until: at most {max_days} days from now, and never for ever.")
    return until
