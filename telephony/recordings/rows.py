"""Rows of ``recordings`` as structs, and back. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from telephony.model.ids import CallId, Micros, PbxName
from telephony.recordings.terms import Case, Fate, Kept, State, Why


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A legal hold on one call's recordings; in force until it is released."""

    number: int
    call_id: CallId
    reason: str
    said_at: Micros
    said_by: str
    released_at: Micros | None = None
    released_by: str | None = None
    released_because: str | None = None


def case_row(case: Case) -> dict[str, Any]:
    return msgspec.structs.asdict(case)


def fate_row(fate: Fate) -> dict[str, Any]:
    return msgspec.structs.asdict(fate) | {"state": fate.state.value, "why": fate.why.value if fate.why else None}


def kept_of(row: Mapping[Any, Any]) -> Kept:
    """``row``: all columns by their names."""
    return Kept(
        case=Case(
            pbx=PbxName(row["pbx"]),
            path=row["path"],
            call_id=CallId(row["call_id"]),
            ended_at=Micros(row["ended_at"]),
            expected_ms=row["expected_ms"],
            told_bytes=row["told_bytes"],
        ),
        fate=Fate(
            state=State(row["state"]),
            why=Why(row["why"]) if row["why"] else None,
            length_ms=row["length_ms"],
            size=row["size"],
            sha256=row["sha256"],
        ),
        checked_at=Micros(row["checked_at"]),
        deleted_at=None if row["deleted_at"] is None else Micros(row["deleted_at"]),
        certificate=row["certificate"],
    )


def hold_of(row: Mapping[Any, Any]) -> Hold:
    return Hold(**{str(name): value for name, value in row.items()})
