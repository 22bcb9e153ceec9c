"""What is wrong with the bridge now, each by a name that stays: raised when it begins, cleared when it is over. Pure.

docs/operations.md says of each what it means and what to do. A new one is a line of ``ALARMS`` and a row there.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from telephony.model.ids import Micros


class Severity(StrEnum):
    """``critical``: calls go unseen, or records are about to be lost. ``warning``: somebody should look today."""

    CRITICAL = "critical"
    WARNING = "warning"


class AlarmName(StrEnum):
    LINK_DOWN = "link_down"
    TRUNK_DOWN = "trunk_down"
    TRUNK_UNREGISTERED = "trunk_unregistered"
    RTP_PORTS_EXHAUSTED = "rtp_ports_exhausted"
    PBX_EXHAUSTED = "pbx_exhausted"
    PBX_COMPLAINS = "pbx_complains"
    AGENT_IDLE = "agent_idle"
    HOTLINE_CLOSED = "hotline_closed"
    EVENTS_LATE = "events_late"
    INBOX_OVERFLOW = "inbox_overflow"
    STORE_UNAVAILABLE = "store_unavailable"
    STORE_STUCK = "store_stuck"
    OUTBOX_FILLING = "outbox_filling"
    OUTBOX_FULL = "outbox_full"
    OUTBOX_UNWRITABLE = "outbox_unwritable"
    RECORDS_SET_ASIDE = "records_set_aside"
    JOURNAL_UNREADABLE = "journal_unreadable"
    JOURNAL_BLOCKED = "journal_blocked"
    JOURNAL_GAP = "journal_gap"
    LEDGER_BEHIND = "ledger_behind"
    BOOKS_DIFFER = "books_differ"
    REDIS_AWAY = "redis_away"
    RECORDING_FAILED = "recording_failed"
    RECORDING_DISK_LOW = "recording_disk_low"
    CALLS_OUT_REFUSED = "calls_out_refused"
    CALL_BYPASSED = "call_bypassed"
    ANOMALIES = "anomalies"
    CLOCK_STEPPED = "clock_stepped"
    FAULT = "fault"


class Kind(msgspec.Struct, frozen=True):
    """What an alarm says, in both languages."""

    severity: Severity
    zh: str
    en: str


_C, _W, _A = Severity.CRITICAL, Severity.WARNING, AlarmName
ALARMS: Mapping[AlarmName, Kind] = {
    _A.LINK_DOWN: Kind(_C, "与 PBX 的连接中断，看不到来电", "there is no link to the PBX: calls go unseen"),
    _A.TRUNK_DOWN: Kind(_C, "中继不通，运营商没有应答", "a trunk is down: its carrier does not answer"),
    _A.TRUNK_UNREGISTERED: Kind(_C, "运营商不接受注册", "a carrier does not take our registration"),
    _A.RTP_PORTS_EXHAUSTED: Kind(
        _C, "PBX 的 RTP 端口用尽，电话接不进来", "the PBX has run out of RTP ports: calls fail"
    ),
    _A.PBX_EXHAUSTED: Kind(
        _C, "PBX 的文件、磁盘、内存或线程用尽", "the PBX has run out of files, disk, memory or threads"
    ),
    _A.PBX_COMPLAINS: Kind(_W, "PBX 的日志里有要处理的问题", "the PBX's log tells of something to be mended"),
    _A.AGENT_IDLE: Kind(_W, "有坐席空闲，却有来电在排队", "an agent is free while callers of their queue wait"),
    _A.HOTLINE_CLOSED: Kind(
        _C, "热线已紧急关闭，来电被拒", "the hotline is closed by feature code: callers are turned away"
    ),
    _A.EVENTS_LATE: Kind(_W, "PBX 事件处理滞后", "the PBX's events are late"),
    _A.INBOX_OVERFLOW: Kind(_C, "事件过多，已丢弃并重新连接", "more events than could be taken in: some were dropped"),
    _A.STORE_UNAVAILABLE: Kind(
        _C, "数据库不可用，记录在发件箱等待", "the database is away: records wait in the outbox"
    ),
    _A.STORE_STUCK: Kind(
        _C, "数据库没有响应，记录在发件箱等待", "the database does not answer: records wait in the outbox"
    ),
    _A.OUTBOX_FILLING: Kind(_W, "发件箱已过半", "the outbox is more than half full"),
    _A.OUTBOX_FULL: Kind(_C, "发件箱已满，新记录被拒收", "the outbox is full: new records are refused"),
    _A.OUTBOX_UNWRITABLE: Kind(
        _C, "发件箱所在磁盘不可写，记录只在内存中", "the outbox's disk takes nothing: records wait in memory only"
    ),
    _A.RECORDS_SET_ASIDE: Kind(
        _W, "有记录数据库不接受，已另存", "records that the database will not have were set aside"
    ),
    _A.JOURNAL_UNREADABLE: Kind(
        _C, "PBX 的日志读不到，漏看的来电无法补录", "the PBX's own logs cannot be read: calls that went unseen stay so"
    ),
    _A.JOURNAL_BLOCKED: Kind(
        _W, "PBX 的日志停写，或补录停滞", "the PBX's own logs hang, or what they tell does not get on record"
    ),
    _A.JOURNAL_GAP: Kind(_W, "PBX 的日志有缺失", "something is missing from the PBX's own logs"),
    _A.LEDGER_BEHIND: Kind(_W, "漏接电话台账没有更新", "the missed-call ledger is not kept up"),
    _A.BOOKS_DIFFER: Kind(
        _W, "昨日记录与 PBX 的账不符，或被改动", "yesterday's records differ from the PBX's books, or were altered"
    ),
    _A.REDIS_AWAY: Kind(
        _W, "Redis 不可用，独立网关的坐席桌面停更", "Redis is away: desktops on gateways beside the bridge stand still"
    ),
    _A.RECORDING_FAILED: Kind(_C, "通话录音失败", "a call was not recorded"),
    _A.RECORDING_DISK_LOW: Kind(_W, "录音磁盘将满", "the disk of the recordings is nearly full"),
    _A.CALLS_OUT_REFUSED: Kind(
        _W, "短时间内多次外呼被拒绝，可能是盗打", "many calls out were refused in a short time: perhaps fraud"
    ),
    _A.CALL_BYPASSED: Kind(
        _C,
        "有话机用 302 绕过拨号方案外呼，已切断：很可能是盗打",
        "a phone sent a call past the dialplan (302), and it was cut: fraud, most likely",
    ),
    _A.ANOMALIES: Kind(_W, "PBX 说的话有对不上的地方", "the PBX says what cannot be placed"),
    _A.CLOCK_STEPPED: Kind(_W, "PBX 的时钟被调整过", "the PBX's clock was set"),
    _A.FAULT: Kind(_W, "程序内部出错，已绕过", "a fault of this program; it went on"),
}


class Alarm(msgspec.Struct, frozen=True):
    """One that stands. ``detail`` says which and why, in English; it holds no number of a citizen. ``since``: our wall
    clock."""

    name: AlarmName
    severity: Severity
    zh: str
    en: str
    detail: str
    since: Micros


Tell = Callable[[Alarm, bool], object]
"""Told of each alarm as it is raised (True) and cleared."""


class Alarms:
    """The register of those that stand. ``now`` is our wall clock."""

    def __init__(self, now: Callable[[], Micros], tell: Tell = lambda _alarm, _raised: None) -> None:
        self._now = now
        self.tell = tell
        self._standing: dict[AlarmName, Alarm] = {}

    def raise_alarm(self, name: AlarmName, detail: str = "") -> None:
        """It stands from now on; of one that stands already only the detail is renewed, and nobody is told."""
        known = self._standing.get(name)
        kind = ALARMS[name]
        since = self._now() if known is None else known.since
        alarm = self._standing[name] = Alarm(name, kind.severity, kind.zh, kind.en, detail, since)
        if known is None:
            self.tell(alarm, True)

    def clear(self, name: AlarmName) -> None:
        """It is over; nothing when it did not stand."""
        alarm = self._standing.pop(name, None)
        if alarm is not None:
            self.tell(alarm, False)

    def settle(self, judged: Mapping[AlarmName, str | None]) -> None:
        """Raise those with a detail, clear those without; others stay as they are."""
        for name, detail in judged.items():
            if detail is None:
                self.clear(name)
            else:
                self.raise_alarm(name, detail)

    @property
    def standing(self) -> tuple[Alarm, ...]:
        """The critical ones first, then in the order of their beginning."""
        return tuple(sorted(self._standing.values(), key=lambda alarm: (alarm.severity, alarm.since)))
