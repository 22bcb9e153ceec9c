"""How a call ends that no agent took: refusals, and sentences before a cause. Pure."""

from typing import Any

from telephony.site.site import Site

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


def ends(site: Site) -> dict[str, Any]:
    """For refuse.j2 and say.j2."""
    return {"refusals": _refusals(site), "byes": _byes(site)}


def _byes(site: Site) -> list[dict[str, Any]]:
    return [
        {"exten": status, "sound": getattr(site.prompts, sound), "cause": cause}
        for status, (sound, cause) in _BYES.items()
    ]


def _refusals(site: Site) -> list[dict[str, Any]]:
    return [
        _refusal("unknown", 1, reason="unknown-number"),
        _refusal("closed", 31, site.prompts.closed, then=True),
        _refusal("emergency", 31, site.prompts.emergency),
        _refusal("limited", 21, site.prompts.limit_refused),
        _refusal("capacity", 16, promise=True),
        _refusal("exhausted", 34),  # 503: the carrier may try another way in
        _refusal("nokey", 16, site.prompts.goodbye, reason="no-key"),
    ]


def _refusal(
    exten: str, cause: int, sound: str | None = None, *, reason: str = "", promise: bool = False, then: bool = False
) -> dict[str, Any]:
    """``promise``: a call-back is promised; ``then``: where the opening rule says so."""
    return {
        "exten": exten,
        "reason": reason or exten,
        "sound": sound,
        "cause": cause,
        "promise": promise,
        "then": then,
    }
