"""What calls were about, and what was said of one of them, on the terminal."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec
from rich.text import Text

from telephony.errors import ConfigError
from telephony.masking import mask_number, mask_text
from telephony.remarks.figures import DEFINITIONS, Figures, TopicFigures
from telephony.remarks.remark import Remark
from telephony.remarks.store import Remarks
from telephony.remarks.topics import title
from telephony.site.topics import Topic
from zhitong.cli import console, remark_words
from zhitong.cli.common import open_records


class By(StrEnum):
    TOPIC = "topic"
    DAY = "day"
    AGENT = "agent"


_FIRST = {By.TOPIC: "类别 topic", By.DAY: "日期 day", By.AGENT: "坐席 agent"}
_COLUMNS = (
    *("来电 offered", "接通 answered", "登记 disposed", "直接 direct", "答复率 rate"),
    *("登记中 of disposed", "骚扰 nuisance", "无声 silent"),
)


def draw(figures: Figures, by: By, topics: Sequence[Topic]) -> None:
    """Print those of this kind with their sum, and what each figure means."""
    if not figures.all.offered:
        console.say("没有来电。", "No citizen called.")
        return
    columns = (_FIRST[by], *_COLUMNS)
    made = console.table("诉求类别 topics", *columns, right=tuple(range(1, len(columns))), whole=(0,))
    for each in {By.TOPIC: figures.by_topic, By.DAY: figures.by_day, By.AGENT: figures.by_agent}[by]:
        name = title(each.of, topics) if by is By.TOPIC else each.of
        made.add_row(console.text(name or "—"), *_cells(each))
    made.add_section()
    made.add_row("合计 all", *_cells(figures.all))
    console.out.print(made)
    for name, (zh, en) in DEFINITIONS.items():
        console.out.print(Text(f"{name}  {zh}  {en}", style="dim"), soft_wrap=True)


def _cells(each: TopicFigures) -> list[str]:
    counts = (each.offered, each.answered, each.disposed, each.direct)
    rates = (each.direct_rate, each.direct_of_disposed)
    marks = (each.nuisance, each.silent)
    return [*map(str, counts), *("—" if rate is None else f"{rate:.1%}" for rate in rates), *map(str, marks)]


async def history(path: Path, key: str, reveal: bool, as_json: bool) -> None:
    """All that was said of this call. Raises ConfigError where there is no such call."""
    async with open_records(path) as (site, store):
        record = await store.get(key)
        if record is None:
            known = f"There is no call {mask_number(key)!r} on record. `zhitong calls list` shows those there are."
            raise ConfigError(known)
        told = await Remarks(store.database).history(record.call_id)
    if not reveal:
        told = [msgspec.structs.replace(each, note=each.note and mask_text(each.note)) for each in told]
    if as_json:
        console.print_json(told)
    elif not told:
        console.say("没有备注、类别或标记。", "Nobody has said anything of this call.")
    else:
        _draw_history(told, site.time_zone, site.topics)


def _draw_history(told: Sequence[Remark], zone: str, topics: Sequence[Topic]) -> None:
    made = console.table("改动 changes", "时间 at", "何人 by", "名下 of", "内容 what", whole=(0, 1, 2))
    for each in told:
        lines = [console.text(line) for line in _what(each, topics).split("\n")]
        made.add_row(
            console.clock(each.at, zone), console.text(each.by), console.text(each.who), Text("\n").join(lines)
        )
    console.out.print(made)


def _what(said: Remark, topics: Sequence[Topic]) -> str:
    parts = []
    if said.note is not None:
        parts.append(f"备注 note: {said.note or '（撤销 taken back）'}")
    if said.topics is not None:
        about = [f"{title(code, topics)} ({code})" for code in said.topics]
        about += [] if said.answered is None else [remark_words.DIRECT[said.answered]]
        parts.append(f"类别 topics: {' · '.join(about) or '（撤销 taken back）'}")
    if said.resolved is not None:
        words = {"yes": remark_words.RESOLVED[True], "no": remark_words.RESOLVED[False]}
        parts.append(f"通话中 on the call: {words.get(said.resolved, '（撤销 taken back）')}")
    if said.mark is not None:
        parts.append(f"标记 mark: {remark_words.MARKS.get(said.mark, said.mark) or '（撤销 taken back）'}")
    return "\n".join(parts)
