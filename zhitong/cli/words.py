"""The words of records on screens: Chinese first, English beside."""

from telephony.model.terms import (
    AbandonedIn,
    OfferOutcome,
    Outcome,
    Provenance,
    Role,
    SegmentKind,
    Side,
)
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
    AbandonedIn.WAITING: "等待 waiting",
    AbandonedIn.RINGING: "振铃 ringing",
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
ROLES = {
    Role.CALLER: "来电 caller",
    Role.AGENT: "坐席 agent",
    Role.SPECIALIST: "专家 specialist",
    Role.SUPERVISOR: "班长 supervisor",
    Role.TARGET: "转接方 target",
    Role.SERVICE: "系统 service",
}
PROVENANCES = {
    Provenance.OBSERVED: "全程观察 observed",
    Provenance.COMPLETED: "由日志补全 completed",
    Provenance.REBUILT: "由日志重建 rebuilt",
}
TRANSFERS = {
    "blind": "盲转 blind",
    "attended": "咨询转 attended",
    "blonde": "半咨询转 blonde",
    "requeue": "退回队列 back into line",
}
CONSULTS = {
    "completed": "已转交 handed over",
    "merged": "已三方 three together",
    "cancelled": "已取消 cancelled",
    "over": "已结束 over",
    "busy": "忙 busy",
    "noanswer": "无应答 no answer",
}
CAUSES = {
    1: "空号 unassigned number",
    16: "正常 normal",
    17: "忙 busy",
    18: "无响应 no response",
    19: "无应答 no answer",
    20: "不在线 absent",
    21: "拒接 rejected",
    26: "他人已接 answered elsewhere",
    27: "终端故障 out of order",
    28: "号码不全 invalid number",
    31: "正常 normal, unspecified",
    34: "无空闲线路 congestion",
    38: "网络故障 network out of order",
    41: "暂时故障 temporary failure",
    42: "设备拥塞 switch congestion",
    58: "能力不可用 capability not available",
    88: "不兼容 incompatible",
    102: "超时 timer expired",
    127: "未说明 interworking",
}
"""Of ITU-T Q.850, those that Asterisk gives (``causes.h``)."""


def cause(code: int | None) -> str:
    """A hangup cause by its number and name; 0 and None say nothing."""
    if not code:
        return "—"
    return f"Q.850 {code} {CAUSES.get(code, '')}".rstrip()


def outcome(record: CallRecord) -> str:
    """The call's outcome; of an abandoned call also where, of a refused one why."""
    said = OUTCOMES[record.outcome]
    if record.abandoned_in is not None:
        return f"{said} · {ABANDONED_IN[record.abandoned_in]}"
    return f"{said} · {record.refused_because}" if record.refused_because else said


PURPOSES = {
    "call-out": "外呼 call out",
    "transfer": "转接 transfer",
    "call-back": "回电 call-back",
    "duty": "值班 duty",
    "specialist": "专席 specialist",
    "emergency": "紧急 emergency",
    "forward": "话机前转 forward",
}
NOT_OUT = {
    "not-allowed": "不允许 not allowed",
    "daily-limit": "当日次数用完 daily limit",
    "no-line": "没有空闲线路 no line",
    "no-trunk": "没有中继 no trunk",
    "bypassed": "话机绕过拨号方案，已切断 sent past the dialplan, cut",
}

PROMISES = {
    "given": "已承诺回电，市民未听完 given, not heard to its end",
    "heard": "已承诺回电 promised",
    "withheld": "无号码，未承诺 not promised: no number",
}


def chinese(words: str) -> str:
    """Of such words the Chinese alone, where there is no room: ``放弃·等待``."""
    return "·".join(part.partition(" ")[0] for part in words.split(" · "))


def connect_ms(record: CallRecord) -> int | None:
    """Connect time (metrics.md): the call's first channel event → agent bridged, in milliseconds."""
    return None if record.answered_at is None else (record.answered_at - record.received_at) // 1000


LISTENING = {"listen": "监听 listened", "whisper": "耳语 whispered", "barge": "强插 barged in"}
"""How a supervisor heard a call."""
