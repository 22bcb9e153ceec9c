"""Are the trunks that register with their carrier registered? ``PJSIPShowRegistrationsOutbound`` (``reporting``)."""

from collections.abc import Iterator, Mapping, Sequence

from dialplans.contract import TRUNK_PREFIX
from zhitong.cli.checks.case import Case, Rights
from zhitong.cli.checks.client import PystClient
from zhitong.cli.checks.findings import Finding, error, note, ok

_ACTION = "PJSIPShowRegistrationsOutbound"
_REGISTERED = "Registered"

Registration = Mapping[str, str]
"""An ``OutboundRegistrationDetail`` event: ObjectName, Status."""


async def check_trunks(pbx: PystClient, rights: Rights, case: Case) -> list[Finding]:
    """Trunks known by their address alone need no look."""
    if not any(trunk.register for trunk in case.site.trunks):
        return []
    if _ACTION not in rights:
        return [_unseen()]
    _, registrations = await pbx.ask_list(_ACTION)
    return list(judge_trunks(registrations, case))


def judge_trunks(registrations: Sequence[Registration], case: Case) -> Iterator[Finding]:
    """Each registration that site.toml asks for, and how it stands."""
    status = {each.get("ObjectName"): each.get("Status", "") for each in registrations}
    for trunk in case.site.trunks:
        if trunk.register:
            yield _judge(trunk.name, status.get(TRUNK_PREFIX + trunk.name))


def _judge(trunk: str, status: str | None) -> Finding:
    if status == _REGISTERED:
        return ok("trunks", f"线路 {trunk} 已注册", f"The trunk {trunk} is registered")
    if status is None:
        return error(
            "trunks",
            (f"PBX 里没有线路 {trunk} 的注册", f"The PBX has no registration for the trunk {trunk}"),
            (
                "zhitong dialplan render 之后：asterisk -rx 'module reload res_pjsip_outbound_registration.so'。",
                "Render it, then: asterisk -rx 'module reload res_pjsip_outbound_registration.so'.",
            ),
        )
    return error(
        "trunks",
        (f"线路 {trunk} 未注册：{status}", f"The trunk {trunk} is not registered: {status}"),
        (
            f"核对 site.toml 的 hosts、username 和 secrets.toml [trunks] 里的 {trunk}；看 Asterisk 日志里对方的答复。",
            (
                f"Check hosts and username in site.toml, {trunk} under [trunks] in secrets.toml, and the answer "
                "of the carrier in Asterisk's log."
            ),
        ),
    )


def _unseen() -> Finding:
    return note(
        "trunks",
        ("看不到线路是否已注册", "Whether the trunks are registered cannot be seen"),
        (
            "给 AMI 用户 write = reporting；或看 asterisk -rx 'pjsip show registrations'。",
            "Give the AMI user write = reporting; or look: asterisk -rx 'pjsip show registrations'.",
        ),
    )
