"""Where a call goes, as a location of the dialplan. Pure."""

from dialplans.contract import context_of_queue
from dialplans.safety import Code
from telephony.site.queues import Queue
from telephony.texts import target_of


def into_queue(queue: Queue) -> str:
    """The location at which a caller enters this queue."""
    return f"{context_of_queue(queue.name)},s,1"


def goes_to(target_text: str) -> str:
    """The dialplan location of a target of site.toml."""
    target = target_of(target_text)
    if target.kind == "queue":
        return f"{context_of_queue(target.name)},s,1"
    places = {"agent": f"zt-transfer,{target.name},1", "duty": "zt-mobiles,s,1", "callback": "zt-promise,s,1"}
    return places.get(target.kind) or Code("zt-bye,${ZT_STATUS},1")
