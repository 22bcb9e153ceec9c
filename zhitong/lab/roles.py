"""Callers and agents as values, and the injection files that tell SIPp what each of them does. Pure."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from telephony.errors import LabError

_FOR_EVER_MS = 2_000_000_000
"""Longer than any lab runs; SIPp's pauses are signed 32-bit milliseconds."""

_NUMBER = re.compile(r"[0-9A-Za-z+*#._-]{1,60}")
_KEYS = re.compile(r"[0-9A-D*#]{1,40}")
_NO_NAME = re.compile(r"[;\r\n\t\0]")


class Keys(msgspec.Struct, frozen=True):
    """Keys pressed `after_s` seconds after the answer, or after the keys before; each digit as a SIP INFO."""

    after_s: float
    digits: str


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """One call to make.

    It starts `start_at` seconds after the group does. Unanswered, it is given up `give_up_after_s` seconds after its
    INVITE (None: never). Answered, the caller presses `keys`, and hangs up `talk_s` seconds after the answer, or waits
    for the other side's BYE (None).
    """

    number: str
    dialled: str
    name: str = ""
    start_at: float = 0.0
    give_up_after_s: float | None = None
    talk_s: float | None = None
    keys: tuple[Keys, ...] = ()


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent does with one offered call.

    It rings `ring_s` seconds (None: until the PBX gives up), then is answered (`refuse` None) or refused with the
    status code `refuse` (486 busy, 603 declined, 480 unavailable …). Where the INVITE asks it to pick up by itself
    (`answer-after=0`), it rings for no time. Answered, the agent presses `keys`, and `talk_s` seconds after the answer
    hangs up, or transfers the caller blindly to `transfer_to` (REFER); None waits for the other side.
    """

    ring_s: float | None = 0.0
    refuse: int | None = None
    talk_s: float | None = None
    keys: tuple[Keys, ...] = ()
    transfer_to: str | None = None


class Agent(msgspec.Struct, frozen=True):
    """A phone that answers. Its n-th offered call meets ``offers[n]``; after the last it begins anew."""

    number: str
    offers: tuple[Offer, ...] = (Offer(),)


class Account(msgspec.Struct, frozen=True):
    """What a phone registers with."""

    number: str
    password: str


def callers_csv(callers: Sequence[Caller], start_ms: int) -> str:
    """``callers.csv`` of the callers' scenario; `start_ms` is the group's start, epoch milliseconds."""
    return _csv(
        (
            _checked(_NUMBER, caller.number, "number"),
            _display_name(caller.name),
            _checked(_NUMBER, caller.dialled, "dialled number"),
            str(start_ms + _ms(caller.start_at)),
            str(_ms(caller.give_up_after_s)),
            str(_after_keys(caller.talk_s, caller.keys)),
            _keys(caller.keys),
            caller.name,
        )
        for caller in sorted(callers, key=lambda caller: caller.start_at)
    )


def agents_csv(agents: Sequence[Agent]) -> tuple[str, str]:
    """``agents.csv`` and ``offers.csv`` of the agents' scenario.

    An agent's row points at the row of its next offer; each offer's row points at the one after it, the last at the
    agent's first. SIPp moves the pointer with each offered call.
    """
    # SIPp prints a variable that is 0 as nothing, so no agent may have row 0; and it wants no file without rows.
    phones: list[tuple[str, ...]] = [("-", "0")]
    offers: list[tuple[str, ...]] = [(*_offer_fields(Offer()), "0")]
    for agent in agents:
        first, count = len(offers), len(agent.offers)
        phones.append((_checked(_NUMBER, agent.number, "agent's number"), str(first)))
        offers += [
            (*_offer_fields(offer), str(first + (number + 1) % count)) for number, offer in enumerate(agent.offers)
        ]
    return _csv(phones), _csv(offers)


def refusals(agents: Sequence[Agent]) -> tuple[int, ...]:
    """The status codes the agents' scenario must be able to send: those of the offers, and 404 for a strange number."""
    return tuple(sorted({404, *(offer.refuse for agent in agents for offer in agent.offers if offer.refuse)}))


def accounts_csv(accounts: Sequence[Account]) -> str:
    """``accounts.csv`` of the registering scenario."""
    return _csv(
        (_checked(_NUMBER, account.number, "number"), _checked(_NUMBER, account.password, "password"))
        for account in accounts
    )


def _offer_fields(offer: Offer) -> tuple[str, ...]:
    code = 200 if offer.refuse is None else offer.refuse
    if code != 200 and not 400 <= code <= 699:
        raise LabError(f"an agent refuses with a status of 400 to 699, not {code}")
    if offer.transfer_to is not None and offer.talk_s is None:
        raise LabError("an agent who transfers needs talk_s: the seconds after the answer when it does so")
    return (
        str(_ms(offer.ring_s)),
        str(code),
        str(_after_keys(offer.talk_s, offer.keys)),
        _keys(offer.keys),
        _checked(_NUMBER, offer.transfer_to, "transfer target") if offer.transfer_to else "",
    )


DIGIT_GAP_MS = 120
"""Between two digits of one `Keys`; part of the scenarios, here because talk times are counted from the answer."""


def _after_keys(talk_s: float | None, keys: Sequence[Keys]) -> int:
    """What is left of the talk time when all keys are pressed, in milliseconds."""
    if talk_s is None:
        return _FOR_EVER_MS
    pressing = sum(_ms(press.after_s) + DIGIT_GAP_MS * len(press.digits) for press in keys)
    if pressing > _ms(talk_s):
        raise LabError(f"pressing the keys takes {pressing / 1000:g} s, longer than the talk of {talk_s:g} s")
    return _ms(talk_s) - pressing


def _keys(keys: Sequence[Keys]) -> str:
    return " ".join(f"{_ms(press.after_s)}:{_checked(_KEYS, press.digits, 'keys')}" for press in keys)


def _ms(seconds: float | None) -> int:
    if seconds is None:
        return _FOR_EVER_MS
    if not 0 <= seconds < _FOR_EVER_MS / 1000:
        raise LabError(f"{seconds:g} s is no time a phone can keep")
    return round(seconds * 1000)


def _display_name(name: str) -> str:
    """A quoted display name (RFC 3261 §25.1, quoted-string) with the space after it, or nothing."""
    if _NO_NAME.search(name):
        raise LabError(f"SIPp's files cannot carry a semicolon, tab or line break in a name: {name!r}")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" ' if name else ""


def _checked(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value):
        raise LabError(f"not a {what} for a phone of the lab: {value!r}")
    return value


def _csv(rows: Iterable[tuple[str, ...]]) -> str:
    return "SEQUENTIAL\n" + "".join(";".join(row) + "\n" for row in rows)
