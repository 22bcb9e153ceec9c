"""What became of the notice of the recording, by queue. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from telephony.records.record import CallRecord, NoticeHeard

DEFINITIONS = {
    "calls": ("有告知的来电", "calls for which the PBX had a notice"),
    "complete": ("完整听完", "heard to its end"),
    "cut": ("被接听打断", "answered before its end; the agent had to say it"),
    "left": ("听完前离开", "ended unanswered before its end"),
    "cut_heard_ms_p50": (
        "打断前听到，中位",
        "heard before the cut: half of the cut calls heard no more (nearest rank)",
    ),
    "cut_heard_ms_p95": ("打断前听到，95%", "heard before the cut: 95 % of the cut calls heard no more (nearest rank)"),
    "cost_s": ("先播再排队占用", "connect time spent on notices heard before the queue (whole = true), all calls"),
    "cost_ms_per_call": ("平均每通占用", "the same, for each call of that kind"),
}
"""Of each figure: what it means, in Chinese and English."""


class NoticeFigures(msgspec.Struct, frozen=True):
    """Of one queue (that answered, else was waited in last; empty: none was reached)."""

    queue: str
    calls: int
    complete: int
    cut: int
    left: int
    cut_heard_ms_p50: int | None
    cut_heard_ms_p95: int | None
    cost_s: float
    cost_ms_per_call: int | None


class NoticeFold:
    """``add`` records one by one; only numbers are kept of each."""

    def __init__(self) -> None:
        self._queues: dict[str, list[tuple[NoticeHeard, bool]]] = {}

    def add(self, record: CallRecord) -> None:
        if record.notice_heard is not None:
            told = (record.notice_heard, record.answered_at is not None)
            self._queues.setdefault(record.queue or "", []).append(told)

    def figures(self) -> list[NoticeFigures]:
        """By queue, in order of their names."""
        return [_of_queue(queue, told) for queue, told in sorted(self._queues.items())]


def figures_of(records: Iterable[CallRecord]) -> list[NoticeFigures]:
    """Those of ``records``."""
    fold = NoticeFold()
    for record in records:
        fold.add(record)
    return fold.figures()


def _of_queue(queue: str, told: Sequence[tuple[NoticeHeard, bool]]) -> NoticeFigures:
    cut = sorted(heard.heard_ms for heard, answered in told if answered and not heard.whole)
    costs = [heard.cost_ms for heard, _ in told if heard.cost_ms]
    complete = sum(heard.whole for heard, _ in told)
    return NoticeFigures(
        queue=queue,
        calls=len(told),
        complete=complete,
        cut=len(cut),
        left=len(told) - complete - len(cut),
        cut_heard_ms_p50=_percentile(cut, 50),
        cut_heard_ms_p95=_percentile(cut, 95),
        cost_s=round(sum(costs) / 1_000, 1),
        cost_ms_per_call=round(sum(costs) / len(costs)) if costs else None,
    )


def _percentile(ordered: Sequence[int], percent: int) -> int | None:
    """Nearest rank."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None
