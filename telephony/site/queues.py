"""Queues, and the classic voice menu they are compared with."""

from typing import Annotated, Literal

from msgspec import field

from telephony.site.table import Table
from telephony.texts import Count, Key, Number, Seconds, Sound, Strategy, TargetText, Title, Word, whole


class Queue(Table, frozen=True):
    """One waiting line. ``name`` is for Asterisk and for records, ``title`` for people."""

    name: Word
    title: Title = ""
    number: Number | None = None  # what an agent dials to transfer a caller into it
    strategy: Strategy = "leastrecent"
    timeout_s: Annotated[int, whole(1, 300, "whole seconds")] = 20  # how long one offer rings
    retry_s: Annotated[int, whole(1, 60, "whole seconds")] = 1
    max_wait_s: Seconds = 600  # 0: for ever
    wrapup_s: Seconds = 0
    weight: Count = 0
    max_callers: Count = 0  # 0: no limit
    join_empty: bool = False  # may a caller join when no member's phone can be reached?
    leave_empty: bool = True  # must a waiting caller leave when no member's phone can be reached any more?
    music: Word = "default"
    position: bool = False  # tell waiting callers their place
    position_every_s: Annotated[int, whole(10, 3600, "whole seconds")] = 30
    expected_wait: bool = False  # tell callers whom others wait before how long it will be
    wake: bool = True  # may callers who wait be woken when an agent is free, where [dispatch] is on?
    auto_answer: Literal["agents", "everybody", "nobody"] = "agents"  # whose phones pick up by themselves
    exits: dict[Key, TargetText] = field(default_factory=dict)
    overflow: TargetText = "callback"  # after max_wait_s, full, empty


class Baseline(Table, frozen=True):
    """A classic voice menu before the queue, to compare with. ``numbers`` empty: every call hears it."""

    prompts: tuple[Sound, ...]
    key: Key = "1"
    queue: Word | None = None  # None: the first queue
    numbers: tuple[Number, ...] = ()
    wait_s: Annotated[int, whole(1, 60, "whole seconds")] = 10  # for a key after the last prompt
    rounds: Annotated[int, whole(1, 9, "times")] = 3  # how often the menu is said
