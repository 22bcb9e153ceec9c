"""May the AMI user do what the bridge does, and no more?"""

from collections.abc import Iterator

from dialplans.contract import AMI_WRITE
from telephony.ami import actions
from zhitong.cli.checks.case import Rights, rights_of
from zhitong.cli.checks.client import PystClient, message, refused
from zhitong.cli.checks.findings import Finding, error, listed, ok, warning

NEEDED: dict[str, str] = {
    actions.Ping.name: "",
    actions.CoreSettings.name: "reporting",
    actions.CoreStatus.name: "reporting",
    actions.CoreShowChannels.name: "reporting",
    actions.QueueStatus.name: "",
    actions.Originate.name: "originate",
    actions.MixMonitorMute.name: "call",
    actions.PlayDTMF.name: "call",
    actions.Hangup.name: "call",
    actions.QueueAdd.name: "agent",
    actions.QueueRemove.name: "agent",
    actions.QueuePause.name: "agent",
    actions.QueuePenalty.name: "agent",
}
"""What the bridge asks of a PBX, and the class of rights it needs for it; empty: none, so that only a module which is
not loaded can keep it from us."""

_MODULES = {actions.QueueStatus.name: "app_queue.so"}


async def ask_rights(pbx: PystClient, write: tuple[str, ...]) -> tuple[Rights, list[Finding]]:
    """What ``ListCommands`` shows, and what is to be said of it."""
    reply = await pbx.ask("ListCommands")
    if refused(reply):
        words = message(reply)
        finding = error(
            "rights",
            (f"ListCommands 被拒：{words}", f"ListCommands is refused: {words}"),
            ("这不像 Asterisk 的 AMI：中间有代理吗？", "Asterisk never does: is there a proxy between?"),
        )
        return Rights({}), [finding]
    rights = rights_of(reply.lines)
    return rights, list(judge_rights(rights, write))


def judge_rights(rights: Rights, write: tuple[str, ...] = AMI_WRITE) -> Iterator[Finding]:
    """Too few is an error, too many a warning: who steals the secret can do what the user can."""
    missing = [action for action in NEEDED if action not in rights]
    for action in missing:
        yield _missing(action)
    excess = {action: classes for action, classes in rights.actions.items() if classes and not classes & {*write}}
    if excess:
        yield _excess(excess, write)
    if not missing and not excess:
        yield ok("rights", f"权限恰好：write = {','.join(write)}", "The AMI user has just the rights it needs")


def _missing(action: str) -> Finding:
    found = (f"AMI 用户不能做 {action}", f"The AMI user may not do {action}")
    if NEEDED[action]:
        remedy = (
            f"在 manager.conf 给它 write = {NEEDED[action]}，再 asterisk -rx 'manager reload'。",
            f"Give it write = {NEEDED[action]} in manager.conf, then: asterisk -rx 'manager reload'.",
        )
    else:
        module = _MODULES.get(action, "asterisk")
        remedy = (
            f"它不需要权限，所以是 {module} 没有加载：module load {module}。",
            f"It needs no right, so {module} is not loaded. Say: module load {module}.",
        )
    return error("rights", found, remedy)


def _excess(excess: dict[str, frozenset[str]], write: tuple[str, ...]) -> Finding:
    # Of each action we know that one of its classes is granted; those with only one class are certain.
    certain = {next(iter(classes)) for classes in excess.values() if len(classes) == 1}
    classes = sorted(certain) or sorted({"/".join(sorted(each)) for each in excess.values()})
    return warning(
        "rights",
        (
            f"AMI 用户权限过大（{', '.join(classes)}），可以做：{listed(sorted(excess))}",
            f"The AMI user may do more than it needs ({', '.join(classes)})",
        ),
        (
            f"在 manager.conf 只留 write = {','.join(write)}：密码若泄露，别人能做的也就这些。",
            f"Leave it write = {','.join(write)} in manager.conf: who steals the secret can do what it can.",
        ),
    )
