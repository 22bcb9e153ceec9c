"""manager.conf and the other doors for programs."""

from collections.abc import Iterator

from dialplans.checks.pbx import Pbx
from dialplans.checks.rule import Fault
from dialplans.checks.sip import names
from dialplans.conf import Section

_YES = frozenset({"yes", "true", "y", "t", "1", "on"})
_HOME = ("127.", "::1", "localhost")
_MIGHTY = frozenset({"all", "system", "command", "config", "originate"})


def open_to_all(pbx: Pbx) -> Iterator[Fault]:
    """AMI that listens beyond this machine for a user who may come from anywhere."""
    for general in (each for each in pbx.sections("manager") if each.name == "general"):
        bind = general.get("bindaddr", "0.0.0.0")  # noqa: S104 - Asterisk's own default
        if general.get("enabled", "no").lower() in _YES and not bind.startswith(_HOME):
            for user in _users(pbx):
                if not _is_fenced(user):
                    what = f"AMI listens on {bind}, and user {user.name!r} may log in from everywhere."
                    yield Fault(
                        user.line.where,
                        what,
                        "Say deny = 0.0.0.0/0.0.0.0 and permit = <the bridge's address>, or bindaddr = 127.0.0.1.",
                    )


def _is_fenced(user: Section) -> bool:
    permits = [part for each in user.all("permit") for part in names(each.value)]
    open_permit = any(part.endswith(("/0", "/0.0.0.0")) for part in permits)
    return bool(user.all("acl")) or (bool(user.all("deny")) and not open_permit)


def mighty(pbx: Pbx) -> Iterator[Fault]:
    """AMI users who may run programs or change files of the PBX's machine."""
    for user in _users(pbx):
        rights = {part.lower() for part in names(user.get("write"))}
        if rights & {"all", "system", "command", "config"}:
            what = f"AMI user {user.name!r} may run commands on this machine ({', '.join(sorted(rights & _MIGHTY))})."
            yield Fault(
                user.where("write"),
                what,
                "Give it the rights that it uses; the bridge's are reporting,originate,call,agent.",
            )


def web(pbx: Pbx) -> Iterator[Fault]:
    """Asterisk's own web server on the network: ARI and AMI over HTTP, passwords in clear."""
    for general in (each for each in pbx.sections("http") if each.name == "general"):
        bind = general.get("bindaddr", "0.0.0.0")  # noqa: S104 - what many files say
        if general.get("enabled", "no").lower() in _YES and general.all("bindaddr") and not bind.startswith(_HOME):
            yield Fault(
                general.where("bindaddr"),
                f"Asterisk's web server listens on {bind}, without TLS.",
                "Say bindaddr = 127.0.0.1, or enabled = no.",
            )


def _users(pbx: Pbx) -> Iterator[Section]:
    return (
        each
        for each in pbx.sections("manager")
        if each.name != "general" and each.get("enabled", "yes").lower() in _YES
    )
