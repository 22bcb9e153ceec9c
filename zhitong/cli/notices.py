"""What became of the notice of the recording, as a table with its definitions."""

from collections.abc import Sequence

from rich.text import Text

from telephony.records.notices import DEFINITIONS, NoticeFigures
from zhitong.cli import console


def draw(figures: Sequence[NoticeFigures]) -> None:
    """Print them, and what each figure means."""
    if not figures:
        console.say("没有播放告知的来电。", "No call with a notice.")
        return
    columns = ("队列 queue", "来电 calls", "完整 complete", "打断 cut", "离开 left", "p50", "p95", "占用 cost")
    table = console.table("录音告知 notices", *columns, right=tuple(range(1, len(columns))), whole=(0,))
    for each in figures:
        table.add_row(
            console.text(each.queue or "—"),
            *map(str, (each.calls, each.complete, each.cut, each.left)),
            console.seconds(each.cut_heard_ms_p50),
            console.seconds(each.cut_heard_ms_p95),
            f"{each.cost_s} s ({console.seconds(each.cost_ms_per_call)})",
        )
    console.out.print(table)
    for name, (zh, en) in DEFINITIONS.items():
        console.out.print(Text(f"{name}  {zh}  {en}", style="dim"), soft_wrap=True)
