"""Who was invited into a call, who was in, what was said apart: in words and tables for the terminal, Chinese first."""

from rich.table import Table
from rich.text import Text

from telephony.model.terms import InviteMode, InviteState, Role, SegmentKind, TryResult
from telephony.records.record import CallRecord, Incident, Invitation, Participant, Segment, Try
from zhitong.cli import console, words

MODES = {
    InviteMode.ROOM: "直接加入 at once",
    InviteMode.SIDE: "先咨询 asked apart",
    InviteMode.HAND_OVER: "转出 handed over",
}
RESULTS = {
    InviteState.RINGING: "振铃 ringing",
    InviteState.JOINED: "已加入 joined",
    InviteState.FAILED: "未接通 nobody came",
    InviteState.CANCELLED: "已取消 cancelled",
}
TRIES = {
    TryResult.RINGING: "振铃 ringing",
    TryResult.ANSWERED: "接听 answered",
    TryResult.NO_ANSWER: "无应答 no answer",
    TryResult.REFUSED: "拒接或忙 refused or busy",
    TryResult.UNREACHABLE: "无法接通 unreachable",
    TryResult.BARRED: "未呼出 not called",
    TryResult.CANCELLED: "已取消 cancelled",
    TryResult.LATE: "他人先接 another was faster",
    TryResult.UNKNOWN: "不明 unknown",
}
STRETCHES = {
    "caller": "与来电人 with the caller",
    "private": "内部 in private",
    "hold": "等待 waiting",
    "after": "来电人离开后 after the caller",
}
TALKING = "通话 talking"
PRIVATE = "内部通话 in private"


def incidents(record: CallRecord) -> str:
    """The incident line: which emergency numbers were called, by whom, and when."""
    return ", ".join(map(_incident, record.incidents))


def _incident(told: Incident) -> str:
    waited = console.seconds((told.answered_at - told.at) // 1_000) if told.answered_at is not None else ""
    return " ".join(part for part in (told.by, "→", told.number, TRIES[told.result], waited) if part)


def private_parts(record: CallRecord, zone: str) -> str:
    """Where others talked while the caller did not hear them, and where that is recorded."""
    return "\n".join(
        f"{console.clock(part.start, zone, date=False)} {console.seconds((part.end - part.start) // 1_000)} "
        f"{', '.join(part.who)}{f'  · 录音 {part.recording}' if part.recording else ''}"
        for part in record.private_parts
    )


def apart(record: CallRecord, segment: Segment) -> str:
    """Of a segment of the caller's: who talked without them meanwhile."""
    if segment.kind is SegmentKind.TALK:
        return ""
    within = [part for part in record.private_parts if part.start < segment.end and segment.start < part.end]
    who = dict.fromkeys(name for part in within for name in part.who)
    return f" · {PRIVATE} ({', '.join(who)})" if who else ""


def invitations(record: CallRecord, zone: str) -> Table:
    """Each number that was rung, and why it did not come."""
    columns = ("时间 at", "邀请 by → to", "方式 how", "号码 number", "振铃 ring", "结果 outcome")
    made = console.table("邀请 invitations", *columns, right=(4,), whole=(0,))
    for invitation in record.invitations:
        rows = invitation.tries or (None,)
        for number, tried in enumerate(rows):
            made.add_row(*_row(invitation, tried, zone, first=number == 0))
    return made


def _row(invitation: Invitation, tried: Try | None, zone: str, *, first: bool) -> tuple[str | Text, ...]:
    at = invitation.at if tried is None else tried.at
    asked = f"{invitation.by or '—'} → {invitation.to}" if first else ""
    how = MODES[invitation.mode] if first else ""
    number = "" if tried is None else f"{tried.number} {tried.code}".rstrip()
    ring = None if tried is None or tried.ended_at is None else (tried.ended_at - tried.at) // 1_000
    return (
        console.clock(at, zone, date=False),
        console.text(asked),
        how,
        console.text(number),
        console.seconds(ring),
        RESULTS[invitation.result] if tried is None else _outcome(invitation, tried),
    )


def _outcome(invitation: Invitation, tried: Try) -> str:
    why = f" ({words.NOT_OUT.get(tried.reason, tried.reason)})" if tried.result is TryResult.BARRED else ""
    left = tried.result is TryResult.ANSWERED and invitation.joined_at is None
    return TRIES[tried.result] + why + (" · 未加入 did not join" if left else "")


def participants(record: CallRecord, zone: str) -> Table:
    """Who was in, from when to when, with whom."""
    columns = ("参与者 who", "角色 role", "邀请人 invited by", "从 from", "长 for", "怎样 how")
    made = console.table("参与者 participants", *columns, right=(4,), whole=(3,))
    for one in record.participants:
        for number, stretch in enumerate(one.stretches):
            who = (console.text(_name(one)), words.ROLES[one.role], console.text(one.invited_by))
            made.add_row(
                *(who if number == 0 else ("", "", "")),
                console.clock(stretch.start, zone, date=False),
                console.seconds((stretch.end - stretch.start) // 1_000),
                TALKING
                if one.role is Role.CALLER and stretch.kind == "caller"
                else STRETCHES.get(stretch.kind, stretch.kind),
            )
    return made


def _name(one: Participant) -> str:
    return " ".join(part for part in (one.who, one.code, f"({one.department})" if one.department else "") if part)
