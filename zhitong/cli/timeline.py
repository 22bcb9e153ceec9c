"""One call drawn in the terminal: its facts, a line for each party along the time, its offers."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from telephony.model.ids import Micros
from telephony.model.terms import Role, SegmentKind
from telephony.records.record import CallRecord, Consult, DutyCall, Leg, RefusedOut, WentOut
from telephony.site.topics import Topic
from zhitong.cli import conference_words, console, notice_words, number_words, recording_words, remark_words, words
from zhitong.cli.met_words import met

_WIDEST, _NARROWEST = 60, 20
_STYLES = {
    SegmentKind.ENTRY: ("·", "dim"),
    SegmentKind.WAIT: ("░", "yellow"),
    SegmentKind.RING: ("▒", "cyan"),
    SegmentKind.TALK: ("█", "green"),
    SegmentKind.HOLD: ("▓", "magenta"),
    SegmentKind.GAP: ("╌", "red"),
}
_RECORDED, _PAUSED, _PRIVATE = ("▬", "blue"), ("‖", "red"), ("┄", "magenta")
_RECORDING = "录音 recording"


def draw(record: CallRecord, zone: str, topics: Sequence[Topic] = ()) -> None:
    """Print the whole call; ``topics``: the site's."""
    console.out.print(facts(record, zone, topics))
    console.out.print()
    console.out.print(bars(record, console.out.width))
    console.out.print(legend(record))
    console.out.print()
    console.out.print(segments(record, zone))
    if record.offers:
        console.out.print()
        console.out.print(offers(record, zone))
    if record.invitations:
        for table in (conference_words.invitations(record, zone), conference_words.participants(record, zone)):
            console.out.print()
            console.out.print(table)


# --- what it says in single values ------------------------------------------------------------------------------


def facts(record: CallRecord, zone: str, topics: Sequence[Topic] = ()) -> Table:
    """What the record says in single values. What did not happen has no line."""
    made = Table.grid(padding=(0, 2))
    for name, value in (_rows(record, zone) | remark_words.rows(record.remarks, topics)).items():
        if value:
            lines = [console.text(line) for line in value.split("\n")]
            made.add_row(Text(name, style="bold"), Text("\n").join(lines))
    return made


def _rows(record: CallRecord, zone: str) -> dict[str, str]:
    end = console.clock(record.ended_at, zone, date=False)
    line = record.trunk or record.direction.value
    return {
        "编号 call id": record.call_id,
        "来电 caller": f"{record.caller_number or '—'}  {record.caller_name}".rstrip(),
        "号码 number": _number(record),
        "拨打 dialled": f"{record.dialled or '—'}  ({line})",
        "时间 time": f"{console.clock(record.received_at, zone)} – {end}",
        "紧急呼叫 incident": conference_words.incidents(record),
        "结果 outcome": words.outcome(record),
        "坐席 agent": f"{record.agent or '—'}  ({record.queue})" if record.queue else record.agent or "",
        "接通 connect": _connect(record),
        "通话 talk": _talk(record),
        "外呼 out": ", ".join(_out(out) for out in record.out if out.purpose != "duty"),
        "拒绝外呼 refused out": ", ".join(_refused_out(told) for told in record.refused_out),
        "值班手机 duty": ", ".join(_duty(tried) for tried in record.duty),
        "回电承诺 promise": _promise(record),
        "咨询 consults": ", ".join(_consult(consult) for consult in record.consults),
        "内部通话 in private": conference_words.private_parts(record, zone),
        **met(record),
        "转接 transfers": ", ".join(f"{words.TRANSFERS.get(t.kind, t.kind)} {t.by} → {t.to}" for t in record.transfers),
        "监听 heard by": ", ".join(f"{words.LISTENING.get(h.mode, h.mode)} {h.by}" for h in record.heard_by),
        "挂机 hung up": f"{words.SIDES[record.hung_up_by]}  ({words.cause(record.cause)})",
        "录音 recording": _recording(record),
        "告知 notice": _notice(record),
        "录音暂停 paused": _pauses(record, zone),
        "来源 provenance": _source(record),
        "相关 related": " ".join(record.related),
    }


def _number(record: CallRecord) -> str:
    """What is to be called: of a call to outside the number dialled, else the caller's."""
    if record.dialled_normalised is not None:
        return number_words.meaning(record.dialled, record.dialled_normalised)
    return number_words.meaning(record.caller_number, record.caller_normalised)


def _connect(record: CallRecord) -> str:
    parts = [console.seconds(words.connect_ms(record))]
    parts += [f"等待 wait {console.seconds(record.wait_ms)}"] if record.wait_ms is not None else []
    parts += [f"振铃 ring {console.seconds(record.ring_ms)}"] if record.ring_ms is not None else []
    parts += [
        f"曾告知约 {visit.told_min} 分钟 told about {visit.told_min} min" for visit in record.visits if visit.told_min
    ]
    return " · ".join(parts)


def _talk(record: CallRecord) -> str:
    if record.answered_at is None:
        return ""
    hold = f" · 保持 hold {console.seconds(record.hold_ms)}" if record.hold_ms else ""
    return console.seconds(record.talk_ms) + hold


def _consult(consult: Consult) -> str:
    asked = (console.seconds((consult.ended_at - consult.at) // 1_000),) if consult.ended_at is not None else ()
    return " · ".join((f"{consult.by} → {consult.whom}", *asked, words.CONSULTS.get(consult.result, consult.result)))


def _out(out: WentOut) -> str:
    return f"{words.PURPOSES.get(out.purpose, out.purpose)} → {out.number} ({_trunk_and_agent(out.trunk, out.agent)})"


def _refused_out(told: RefusedOut) -> str:
    why = words.NOT_OUT.get(told.reason, told.reason)
    return f"{words.PURPOSES.get(told.purpose, told.purpose)} ✗ {told.number} ({_trunk_and_agent(why, told.agent)})"


def _trunk_and_agent(first: str, agent: str) -> str:
    return f"{first}, {agent}" if agent else first


def _duty(tried: DutyCall) -> str:
    return f"{tried.mobile} {'未接 not taken' if tried.taken_at is None else '接听 took the call'}"


def _promise(record: CallRecord) -> str:
    if not record.promise:
        return ""
    return f"{words.PROMISES.get(record.promise, record.promise)} ({record.promise_because})"


def _recording(record: CallRecord) -> str:
    file = record.recording_file
    if not record.recording or file is None:
        return record.recording or ""
    parts = [recording_words.told(file.state, file.why), console.seconds(file.length_ms), record.recording]
    parts += ["保全 held"] if file.held else []
    parts += [f"告知 notice {record.notice}"] if record.notice else []
    return " · ".join(parts)


def _notice(record: CallRecord) -> str:
    """What of the notice the caller heard before somebody answered."""
    heard = record.notice_heard
    if heard is None:
        return ""
    cost = f" · 占用接通 before the queue {console.seconds(heard.cost_ms)}" if heard.cost_ms else ""
    return f"{notice_words.told(heard)} · {heard.language} · {record.notice}{cost}"


def _pauses(record: CallRecord, zone: str) -> str:
    return ", ".join(
        f"{console.clock(pause.start, zone, date=False)} {console.seconds((pause.end - pause.start) // 1_000)} "
        f"{recording_words.PAUSED_BY.get(pause.by, pause.by)}"
        for pause in record.recording_pauses
    )


def _source(record: CallRecord) -> str:
    inferred = f"  (推算 inferred: {', '.join(record.estimated)})" if record.estimated else ""
    return words.PROVENANCES[record.provenance] + inferred


# --- along the time ---------------------------------------------------------------------------------------------


def bars(record: CallRecord, columns: int) -> Table:
    """The caller's segments and every person's ringing, talking and holding, on one axis ``columns`` wide at most."""
    legs = [leg for leg in record.legs if leg.role not in (Role.CALLER, Role.SERVICE)]
    labels = [f"{words.ROLES[leg.role]} {leg.party}" for leg in legs]
    paused = [_RECORDING] if _is_marked(record) else []
    widest = max(cell_len(label) for label in (words.ROLES[Role.CALLER], *labels, *paused))
    axis = _Axis(record, max(_NARROWEST, min(_WIDEST, columns - widest - 2)))
    made = Table.grid(padding=(0, 2))
    made.add_row(Text(words.ROLES[Role.CALLER], style="bold"), axis.caller())
    for label, leg in zip(labels, legs, strict=True):
        made.add_row(console.text(label), axis.leg(leg))
    if paused:
        made.add_row(_RECORDING, axis.recording())
    made.add_row("", axis.scale())
    return made


def legend(record: CallRecord) -> Text:
    """What the marks of the bars mean, those in use."""
    seen = {segment.kind for segment in record.timeline} | ({SegmentKind.RING} if record.offers else set())
    marks = [(words.SEGMENTS[kind], *look) for kind, look in _STYLES.items() if kind in seen]
    if _is_marked(record):
        marks += [("录音 recorded", *_RECORDED)]
        marks += [("录音暂停 paused", *_PAUSED)] if record.recording_pauses else []
        marks += [(conference_words.PRIVATE, *_PRIVATE)] if record.private_parts else []
    return Text("  ").join(Text(f"{mark} {name}", style) for name, mark, style in marks)


def _is_marked(record: CallRecord) -> bool:
    """Whether the recording is not the same all along."""
    return bool(record.recording_pauses or (record.recording and record.private_parts))


class _Axis:
    """The call's time on a line of ``width`` cells."""

    def __init__(self, record: CallRecord, width: int) -> None:
        self._record = record
        self._width = width
        self._length = max(1, record.ended_at - record.received_at)

    def _column(self, at: Micros) -> int:
        return min(self._width, max(0, round((at - self._record.received_at) * self._width / self._length)))

    def caller(self) -> Text:
        bar = Text()
        for segment in self._record.timeline:
            mark, style = _STYLES[segment.kind]
            bar.append(mark * (self._column(segment.end) - self._column(segment.start)), style=style)
        return bar

    def leg(self, leg: Leg) -> Text:
        end = self._record.ended_at
        cells = [(" ", "")] * self._width
        self._paint(cells, leg.created_at, leg.answered_at or leg.ended_at or end, _STYLES[SegmentKind.RING])
        for talk in leg.talking:
            self._paint(cells, talk.start, talk.end or end, _STYLES[SegmentKind.TALK])
        for hold in leg.held:
            self._paint(cells, hold.start, hold.end or end, _STYLES[SegmentKind.HOLD])
        return _bar(cells)

    def recording(self) -> Text:
        """From the answer on; where it was paused, and where others talked unheard by the caller."""
        cells = [(" ", "")] * self._width
        if self._record.answered_at is not None:
            self._paint(cells, self._record.answered_at, self._record.ended_at, _RECORDED)
        for part in self._record.private_parts:
            self._paint(cells, part.start, part.end, _PRIVATE)
        for pause in self._record.recording_pauses:
            self._paint(cells, pause.start, pause.end, _PAUSED)
        return _bar(cells)

    def _paint(self, cells: list[tuple[str, str]], start: Micros, end: Micros, look: tuple[str, str]) -> None:
        """At least one cell, so that the shortest ringing is seen."""
        left = min(self._column(start), self._width - 1)
        for column in range(left, max(self._column(end), left + 1)):
            cells[column] = look

    def scale(self) -> Text:
        whole = console.seconds((self._record.ended_at - self._record.received_at) // 1000)
        return Text("0" + whole.rjust(self._width - 1), style="dim")


def _bar(cells: list[tuple[str, str]]) -> Text:
    bar = Text()
    for mark, style in cells:
        bar.append(mark, style=style)
    return bar


# --- in numbers -------------------------------------------------------------------------------------------------


def segments(record: CallRecord, zone: str) -> Table:
    """The timeline in numbers."""
    made = console.table("时间线 timeline", "从 from", "长 for", "什么 what", "与 with", right=(1,), whole=(0,))
    for segment in record.timeline:
        length = console.seconds((segment.end - segment.start) // 1000)
        what = words.SEGMENTS[segment.kind] + conference_words.apart(record, segment)
        parties = console.text(", ".join(segment.with_))
        made.add_row(console.clock(segment.start, zone, date=False), length, console.text(what), parties)
    return made


def offers(record: CallRecord, zone: str) -> Table:
    """Whose phones rang."""
    columns = ("时间 at", "坐席 agent", "队列 queue", "振铃 ring", "结果 outcome")
    made = console.table("振铃 offers", *columns, right=(3,), whole=(0,))
    for offer in record.offers:
        ring = None if offer.ended_at is None else (offer.ended_at - offer.at) // 1000
        cause = f" (Q.850 {offer.cause})" if offer.cause not in (None, 0, 16) else ""
        made.add_row(
            console.clock(offer.at, zone, date=False),
            console.text(offer.member),
            console.text(offer.queue),
            console.seconds(ring),
            words.OFFERS[offer.outcome] + cause,
        )
    return made
