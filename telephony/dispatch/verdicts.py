"""In which queues a wake does no harm: what the dialplan says of each (dialplans/README.md, Waking), and what the PBX
has loaded beside it. An operator's hand may have added what the verdict, written by ``dialplan render``, knows nothing
of. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from telephony.ami.actions import QueueRule, Reply, ShowDialPlan
from telephony.model.ids import QueueName
from telephony.site.dispatch import ON, harm

PLACE = ShowDialPlan("zt-wake", "s")
"""Where it stands: one step for each queue, ``NoOp(queue=verdict)``, run by nobody. It is loaded with the exit
contexts that it judges, in one reload."""
WHOLE = ShowDialPlan()
"""All that is loaded: other steps may join our queues, or limit their callers."""
RULES = QueueRule()
UNSAID = "the PBX's dialplan says nothing of it: have it written anew (zhitong dialplan deploy)"

Row = Mapping[str, str]
Said = Mapping[QueueName, str]

_OF_THE_KEYS = re.compile(r"_.*|[0-9A-Da-d*#]*")
_LIMIT = re.compile(r"QUEUE_(?:MIN|MAX|RAISE)_PENALTY")
_STICKY = "zt-sticky"
"""Ours: the limits that it sets are for the line beside the queue, and are gone before the queue itself."""
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_ARGUMENT = re.compile(r"\([^()]*\)")
_TONE = "${ZT_TONE}"  # r or nothing


class Loaded(msgspec.Struct, frozen=True):
    """What else was found, as why not: ``of`` these queues, or of ``all`` (empty: nothing)."""

    of: Said
    all: str = ""

    def also(self, other: "Loaded") -> "Loaded":
        """Both."""
        return Loaded({**self.of, **other.of}, self.all or other.all)

    def over(self, said: Said) -> dict[QueueName, str]:
        """The verdicts, but for those that do not hold."""
        return {
            name: (self.all or self.of.get(name) or verdict) if verdict == ON else verdict
            for name, verdict in said.items()
        }


def read(reply: Reply) -> dict[QueueName, str]:
    """``on``, or why not, by queue. A queue that is said twice has both."""
    said: dict[QueueName, str] = {}
    for item in reply.items:
        queue, equals, verdict = item.get("AppData", "").partition("=")
        if item.get("Application") == "NoOp" and equals:
            name = QueueName(queue)
            said[name] = verdict if said.get(name, verdict) == verdict else "said twice"
    return said


def allowed(said: Said, queues: Iterable[QueueName]) -> frozenset[QueueName]:
    """The queues that may be woken: no verdict means no."""
    return frozenset(name for name in queues if said.get(name) == ON)


def context_of(queue: QueueName) -> ShowDialPlan:
    """Where a caller's keys lead, and where our own ``Queue()`` of it stands."""
    return ShowDialPlan(f"zt-queue-{queue}")


def in_context(reply: Reply) -> str:
    """Why a queue whose context is this one may not be woken; empty: nothing against it."""
    if not reply.items:
        return "its context is not loaded: have the dialplan written anew (zhitong dialplan deploy)"
    for row in reply.items:
        if "IncludeContext" in row or "Switch" in row:
            return f"{row.get('Context', '')} takes in {row.get('IncludeContext') or row.get('Switch')}: added by hand"
    exits = sorted({row["Extension"] for row in reply.items if _OF_THE_KEYS.fullmatch(row.get("Extension", "s"))})
    options = "".join(options for _, options in _queues(reply.items))
    return harm("", exits, options) or _unknown(options)


def elsewhere(rows: Sequence[Row], queues: Iterable[QueueName], rules: Reply) -> Loaded:
    """What the whole dialplan, and app_queue's penalty rules, have against it. A caller whom limits on penalties shut
    out must not be woken, and only the PBX knows who that is."""
    if rule := rules.headers.get("RuleList"):
        return Loaded({}, f"queuerules.conf has rules ({rule}): limits on penalties change as callers wait")
    for row in rows:
        if row.get("Context") == _STICKY:
            continue
        if limit := _LIMIT.search(row.get("AppData", "")):
            return Loaded({}, f"{row.get('Context', '')} uses {limit.group()}: limits on penalties are not known")
    of: dict[QueueName, str] = {}
    names = frozenset(queues)
    for queue, options in _queues(rows):
        why = harm("", (), options) or _unknown(options)
        if why and "$" in queue:
            return Loaded({}, why)
        if why and queue in names:
            of[QueueName(queue)] = why
    return Loaded(of)


def _queues(rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
    """Queue and options of each ``Queue()``, without what stands in brackets; ``$`` stands for what is not known."""
    for row in rows:
        if row.get("Application") == "Queue":
            queue, options, *_ = [*_bare(row.get("AppData", "")).split(","), "", ""]
            yield queue, options


def _bare(data: str) -> str:
    for pattern, into in ((_VARIABLE, "$"), (_ARGUMENT, "")):
        data, again = data.replace(_TONE, ""), 1
        while again:
            data, again = pattern.subn(into, data)
    return data


def _unknown(options: str) -> str:
    return "options of Queue() come from a variable" if "$" in options else ""
