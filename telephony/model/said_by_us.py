"""Events of what our own orders brought about where the PBX tells nothing, or our dialplan does on another's channel.
Frozen structs, as telephony.model.events."""

from telephony.model.events import ChannelEvent, Event
from telephony.model.ids import QueueName, Uniqueid


class SpyTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtSpy``: a supervisor's phone hears the call of ``spied`` in this ``mode``, or has
    ``ended``."""

    mode: str
    agent: str
    spied: Uniqueid


class CallerSent(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtSent``: agent ``by`` sends this caller on to ``to``, from a room."""

    by: str
    to: str


class CallerMoved(Event, frozen=True, gc=False):
    """The PBX took an order to move this waiting caller before all others (QueueChangePriorityCaller)."""

    queue: QueueName
    uniqueid: Uniqueid
    priority: int
