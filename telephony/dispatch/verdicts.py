"""What the dialplan says of each queue: whether its callers may be woken (dialplans/README.md, Waking). Pure."""

from collections.abc import Iterable, Mapping

from telephony.ami.actions import Reply, ShowDialPlan
from telephony.model.ids import QueueName
from telephony.site.dispatch import ON

PLACE = ShowDialPlan("zt-wake", "s")
"""Where it stands: one step for each queue, ``NoOp(queue=verdict)``, run by nobody. It is loaded with the exit
contexts that it judges, in one reload."""
UNSAID = "the PBX's dialplan says nothing of it: have it written anew (zhitong dialplan deploy)"


def read(reply: Reply) -> dict[QueueName, str]:
    """``on``, or why not, by queue. A queue that is said twice has both."""
    said: dict[QueueName, str] = {}
    for item in reply.items:
        queue, equals, verdict = item.get("AppData", "").partition("=")
        if item.get("Application") == "NoOp" and equals:
            name = QueueName(queue)
            said[name] = verdict if said.get(name, verdict) == verdict else "said twice"
    return said


def allowed(said: Mapping[QueueName, str], queues: Iterable[QueueName]) -> frozenset[QueueName]:
    """The queues that may be woken: no verdict means no."""
    return frozenset(name for name in queues if said.get(name) == ON)
