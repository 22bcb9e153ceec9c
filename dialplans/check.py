"""Checks a site, and a rendered or hand-made set of files, for what breaks in practice. Returns findings.

``check_site`` needs the site alone; ``check_files`` reads Asterisk's files as they stand, so it may be run over the
folder of an existing PBX as well. Asterisk itself reports few of these: a missing prompt is skipped, a missing
extension drops the call.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dialplans.files import music_folder
from dialplans.findings import Finding, Level
from dialplans.parse import Dialplan, Step, dialplan, find, is_dynamic, sections, settings, split_outside, stray_lines
from dialplans.people import agent_problems
from dialplans.speech.check import site_prompts
from telephony.config import Site, contradictions
from telephony.directory.agents import Agent

OUR_CONTEXTS = re.compile(r"zt-[a-z0-9_-]+\Z")
_GUARDED = re.compile(r"DIALPLAN_EXISTS\(([^,()]+),([^,()]+),1\)")
_CODED = frozenset({".gsm", ".ulaw", ".ul", ".pcm", ".mu", ".alaw", ".al", ".g722", ".g729", ".opus", ".mp3"})
"""Music that Asterisk must decode, if it plays it at all; .wav and .sln are signed linear as they are."""
_ASTERISKS_OWN = frozenset({"general", "globals"})


def check_site(site: Site, agents: Sequence[Agent] = (), sounds: Path | None = None) -> list[Finding]:
    """What is wrong with a site and its agents before anything is rendered; with ``sounds``, its prompts too."""
    found = [Finding("site.toml", problem, "") for problem in contradictions(site)]
    found += [Finding("agents", problem, "") for problem in agent_problems(site, agents)]
    found += [*_targets(site, agents), *_deaf_announcements(site), *_lonely_queues(site, agents)]
    if sounds is not None:
        found += [*site_prompts(site, sounds), *_music(site, sounds.parent)]
    return sorted(found)


def _targets(site: Site, agents: Sequence[Agent]) -> Iterator[Finding]:
    numbers = {agent.number for agent in agents}
    for index, queue in enumerate(site.queues):
        named = {f"exits.{key}": target for key, target in queue.exits.items()} | {"overflow": queue.overflow}
        for key, target in named.items():
            if target.startswith("agent:") and target[6:] not in numbers:
                where = f"site.toml: queue[{index}].{key}"
                yield Finding(where, f"there is no agent {target[6:]}.", "Name one of the list, or another target.")


def _deaf_announcements(site: Site) -> Iterator[Finding]:
    """A position told to a caller who cannot hear it still holds up the agent for whom it is their turn."""
    deaf = [trunk.name for trunk in site.trunks if trunk.answer == "at-agent" and not trunk.early_media]
    for index, queue in enumerate(site.queues):
        if queue.position and deaf:
            what = f"callers of trunk {', '.join(deaf)} hear nothing before the answer, yet wait through each message."
            remedy = "Set answer = 'at-entry' or early_media = true there, or position = false here."
            yield Finding(f"site.toml: queue[{index}].position", what, remedy, Level.WARNING)


def _lonely_queues(site: Site, agents: Sequence[Agent]) -> Iterator[Finding]:
    served = {each.queue for agent in agents for each in agent.queues}
    for index, queue in enumerate(site.queues):
        if agents and queue.name not in served:
            what = f"no agent answers queue {queue.name!r}: every caller of it goes on to its overflow."
            yield Finding(f"site.toml: queue[{index}]", what, "Give it agents, or take it out.", Level.WARNING)


def _music(site: Site, data: Path) -> Iterator[Finding]:
    for index, queue in enumerate(site.queues):
        folder = data / music_folder(queue.music)
        if not folder.is_dir() or not any(folder.iterdir()):
            what = f"the music {queue.music!r} has no files in {folder}: who waits hears nothing."
            yield Finding(f"site.toml: queue[{index}].music", what, "Put sound files there.", Level.WARNING)
        elif site.recording.on and (coded := sorted(file.name for file in folder.iterdir() if file.suffix in _CODED)):
            what = f"{coded[0]} is not signed linear: after a hold the recording may lack the other party's voice."
            remedy = "Keep the music as .wav alone: dialplans/README.md, Recording."
            yield Finding(f"site.toml: queue[{index}].music", what, remedy, Level.WARNING)


# --- files ------------------------------------------------------------------------------------------------------


def read_folder(folder: Path) -> dict[str, str]:
    """The ``.conf`` files of a folder as they stand, by name."""
    return {path.name: path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("*.conf"))}


def check_files(files: Mapping[str, str]) -> list[Finding]:
    """What is wrong in these files. Only our contexts are judged; others are looked into as targets."""
    extensions = [name for name in files if name.endswith("extensions.conf") or name == "extensions_custom.conf"]
    plan: dict[str, Mapping[str, tuple[Step, ...]]] = {}
    for name in extensions:
        plan |= dialplan(files[name])
    found: list[Finding] = []
    for name in extensions:
        found += _stray(name, files[name])
        found += _steps(name, files[name], plan, files)
    found += [
        finding
        for name, text in files.items()
        if name.endswith("queues.conf")
        for finding in _queues(name, text, plan, files)
    ]
    return sorted(found)


def _stray(name: str, text: str) -> Iterator[Finding]:
    for line, what in stray_lines(text):
        yield Finding(f"{name}:{line}", f"this is no line of a dialplan: {what[:60]!r}.", "Render the file anew.")


def _steps(name: str, text: str, plan: Dialplan, files: Mapping[str, str]) -> Iterator[Finding]:
    queues = _queue_names(files)
    guarded = set(_GUARDED.findall(text))
    for context, extens in dialplan(text).items():
        for steps in extens.values() if OUR_CONTEXTS.match(context) else ():
            for step in steps:
                for what in _faults(step, plan, queues, guarded):
                    yield Finding(f"{name}:{step.line}", what, "The call would end there without a word.")


def _faults(step: Step, plan: Dialplan, queues: set[str], guarded: set[tuple[str, str]]) -> Iterator[str]:
    for target in _targets_of(step):
        if _is_guarded(step, target, guarded):
            continue
        if not _exists(plan, step, target):
            yield f"{step.app} leads to {target!r}, which does not exist."
    if step.app in {"Queue", "AddQueueMember", "RemoveQueueMember"}:
        queue = step.args.partition(",")[0]
        if not is_dynamic(queue) and queue not in queues:
            yield f"{step.app} names queue {queue!r}, which does not exist."


def _is_guarded(step: Step, target: str, guarded: set[tuple[str, str]]) -> bool:
    """Whether the dialplan itself looks first if this place, known only at run time, is there."""
    *place, _ = split_outside(target, ",")[:3]
    context = place[0] if len(place) == 2 else step.context
    return bool(place) and is_dynamic(place[-1]) and (context, place[-1]) in guarded


def _targets_of(step: Step) -> list[str]:
    """The places a step may lead to, as written."""
    if step.app in {"Goto", "Gosub"}:
        return [step.args]
    if step.app in {"GotoIf", "GosubIf"}:
        _, *branches = split_outside(step.args, "?", 1)
        return [branch for both in branches for branch in split_outside(both, ":", 1) if branch]
    return []


def _exists(plan: Dialplan, step: Step, target: str) -> bool:
    """Whether a place exists: ``priority``, ``exten,priority`` or ``context,exten,priority(arguments)``."""
    *place, priority = split_outside(target, ",")[:3]
    context = place[0] if len(place) == 2 else step.context
    exten = place[-1] if place else step.exten
    label = priority.partition("(")[0].strip()
    if is_dynamic(context):
        return True
    if is_dynamic(exten):
        return any(_fits(name, exten) for name in plan.get(context, {}))
    steps = plan.get(context, {}).get(exten, ()) if exten.startswith("_") else find(plan, context, exten)
    return any(label in {str(each.number), each.label} for each in steps)


def _fits(name: str, dynamic: str) -> bool:
    """Whether an extension may be what a text with variables becomes: its fixed beginning agrees."""
    return name.startswith(("_", dynamic.partition("$")[0]))


def _queue_names(files: Mapping[str, str]) -> set[str]:
    return {
        section
        for name, text in files.items()
        if name.endswith("queues.conf") or name.startswith("queues_")
        for section, _ in sections(text)
        if section not in _ASTERISKS_OWN
    }


def _queues(name: str, text: str, plan: Dialplan, files: Mapping[str, str]) -> Iterator[Finding]:
    endpoints = {section for other, each in files.items() if "pjsip" in other for section, _ in sections(each)}
    for setting in settings(text):
        where = f"{name}:{setting.line}"
        if setting.key == "context":
            yield from _exit_context(where, setting.value, plan)
        elif setting.key == "member" and setting.value.startswith("PJSIP/"):
            phone = setting.value[6:].partition(",")[0]
            if endpoints and phone not in endpoints:
                yield Finding(where, f"member {phone!r} has no endpoint in pjsip.conf.", "It can never be rung.")
        elif setting.key in {"joinempty", "leavewhenempty"} and {"paused", "wrapup"} & set(setting.value.split(",")):
            what = f"{setting.key} counts an agent at rest for a moment as nobody."
            yield Finding(where, what, "Take out paused and wrapup.")


def _exit_context(where: str, context: str, plan: Dialplan) -> Iterator[Finding]:
    if context not in plan:
        yield Finding(where, f"the exit context {context!r} does not exist.", "Render extensions.conf with it.")
    for exten in plan.get(context, {}):
        if exten in {"s", "h", "i", "t"} or re.fullmatch("[0-9*#]", exten):
            continue
        what = f"the exit {exten!r} of {context!r} is no single key: waiting callers cannot be woken without harm."
        yield Finding(where, what, "Use one key for each exit, and no pattern.")
