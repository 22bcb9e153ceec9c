"""Judging a run by its files: what the command does, for tests that ran the calls themselves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.judge.books import cdr, cel, queue_log, records, sipp_log
from tests.judge.findings import Pad
from tests.judge.gather import Books
from tests.judge.judge import Judgement, judge
from tests.judge.outages import Outage
from tests.judge.views.view import SLACK, Setting


@dataclass(frozen=True, slots=True)
class Files:
    """Where the books of one run lie. ``sipp``: the folder below which the phones' logs are. ``cel``: only where PBX
    and phones shared a busy machine."""

    records: Path
    queue_log: Path
    cdr: Path
    sipp: Path
    cel: Path | None = None


def judge_files(
    files: Files,
    *,
    kills: Sequence[int] = (),
    outages: Sequence[Outage] = (),
    silent: Collection[str] = (),
    slack: int = SLACK,
) -> Judgement:
    """The judgement of one run. ``kills``: when the PBX was killed, ``outages``: when it did not run, ``slack``:
    tolerance (all microseconds).

    Raises OSError when a book cannot be opened; what cannot be read in it is a finding.
    """
    pad = Pad()
    phones = sipp_log.read(files.sipp, pad)
    lines = queue_log.read(files.queue_log, pad)
    books = Books(lines, cdr.read(files.cdr, pad), phones, kills, outages, cel.read(files.cel))
    return judge(
        books, records.read(files.records, pad), Setting(slack, frozenset(silent), busy=files.cel is not None), pad
    )
