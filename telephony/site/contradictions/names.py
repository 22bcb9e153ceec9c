"""Names and numbers that are missing, reserved, or have two meanings. Pure."""

from collections.abc import Iterable, Iterator

from telephony.site.site import Site
from telephony.texts import EMERGENCY

RESERVED_NAMES = frozenset({"general", "default", "globals"})
"""Sections with a meaning of their own in Asterisk's files: no queue may be called so."""

_MOST_KEYS = 10
"""Of one code in features.conf (AST_FEATURE_MAX_LEN, with the byte that ends it)."""


def faults(site: Site) -> Iterator[str]:
    if not site.name:
        yield "name: must not be empty: it is what people read on every page."
    if not site.queues:
        yield "queue: at least one [[queue]] is needed."
    if not site.hotline:
        yield "hotline: at least one number is needed."
    for index, queue in enumerate(site.queues):
        if queue.name in RESERVED_NAMES:
            yield f"queue[{index}].name: {queue.name!r} is a word of Asterisk's own. Choose another name."
    yield from _doubles("queue[{}].name", (queue.name for queue in site.queues))
    yield from _doubles("queue[{}].number", (queue.number for queue in site.queues))
    yield from _shared_numbers(site)
    yield from _doubles("trunk[{}].name", (trunk.name for trunk in site.trunks))


def _shared_numbers(site: Site) -> Iterator[str]:
    for index, queue in enumerate(site.queues):
        if queue.number in EMERGENCY:
            yield f"queue[{index}].number: {queue.number!r} is an emergency number. Choose another."
        if queue.number in site.hotline:
            yield f"queue[{index}].number: {queue.number!r} is the hotline's. Choose another."
    codes = site.feature_codes
    named = {"sign_in": codes.sign_in, "sign_out": codes.sign_out, "pause": codes.pause, "unpause": codes.unpause}
    named |= {"close": codes.close, "reopen": codes.reopen}
    for key, code in named.items():
        if list(named.values()).count(code) > 1:
            yield f"feature_codes.{key}: {code!r} has more than one meaning. Choose another."
    in_call = {
        key: getattr(codes, key) for key in ("attended", "blind", "record_pause", "record_resume", "room", "invite")
    }
    for key, code in in_call.items():
        taken = next(other for other, its in in_call.items() if its == code)
        if taken != key:
            yield f"feature_codes.{key}: {code!r} is that of feature_codes.{taken}. Choose another."
    yield from _emergencies(site, named | in_call)


def _emergencies(site: Site, codes: dict[str, str]) -> Iterator[str]:
    """Nothing may begin as an emergency's code does, or Asterisk would wait for more keys."""
    begins = site.feature_codes.emergency
    for key, code in codes.items():
        if code.startswith(begins) or begins.startswith(code):
            yield f"feature_codes.{key}: {code!r} begins as feature_codes.emergency ({begins!r}) does. Choose another."
    for number in site.emergency.all:
        if len(begins + number) > _MOST_KEYS:
            yield f"feature_codes.emergency: {begins!r} and {number!r} are more than {_MOST_KEYS} keys. Choose another."
    for index, number in enumerate(site.emergency.numbers):
        if number in (*site.hotline, *(number for trunk in site.trunks for number in trunk.numbers)):
            yield f"emergency.numbers[{index}]: {number!r} is the hotline's own."


def _doubles(path: str, values: Iterable[str | None]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if value is not None and seen.setdefault(value, index) != index:
            yield f"{path.format(index)}: {value!r} is taken by {path.format(seen[value])}. Choose another."
