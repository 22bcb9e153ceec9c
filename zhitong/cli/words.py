"""The words of records on screens: Chinese first, English beside."""

from telephony.model.terms import AbandonedIn, OfferOutcome, Outcome, SegmentKind, Side, VisitResult
from telephony.records.record import CallRecord

OUTCOMES = {
    Outcome.ANSWERED: "接通 answered",
    Outcome.ABANDONED: "放弃 abandoned",
    Outcome.TIMED_OUT: "等待超时 timed out",
    Outcome.QUEUE_EMPTY: "无坐席 queue empty",
    Outcome.QUEUE_FULL: "队列已满 queue full",
    Outcome.KEY_EXIT: "按键退出 key exit",
    Outcome.REFUSED: "未受理 refused",
    Outcome.WITHDRAWN: "被撤出 withdrawn",
    Outcome.SYSTEM: "系统中断 system",
    Outcome.FAILED: "失败 failed",
    Outcome.UNOBSERVED: "未观察到 unobserved",
}
ABANDONED_IN = {
    AbandonedIn.ENTRY: "入口 before the queue",
    AbandonedIn.WAITING: "等待中 while waiting",
    AbandonedIn.RINGING: "振铃中 while ringing",
}
OFFERS = {
    OfferOutcome.ANSWERED: "接听 answered",
    OfferOutcome.NO_ANSWER: "无应答 no answer",
    OfferOutcome.REFUSED: "拒接 refused",
    OfferOutcome.UNAVAILABLE: "不可达 unavailable",
    OfferOutcome.CANCELLED: "取消 cancelled",
    OfferOutcome.LOST: "他人先接 lost",
    OfferOutcome.DROPPED: "接起即断 dropped",
    OfferOutcome.UNKNOWN: "未知 unknown",
}
VISITS = {
    VisitResult.CONNECTED: "接通 connected",
    VisitResult.ABANDONED: "放弃 abandoned",
    VisitResult.TIMED_OUT: "超时 timed out",
    VisitResult.QUEUE_EMPTY: "无坐席 empty",
    VisitResult.QUEUE_FULL: "已满 full",
    VisitResult.KEY_EXIT: "按键 key",
    VisitResult.WITHDRAWN: "撤出 withdrawn",
    VisitResult.UNKNOWN: "未知 unknown",
}
SEGMENTS = {
    SegmentKind.ENTRY: "进入 entry",
    SegmentKind.WAIT: "等待 wait",
    SegmentKind.RING: "振铃 ring",
    SegmentKind.TALK: "通话 talk",
    SegmentKind.HOLD: "保持 hold",
    SegmentKind.GAP: "空档 gap",
}
SIDES = {
    Side.CALLER: "来电方 caller",
    Side.AGENT: "坐席 agent",
    Side.OTHER: "第三方 other",
    Side.SYSTEM: "系统 system",
    Side.UNKNOWN: "未知 unknown",
}


def outcome(record: CallRecord) -> str:
    """The call's outcome; of an abandoned call also where, of a refused one why."""
    said = OUTCOMES[record.outcome]
    if record.abandoned_in is not None:
        return f"{said} · {ABANDONED_IN[record.abandoned_in]}"
    return f"{said} · {record.refused_because}" if record.refused_because else said


def connect_ms(record: CallRecord) -> int | None:
    """Connect time (metrics.md): the call's first channel event → agent bridged, in milliseconds."""
    return None if record.answered_at is None else (record.answered_at - record.received_at) // 1000
