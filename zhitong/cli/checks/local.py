"""What is on this machine: site.toml, the var directory, the secrets, the database. Nothing is changed or made."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.config import Site, read_site
from telephony.database import engine as engines
from telephony.database.database import Database
from telephony.database.migrate import is_current
from telephony.directory.agents import Agent
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError, ZhitongError
from telephony.places import database_url, secrets_of, var_of
from telephony.secrets import Secrets, read_secrets
from zhitong.cli.checks.findings import Finding, error, note, ok, warning

_LEAST_FREE = 0.05
_MAKE_IT = (
    "zhitong dialplan render 会生成它。",
    "zhitong dialplan render makes it.",
)


def check_site(path: Path) -> tuple[Site | None, Finding]:
    """site.toml, or what is wrong with it."""
    try:
        site = read_site(path)
    except ConfigError as failure:
        return None, error(
            "site",
            (f"site.toml 有误：\n{failure}", f"site.toml is wrong:\n{failure}"),
            ("按提示改正；--site 可指定文件。", "Correct what it names; --site names another file."),
        )
    return site, ok("site", f"{path}：{site.name}", f"{path} can be read")


def check_folder(path: Path, site: Site) -> Iterator[Finding]:
    """The var directory can be written to, and has room."""
    var = var_of(path, site)
    if not var.exists():
        yield note("folders", (f"还没有目录 {var}", f"There is no directory {var} yet"), _MAKE_IT)
    elif not var.is_dir() or not os.access(var, os.W_OK | os.X_OK):
        yield error(
            "folders",
            (f"{var} 不是可写的目录", f"{var} is no directory that can be written to"),
            (
                f"让运行 zhitong 的用户可写：chown 或 chmod {var}。",
                f"Let zhitong's user write there: chown, chmod {var}.",
            ),
        )
    else:
        yield from _room(var)


def _room(var: Path) -> Iterator[Finding]:
    usage = shutil.disk_usage(var)
    free = usage.free / usage.total
    if free < _LEAST_FREE:
        yield warning(
            "folders",
            (f"{var} 所在磁盘只剩 {free:.1%}", f"The disk of {var} has only {free:.1%} left"),
            (
                "腾出空间：磁盘满了，Asterisk 的日志会不声不响地丢失。",
                "Make room: on a full disk Asterisk loses its logs without a word.",
            ),
        )
    else:
        yield ok("folders", f"{var} 可写", f"{var} can be written to")


def check_secrets(path: Path, site: Site) -> tuple[Secrets | None, Finding]:
    """secrets.toml: there, ours alone, and readable."""
    file = secrets_of(path, site)
    if not file.exists():
        return None, error("secrets", (f"还没有 {file}", f"There is no {file} yet"), _MAKE_IT)
    try:
        secrets = read_secrets(file)
    except ConfigError as failure:
        return None, error(
            "secrets",
            (f"密码文件有误：{failure}", f"The secrets file is wrong: {failure}"),
            (f"只许本用户读：chmod 600 {file}；内容按提示改正。", f"chmod 600 {file}; correct what it names."),
        )
    mode = stat.S_IMODE(file.stat().st_mode)
    return secrets, ok("secrets", f"{file}，权限 {mode:04o}", f"{file} is there, mode {mode:04o}")


def check_phones(secrets: Secrets, agents: tuple[Agent, ...]) -> Iterator[Finding]:
    """Each agent's phone has its password."""
    without = [agent.phone for agent in agents if agent.phone not in secrets.phones]
    if without:
        yield warning(
            "secrets",
            (f"{len(without)} 部话机还没有密码", f"{len(without)} phones have no password yet"),
            _MAKE_IT,
        )


async def check_database(path: Path, site: Site) -> tuple[tuple[Agent, ...], list[Finding]]:
    """The database opens and has this program's schema; and the agents in it. It is not migrated here."""
    try:
        url = engines.database_url(database_url(path, site))
        file = engines.sqlite_file(url)
        if file is not None and not file.exists():
            return (), [_no_database(file)]
        database = Database(engines.make_engine(url), url)
        database.is_open = True  # as it is: else its first use would bring the schema up to date
        try:
            agents, finding = await _look_into(database)
        finally:
            await database.close()
    except ZhitongError as failure:
        return (), [_unusable(failure)]
    return agents, [finding, *(_privacy(file) if file else ())]


async def _look_into(database: Database) -> tuple[tuple[Agent, ...], Finding]:
    async with database.reading() as connection:
        current = await _is_current(connection, database.place)
    if not current:
        return (), warning(
            "database",
            (f"{database.place} 的结构是旧版", f"{database.place} has an older schema"),
            (
                "下次启动 zhitong serve 会自动升级，并先备份。",
                "The next zhitong serve brings it up to date, with a backup first.",
            ),
        )
    agents = tuple(await AgentStore(database).list())
    return agents, ok(
        "database",
        f"{database.place}：结构最新，名册 {len(agents)} 名坐席",
        f"{database.place}: schema up to date, {len(agents)} agents",
    )


async def _is_current(connection: AsyncConnection, place: str) -> bool:
    return await connection.run_sync(is_current, place)


def _no_database(file: Path) -> Finding:
    return note(
        "database",
        (f"还没有数据库 {file}", f"There is no database {file} yet"),
        ("zhitong agents import 会建立它。", "zhitong agents import makes it."),
    )


def _unusable(failure: ZhitongError) -> Finding:
    return error(
        "database",
        (f"数据库不能用：{failure}", f"The database cannot be used: {failure}"),
        ("按提示处理：没有它，通话记录无处可存。", "Do as it says: without it records have no place."),
    )


def _privacy(file: Path) -> Iterator[Finding]:
    if not os.access(file, os.W_OK):
        yield error(
            "database",
            (f"{file} 不可写", f"{file} cannot be written to"),
            (f"让运行 zhitong 的用户可写：chown {file}。", f"Let zhitong's user write to it: chown {file}."),
        )
    if (mode := stat.S_IMODE(file.stat().st_mode)) & 0o077:
        yield warning(
            "database",
            (f"别人也能读 {file}（{mode:04o}）", f"Others may read {file} (mode {mode:04o})"),
            (f"里面有市民的号码：chmod 600 {file}。", f"It holds citizens' numbers: chmod 600 {file}."),
        )
