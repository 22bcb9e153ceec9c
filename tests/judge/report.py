"""The judgement in words and as JSON."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from tests.judge.judge import Judgement
from tests.judge.totals import Sums

_FIRST = ("offered", "answered", "abandoned")


def as_text(judgement: Judgement) -> str:
    """A table of counts by book, what is explained, and every finding."""
    lines = _calls(judgement.sums)
    lines += ["", *_each(judgement.sums, "queue"), "", *_each(judgement.sums, "agent"), ""]
    lines += _notes(judgement)
    lines += [str(finding) for finding in judgement.findings]
    lines.append(_verdict(judgement))
    return "\n".join(lines)


def as_json(judgement: Judgement) -> str:
    """The same for a program: ``good``, ``calls``, ``findings``, ``notes``, ``sums`` by book."""
    return json.dumps(
        {
            "good": judgement.good,
            "calls": judgement.calls,
            "findings": [asdict(finding) for finding in judgement.findings],
            "notes": [asdict(note) for note in judgement.notes],
            "sums": {sums.book: _sums(sums) for sums in judgement.sums},
        },
        ensure_ascii=False,
        indent=1,
    )


def _sums(sums: Sums) -> dict[str, object]:
    return {
        "calls": dict(sums.calls),
        "queues": {name: dict(counts) for name, counts in sums.queues.items()},
        "agents": {name: dict(counts) for name, counts in sums.agents.items()},
    }


def _calls(sums: Sequence[Sums]) -> list[str]:
    found = {name for each in sums for name in each.calls}
    names = [*_FIRST, *sorted(found - set(_FIRST))]
    return _table("calls", [each.book for each in sums], {name: [each.calls for each in sums] for name in names})


def _each(sums: Sequence[Sums], what: str) -> list[str]:
    """One line a queue or an agent: answered of offered."""
    tables: list[dict[str, Counter[str]]] = [each.queues if what == "queue" else each.agents for each in sums]
    offered = "offered" if what == "queue" else "offers"
    lines = [_row(f"{what}: answered of {offered}", [each.book for each in sums])]
    for name in sorted({name for table in tables for name in table}):
        cells = [_of(table.get(name), offered) for table in tables]
        lines.append(_row(f"  {name}", cells))
    return lines


def _of(counts: Counter[str] | None, whole: str) -> str:
    return "" if counts is None else f"{counts['answered']} / {counts[whole]}"


def _table(title: str, books: Sequence[str], rows: Mapping[str, Sequence[Counter[str]]]) -> list[str]:
    body = [
        _row(f"  {name}", [str(each[name]) if each[name] or name in _FIRST[:2] else "" for each in counts])
        for name, counts in rows.items()
    ]
    return [_row(title, books), *body]


def _row(title: str, cells: Sequence[str]) -> str:
    return (f"{title:<30}" + "".join(f"{cell:>12}" for cell in cells)).rstrip()


def _notes(judgement: Judgement) -> list[str]:
    counts = Counter(note.about for note in judgement.notes)
    first = {note.about: note.text for note in reversed(judgement.notes)}
    return [f"explained ({count} x {about}): {first[about]}" for about, count in counts.items()]


def _verdict(judgement: Judgement) -> str:
    if judgement.good:
        return f"{judgement.calls} calls: the records and the three books agree"
    return f"{judgement.calls} calls: {len(judgement.findings)} findings"
