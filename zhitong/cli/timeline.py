"""One call drawn in the terminal: its facts, a line for each party along the time, its offers."""

from rich.table import Table
from rich.text import Text

from telephony.model.ids import Micros
from telephony.model.terms import Role, SegmentKind
from telephony.records.record import CallRecord, Leg
from zhitong.cli import console, words

_WIDTH = 60
_STYLES = {
    SegmentKind.ENTRY: ("·", "dim"),
    SegmentKind.WAIT: ("░", "yellow"),
    SegmentKind.RING: ("▒", "cyan"),
    SegmentKind.TALK: ("█", "green"),
    SegmentKind.HOLD: ("▓", "magenta"),
    SegmentKind.GAP: ("·", "red"),
}


def draw(record: CallRecord, zone: str) -> None:
    """Print the whole call."""
    console.out.print(facts(record, zone))
    console.out.print(bars(record))
    console.out.print(segments(record, zone))
    if record.offers:
        console.out.print(offers(record, zone))


def facts(record: CallRecord, zone: str) -> Table:
    """What the record says in single values."""
    made = Table.grid(padding=(0, 2))
    rows = {
        "编号 call id": record.call_id,
        "来电 caller": f"{record.caller_number or '—'}  {record.caller_name}",
        "拨打 dialled": f"{record.dialled}  ({record.trunk or record.direction.value})",
        "结果 outcome": words.outcome(record),
        "坐席 agent": f"{record.agent or '—'}  ({record.queue or '—'})",
        "时间 received": console.clock(record.received_at, zone),
        "接通 connect": console.seconds(words.connect_ms(record)),
        "等待 wait": console.seconds(record.wait_ms),
        "通话 talk": f"{console.seconds(record.talk_ms)}  保持 hold {console.seconds(record.hold_ms)}",
        "挂机 hung up": f"{words.SIDES[record.hung_up_by]}  (Q.850 {'—' if record.cause is None else record.cause})",
        "来源 provenance": " ".join((record.provenance.value, *(f"~{name}" for name in record.estimated))),
    }
    if record.transfers:
        rows["转接 transfers"] = ", ".join(f"{t.kind} {t.by} → {t.to}" for t in record.transfers)
    if record.recording:
        rows["录音 recording"] = record.recording
    for name, value in rows.items():
        made.add_row(Text(name, style="bold"), Text(value))
    return made


def bars(record: CallRecord) -> Table:
    """The caller's segments and every person's talking along one axis of time."""
    made = Table.grid(padding=(0, 2))
    made.add_row(Text("来电 caller", style="bold"), _caller_bar(record))
    for leg in record.legs:
        if leg.role not in (Role.CALLER, Role.SERVICE):
            made.add_row(Text(f"{leg.role.value} {leg.party}"), _leg_bar(record, leg))
    legend = Text()
    for kind, (mark, style) in _STYLES.items():
        legend.append(f"{mark} {words.SEGMENTS[kind]}  ", style=style)
    made.add_row("", legend)
    return made


def _column(record: CallRecord, at: Micros) -> int:
    length = max(1, record.ended_at - record.received_at)
    return min(_WIDTH, max(0, round((at - record.received_at) * _WIDTH / length)))


def _caller_bar(record: CallRecord) -> Text:
    bar = Text()
    for segment in record.timeline:
        mark, style = _STYLES[segment.kind]
        bar.append(mark * (_column(record, segment.end) - _column(record, segment.start)), style=style)
    return bar


def _leg_bar(record: CallRecord, leg: Leg) -> Text:
    cells = [(" ", "")] * _WIDTH
    ring_end = leg.answered_at or leg.ended_at or record.ended_at
    _paint(cells, _column(record, leg.created_at), _column(record, ring_end), _STYLES[SegmentKind.RING])
    for talk in leg.talking:
        end = talk.end or record.ended_at
        _paint(cells, _column(record, talk.start), _column(record, end), _STYLES[SegmentKind.TALK])
    bar = Text()
    for mark, style in cells:
        bar.append(mark, style=style)
    return bar


def _paint(cells: list[tuple[str, str]], left: int, right: int, cell: tuple[str, str]) -> None:
    for column in range(left, max(right, min(left + 1, _WIDTH))):
        cells[column] = cell


def segments(record: CallRecord, zone: str) -> Table:
    """The timeline in numbers."""
    made = console.table("时间线 timeline", "从 from", "长 for", "什么 what", "与 with", right=(1,))
    for segment in record.timeline:
        length = console.seconds((segment.end - segment.start) // 1000)
        what = words.SEGMENTS[segment.kind]
        made.add_row(console.clock(segment.start, zone, date=False), length, what, ", ".join(segment.with_))
    return made


def offers(record: CallRecord, zone: str) -> Table:
    """Whose phones rang."""
    made = console.table("振铃 offers", "时间 at", "坐席 agent", "队列 queue", "振铃 ring", "结果 outcome", right=(3,))
    for offer in record.offers:
        ring = None if offer.ended_at is None else (offer.ended_at - offer.at) // 1000
        cause = "" if offer.cause is None else f" ({offer.cause})"
        made.add_row(
            console.clock(offer.at, zone, date=False),
            offer.member,
            offer.queue,
            console.seconds(ring),
            words.OFFERS[offer.outcome] + cause,
        )
    return made
