"""The whole examination, in order: this machine first, then the PBX, finding by finding as they come."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec

from dialplans.files import write_classes
from telephony.errors import AmiError
from telephony.secrets import Secrets
from zhitong.cli.checks import local
from zhitong.cli.checks.case import Case
from zhitong.cli.checks.client import SILENCE_S, PystClient
from zhitong.cli.checks.dialplan import check_dialplan
from zhitong.cli.checks.findings import Finding, Severity, error, note
from zhitong.cli.checks.journal_agent import check_journal_agent
from zhitong.cli.checks.log_folder import check_log_folder
from zhitong.cli.checks.login import check_booted, check_settings, login
from zhitong.cli.checks.modules import check_modules
from zhitong.cli.checks.queues import check_queues
from zhitong.cli.checks.reach import no_certificate, reach, tls_of
from zhitong.cli.checks.recordings import check_recordings
from zhitong.cli.checks.relay import Peer, relay
from zhitong.cli.checks.rendered import check_rendered, check_rules
from zhitong.cli.checks.rights import ask_rights
from zhitong.cli.checks.stream import check_clock, check_events
from zhitong.cli.checks.trunks import check_trunks


class Patience(msgspec.Struct, frozen=True):
    """In seconds: how long to listen for events, and how long the PBX may be silent before we give up."""

    listen_s: float = 2.0
    silence_s: float = SILENCE_S


Findings = AsyncGenerator[Finding, None]


async def examine(site_file: Path, patience: Patience) -> Findings:
    """Every finding. Never raises for what is wrong with the site, this machine or the PBX: that is what it tells."""
    site, finding = local.check_site(site_file)
    yield finding
    if site is None:
        return
    agents, of_database = await local.check_database(site_file, site)
    secrets, of_secrets = local.check_secrets(site_file, site)
    for finding in (
        *local.check_folder(site_file, site),
        *of_database,
        of_secrets,
        *(local.check_phones(secrets, agents) if secrets else ()),
        *check_rules(site, agents),
        *check_rendered(site_file, site, agents, secrets),
        *check_log_folder(site),
        *check_recordings(site),
        *await check_journal_agent(site, secrets),
    ):
        yield finding
    async with contextlib.aclosing(_examine_pbx(Case(site, agents), secrets, patience)) as found:
        async for finding in found:
            yield finding


async def _examine_pbx(case: Case, secrets: Secrets | None, patience: Patience) -> Findings:
    ami = case.site.pbx.ami
    try:
        peer = Peer(ami.host, ami.port, tls_of(ami))
    except OSError as failure:
        yield no_certificate(ami, failure)
        return
    reached = await reach(peer, patience.silence_s)
    yield reached
    if reached.severity is Severity.ERROR:
        return
    if secrets is None:
        yield _no_secret()
        return
    try:
        async with (
            relay(peer) as port,
            PystClient.open("127.0.0.1", port, silence_s=patience.silence_s) as pbx,
            contextlib.aclosing(_interview(pbx, case, secrets, patience)) as found,
        ):
            async for finding in found:
                yield finding
    except AmiError as failure:
        yield _broken(failure)


async def _interview(pbx: PystClient, case: Case, secrets: Secrets, patience: Patience) -> Findings:
    admitted = await login(pbx, case.site.pbx.ami.user, secrets.ami)
    yield admitted
    if admitted.severity is Severity.ERROR:
        return
    for finding in await check_booted(pbx):
        yield finding
    rights, findings = await ask_rights(pbx, write_classes(case.site))
    for finding in (*findings, *await check_settings(pbx, rights, case)):
        yield finding
    yield await check_clock(pbx)
    yield await check_modules(pbx, rights)
    for finding in (*await check_dialplan(pbx, rights, case), *await check_trunks(pbx, rights, case)):
        yield finding
    for finding in await check_queues(pbx, rights, case):
        yield finding
    for finding in await check_events(pbx, rights, patience.listen_s):
        yield finding


def _no_secret() -> Finding:
    return note(
        "login",
        ("没有密码，PBX 只查到这里", "Without the secret the PBX was looked at no further"),
        ("先让 secrets.toml 可用，再查一次。", "Mend secrets.toml first, then look again."),
    )


def _broken(failure: AmiError) -> Finding:
    return error(
        "link",
        (f"查到一半，PBX 不再回答（{failure}），其余未查", f"The PBX stopped answering half-way ({failure})"),
        (
            "看 Asterisk 的日志和负载，再查一次；若总停在同一处，那一步就是线索。",
            "See Asterisk's log and load, then look again; if it always stops there, that step is the clue.",
        ),
    )
