"""Departments and specialists from files that offices make, and as such files."""

import datetime
import io
import zipfile

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from telephony.directory.entries import Rules
from telephony.directory.entry_sheet import Entries, read_entries, sheet_for, sheets_for
from telephony.directory.roster_text import leave_of, roster_of
from telephony.directory.sheets import csv_of, sheets_of, workbook_of
from telephony.directory.specialists import Code, Department, Specialist
from telephony.errors import DirectoryError
from tests.unit.telephony.directory.test_duty import LEAVE, ROSTERS

HOME = Department(
    Code("8100"),
    "人力资源和社会保障局",
    "人社局",
    ("社保", "养老"),
    ("01000001234",),
    roster_of("周一至周五 9:00-17:00"),
    2,
)
ZHANG = Specialist(
    Code("8101"),
    "张三",
    Code("8100"),
    ("01000001111", "1003"),
    "科长",
    ("退休",),
    None,
    leave_of("2026-12-01至2026-12-03"),
    10,
    25,
    ("粤语", "English"),
)
RULES = Rules(("8XXX",), {"8001": "the number of the queue hotline"})


def read(data: bytes, *stored: Department | Specialist) -> Entries:
    return read_entries(sheets_of(data), stored, RULES)


def told(found: Entries) -> list[str]:
    return [str(refusal) for refusal in found.refusals]


def workbook(**sheets: list[list[object]]) -> bytes:
    """As a person's own program would write it: numbers as numbers, dates as dates."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_exported_is_imported_as_it_was(form: str) -> None:
    entries = (HOME, ZHANG)
    data = csv_of(*sheet_for(entries)) if form == "csv" else workbook_of(sheets_for(entries))
    assert read(data) == Entries((HOME, ZHANG), (), 2)


def test_a_list_as_somebody_typed_it() -> None:
    text = "代码,姓名,部门,电话,方言\n8102, 李四 ,人社局,010 0000-1112、(010)00001113,粤语；客家话\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        (li,) = read(text.encode(encoding), HOME).entries
        assert li == Specialist(
            Code("8102"), "李四", Code("8100"), ("01000001112", "01000001113"), languages=("粤语", "客家话")
        )


def test_a_workbook_with_numbers_dates_and_empty_rows() -> None:
    data = workbook(
        说明=[],
        部门=[["代码", "名称", "振铃秒数"], [8100, "人社局", 25.0], [None, None, None]],
        专家=[
            ["代码", "名称", "部门", "电话", "请假"],
            [8101, "张三", 8100, 13800000000, datetime.datetime(2026, 12, 1)],  # noqa: DTZ001 - as openpyxl wants it
        ],
    )
    home, zhang = read(data).entries
    assert isinstance(home, Department)
    assert isinstance(zhang, Specialist)
    assert (home.code, home.ring_s) == ("8100", 25)
    assert (zhang.department, zhang.numbers) == ("8100", ("13800000000",))
    assert zhang.leave == leave_of("2026-12-01")


def test_every_refused_row_is_named_with_its_remedy() -> None:
    text = (
        "代码,名称,类别,部门,电话,值班,顺序\n"
        "8100,人社局,部门,,,,\n"
        "81x,张三,专家,人社局,123abc,周九 9:00-10:00,十\n"
        "8102,李四,,,01000001112,,\n"
        "8103,,专家,卫健委,,,\n"
        "8104,王五,专家,8100,01000001114,,\n"
        "8104,王六,专家,8100,01000001115,,\n"
        "8001,赵七,专家,8100,01000001116,,\n"
        "119,钱八,专家,8100,01000001117,,\n"
        "8105,孙九,专家,8100,01000001118,,,,,\n"
        "8106,周十,专员,8100,01000001119,,\n"
        "8107,吴一,专家,8100,,,\n"
        "8108,郑二,专家,8100,01000001119,,,还有,更多\n"
    )
    found = read(text.encode())
    refused = [(refusal.line, refusal.field) for refusal in found.refusals]
    assert refused == [
        (3, "code"),
        (3, "numbers"),
        (3, "roster"),
        (3, "order"),
        (4, "department"),
        (5, "name"),
        (5, "department"),
        (7, "code"),
        (8, "code"),
        (9, "code"),
        (11, "kind"),
        (12, "numbers"),
        (13, ""),
    ]
    said = "\n".join(told(found))
    for words in (
        "8XXX",
        "周九",
        "123abc",
        "write 部门 in the column kind",
        "no such department",
        "line 6 has it already",
    ):
        assert words in said
    assert "the number of the queue hotline" in said
    assert {refusal.line for refusal in found.refusals} == {3, 4, 5, 7, 8, 9, 11, 12, 13}
    assert [entry.code for entry in found.entries] == ["8100", "8104", "8105"]


def test_rows_of_a_workbook_are_named_with_their_sheet() -> None:
    data = workbook(部门=[["代码", "名称"], ["8100", "人社局"], ["8100", "又一个"]])
    assert told(read(data)) == ["部门, line 3, code '8100': line 2 has it already: keep one"]


def test_a_department_that_two_are_called() -> None:
    other = msgspec.structs.replace(HOME, code=Code("8200"))
    text = "code,name,department,numbers\n8102,李四,人社局,01000001112\n".encode()
    assert "more than one department" in told(read(text, HOME, other))[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "nothing"),
        ("代码,名称,血型\n".encode(), "血型"),
        ("代码,名称,代码\n".encode(), "twice"),
        ("名称\n人社局\n".encode(), "代码"),
        ("代码,名称,部门\n8101,张三,8100\n".encode(), "电话"),
        (b"\xd0\xcf\x11\xe0rest", "xlsx"),
        (b"PK\x03\x04rest", "damaged"),
        pytest.param(workbook(部门=[["代码", "名称"]])[:2000], "damaged", id="cut"),  # its bytes tell the time
    ],
)
def test_a_file_that_is_no_list(data: bytes, words: str) -> None:
    if words == "nothing":
        assert read(data) == Entries((), (), 0)
        return
    with pytest.raises(DirectoryError, match=words):
        read(data)


def test_a_workbook_that_unpacks_to_more_than_there_is_room_for() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b" " * 210_000_000)
    assert len(out.getvalue()) < 1_000_000
    with pytest.raises(DirectoryError, match="too large"):
        sheets_of(out.getvalue())


def test_no_cell_is_a_formula() -> None:
    trick = msgspec.structs.replace(HOME, name="=1+1", topics=("@SUM(A1)", "-1", "+86"))
    data = workbook_of(sheets_for([trick]))
    cells = [cell for row in load_workbook(io.BytesIO(data))["部门"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert all(cell.value is None for cell in cells if cell.data_type == "n")
    assert read(data).entries == (trick,)
    text = csv_of(*sheet_for([trick])).decode("utf-8-sig")
    assert ",=" not in text
    assert ",@" not in text
    assert read(csv_of(*sheet_for([trick]))).entries == (trick,)


WORDS = st.text("社保养老金abcé 粤-=+@", min_size=1, max_size=8).map(str.strip).filter(bool)
LIST = st.lists(WORDS, max_size=3, unique=True).map(tuple)
NUMBERS = st.lists(st.from_regex(r"\+?[0-9]{2,15}", fullmatch=True), min_size=1, max_size=3, unique=True).map(tuple)
PEOPLE = st.builds(
    Specialist,
    code=st.just(Code("8101")),
    name=WORDS,
    department=st.just(HOME.code),
    numbers=NUMBERS,
    title=st.just("") | WORDS,
    topics=LIST,
    roster=st.none() | ROSTERS,
    leave=st.just(()) | LEAVE,
    order=st.integers(0, 9999),
    ring_s=st.just(0) | st.integers(5, 120),
    languages=LIST,
)


@settings(max_examples=40, deadline=None)
@given(PEOPLE)
def test_any_specialist_comes_back(made: Specialist) -> None:
    """But for hours in another order, which are the same duty."""
    for data in (csv_of(*sheet_for([HOME, made])), workbook_of(sheets_for([HOME, made]))):
        found = read(data)
        assert told(found) == []
        (back,) = (entry for entry in found.entries if isinstance(entry, Specialist))
        assert msgspec.structs.replace(back, roster=None) == msgspec.structs.replace(made, roster=None)
        assert (back.roster is None) is (made.roster is None)
