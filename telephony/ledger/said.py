"""What people say to the ledger, as it is kept: who, and in which words. Pure."""

from telephony.errors import LedgerError
from telephony.ledger.terms import SYSTEM

WHO_LIMIT = 64
NOTE_LIMIT = 500


def who(said: str) -> str:
    """The name of who gives an order. Raises LedgerError for what names nobody: on record it must tell a person."""
    name = " ".join(said.split())
    if not name or len(name) > WHO_LIMIT or not name.isprintable():
        raise LedgerError(f"Say who orders this, in 1 to {WHO_LIMIT} plain characters (`--by`).")
    if name.casefold() == SYSTEM:
        raise LedgerError(f"{SYSTEM!r} is what the ledger calls itself. Say who you are (`--by`, or ZHITONG_BY).")
    return name


def words(said: str) -> str:
    """A note without what moves a cursor or hides text. Raises LedgerError when it is too long to be kept whole."""
    note = "".join(each if each.isprintable() or each == "\n" else " " for each in said).strip()
    if len(note) > NOTE_LIMIT:
        raise LedgerError(
            f"A note has up to {NOTE_LIMIT} characters, not {len(note)}. Put the rest where you keep cases."
        )
    return note
