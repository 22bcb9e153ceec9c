"""A change of the agents, wholly or not at all: directory, secrets, the PBX's files, and what the PBX has loaded."""

import contextlib
import fcntl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from dialplans import check as checks
from dialplans.diff import Difference
from dialplans.findings import Level
from dialplans.loaded import questions, withdrawals
from dialplans.render import render
from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.directory.changes import Changes, changes_between
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError, DirectoryError, LabError
from telephony.places import secrets_of, var_of
from telephony.secrets import Secrets, ensure_secrets, forget_phones
from zhitong.access.store import AccountStore
from zhitong.cli.audit import audit_of, note
from zhitong.cli.common import open_database
from zhitong.cli.deploying import Before, Target, deployed, may_write, must_answer, take_in, target_of
from zhitong.cli.provisioning.links import Links, links_of
from zhitong.lab.control_socket import ask

Plan = Callable[[Site, Sequence[Agent]], Sequence[Agent]]
"""The agents there are, and the agents there shall be. Raises DirectoryError when that cannot be."""


class Order(NamedTuple):
    """``tell``: have the PBX reload, where there is one to be told. ``dry``: only say what would change. ``forget``:
    the passwords of phones that nobody has any more are forgotten. ``whole``: also when no agent changes, and the PBX
    is asked for every one. ``renew``: what is done with the file of secrets first; ``prove``: what must succeed once
    the PBX has been told."""

    by: str
    deed: str
    tell: bool = True
    dry: bool = False
    forget: bool = False
    whole: bool = False
    renew: Callable[[Path], None] | None = None
    prove: Callable[[Secrets], Awaitable[None]] | None = None


class Done(msgspec.Struct, frozen=True):
    """What came of it. ``differences``: of the PBX's files. ``told``: the PBX has taken it in. ``left``: commands that
    are still to be said to the PBX, since it could not be told."""

    changes: Changes
    differences: list[Difference]
    folder: Path
    told: bool
    left: list[str]
    copied: bool  # the files stand where their PBX reads them


async def change_roster(site_file: Path, plan: Plan, order: Order) -> Done:
    """Make the agents what ``plan`` says. When anything fails all is put back: directory, secrets and files as they
    were, and the PBX reads those again.

    Raises DirectoryError or ConfigError with what was wrong. Nothing is done while another change is under way.
    """
    async with open_database(site_file) as (site, database):
        with _alone(var_of(site_file, site) / "agents.lock"):
            store = AgentStore(database)
            stored = await store.list()
            wanted = plan(site, stored)
            changes = changes_between(stored, wanted, replace=True)
            target = target_of(site_file, site)
            if order.dry or not (changes or order.whole):
                return Done(changes, [], target.folder, told=False, left=[], copied=target.socket is not None)
            change = _Change(site_file, site, store, stored, wanted, changes)
            return await change.make(target, order)


class _Change(NamedTuple):
    site_file: Path
    site: Site
    store: AgentStore
    stored: Sequence[Agent]
    wanted: Sequence[Agent]
    changes: Changes

    async def make(self, target: Target, order: Order) -> Done:
        socket = target.socket if order.tell else None
        may_write(target.folder)
        if socket is not None:
            await must_answer(socket)
        async with self._directory(), self._secrets(order) as secrets:
            files = self._rendered(target, secrets)
            async with deployed(target._replace(socket=socket), files) as differences:
                if socket is not None:
                    asked = Changes(added=tuple(self.wanted)) if order.whole else self.changes
                    await take_in(socket, questions(asked, secrets, phones=target.phones_are_ours))
                    if order.prove is not None:
                        await order.prove(secrets)
                note(audit_of(self.site_file, self.site), order.by, order.deed, **_names(self.changes))
                await AccountStore(self.store.database).remove(agent.number for agent in self.changes.removed)
        self._take_links_back()
        left = withdrawals(self.changes)
        left = await _withdraw(socket, left) if socket is not None else left
        return Done(self.changes, differences, target.folder, socket is not None, left, target.socket is not None)

    def _take_links_back(self) -> None:
        """Of agents who are gone: else whoever kept one would fetch the password of the number's next holder."""
        links = Links(links_of(self.site_file, self.site))
        held = {link.number for link in links.all()}
        for number in sorted(held.intersection(agent.number for agent in self.changes.removed)):
            links.revoke(number)

    @contextlib.asynccontextmanager
    async def _directory(self) -> AsyncIterator[None]:
        await self.store.import_agents(self.wanted, replace=True)
        try:
            yield
        except BaseException:
            await self.store.import_agents(self.stored, replace=True)
            raise

    @contextlib.asynccontextmanager
    async def _secrets(self, order: Order) -> AsyncIterator[Secrets]:
        path = secrets_of(self.site_file, self.site)
        existed = path.exists()
        before = Before([path])
        try:
            if order.forget and existed:
                forget_phones(path, _given_up(self.changes, self.wanted))
            if order.renew is not None and existed:
                order.renew(path)
            yield ensure_secrets(path, [agent.phone for agent in self.wanted])
        except BaseException:
            if existed:  # a new file stays: a carrier's password can only be written into one that is there
                before.put_back()
            raise

    def _rendered(self, target: Target, secrets: Secrets) -> Mapping[str, str]:
        found = [each for each in checks.check_site(self.site, self.wanted) if each.level is Level.ERROR]
        if found:
            raise ConfigError("Nothing was changed.\n" + "\n".join(str(finding) for finding in found))
        return render(self.site, self.wanted, secrets, mode=target.mode, lab=target.lab)


def _given_up(changes: Changes, wanted: Sequence[Agent]) -> set[str]:
    """Phones that were somebody's and are nobody's now: who gets one next gets a password of their own."""
    before = {agent.phone for agent in changes.removed} | {change.before.phone for change in changes.changed}
    return before - {agent.phone for agent in wanted}


async def _withdraw(socket: Path, commands: Sequence[str]) -> list[str]:
    """Say these to the PBX; returns those that could not be said. That somebody was not signed in is no failure."""
    for at, command in enumerate(commands):
        try:
            await ask(socket, command)
        except LabError:
            return list(commands[at:])
    return []


def _names(changes: Changes) -> dict[str, object]:
    lists = {
        "added": [agent.number for agent in changes.added],
        "changed": [change.after.number for change in changes.changed],
        "removed": [agent.number for agent in changes.removed],
    }
    return {name: numbers for name, numbers in lists.items() if numbers}


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One change at a time. Raises DirectoryError while another command makes one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryError("Another command is changing the agents. Try again when it is through.") from None
        yield
