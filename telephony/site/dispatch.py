"""Waking app_queue the moment somebody can take a call: whether it is on, and in which queue it does no harm.

Each rule comes from apps/app_queue.c (docs/decisions/0019-waking-app-queue.md). Pure.
"""

import re
from collections.abc import Iterable

from telephony.site.queues import Queue
from telephony.site.table import Table

QUEUE_OPTIONS = "ct"
"""Of our ``Queue()``, as far as they take no argument; a test holds queues.j2 to it."""

ON = "on"
OFF_HERE = "off for this queue"
"""Its operator wants it so: ``wake = false``."""
_ONE_KEY = re.compile(r"[0-9*#]")


class Dispatch(Table, frozen=True):
    """``on``: the bridge wakes callers who wait when an agent becomes able to take a call. Without it, and without the
    bridge, app_queue looks once a second by itself."""

    on: bool = True


def verdict(queue: Queue, options: str = QUEUE_OPTIONS) -> str:
    """``on`` where waking a caller of this queue changes nothing but the time; else why not, in a few words."""
    if not queue.wake:
        return OFF_HERE
    return harm(queue.strategy, queue.exits, options) or ON


def harm(strategy: str, exits: Iterable[str], options: str) -> str:
    """What a wake could do besides; empty: nothing.

    ``exits``: extensions of the queue's exit context that a caller's keys can reach, patterns among them.
    """
    if strategy == "ringall":
        return "strategy ringall: each try rings everybody"
    if "n" in options:
        return "option n: it counts tries, and a wake can be one more"
    for exten in exits:
        if exten.startswith("_"):
            return f"exit {exten}: a pattern can match the wake itself"
        if not _ONE_KEY.fullmatch(exten):
            return f"exit {exten}: a wake wipes keys that are half keyed"
    return ""
