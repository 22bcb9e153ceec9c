"""The words of reconciliation on screens: Chinese first, English beside."""

import re
from typing import NamedTuple

import msgspec

from telephony.masking import mask_number
from telephony.model.ids import MICROS_PER_SECOND, Micros
from telephony.reconcile.finding import Book, Finding, Kind, Reason
from telephony.reconcile.verify import Problem
from zhitong.cli import console


class Words(NamedTuple):
    """One thing in both languages."""

    chinese: str
    english: str


REASONS = {
    Reason.NOT_LET_IN: Words(
        "队列没有让来电进入（无坐席或已满），queue_log 对此不写",
        "the queue let nobody in; queue_log then writes nothing",
    ),
    Reason.REFUSAL_WRITTEN_AS_NO_ANSWER: Words(
        "话机拒接或不可达，queue_log 也写作 RINGNOANSWER",
        "the phone refused or was away; queue_log says RINGNOANSWER for that too",
    ),
    Reason.OTHER_PHONE_QUICKER: Words(
        "同时振铃，别的话机先接；queue_log 不写落选者",
        "another phone was quicker; queue_log is silent about the others",
    ),
    Reason.TAKEN_OUT_OF_THE_LINE: Words(
        "来电被移出队列后继续通话，queue_log 写作 ABANDON",
        "the caller was taken out of the line and went on; queue_log says ABANDON",
    ),
    Reason.TAKEN_AWAY: Words(
        "没有人挂机，是系统或命令结束的；queue_log 写成有人挂机",
        "nobody hung up: the system or an order ended it; queue_log says somebody did",
    ),
    Reason.PBX_STOPPED: Words(
        "PBX 停机结束了通话，queue_log 写成有人挂机", "the PBX was stopped; queue_log says somebody hung up"
    ),
    Reason.PBX_KILLED: Words(
        "PBX 突然中断，通话中的 CDR 与 queue_log 行丢失", "the PBX died: rows of calls under way are lost with it"
    ),
    Reason.INSTANT_OF_THE_ANSWER: Words(
        "接听与挂机同一瞬间（0.2 秒内），两种说法都成立", "answer and hang-up within 0.2 s: both words are right"
    ),
    Reason.BOTH_HUNG_UP: Words("双方同时挂机，两种说法都成立", "both hung up at once: either may be named"),
    Reason.AFTER_TRANSFER: Words(
        "该坐席离开后来电继续通话，queue_log 只知道该坐席",
        "the caller talked on when this agent had left; queue_log knows the agent's end only",
    ),
    Reason.TRANSFER_BEYOND_THE_QUEUE: Words(
        "queue_log 只记队列坐席自己的转接，不记会议房间里的",
        "queue_log tells only of transfers by the agent whom the queue rang, and of none through a room",
    ),
    Reason.ESTIMATED: Words("记录已注明该值是估计", "the record itself calls this value a guess"),
    Reason.TORN: Words("账上该时刻有一行残缺", "a torn row of that time is in the book"),
}

_BOOKS = {Book.QUEUE_LOG: "queue_log", Book.CDR: "CDR", Book.CEL: "CEL", Book.RECORDS: "记录自身 the record itself"}

_FACTS = {
    "call": "整通电话 the call",
    "outcome": "结果 outcome",
    "agent": "坐席 agent",
    "queue": "队列 queue",
    "received_at": "呼入时刻 received",
    "queued_at": "进队时刻 queued",
    "answered_at": "接通时刻 answered",
    "ended_at": "结束时刻 ended",
    "first_offered_at": "首次振铃 first offered",
    "caller_number": "来电号码 caller",
    "trunk": "中继 trunk",
    "hung_up_by": "挂机方 hung up by",
    "abandoned_in": "放弃于 abandoned in",
    "talk_ms + hold_ms": "通话与保持 talk and hold",
    "talk_ms": "通话 talk",
    "hold_ms": "保持 hold",
    "ring_ms": "振铃 ring",
    "visits": "队列停留 stay in a queue",
    "offers": "振铃 phone rung",
    "transfers": "转接 transfer",
    "call_id": "记录 record",
    "member": "坐席 agent",
    "result": "结果 result",
    "joined_at": "进队时刻 joined",
    "key": "按键 key",
    "at": "开始 began",
}
_PART = re.compile(r"(?P<group>\w+)\[(?P<index>\d+)\](?:\.(?P<field>\w+))?")

PROBLEMS = {
    Problem.CHANGED: Words(
        "此后有记录按规程修改，下次对账将出新版", "records were changed since; a revision will follow"
    ),
    Problem.ALTERED: Words("有记录被改动且没有留下修改痕迹", "records were altered without a trace of a change"),
    Problem.COUNTS: Words("记录相符，但计数不符", "the records hold, the counts do not"),
    Problem.MISFILED: Words("记录正文与检索列不符", "searched columns contradict the records"),
    Problem.DIGESTS: Words(
        "所存的逐通摘要不是制作时的", "the digests kept of its calls are not those it was made from"
    ),
    Problem.SIGNATURE: Words("签名不符：数字被改过", "the signature does not fit: the figure was altered"),
    Problem.OTHER_KEY: Words("用另一把密钥签名，无法核对", "signed with another key: it cannot be checked"),
    Problem.CHAIN: Words("前一份不是它所指的那一份", "its predecessor is not the one it names"),
    Problem.NO_FILE: Words("figures 文件夹里没有它的文件", "its file is not in the figures folder"),
    Problem.OTHER_FILE: Words("文件与数据库所存不同", "its file is not what the database holds"),
}


def fact(what: str) -> Words:
    """A field of the record by name, such as ``offers[0].outcome``."""
    found = _PART.fullmatch(what)
    if found is None:
        chinese, _, english = _FACTS.get(what, f"{what} {what}").partition(" ")
        return Words(chinese, english)
    group, field = (fact(found[name]) if found[name] else Words("", "") for name in ("group", "field"))
    number = int(found["index"]) + 1
    return Words(
        f"第{number}次{group.chinese} {field.chinese}".strip(), f"{group.english} {number} {field.english}".strip()
    )


def sentence(finding: Finding, zone: str, *, reveal: bool) -> Words:
    """What differs, and what explains it."""
    what, book = fact(finding.what), _BOOKS[finding.book]
    recorded, told = (_value(finding.what, text, zone, reveal) for text in (finding.recorded, finding.told))
    said = _said(finding, what, book, recorded, told)
    if finding.because is None:
        return said
    reason = REASONS[finding.because]
    return Words(f"{said.chinese}。{reason.chinese}", f"{said.english}: {reason.english}")


def _said(finding: Finding, what: Words, book: str, recorded: str, told: str) -> Words:
    if finding.kind is Kind.NO_RECORD:
        return Words(f"没有记录：{book} 有 {told}", f"not on record; {book} has {told}")
    if finding.kind is Kind.DOUBLED:
        return Words(f"同一通电话有两条记录：{recorded} 与 {told}", f"two records of one call: {recorded} and {told}")
    if finding.kind is Kind.UNREADABLE:
        return Words(f"记录读不出，可能损坏：{told}", f"the record cannot be read, is it damaged? {told}")
    if finding.kind is Kind.NO_ROW:
        return Words(
            f"{book} 没有：{what.chinese}（记录 {recorded}）",
            f"{book} has no row of {what.english} (recorded {recorded})",
        )
    return Words(
        f"{what.chinese}：记录 {recorded}，{book} {told}", f"{what.english}: recorded {recorded}, {book} {told}"
    )


def _value(what: str, text: str | None, zone: str, reveal: bool) -> str:
    if text is None:
        return "无 none"
    if what == "caller_number":
        return text if reveal else mask_number(text)
    if what.endswith(("_at", ".at")) and text.isdigit():
        return console.clock(_micros(text), zone)[5:]
    return text


def _micros(text: str) -> Micros:
    """Microseconds, or queue_log's whole seconds."""
    return Micros(int(text) * MICROS_PER_SECOND if len(text) <= 10 else int(text))


def masked(finding: Finding) -> Finding:
    """Without a caller's whole number."""
    if finding.what != "caller_number":
        return finding
    recorded, told = (None if text is None else mask_number(text) for text in (finding.recorded, finding.told))
    return msgspec.structs.replace(finding, recorded=recorded, told=told)
