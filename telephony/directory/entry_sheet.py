"""Departments and specialists from sheets, and as sheets.

Columns by their English or Chinese names, in any order. A sheet without the column ``department`` holds departments;
one with it holds specialists, and departments where the column ``kind`` says so. A specialist's department is written
as its code, name or short name. A row that cannot be taken is reported with its line, the field and the remedy, and all
such rows at once.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from telephony.directory.agents_csv import Refusal
from telephony.directory.entries import Entry, Rules, department_of, specialist_of, texts_of
from telephony.directory.sheets import Sheet
from telephony.directory.specialists import Department, Specialist
from telephony.errors import DirectoryError

CHINESE = {
    "kind": "类别",
    "code": "代码",
    "name": "名称",
    "short": "简称",
    "department": "部门",
    "title": "职务",
    "numbers": "电话",
    "topics": "事项",
    "roster": "值班",
    "leave": "请假",
    "order": "顺序",
    "at_once": "同时振铃",
    "ring_s": "振铃秒数",
    "languages": "语言",
}
_NAMES = {heading: name for name, zh in CHINESE.items() for heading in (name, zh)} | {
    "姓名": "name",
    "方言": "languages",
}
_KINDS = {"部门": "department", "department": "department", "专家": "specialist", "specialist": "specialist"}
_DEPARTMENT = tuple(name for name in CHINESE if name in Department.__struct_fields__)
_SPECIALIST = tuple(name for name in CHINESE if name in Specialist.__struct_fields__)
_BOTH = tuple(CHINESE)


class Entries(msgspec.Struct, frozen=True):
    """What sheets came to: the entries of the good rows, departments first, and the others. ``rows``: how many rows
    there were."""

    entries: tuple[Entry, ...]
    refusals: tuple[Refusal, ...]
    rows: int


class _Row(NamedTuple):
    sheet: str
    line: int
    texts: Mapping[str, str]


def read_entries(sheets: Iterable[Sheet], stored: Iterable[Entry], rules: Rules) -> Entries:
    """Read sheets. ``stored``: the entries there are already, for the departments that specialists name.

    Of two rows with one code the first is taken. Raises DirectoryError when a sheet as a whole cannot be read: an
    unknown column, or one that is missing.
    """
    gathering = _Gathering(rules)
    homes: list[_Row] = []
    people: list[_Row] = []
    for sheet in sheets:
        for row in _rows_of(sheet, gathering.refusals):
            (homes if _is_department(row) else people).append(row)
    for row in homes:
        gathering.take(row, department_of)
    known = _Homes([*(each for each in gathering.entries), *stored])
    for row in people:
        gathering.take(known.settled(row), specialist_of)
    refusals = sorted(gathering.refusals, key=lambda each: (each.sheet, each.line))
    return Entries(tuple(gathering.entries), tuple(refusals), len(homes) + len(people))


def sheets_for(entries: Iterable[Entry]) -> tuple[tuple[str, list[str], list[list[str]]], ...]:
    """Two sheets as ``read_entries`` reads them: name, header, rows."""
    entries = tuple(entries)
    homes = [_cells(each, _DEPARTMENT) for each in entries if isinstance(each, Department)]
    people = [_cells(each, _SPECIALIST) for each in entries if isinstance(each, Specialist)]
    return ("部门", _header(_DEPARTMENT), homes), ("专家", _header(_SPECIALIST), people)


def sheet_for(entries: Iterable[Entry]) -> tuple[list[str], list[list[str]]]:
    """One sheet of both, as ``read_entries`` reads it: header, rows."""
    return _header(_BOTH), [_cells(each, _BOTH) for each in entries]


def _header(columns: Sequence[str]) -> list[str]:
    return [CHINESE[column] for column in columns]


def _cells(entry: Entry, columns: Sequence[str]) -> list[str]:
    texts = texts_of(entry) | {"kind": "部门" if isinstance(entry, Department) else "专家"}
    if texts.get("ring_s") == "0":
        texts["ring_s"] = ""
    return [texts.get(column, "") for column in columns]


def _rows_of(sheet: Sheet, refusals: list[Refusal]) -> list[_Row]:
    if not sheet.rows:
        return []
    (_, header), *rows = sheet.rows
    columns = _columns(sheet.name, header)
    taken = []
    for line, cells in rows:
        if len(cells) > len(header):
            remedy = f"it has {len(cells)} fields, the first line {len(header)}; quote a field that holds a comma"
            refusals.append(Refusal(line, "", "", remedy, sheet.name))
        else:
            texts = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
            taken.append(_Row(sheet.name, line, texts))
    return taken


def _columns(sheet: str, header: Sequence[str]) -> Mapping[str, int]:
    where = f"{sheet}: " if sheet else ""
    columns: dict[str, int] = {}
    for at, heading in enumerate(header):
        name = _NAMES.get(heading.strip().lower())
        if name is None:
            known = ", ".join(f"{name} {zh}" for name, zh in CHINESE.items())
            raise DirectoryError(
                f"{where}The column {heading!r} is not known. The first line names columns of: {known}."
            )
        if name in columns:
            raise DirectoryError(f"{where}The column {heading!r} is there twice. Take one out.")
        columns[name] = at
    needed = ("code", "name", "numbers") if "department" in columns else ("code", "name")
    if missing := [name for name in needed if name not in columns]:
        raise DirectoryError(f"{where}The column {missing[0]} ({CHINESE[missing[0]]}) is missing in the first line.")
    return columns


def _is_department(row: _Row) -> bool:
    if "department" not in row.texts:
        return True
    return _KINDS.get(row.texts.get("kind", "").lower()) == "department"


class _Homes:
    """Departments by what people write for them."""

    def __init__(self, entries: Collection[Entry]) -> None:
        self._codes: dict[str, set[str]] = {}
        for each in entries:
            if isinstance(each, Department):
                for name in {each.code, each.name, each.short} - {""}:
                    self._codes.setdefault(name, set()).add(each.code)

    def settled(self, row: _Row) -> _Row:
        """The row with its department's code; as it stands where the department is not known, or is not one alone."""
        codes = self._codes.get(row.texts["department"], set())
        texts = {**row.texts, "department": next(iter(codes)) if len(codes) == 1 else ""}
        return row._replace(texts=texts | {"named": row.texts["department"], "homes": str(len(codes))})


class _Gathering:
    """The rows taken so far, and what must not come twice."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._seen: dict[str, _Row] = {}
        self.entries: list[Entry] = []
        self.refusals: list[Refusal] = []

    def take(
        self, row: _Row, made: Callable[[Mapping[str, str], Rules], tuple[Entry | None, list[tuple[str, str]]]]
    ) -> None:
        entry, wrong = made(row.texts, self._rules)
        kind = row.texts.get("kind", "")
        if kind and kind.lower() not in _KINDS:
            wrong.append(("kind", "write 部门 or 专家"))
        for field, remedy in wrong:
            self._refuse(row, field, _remedy(row) if field == "department" else remedy)
        if entry is None or wrong:
            return
        first = self._seen.setdefault(entry.code, row)
        if first is row:
            self.entries.append(entry)
        else:
            place = f"{first.sheet}, line {first.line}" if first.sheet != row.sheet else f"line {first.line}"
            self._refuse(row, "code", f"{place} has it already: keep one")

    def _refuse(self, row: _Row, field: str, remedy: str) -> None:
        value = row.texts.get("named", "") if field == "department" else row.texts.get(field, "")
        self.refusals.append(Refusal(row.line, field, value, remedy, row.sheet))


def _remedy(row: _Row) -> str:
    if not row.texts.get("named"):
        return "write the department's code or name; for a department write 部门 in the column kind (类别)"
    if row.texts.get("homes", "0") != "0":
        return "more than one department is called so: write its code"
    return "there is no such department: give it first, in the same import or before, or mend the name"
