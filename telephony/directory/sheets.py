"""Files that offices keep lists in: CSV and workbooks (XLSX), read to rows of texts, and written."""

import csv
import datetime
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from telephony.directory.agents_csv import MAX_BYTES, csv_rows, decoded
from telephony.errors import DirectoryError

MAX_ROWS = 50_000
_MAX_COLUMNS = 64
_MAX_UNPACKED = 200_000_000
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Sheet(msgspec.Struct, frozen=True):
    """Rows that hold anything, each with its line in the sheet, from 1. ``name``: of the worksheet; empty for CSV."""

    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def sheets_of(data: bytes) -> tuple[Sheet, ...]:
    """The sheets of a file, whatever it is called: XLSX, or CSV in UTF-8 or GB18030. Raises DirectoryError with the
    way out when it is neither."""
    if data.startswith(b"PK\x03\x04"):
        return tuple(_worksheets(data))
    if data.startswith(_OLD_EXCEL):
        raise DirectoryError(
            "This is a workbook of the old format (.xls), or one with a password. Save it as .xlsx, without one."
        )
    return (Sheet("", tuple((line, tuple(cells)) for line, cells in csv_rows(decoded(data)))),)


def csv_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A CSV file that Excel opens as it is: UTF-8 with its mark. A cell that a spreadsheet would calculate is given a
    space before it, which reading takes away."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def workbook_of(sheets: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]]) -> bytes:
    """A workbook of these sheets: name, header, rows. All cells are texts, so that numbers keep their zeros."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, header, rows in sheets:
        sheet = book.create_sheet(name)
        for at, row in enumerate([header, *rows], start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(at, column)
                cell.value, cell.data_type, cell.number_format = value or None, "s" if value else "n", "@"
                if at == 1:
                    cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f" {cell}" if cell.startswith(_FORMULA) and not cell[1:].isdigit() else cell


def _worksheets(data: bytes) -> Iterator[Sheet]:
    from openpyxl import load_workbook

    _check_size(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # read only sheets: what the file says may be wrong
            yield Sheet(sheet.title, tuple(_rows(sheet.iter_rows(max_col=_MAX_COLUMNS, values_only=True))))
    except DirectoryError:
        raise
    except Exception as error:  # whatever a damaged file makes the library raise
        raise DirectoryError(f"The workbook cannot be read ({error}). Open it, save it as .xlsx, try again.") from error


def _check_size(data: bytes) -> None:
    """A small file may unpack to more than there is room for."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(each.file_size for each in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise DirectoryError(f"The workbook is damaged ({error}). Open it, save it as .xlsx, try again.") from error
    if len(data) > MAX_BYTES or unpacked > _MAX_UNPACKED:
        raise DirectoryError("The workbook is too large for a directory. Save the list alone in one of its own.")


def _rows(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for line, row in enumerate(rows, start=1):
        if line > MAX_ROWS:
            raise DirectoryError(f"The sheet has more than {MAX_ROWS} rows: that is no directory.")
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield line, tuple(cells)


def _text(value: object) -> str:
    """A cell as a person reads it there."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return str(value.date() if value.time() == datetime.time() else value)
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M")
    return str(value).strip()
