"""Agents from a CSV file, as spreadsheets write it.

Columns ``number,name,queues,phone,profile,auto_answer`` in any order, by these names or the Chinese ones; those after
``queues`` may be left out. A row that cannot be taken is reported with its line, the field and the remedy, and all
such rows at once, so that a file is mended in one go.
"""

import codecs
import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from telephony.directory.agents import Agent
from telephony.directory.fields import (
    FieldRefused,
    checked_name,
    checked_number,
    checked_phone,
    checked_profile,
    checked_queues,
    checked_yes,
)
from telephony.errors import DirectoryError

MAX_BYTES = 10_000_000
_COLUMNS = {
    "number": "number",
    "工号": "number",
    "name": "name",
    "姓名": "name",
    "queues": "queues",
    "队列": "queues",
    "phone": "phone",
    "分机": "phone",
    "profile": "profile",
    "话机类型": "profile",
    "auto_answer": "auto_answer",
    "自动接听": "auto_answer",
}
_REQUIRED = ("number", "name", "queues")
_TEMPLATE = "number,name,queues,phone,profile,auto_answer (工号,姓名,队列,分机,话机类型,自动接听)"
_SHOWN = 20


class Refusal(msgspec.Struct, frozen=True):
    """Why one row was not taken."""

    line: int  # of the file, from 1; where the row begins
    field: str  # empty when it is about the whole row
    value: str
    remedy: str
    sheet: str = ""  # of a workbook, or the file where there are several

    def __str__(self) -> str:
        where = f"{self.sheet}, line {self.line}" if self.sheet else f"line {self.line}"
        return f"{where}, {self.field} {self.value!r}: {self.remedy}" if self.field else f"{where}: {self.remedy}"


class Reading(msgspec.Struct, frozen=True):
    """What a file came to: the agents of the good rows in order, and the others."""

    agents: tuple[Agent, ...]
    refusals: tuple[Refusal, ...]

    def all_or_nothing(self) -> tuple[Agent, ...]:
        """The agents if every row was good; raises DirectoryError that lists those that were not."""
        if not self.refusals:
            return self.agents
        raise DirectoryError(said_of(self.refusals))


def said_of(refusals: Sequence[Refusal], shown: int = _SHOWN) -> str:
    """What is wrong with a file, the first so many rows of it."""
    lines = [f"  {refusal}" for refusal in refusals[:shown]]
    lines += [f"  and {len(refusals) - shown} more"] if len(refusals) > shown else []
    return f"Nothing was imported: {len(refusals)} rows are wrong.\n" + "\n".join(lines)


def read_agents(
    data: bytes, known_queues: Collection[str] | None = None, known_profiles: Collection[str] | None = None
) -> Reading:
    """Read a whole CSV file: UTF-8 with or without its mark, or GB18030 (what Chinese Excel saves).

    ``known_queues`` are the queues of the site and ``known_profiles`` its phone profiles: others are refused; None
    accepts any. Of two rows with one
    number or one phone the first is taken and the second refused. Raises DirectoryError when the file as a
    whole cannot be read: not text, no header, a quote that never closes.
    """
    rows = csv_rows(decoded(data))
    header = next(rows, None)
    if header is None:
        raise DirectoryError(f"The file is empty. Its first line names the columns: {_TEMPLATE}.")
    columns = _columns(header[1])
    gathering = _Gathering(known_queues, known_profiles)
    for line, cells in rows:
        gathering.take(line, cells, columns)
    return Reading(tuple(gathering.agents), tuple(gathering.refusals))


def decoded(data: bytes) -> str:
    """The text of a file that people saved somewhere. Raises DirectoryError with the way to save it right."""
    if len(data) > MAX_BYTES:
        raise DirectoryError(f"The file is larger than {MAX_BYTES // 1_000_000} MB: that is no list of agents.")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DirectoryError("This is an Excel workbook. Save it as CSV (CSV UTF-8 逗号分隔) and import that.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DirectoryError("This is Unicode text (UTF-16). Save it as CSV UTF-8 (CSV UTF-8 逗号分隔) instead.")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DirectoryError("The file is neither UTF-8 nor GB18030 text. Save it as CSV UTF-8 (CSV UTF-8 逗号分隔).")


def csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with the line each begins at. Raises DirectoryError for what is not CSV."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            raise DirectoryError(
                f"The row that begins at line {line} is not CSV ({error}). Look for a quotation mark that is not "
                "closed or stands in the middle of a field, and import again."
            ) from error
        while cells and not cells[-1]:
            cells.pop()  # spreadsheets fill rows up with empty fields
        if cells:
            yield line, cells


def _columns(header: list[str]) -> Mapping[str, int]:
    columns: dict[str, int] = {}
    for index, heading in enumerate(header):
        name = _COLUMNS.get(heading.lower())
        if name is None:
            raise DirectoryError(f"The column {heading!r} is not known. The first line names {_TEMPLATE}.")
        if name in columns:
            raise DirectoryError(f"The column {heading!r} is there twice. Take one out.")
        columns[name] = index
    if missing := [name for name in _REQUIRED if name not in columns]:
        raise DirectoryError(
            f"The column {missing[0]} is missing. The first line names {_TEMPLATE}, separated by commas."
        )
    return columns


class _Gathering:
    """The rows taken so far, and what must not come twice."""

    def __init__(self, known_queues: Collection[str] | None, known_profiles: Collection[str] | None) -> None:
        self._known_queues = known_queues
        self._known_profiles = known_profiles
        self._seen: dict[tuple[str, str], int] = {}
        self.agents: list[Agent] = []
        self.refusals: list[Refusal] = []

    def take(self, line: int, cells: list[str], columns: Mapping[str, int]) -> None:
        if len(cells) > len(columns):
            remedy = f"it has {len(cells)} fields, the first line {len(columns)}; quote a field that holds a comma"
            self.refusals.append(Refusal(line, "", "", remedy))
            return
        values = {name: cells[index] if index < len(cells) else "" for name, index in columns.items()}
        agent = self._agent(line, values)
        if agent is not None and self._is_first(line, agent):
            self.agents.append(agent)

    def _agent(self, line: int, values: Mapping[str, str]) -> Agent | None:
        """All wrong fields of a row are reported, not only the first."""
        checked: dict[str, object] = {}
        for name, check in (
            ("number", checked_number),
            ("name", checked_name),
            ("queues", lambda text: checked_queues(text, self._known_queues)),
            ("phone", lambda text: checked_phone(text or values["number"])),
            ("profile", lambda text: checked_profile(text, self._known_profiles)),
            ("auto_answer", checked_yes),
        ):
            text = values.get(name, "")
            if name == "phone" and not text and "number" not in checked:
                continue  # the number's refusal says it already
            try:
                checked[name] = check(text)
            except FieldRefused as refused:
                self.refusals.append(Refusal(line, name, text, str(refused)))
        return msgspec.convert(checked, Agent) if len(checked) == len(Agent.__struct_fields__) else None

    def _is_first(self, line: int, agent: Agent) -> bool:
        for field, value in (("number", agent.number), ("phone", agent.phone)):
            first = self._seen.get((field, value))
            if first is not None:
                self.refusals.append(Refusal(line, field, value, f"line {first} has it already: keep one"))
                return False
        self._seen[("number", agent.number)] = self._seen[("phone", agent.phone)] = line
        return True
