"""What we ourselves tell the model (law 1: everything that changes state is an event in ingest's inbox).

``at`` is by our own wall clock and moves no time of the model's: what such an event changes happens at the model's now.
What must not be lost is on disk before its event is delivered.
"""

from telephony.model.events import Event
from telephony.model.ids import CallId, MemberName, Micros
from telephony.model.known import Known


class LocalEvent(Event, frozen=True, gc=False):
    """Base of them."""


class CallRemarked(LocalEvent, frozen=True, gc=False):
    """``who`` has put something down of a call. None: nothing was said of that. ``again``: it was said before this
    process began, and gives way to what was said since."""

    call_id: CallId
    who: str
    note: str | None = None
    topics: tuple[str, ...] | None = None
    mark: str | None = None
    resolved: str | None = None  # yes, no; empty: taken back
    again: bool = False


class CallerKnown(LocalEvent, frozen=True, gc=False):
    """What is known of the call's caller from before was looked up."""

    call_id: CallId
    known: Known


class HelpAsked(LocalEvent, frozen=True, gc=False):
    """An agent asks for help in these words; None: no more."""

    member: MemberName
    text: str | None


class WrapUpExtended(LocalEvent, frozen=True, gc=False):
    """The agent's wrap-up lasts until then: AstDB has it so."""

    member: MemberName
    until: Micros


class DeskTold(LocalEvent, frozen=True, gc=False):
    """The agent signed in at a desktop, or (``at_desk`` false) no more: AstDB has it so."""

    member: MemberName
    at_desk: bool


class DesktopTold(LocalEvent, frozen=True, gc=False):
    """A gateway has a desktop of the agent's that answers, or has none any more."""

    member: MemberName
    present: bool
