"""``zhitong directory import``, ``export``, ``sample``: the directory as files."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

import dialplans
from telephony.directory.agents_csv import Refusal, said_of
from telephony.directory.entries import Entry, Rules
from telephony.directory.entry_sheet import read_entries, sheet_for, sheets_for
from telephony.directory.sheets import Sheet, csv_of, sheets_of, workbook_of
from telephony.directory.specialist_store import SpecialistStore
from telephony.errors import ConfigError, DirectoryError
from telephony.files import PRIVATE, write_whole_bytes
from zhitong.cli import console
from zhitong.cli.audit import audit_of, note
from zhitong.cli.common import DEFAULT_SITE, ByOption, SiteOption, open_database, read_given, wait_for, who
from zhitong.cli.directory_change import Deed, DryRunOption, changed

SAMPLE = Path(dialplans.__path__[0]) / "samples" / "city" / "directory.csv"
_SHOWN = 200


def import_entries(
    files: Annotated[list[Path], typer.Argument(help="XLSX 或 CSV 文件。 Workbooks or CSV files, read as one.")],
    site: SiteOption = DEFAULT_SITE,
    replace: Annotated[
        bool, typer.Option("--replace", help="移除文件里没有的。 Remove whom the files do not have.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="被拒的行写入此文件。 Refused rows into this CSV file, all of them.")
    ] = None,
    dry_run: DryRunOption = False,
    by: ByOption = None,
) -> None:
    """从 XLSX 或 CSV 导入：全部成功，或一行不改；被拒的每一行都写明原因。Import: all rows, or none.

    The first line of a sheet names the columns: 代码 code, 名称 name, 简称 short, 部门 department, 职务 title, 电话
    numbers, 事项 topics, 值班 roster, 请假 leave, 顺序 order, 同时振铃 at_once, 振铃秒数 ring_s, 语言 languages,
    类别 kind. A sheet without the column 部门 holds departments, one with it specialists. For a file to begin with:
    `zhitong directory sample`.
    """
    given = [(file.name if len(files) > 1 else "", read_given(file)) for file in files]

    def plan(stored: Sequence[Entry], rules: Rules) -> Iterable[Entry]:
        found = read_entries(_sheets(given), () if replace else stored, rules)
        if found.refusals:
            _write_report(report, found.refusals)
            raise DirectoryError(said_of(found.refusals, _SHOWN))
        named = {each.code for each in found.entries}
        return [*found.entries, *(each for each in stored if not replace and each.code not in named)]

    changed(site, plan, Deed(who(by), "directory import", dry_run))


def export(
    file: Annotated[Path, typer.Argument(help="要写的文件，.xlsx 或 .csv。 The file to write.", show_default=False)],
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
) -> None:
    """导出为 XLSX（部门、专家两张表）或一个 CSV，可再导入。Export as a workbook or CSV that can be imported again.

    It holds whole numbers: it can be read by its owner only, and who made it is on record.
    """
    form = _form(file)
    entries = wait_for(_entries(site, file, who(by)))
    write_whole_bytes(file, form(entries), mode=PRIVATE)
    console.say(f"已写入 {len(entries)} 条：{file}", f"{len(entries)} entries, mode 0600.")


def sample(
    file: Annotated[Path, typer.Argument(help="要写的文件，.xlsx 或 .csv。 The file to write.", show_default=False)],
) -> None:
    """写出样例：43 个部门、136 名专家，均为虚构。Write the sample: 43 departments, 136 specialists."""
    form, entries = _form(file), sample_entries()
    write_whole_bytes(file, form(entries))
    console.say(f"已写入 {len(entries)} 条：{file}", f"{len(entries)} entries; import it as it is.")


def sample_entries() -> tuple[Entry, ...]:
    """The sample that is shipped."""
    return read_entries(sheets_of(SAMPLE.read_bytes()), (), Rules()).entries


def _form(file: Path) -> Callable[[Sequence[Entry]], bytes]:
    """How entries become a file of this name. Raises ConfigError for another kind."""
    forms = {".xlsx": _workbook, ".csv": lambda entries: csv_of(*sheet_for(entries))}
    form = forms.get(file.suffix.lower())
    if form is None:
        raise ConfigError(f"{file}: name a file that ends in .xlsx or .csv.")
    return form


def _workbook(entries: Sequence[Entry]) -> bytes:
    return workbook_of(sheets_for(entries))


async def _entries(path: Path, file: Path, by: str) -> list[Entry]:
    async with open_database(path, create=False) as (site, database):
        note(audit_of(path, site), by, "directory export", file=file.name)
        return await SpecialistStore(database).list()


def _sheets(given: Iterable[tuple[str, bytes]]) -> list[Sheet]:
    """Of all files; each is named after its file, where there are several."""
    return [
        msgspec.structs.replace(sheet, name=" ".join(filter(None, (name, sheet.name))))
        for name, data in given
        for sheet in sheets_of(data)
    ]


def _write_report(report: Path | None, refusals: Sequence[Refusal]) -> None:
    if report is not None:
        rows = [[each.sheet, str(each.line), each.field, each.value, each.remedy] for each in refusals]
        write_whole_bytes(
            report, csv_of(("表 sheet", "行 line", "列 field", "内容 value", "怎么改 remedy"), rows), mode=PRIVATE
        )
