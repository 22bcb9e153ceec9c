"""``zhitong calls ratings``: what callers keyed of their agents."""

from collections.abc import Sequence

from rich.text import Text

from telephony.records.ratings import DEFINITIONS, By, RatingFigures
from zhitong.cli import console

_WHAT = {By.AGENT: "坐席 agent", By.QUEUE: "队列 queue", By.DAY: "日期 day"}


def draw(figures: Sequence[RatingFigures], by: By) -> None:
    """Print them, and what each figure means."""
    if not figures:
        console.say("没有询问过评价的来电。", "No caller was asked for a rating.")
        return
    columns = (_WHAT[by], "询问 asked", "评价 given", "回应率 response", "平均 average", "1 2 3 4 5")
    table = console.table("评价 ratings", *columns, right=(1, 2, 3, 4), whole=(0,))
    for each in figures:
        table.add_row(
            console.text(each.of or "—"),
            str(each.asked),
            str(each.given),
            f"{each.response_rate:.1%}",
            "—" if each.average is None else f"{each.average:.2f}",
            " ".join(map(str, each.counts)),
        )
    console.out.print(table)
    for name, (zh, en) in DEFINITIONS.items():
        console.out.print(Text(f"{name}  {zh}  {en}", style="dim"), soft_wrap=True)
