"""What is done with accounts at the command line: each deed on record first, then done, or not at all."""

import contextlib
import csv
import io
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from telephony.config import Site
from telephony.directory.store import AgentStore
from telephony.errors import AccessError, ConfigError
from telephony.files import PRIVATE
from zhitong.access.accounts import Account, checked_account, checked_role, checked_seen
from zhitong.access.passwords import Passwords, one_time_password
from zhitong.access.roles import Role
from zhitong.access.store import AccountStore, Alter, New
from zhitong.cli.agents_sheet import chosen
from zhitong.cli.audit import audit_of, note
from zhitong.cli.common import open_database


class Handed(NamedTuple):
    """An account with the password its owner uses once."""

    account: str
    name: str
    password: str


class Desk:
    """The accounts of a site, for one command."""

    def __init__(self, site_file: Path, site: Site, accounts: AccountStore, agents: AgentStore, by: str) -> None:
        self.site, self.accounts, self.agents = site, accounts, agents
        self._audit, self._by = audit_of(site_file, site), by

    def note(self, deed: str, **details: object) -> None:
        """On record; raises AuditError when it cannot be, and then it must not be done."""
        note(self._audit, self._by, deed, **details)

    async def issue(self, numbers: Sequence[str], output: Path | None) -> list[Handed]:
        """Accounts for these agents; with no number, for all who have none. Their passwords go to ``output`` first."""
        held = {each.name for each in await self.accounts.all()}
        agents = chosen(await self.agents.list(), numbers)
        if numbers and (twice := [agent.number for agent in agents if agent.number in held]):
            raise AccessError(f"{twice[0]} has an account. For a new password: `zhitong agents reset {twice[0]}`")
        wanted = [agent for agent in agents if agent.number not in held]
        made = [Account(agent.number, Role.AGENT, agent.number) for agent in wanted]
        return await self._add("accounts issue", made, [agent.name for agent in wanted], output)

    async def add(self, name: str, role: Role, queues: list[str], output: Path | None) -> list[Handed]:
        """An account of somebody who is no agent."""
        seen = checked_seen(queues, {queue.name for queue in self.site.queues})
        made = Account(checked_account(name), checked_role(role, None), None, seen)
        return await self._add("accounts add", [made], [""], output)

    async def _add(self, deed: str, made: list[Account], names: list[str], output: Path | None) -> list[Handed]:
        handed = [Handed(each.name, name, one_time_password()) for each, name in zip(made, names, strict=True)]
        hashes = await hashed(each.password for each in handed)
        if not made:
            return []
        self.note(deed, accounts=[each.name for each in made], roles=sorted({each.role.value for each in made}))
        with written(output, handed):
            await self.accounts.add([New(each, hash_) for each, hash_ in zip(made, hashes, strict=True)])
        return handed

    async def reset(self, names: Sequence[str], output: Path | None) -> list[Handed]:
        """New passwords to be used once; whatever tokens there are end."""
        known = await self._known(names)
        handed = [Handed(each.name, "", one_time_password()) for each in known]
        hashes = await hashed(each.password for each in handed)
        self.note("accounts reset", accounts=list(names))
        with written(output, handed):
            for each, hash_ in zip(known, hashes, strict=True):
                await self.accounts.change(each.name, _with(must_change=True), hashed=hash_)
        return handed

    async def alter(self, deed: str, names: Sequence[str], alter: Alter, **details: object) -> None:
        """Change these; their tokens end."""
        await self._known(names)
        self.note(deed, accounts=list(names), **details)
        for name in names:
            await self.accounts.change(name, alter)

    async def set_role(self, name: str, role: Role, queues: list[str] | None) -> Account:
        """Queues stay when None are given."""
        (known,) = await self._known([name])
        checked_role(role, known.agent)
        seen = known.queues if queues is None else checked_seen(queues, {queue.name for queue in self.site.queues})
        await self.alter("accounts role", [name], _with(role=role, queues=seen), role=role.value, queues=sorted(seen))
        return msgspec.structs.replace(known, role=role, queues=seen)

    async def remove(self, names: Sequence[str]) -> None:
        """Their tokens end."""
        await self._known(names)
        self.note("accounts remove", accounts=list(names))
        await self.accounts.remove(names)

    async def _known(self, names: Sequence[str]) -> list[Account]:
        """Raises AccessError before anything is done when there is one that is nobody's."""
        held = {each.name: each for each in await self.accounts.all()}
        for name in names:
            if name not in held:
                raise AccessError(
                    f"There is no account {name}. `zhitong accounts list` shows them; for an agent who has none yet: "
                    f"`zhitong accounts issue {name}`"
                )
        return [held[name] for name in dict.fromkeys(names)]


@contextlib.asynccontextmanager
async def desk(site_file: Path, by: str) -> AsyncIterator[Desk]:
    """The accounts of the site."""
    async with open_database(site_file) as (site, database):
        yield Desk(site_file, site, AccountStore(database), AgentStore(database), by)


def disabled(*, now: bool) -> Alter:
    """To disable, or to enable."""
    return _with(disabled=now)


def _with(**fields: object) -> Alter:
    return lambda account: msgspec.structs.replace(account, **fields)


async def hashed(passwords: Iterable[str]) -> list[str]:
    """One after another, an eighth of a second each."""
    at_work = Passwords()
    try:
        return [await at_work.hash(password) for password in passwords]
    finally:
        at_work.close()


def refuse_existing(output: Path | None) -> None:
    """Raises ConfigError: no file of passwords is written over another."""
    if output is not None and output.exists():
        raise ConfigError(f"{output} exists: hand out what it holds and delete it, or name another file.")


@contextlib.contextmanager
def written(output: Path | None, handed: Sequence[Handed]) -> Iterator[None]:
    """The passwords in a file of mode 0600 (CSV as Excel reads it), before they open anything; gone when that fails."""
    if output is None:
        yield
        return
    refuse_existing(output)
    text = io.StringIO()
    csv.writer(text).writerows([("account", "name", "one_time_password"), *handed])
    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
            file.write(text.getvalue())
        yield
    except BaseException:
        output.unlink(missing_ok=True)
        raise
