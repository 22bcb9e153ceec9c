"""The words of recordings on screens: Chinese first, English beside."""

from telephony.recordings.terms import State, Why

STATES = {
    State.PENDING: "核对中 pending",
    State.RECORDED: "已录音 recorded",
    State.INCOMPLETE: "不完整 incomplete",
    State.NOT_RECORDED: "未录音 not recorded",
    State.ELSEWHERE: "在另一台机器 elsewhere",
    State.DELETING: "删除中 deleting",
    State.DELETED: "已删除 deleted",
}
REASONS = {
    Why.NOT_WRITTEN: "PBX 写不进 not written",
    Why.MISSING: "找不到文件 missing",
    Why.EMPTY: "空文件 empty",
    Why.CUT_SHORT: "比通话短 cut short",
    Why.UNFINISHED: "未正常关闭 unfinished",
    Why.UNREADABLE: "无权读取 unreadable",
    Why.UNFIT: "文件名越界 unfit name",
    Why.ALTERED: "文件被改动 altered",
}
PAUSED_BY = {"key": "坐席按键 by key", "command": "命令 by command"}


def told(state: str, why: str | None) -> str:
    """A state, and its reason where there is one."""
    said = STATES[State(state)]
    return f"{said} · {REASONS[Why(why)]}" if why else said
