"""Call records as files for other programs and for spreadsheets, written as they are read."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, tzinfo
from enum import Enum, StrEnum
from typing import Any, BinaryIO

import msgspec

from telephony.model.ids import MICROS_PER_SECOND, Micros
from telephony.model.terms import Role
from telephony.records.masked import masked
from telephony.records.record import CallRecord

COLUMNS = {
    "call_id": "通话编号",
    "received_at": "来电时间",
    "direction": "方向",
    "caller_number": "主叫号码",
    "caller_name": "主叫名称",
    "dialled": "被叫号码",
    "trunk": "中继",
    "queue": "队列",
    "agent": "坐席工号",
    "outcome": "结果",
    "abandoned_in": "放弃环节",
    "refused_because": "拒接原因",
    "queued_at": "入队时间",
    "first_offered_at": "首次振铃时间",
    "answered_at": "接通时间",
    "ended_at": "结束时间",
    "wait_ms": "等待毫秒",
    "ring_ms": "振铃毫秒",
    "talk_ms": "通话毫秒",
    "hold_ms": "保持毫秒",
    "offers": "振铃次数",
    "transfers": "转接次数",
    "hung_up_by": "挂机方",
    "cause": "挂机原因码",
    "recording": "录音文件",
    "provenance": "数据来源",
    "estimated": "估计字段",
    "pbx": "交换机",
    "uniqueids": "通道编号",
    "recording_state": "录音状态",
    "recording_why": "录音状态原因",
    "recording_ms": "录音毫秒",
    "recording_paused_ms": "录音暂停毫秒",
    "recording_sha256": "录音校验",
    "notice": "录音告知",
    "promise": "承诺回电",
    "promise_because": "承诺原因",
    "notice_language": "告知语言",
    "notice_length_ms": "告知毫秒",
    "notice_heard_ms": "告知听到毫秒",
    "notice_whole": "告知完整",
    "recorded": "已录音",
    "caller_e164": "主叫号码E.164",
    "caller_kind": "主叫号码类型",
    "dialled_e164": "被叫号码E.164",
    "topics": "诉求类别",
    "answered_directly": "直接答复",
    "mark": "标记",
    "notes": "备注",
    "resolved": "通话中解决",
    "invitations": "邀请次数",
    "joined_codes": "参与专家",
    "departments": "邀请部门",
    "private_ms": "内部通话毫秒",
    "incidents": "紧急号码",
}
"""The columns of a CSV file and their Chinese headings. Names and order are kept from version to version; new
columns come at the end."""

_BOM = b"\xef\xbb\xbf"
# What makes a spreadsheet take a cell for a formula; full-width forms too, which Excel takes in East Asian
# locales.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_CONTROL = ("\t", "\r", "\n")


class ExportFormat(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"


class Layout(msgspec.Struct, frozen=True):
    """How an export looks."""

    format: ExportFormat = ExportFormat.JSONL
    unmasked: bool = False
    """Write telephone numbers and names in full. Personal information: only where the law has a reason for
    it.
    """
    bom: bool = False
    """Begin a CSV with the UTF-8 mark without which Excel takes Chinese for GBK."""
    chinese: bool = False
    """Headings of a CSV in Chinese."""
    zone: tzinfo = UTC
    """Of the times in a CSV. JSON has microseconds UTC, as stored."""


async def export(records: AsyncIterator[CallRecord], out: BinaryIO, layout: Layout) -> int:
    """Write ``records`` to ``out``, one line each, holding one at a time in memory. Returns how many.

    JSON Lines: the whole record as stored. CSV: RFC 4180 (CRLF, quotes doubled), the columns of
    ``COLUMNS``, times in ISO 8601 with milliseconds. A cell that a spreadsheet would run as a formula gets
    an apostrophe in front.
    """
    line = _jsonl_line if layout.format is ExportFormat.JSONL else _csv_lines(layout)
    if layout.format is ExportFormat.CSV:
        headings = list(COLUMNS.values() if layout.chinese else COLUMNS)
        out.write((_BOM if layout.bom else b"") + _csv_line(headings))
    count = 0
    async for record in records:
        out.write(line(record if layout.unmasked else masked(record)))
        count += 1
    return count


def _jsonl_line(record: CallRecord) -> bytes:
    return msgspec.json.encode(record) + b"\n"


def _csv_lines(layout: Layout) -> Callable[[CallRecord], bytes]:
    def line(record: CallRecord) -> bytes:
        return _csv_line([_cell(name, _value(record, name), layout.zone) for name in COLUMNS])

    return line


def _value(record: CallRecord, name: str) -> Any:
    read = _OF_PARTS.get(name)
    return read(record) if read is not None else getattr(record, name)


def _of_file(name: str) -> Callable[[CallRecord], Any]:
    return lambda record: getattr(record.recording_file, name, None)


def _paused_ms(record: CallRecord) -> int:
    return sum(pause.end - pause.start for pause in record.recording_pauses) // 1_000


def _of_notice(name: str) -> Callable[[CallRecord], Any]:
    return lambda record: getattr(record.notice_heard, name, None)


def _of_caller(name: str) -> Callable[[CallRecord], Any]:
    return lambda record: getattr(record.caller_normalised, name, None)


def _of_dialled(name: str) -> Callable[[CallRecord], Any]:
    return lambda record: getattr(record.dialled_normalised, name, None)


def _topics(record: CallRecord) -> tuple[str, ...]:
    return record.remarks.topics if record.remarks is not None else ()


def _answered_directly(record: CallRecord) -> bool | None:
    return record.remarks.answered if record.remarks is not None else None


def _resolved(record: CallRecord) -> bool | None:
    return record.remarks.resolved if record.remarks is not None else None


def _joined_codes(record: CallRecord) -> tuple[str, ...]:
    """By code, or by number who has none; agents who came back are none of these."""
    came = [each for each in record.participants if each.invited_by and each.role is not Role.AGENT]
    return tuple(dict.fromkeys(each.code or each.who for each in came))


def _departments(record: CallRecord) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.department for each in record.invitations if each.department))


def _private_ms(record: CallRecord) -> int:
    return sum(part.end - part.start for part in record.private_parts) // 1_000


def _incidents(record: CallRecord) -> tuple[str, ...]:
    return tuple(each.number for each in record.incidents)


def _mark(record: CallRecord) -> str:
    return record.remarks.mark.mark if record.remarks is not None and record.remarks.mark is not None else ""


def _notes(record: CallRecord) -> str:
    """Each after the name of who wrote it."""
    notes = record.remarks.notes if record.remarks is not None else ()
    return "\n".join(f"{note.who}: {note.text}" for note in notes)


_OF_PARTS: dict[str, Callable[[CallRecord], Any]] = {
    "caller_e164": _of_caller("e164"),
    "caller_kind": _of_caller("kind"),
    "dialled_e164": _of_dialled("e164"),
    "topics": _topics,
    "answered_directly": _answered_directly,
    "mark": _mark,
    "notes": _notes,
    "resolved": _resolved,
    "joined_codes": _joined_codes,
    "departments": _departments,
    "private_ms": _private_ms,
    "incidents": _incidents,
    "recording_state": _of_file("state"),
    "recording_why": _of_file("why"),
    "recording_ms": _of_file("length_ms"),
    "recording_paused_ms": _paused_ms,
    "recording_sha256": _of_file("sha256"),
    "notice_language": _of_notice("language"),
    "notice_length_ms": _of_notice("length_ms"),
    "notice_heard_ms": _of_notice("heard_ms"),
    "notice_whole": _of_notice("whole"),
}


def _csv_line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def _cell(name: str, value: Any, zone: tzinfo) -> str:
    if value is None:
        return ""
    if name.endswith("_at"):
        return _time(value, zone)
    if name in ("offers", "transfers", "invitations"):
        return str(len(value))
    if isinstance(value, tuple):
        value = " ".join(value)
    if isinstance(value, Enum):
        value = value.value
    return str(value) if isinstance(value, int) else guarded(value)


def _time(at: Micros, zone: tzinfo) -> str:
    seconds, micros = divmod(at, MICROS_PER_SECOND)
    try:
        when = datetime.fromtimestamp(seconds, zone).replace(microsecond=micros)
    except (ValueError, OverflowError, OSError):  # a clock that was set to nonsense must not stop an export
        return str(at)
    return when.isoformat(sep=" ", timespec="milliseconds")


def guarded(cell: str) -> str:
    """``cell`` so that no spreadsheet runs it: callers choose their own names.
    https://owasp.org/www-community/attacks/CSV_Injection"""
    if cell.startswith(_CONTROL) or cell.lstrip().startswith(_FORMULA):
        return f"'{cell}"
    return cell
