"""The words of the missed-call ledger on screens: Chinese first, English beside."""

from telephony.ledger.rows import ASSIGN, CLOSE, REOPEN
from telephony.ledger.terms import AttemptOutcome, CloseReason, EntryState

STATES = {
    EntryState.OPEN: "待办 open",
    EntryState.ASSIGNED: "已指派 assigned",
    EntryState.CALLING: "回拨中 calling",
    EntryState.CLOSED: "已关闭 closed",
}
REASONS = {
    CloseReason.CALLED_AGAIN: "再次来电已接通 called again",
    CloseReason.CALLED_BACK: "已回拨 called back",
    CloseReason.TURNED_OUT: "实为已接通 was answered",
    CloseReason.RESOLVED: "已解决 resolved",
    CloseReason.UNREACHABLE: "联系不上 unreachable",
    CloseReason.NUISANCE: "骚扰 nuisance",
    CloseReason.OTHER: "其他 other",
}
ATTEMPTS = {
    AttemptOutcome.REACHED: "接通 reached",
    AttemptOutcome.AGENT_NO_ANSWER: "坐席未接 agent no answer",
    AttemptOutcome.AGENT_REFUSED: "坐席拒接 agent refused",
    AttemptOutcome.AGENT_UNREACHABLE: "坐席不可达 agent unreachable",
    AttemptOutcome.AGENT_GAVE_UP: "坐席放弃 agent gave up",
    AttemptOutcome.BUSY: "市民忙 busy",
    AttemptOutcome.DECLINED: "市民拒接 declined",
    AttemptOutcome.NO_ANSWER: "市民未接 no answer",
    AttemptOutcome.UNREACHABLE: "号码不可达 unreachable",
    AttemptOutcome.NOT_PLACED: "未呼出 not placed",
    AttemptOutcome.UNKNOWN: "结果不明 unknown",
}
PROMISED = "已承诺回电 promised"
REOPENED = "重开 reopened"
COMMANDS = {ASSIGN: "指派 assigned", CLOSE: "关闭 closed", REOPEN: REOPENED}


def of_attempts() -> dict[str, str]:
    """By the words of figures, which count tries under way too."""
    return {key.value: text for key, text in ATTEMPTS.items()} | {"under_way": "进行中 under way"}
