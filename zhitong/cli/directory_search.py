"""``zhitong directory search``: finds whom desktops find, in the same order."""

import datetime
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from telephony.directory.search import Answers, Found, Index, Standing, entries_of, on_duty_now, texts_of
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Directory
from telephony.model.ids import Micros
from telephony.records.answers import AnswersOfLate
from zhitong.cli import console
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, open_database, wait_for

_KINDS = {"department": "部门 department", "specialist": "专家 specialist", "emergency": "紧急 emergency"}


def search(
    query: Annotated[str, typer.Argument(help="人社局、renshe、rsj、社保卡…。 Name, topic, code; pinyin, initials.")],
    site: SiteOption = DEFAULT_SITE,
    limit: Annotated[int, typer.Option(min=1, max=200, help="最多几条。 How many at most.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """查找部门与专家，如坐席所见：中文、全拼、首字母；在岗的、常接听的在前。Find departments and specialists as agents
    do: by Chinese text, pinyin, initials; who is on duty and has answered best in the last 30 days comes first."""
    directory, found = wait_for(_search(site, query, limit))
    if as_json:
        console.print_json([_plain(each) for each in found])
    elif not found:
        console.say("没有找到。", "Nobody fits. `zhitong directory list` shows who there is.")
    else:
        _draw(directory, found)


async def _search(path: Path, query: str, limit: int) -> tuple[Directory, list[Found]]:
    from telephony.directory.sounds import sounded  # its dictionary takes a moment to load

    now = Micros(time.time_ns() // 1_000)
    async with open_database(path) as (site, database):
        directory = await SpecialistStore(database).directory(site, datetime.datetime.now(datetime.UTC))
        answers = AnswersOfLate(database)
        await answers.catch_up(now)
    emergencies = {number: site.emergency.title_of(number) for number in site.emergency.all}
    entries = entries_of(directory, emergencies)
    told = {code: Answers(*each) for code, each in answers.shares().items()}
    index = Index(entries, {text: sounded(text[0], name=text[1]) for text in texts_of(entries)})
    return directory, index.find(query, Standing(entries, on_duty_now(directory, now).union(emergencies), told), limit)


def _plain(each: Found) -> dict[str, object]:
    return {**msgspec.structs.asdict(each.entry), "fits": each.text, "on_duty": each.on_duty, "answers": each.answers}


def _draw(directory: Directory, found: list[Found]) -> None:
    titles = ("代码 code", "类别 kind", "名称 name", "部门 department", "在岗 on_duty", "接听 answered", "匹配 fits")
    made = console.table("名录 directory", *titles, right=(5,), whole=(0, 1, 4))
    for each in found:
        answers = "—" if each.answers is None else f"{each.answers.answered}/{each.answers.offers}"
        names = map(console.text, (each.entry.names[0], directory.name_of(each.entry.department)))
        on_duty = "是 yes" if each.on_duty else "否 no"
        made.add_row(each.entry.code, _KINDS[each.entry.kind.value], *names, on_duty, answers, console.text(each.text))
    console.out.print(made)
