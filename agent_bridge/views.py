"""Who may see which document, and in which form. Pure.

| document | who |
|---|---|
| of a call | the agents it is offered to or who take part; with ``see-agents`` its queues' people; ``see-all``: all |
| of an agent | the agent; with ``see-agents`` the people of the agent's queues; with ``see-all`` all |
| of a queue | with ``see-queues`` its people; with ``see-all`` all; its agents' states with ``see-agents`` |
| of the system | everybody |

Numbers and names of citizens are masked, whatever the role; ``own-numbers`` shows those of a call in full to the agent
who takes part in it (an offer is not yet that), and ``see-numbers`` lets them be revealed, each time on the audit log.
Specialists are shown by name and code; the numbers by which they are reached are masked in every form.
"""

import hashlib
from enum import StrEnum

from msgspec.structs import replace

from telephony.live.documents import Audience, CallDocument, Document, Invited, Party, QueueDocument, Tried
from telephony.masking import mask_name, mask_number, mask_text
from telephony.model.ids import QueueName
from zhitong.access.roles import Principal, Right

ALL = QueueName("*")


class View(StrEnum):
    """In which form a document is shown."""

    MASKED = "masked"
    FULL = "full"


class Kind(StrEnum):
    """What a document is about, by the first part of its key."""

    CALL = "call"
    AGENT = "agent"
    QUEUE = "queue"
    SYSTEM = "system"


def kind_of(key: str) -> Kind:
    return Kind(key.partition("/")[0])


def sees(who: Principal, kind: Kind, audience: Audience) -> bool:
    """Whether a document of this kind and audience may be shown."""
    if audience.everyone or (who.agent is not None and who.agent in audience.members):
        return True
    if who.may(Right.SEE_ALL):
        return True
    if not who.may(Right.SEE_QUEUES if kind is Kind.QUEUE else Right.SEE_AGENTS):
        return False
    return ALL in who.queues or not who.queues.isdisjoint(audience.queues)


def view_of(who: Principal, document: Document) -> View:
    """In which form they are shown it."""
    if isinstance(document, QueueDocument):
        return View.FULL if who.may(Right.SEE_AGENTS) or who.may(Right.SEE_ALL) else View.MASKED
    if not isinstance(document, CallDocument) or who.agent is None or not who.may(Right.OWN_NUMBERS):
        return View.MASKED
    return View.FULL if any(is_part(party, who) for party in document.parties) else View.MASKED


def is_part(party: Party, who: Principal) -> bool:
    """Whether this is they, taking part: whose phone only rings does not, unless they make the call."""
    return party.who == who.agent and (party.state != "ringing" or party.role == "caller")


def has_forms(document: Document) -> bool:
    """Whether it is another thing in full than masked."""
    return isinstance(document, CallDocument | QueueDocument)


def shown(document: Document, view: View) -> Document:
    """The document in this form."""
    if isinstance(document, QueueDocument) and view is View.MASKED:
        return replace(document, agents={})
    if not isinstance(document, CallDocument):
        return document
    full = view is View.FULL
    document = replace(
        document,
        parties=tuple(_party(party, full=full) for party in document.parties),
        invites=tuple(_invited(invited, full=full) for invited in document.invites),
    )
    return document if full else _masked(document)


def _masked(document: CallDocument) -> CallDocument:
    out = document.direction == "outbound"
    return replace(
        document,
        caller=mask_number(document.caller) if document.caller else "",
        caller_name=mask_name(document.caller_name),
        dialled=mask_number(document.dialled) if out and document.dialled else document.dialled,
        note=mask_text(document.note),
        notes={who: mask_text(note) for who, note in document.notes.items()},
    )


def _party(party: Party, *, full: bool) -> Party:
    plain = not party.who or (full and not party.code)
    return party if plain else replace(party, who=mask_number(party.who))


def _invited(invited: Invited, *, full: bool) -> Invited:
    tries = tuple(_tried(tried, full=full) for tried in invited.tries)
    to = invited.to if full or not invited.to else mask_number(invited.to)
    return replace(invited, to=to, tries=tries)


def _tried(tried: Tried, *, full: bool) -> Tried:
    plain = not tried.number or (full and not tried.code)
    return tried if plain else replace(tried, number=mask_number(tried.number))


def citizen_of(document: CallDocument) -> tuple[str, str]:
    """Number and name, in full, of whom the site's people talk with: the caller, or who was called."""
    if document.direction == "outbound":
        return document.dialled, ""
    return document.caller, document.caller_name


def scope_of(who: Principal) -> str:
    """A name of what they may see: another one means that documents were shown, or not, by other rules."""
    parts = (who.account, who.role.value, who.agent or "", *sorted(who.queues))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
