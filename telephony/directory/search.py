"""Finds departments and specialists as somebody types: by name, department and topic, in Chinese, in pinyin, by
initials, or in a mixture of them. Pure.

What fits best by its own name comes first; among those that fit alike, who is on duty now; among these, who answers
best. Each text is one line (see ``typed``) of a single string, which a regular expression runs through: five thousand
entries take a few milliseconds, and no text or question can make it take much longer (see ``sounds.MANY``).
"""

import bisect
import heapq
import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from enum import StrEnum

import msgspec

from telephony.directory.specialists import Directory
from telephony.directory.typed import pattern_of, plain, unsounded
from telephony.model.ids import Micros

QUERY_LIMIT = 40
"""Characters of a question; what is beyond is not looked at."""
WORDS_LIMIT = 5
_UNSEEN = 0.5
Text = tuple[str, bool]
"""Something to find somebody by; whether it is a person's name."""


class Kind(StrEnum):
    DEPARTMENT = "department"
    SPECIALIST = "specialist"
    EMERGENCY = "emergency"  # a number that may always be called


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What can be found. ``names``: the first is shown; ``department``: its code, of a department its own;
    ``department_names`` likewise, empty of a department."""

    code: str
    kind: Kind
    names: tuple[str, ...]
    department: str
    department_names: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    title: str = ""
    languages: tuple[str, ...] = ()


class Answers(msgspec.Struct, frozen=True):
    """How often one was rung, and came."""

    offers: int = 0
    answered: int = 0

    @property
    def share(self) -> float:
        """As expected of the next ring: of who was never rung, half; a single one says little (Laplace's rule)."""
        return (self.answered + 2 * _UNSEEN) / (self.offers + 2)


class Found(msgspec.Struct, frozen=True):
    """``text``: of the entry's texts the one that fits best; ``answers`` None: never rung of late."""

    entry: Entry
    text: str
    on_duty: bool
    answers: Answers | None


class Standing:
    """Whom to prefer: made anew when the minute or the figures change. ``on_duty``: codes; ``answers`` by code."""

    def __init__(
        self, entries: Sequence[Entry], on_duty: Collection[str] = (), answers: Mapping[str, Answers] | None = None
    ) -> None:
        self.on_duty = frozenset(on_duty)
        self.answers = dict(answers or {})
        ranked = sorted(range(len(entries)), key=lambda place: self._key(entries[place]))
        self.rank = [0] * len(entries)
        for rank, place in enumerate(ranked):
            self.rank[place] = rank
        self.places = ranked

    def _key(self, entry: Entry) -> tuple[bool, bool, float, bool, str]:
        share = self.answers.get(entry.code, Answers()).share
        order = (-share, entry.kind is not Kind.DEPARTMENT, entry.code)
        return entry.kind is not Kind.EMERGENCY, entry.code not in self.on_duty, *order


_FIT = 1 << 32
_OTHERWISE = 2 * _FIT
_Hits = dict[int, int]
"""Of each entry that fits, how well: 0 it is called so, ``_FIT`` its name begins so, ``_OTHERWISE`` within its name, by
its department or a topic; plus the number of the text by which it does. Thousands of them are
made for a single letter: as numbers they are no work for the sweep of Python's memory."""
_Owners = dict[Text, list[int]]


class _Lines:
    """Texts, and the entries that each of them belongs to. ``first``: the number of the first text."""

    def __init__(self, owners: _Owners, spelt: Mapping[Text, str], first: int) -> None:
        lines = [spelt[text] if text in spelt else unsounded(text[0]) for text in owners]
        self._heap = "\n".join(lines)
        self._starts = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
        self._first_ends = [at + _after_first(line) for at, line in zip(self._starts, lines, strict=False)]
        self._last_starts = [at + line.rfind(" ") for at, line in zip(self._starts, lines, strict=False)]
        self._owners = list(owners.values())
        self._first = first

    def find_names(self, pattern: re.Pattern[str], best: _Hits) -> None:
        """What is better than the best is put in its place."""
        starts, first_ends, last_starts, first = self._starts, self._first_ends, self._last_starts, self._first
        for match in pattern.finditer(self._heap):
            start, end = match.span(1)
            line = bisect.bisect_right(starts, start) - 1
            told = first + line + (_OTHERWISE if start >= first_ends[line] else 0 if end > last_starts[line] else _FIT)
            for place in self._owners[line]:
                if place not in best or told < best[place]:
                    best[place] = told

    def find_others(self, pattern: re.Pattern[str], best: _Hits) -> None:
        """Those that fit otherwise, and are not known yet."""
        starts, owners, first = self._starts, self._owners, self._first
        for match in pattern.finditer(self._heap):
            line = bisect.bisect_right(starts, match.start()) - 1
            for place in owners[line]:
                if place not in best:
                    best[place] = _OTHERWISE + first + line


def _after_first(line: str) -> int:
    """Where its second unit begins."""
    second = line.find(" ", 1)
    return len(line) if second < 0 else second


class Index:
    """``entries`` in any order. ``spelt``: the lines of their texts; one that is left out is found by its characters
    alone."""

    def __init__(self, entries: Iterable[Entry], spelt: Mapping[Text, str]) -> None:
        self.entries = tuple(entries)
        names, others = _texts(self.entries)
        self._texts = [*(entry.code for entry in self.entries), *(text for text, _ in (*names, *others))]
        self._names = _Lines(names, spelt, len(self.entries))
        self._others = _Lines(others, spelt, len(self.entries) + len(names))
        self._fixed = [place for place, entry in enumerate(self.entries) if entry.kind is Kind.EMERGENCY]
        self._codes = sorted((entry.code, place) for place, entry in enumerate(self.entries))

    def find(self, query: str, standing: Standing, limit: int) -> list[Found]:
        """The best ``limit`` of those that fit all words of the question; of an empty one the emergency numbers."""
        words = plain(query[:QUERY_LIMIT]).split()[:WORDS_LIMIT]
        patterns = {word: pattern for word in words if (pattern := pattern_of(word)) is not None}
        if not patterns:
            return [self._found(place, place, standing) for place in self._fixed[:limit]]
        hits, *more = (self._hits(word, pattern) for word, pattern in patterns.items())
        for also in more:
            hits = {place: max(hit, also[place]) for place, hit in hits.items() if place in also}
        many, rank = len(self.entries), standing.rank
        best = heapq.nsmallest(limit, (hit // _FIT * many + rank[place] for place, hit in hits.items()))
        places = [standing.places[each % many] for each in best]
        return [self._found(place, hits[place] % _FIT, standing) for place in places]

    def _hits(self, word: str, pattern: re.Pattern[str]) -> _Hits:
        """Of each entry that fits how well it does, and by which text."""
        best: _Hits = {}
        if word.isdecimal():
            self._by_code(word, best)
        self._names.find_names(pattern, best)
        self._others.find_others(pattern, best)
        return best

    def _by_code(self, word: str, best: _Hits) -> None:
        codes = self._codes
        for code, place in itertools.islice(codes, bisect.bisect_left(codes, (word, 0)), None):
            if not code.startswith(word):
                break
            best[place] = (0 if code == word else _FIT) + place  # its code is the text of its number

    def _found(self, place: int, text: int, standing: Standing) -> Found:
        entry = self.entries[place]
        return Found(entry, self._texts[text], entry.code in standing.on_duty, standing.answers.get(entry.code))


def texts_of(entries: Sequence[Entry]) -> Set[Text]:
    """All that somebody may be found by, each once."""
    names, others = _texts(entries)
    return names.keys() | others.keys()


def _texts(entries: Sequence[Entry]) -> tuple[_Owners, _Owners]:
    """Names, and what else one is found by."""
    names: _Owners = {}
    others: _Owners = {}
    for place, entry in enumerate(entries):
        for name in entry.names:
            names.setdefault((name, entry.kind is Kind.SPECIALIST), []).append(place)
        for other in (*entry.department_names, *entry.topics, entry.title, *entry.languages):
            others.setdefault((other, False), []).append(place)
    others.pop(("", False), None)
    return names, others


def entries_of(directory: Directory, emergencies: Mapping[str, str] | None = None) -> tuple[Entry, ...]:
    """All departments and specialists; and ``emergencies``, each number with what people call it."""
    fixed = [
        Entry(code=number, kind=Kind.EMERGENCY, names=(title,), department="")
        for number, title in (emergencies or {}).items()
    ]
    departments = [
        Entry(
            code=each.code,
            kind=Kind.DEPARTMENT,
            names=tuple(filter(None, (each.short, each.name))),
            department=each.code,
            topics=each.topics,
        )
        for each in directory.departments.values()
    ]
    names = {each.code: each.names for each in departments}
    specialists = [
        Entry(
            code=each.code,
            kind=Kind.SPECIALIST,
            names=(each.name,),
            department=each.department,
            department_names=names.get(each.department, ()),
            topics=each.topics,
            title=each.title,
            languages=each.languages,
        )
        for each in directory.specialists.values()
    ]
    return (*fixed, *departments, *specialists)


def on_duty_now(directory: Directory, at: Micros) -> frozenset[str]:
    """The codes of all who can be rung: specialists on duty, and departments of which anybody is, or whose own
    telephones are answered at this hour."""
    people = [each for each in directory.specialists.values() if directory.standing_of(each, at) == "on"]
    desks = [each for each in directory.departments.values() if each.numbers]
    open_ones = {each.code for each in desks if directory.standing_of(each, at) == "on"}
    return frozenset({*(each.code for each in people), *(each.department for each in people), *open_ones})
