"""`zhitong reconcile` of a PBX on another machine: the same books, read through the agent."""

import gzip
from pathlib import Path

import pytest

from telephony.journal.files import PATHS, LocalLogs
from telephony.journal.remote import RemoteLogs
from telephony.model.ids import Micros
from telephony.reconcile.books import read_books

RECORDED = Path(__file__).parents[2] / "unit" / "telephony" / "reconcile" / "recorded" / "three-together-by-keys"
ALWAYS = (Micros(0), Micros(1 << 61))


def test_the_same_books_as_on_the_spot(folder: Path, logs: RemoteLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces much smaller than the files."""
    for which, name in (("cel", "cel.csv.gz"), ("cdr", "cdr.csv.gz"), ("queue_log", "queue_log.gz")):
        text = gzip.decompress((RECORDED / name).read_bytes())
        half = text.index(b"\n", len(text) // 2) + 1
        path = folder / PATHS[which]
        path.with_name(path.name + ".1.gz").write_bytes(gzip.compress(text[:half]))
        path.write_bytes(text[half:])
    monkeypatch.setattr("telephony.journal.wire.PIECE", 700)
    here, there = read_books(LocalLogs(folder), *ALWAYS), read_books(logs, *ALWAYS)
    assert there == here
    assert len(there.rows) > 2
    assert len(there.cel or ()) > 2
