"""queues.conf: who is rung, and where a waiting caller's keys lead."""

import re
from collections.abc import Iterator

from dialplans.checks.pbx import Pbx
from dialplans.checks.rule import Fault
from dialplans.conf import Section
from dialplans.contract import KEPT_LINE

_NO = frozenset({"no", "false", "n", "f", "0", "off"})
_OWN = frozenset({"general", "globals"})
_KEY = re.compile("[0-9*#]")


def exits(pbx: Pbx) -> Iterator[Fault]:
    """A context of exits that is not there, or has more than single keys: app_queue looks into it at each key, and
    whoever waits cannot be woken without harm."""
    for queue in _queues(pbx):
        for setting in queue.all("context"):
            if setting.value not in pbx.plan.contexts:
                what = f"the exit context {setting.value!r} does not exist."
                yield Fault(setting.where, what, "Render extensions.conf with it, or take the line out.")
            for exten in pbx.plan.extens(setting.value):
                if exten not in {"s", "h", "i", "t"} and not _KEY.fullmatch(exten):
                    what = f"the exit {exten!r} of {setting.value!r} is no single key: who waits cannot be woken by it."
                    yield Fault(
                        setting.where, what, "Use one key for each exit, and no pattern, in a context of their own."
                    )


def members(pbx: Pbx) -> Iterator[Fault]:
    """Members without a phone: they can never be rung."""
    endpoints = {each.name for each in pbx.sections("pjsip")} | {each.name for each in pbx.sections("pjsip_wizard")}
    for queue in _queues(pbx):
        for setting in queue.all("member"):
            phone = setting.value.partition(",")[0].strip().removeprefix("PJSIP/")
            if endpoints and setting.value.startswith("PJSIP/") and phone not in endpoints:
                what = f"member {phone!r} has no endpoint in pjsip.conf."
                yield Fault(setting.where, what, "It can never be rung: correct the name, or take the member out.")


def blind_members(pbx: Pbx) -> Iterator[Fault]:
    """Local channels without a state of their own: app_queue takes a busy agent for a free one."""
    for queue in _queues(pbx):
        for setting in queue.all("member"):
            parts = [part.strip() for part in setting.value.split(",")]
            if parts[0].startswith("Local/") and len([part for part in parts[3:] if part]) == 0:
                what = f"member {parts[0]!r} has no state interface: the queue rings it while it talks."
                yield Fault(
                    setting.where, what, "Name the phone: member => Local/…,0,Name,PJSIP/100 (or hint:100@context)."
                )


def resting(pbx: Pbx) -> Iterator[Fault]:
    """A queue that counts an agent at rest for a moment as nobody."""
    for queue in _queues(pbx):
        for setting in queue.settings:
            if setting.key in {"joinempty", "leavewhenempty"} and {"paused", "wrapup"} & set(
                re.split(r"\s*,\s*", setting.value)
            ):
                what = f"{setting.key} counts an agent at rest for a moment as nobody."
                yield Fault(setting.where, what, "Take out paused and wrapup.")


def ringing_busy(pbx: Pbx) -> Iterator[Fault]:
    """``ringinuse`` is on where it is not said: agents who talk are offered further callers."""
    for queue in _queues(pbx):
        if queue.get("ringinuse", "yes").lower() not in _NO:
            what = f"queue {queue.name!r} rings agents who are in a call (ringinuse, on by default)."
            yield Fault(queue.where("ringinuse"), what, "Say ringinuse = no.")


def pausing(pbx: Pbx) -> Iterator[Fault]:
    """``autopause``: who misses one call gets no more, and nobody says so."""
    for queue in _queues(pbx):
        if queue.get("autopause", "no").lower() not in _NO:
            what = f"queue {queue.name!r} pauses an agent who misses one call (autopause), until somebody ends it."
            yield Fault(queue.where("autopause"), what, "Say autopause = no.")


def _queues(pbx: Pbx) -> Iterator[Section]:
    return (each for each in pbx.sections("queues") if each.name not in _OWN and not each.name.startswith(KEPT_LINE))
