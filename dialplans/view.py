"""What extensions.conf shows: the site and its agents, laid out line by line. Pure.

Everything that needs a decision is decided here, so that the template holds nothing but Asterisk's own words.
"""

from collections.abc import Sequence
from typing import Any

from dialplans.contract import INTERNAL_TRUNK, RECORDING_FEATURES, context_of_queue
from dialplans.people import key_of_phone
from dialplans.safety import Code
from telephony.config import Queue, Site, Trunk
from telephony.directory.agents import Agent
from telephony.texts import target_of

RING_S = 30
"""How long a phone rings that is dialled or transferred to."""
CITIZEN_RING_S = 45
"""How long a citizen's phone rings who is called back: a mobile network gives up, or answers itself, after about a
minute."""

# Q.850 causes, and the sentence before each. 19 and 20 become 480, 17 becomes 486, 31 becomes 480, 1 becomes 404.
_BYES = {
    "TIMEOUT": ("waited", 19),
    "FULL": ("full", 17),
    "JOINEMPTY": ("no_agent", 20),
    "LEAVEEMPTY": ("no_agent", 20),
    "JOINUNAVAIL": ("no_agent", 20),
    "LEAVEUNAVAIL": ("no_agent", 20),
    "WITHDRAW": ("no_agent", 31),
    "UNKNOWN": ("no_agent", 31),
    "CONTINUE": ("goodbye", 16),
    "EXITKEY": ("goodbye", 31),
    # What a later Asterisk may add: never a missing extension, which would end the call without a word.
    "_[A-Z]!": ("no_agent", 31),
}


def extensions(site: Site, agents: Sequence[Agent]) -> dict[str, Any]:
    """For extensions.conf."""
    return {
        "ways_in": [_way_in(site, trunk) for trunk in site.trunks],
        "internal": _internal(site),
        "hours": _hours(site),
        "time_zone": site.time_zone,
        "recording": _recording(site),
        "refusals": _refusals(site),
        "byes": _byes(site),
        "queues": [_queue_context(queue) for queue in site.queues],
        "menu": _menu(site),
        "agents": [_agent(agent) for agent in agents],
        "codes": _codes(site),
        "ways_out": [{"trunk": trunk.name, "shown": site.numbers_of(trunk)[0]} for trunk in site.trunks],
        "citizen_ring_s": CITIZEN_RING_S,
        "by_code": site.agents.sign_in == "code",
        "prompts": site.prompts,
        "ring_s": RING_S,
    }


def _byes(site: Site) -> list[dict[str, Any]]:
    return [
        {"exten": status, "sound": getattr(site.prompts, sound), "cause": cause}
        for status, (sound, cause) in _BYES.items()
    ]


def _codes(site: Site) -> list[dict[str, str]]:
    codes = site.feature_codes
    pairs = {codes.sign_in: "in", codes.sign_out: "out", codes.pause: "pause", codes.unpause: "unpause"}
    return [{"code": code, "exten": exten} for code, exten in pairs.items()]


def _way_in(site: Site, trunk: Trunk) -> dict[str, Any]:
    return {
        "trunk": trunk.name,
        "at_entry": trunk.answer == "at-entry",
        "early_media": trunk.early_media,
        "numbers": _numbers(site, site.numbers_of(trunk), _into_queue(site.queue_named(trunk.queue))),
    }


def _internal(site: Site) -> dict[str, Any]:
    """A phone of the site dials the hotline, or a queue: as a caller, who hears the queue before the answer."""
    queues = [{"dialled": queue.number, "goes_to": _into_queue(queue)} for queue in site.queues if queue.number]
    return {
        "trunk": INTERNAL_TRUNK,
        "at_entry": False,
        "early_media": True,
        "numbers": _numbers(site, site.hotline, _into_queue(site.queues[0])) + queues,
    }


def _numbers(site: Site, hotline: Sequence[str], queue: str) -> list[dict[str, str]]:
    """Each dialled number with where it goes: to the queue, or to the baseline menu where the site has one."""
    menu = dict.fromkeys((site.baseline.numbers or hotline) if site.baseline else (), "zt-menu,s,1")
    goes_to = dict.fromkeys(hotline, queue) | menu
    return [{"dialled": number, "goes_to": target} for number, target in goes_to.items()]


def _into_queue(queue: Queue) -> str:
    return f"{context_of_queue(queue.name)},s,1"


def _goes_to(target_text: str) -> str:
    """The dialplan location of a target of site.toml."""
    target = target_of(target_text)
    if target.kind == "queue":
        return f"{context_of_queue(target.name)},s,1"
    return f"zt-transfer,{target.name},1" if target.kind == "agent" else Code("zt-bye,${ZT_STATUS},1")


def _queue_context(queue: Queue) -> dict[str, Any]:
    return {
        "name": queue.name,
        "number": queue.number,
        "max_wait": queue.max_wait_s or "",
        "overflow": _goes_to(queue.overflow),
        "exits": [{"key": key, "goes_to": _goes_to(text)} for key, text in sorted(queue.exits.items())],
    }


def _hours(site: Site) -> dict[str, Any] | None:
    if site.opening is None:
        return None
    return {
        "spans": [{"day": day, "times": _closed_range(span)} for day, spans in site.opening.days() for span in spans],
        "holidays": [f"{day:%Y%m%d}" for day in sorted(site.opening.holidays)],
    }


def _closed_range(span: str) -> str:
    """Asterisk's time ranges hold their last minute, ours end before it: 08:00-20:00 → 08:00-19:59."""
    hours, minutes = map(int, span[6:].split(":"))
    last = hours * 60 + minutes - 1
    return f"{span[:5]}-{last // 60:02}:{last % 60:02}"


def _recording(site: Site) -> dict[str, str] | None:
    """Where recordings go. Without a folder of its own, below Asterisk's ``monitor``, as relative paths do."""
    if not site.recording.on:
        return None
    folder = site.recording.folder
    return {
        "folder": f"{folder.rstrip('/')}/" if folder else "",
        "notice": site.recording.notice,
        "features": "#".join(name for name, _, _ in RECORDING_FEATURES),
    }


def _refusals(site: Site) -> list[dict[str, Any]]:
    return [
        {"exten": "unknown", "reason": "unknown-number", "sound": None, "cause": 1},
        {"exten": "closed", "reason": "closed", "sound": site.prompts.closed, "cause": 31},
        {"exten": "nokey", "reason": "no-key", "sound": site.prompts.goodbye, "cause": 16},
    ]


def _menu(site: Site) -> dict[str, Any] | None:
    if site.baseline is None:
        return None
    return {
        "prompts": "&".join(site.baseline.prompts),
        "key": site.baseline.key,
        "rounds": site.baseline.rounds,
        "wait_s": site.baseline.wait_s,
        "goes_to": _into_queue(site.queue_named(site.baseline.queue)),
    }


def _agent(agent: Agent) -> dict[str, str]:
    return {
        "number": agent.number,
        "phone": agent.phone,
        "key": key_of_phone(agent.phone),
        "duty": "&".join(f"{each.queue}:{each.penalty}" for each in agent.queues),
    }
