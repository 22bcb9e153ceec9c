"""What agents key in a call, and what their phones may always dial. Pure."""

from typing import Any

from dialplans.contract import RECORD_AGAIN_KEY, RECORDING_FEATURES
from telephony.site.site import Site


def keyed(site: Site) -> dict[str, Any]:
    """For emergency.j2 and conference_keys.j2, and what of phone.j2, transfer.j2 and rooms.j2 leads to them."""
    return {"emergency": emergencies(site), "features": "#".join(name for name, _, _, _ in in_call(site))}


def in_call(site: Site) -> list[tuple[str, str, str, str]]:
    """What is keyed in a call of two, beside transfers: its name, the keys, on whose channel it runs, and where."""
    codes = site.feature_codes
    keys = {"zt-pause": codes.record_pause, "zt-resume": codes.record_resume, "zt-again": RECORD_AGAIN_KEY}
    recording = RECORDING_FEATURES if site.recording.on else ()
    return [
        *((name, keys[name], channel, f"zt-record,{exten}") for name, channel, exten in recording),
        ("zt-room", codes.room, "peer", "zt-keys,room"),
        *((f"zt-{each['number']}", each["code"], "peer", f"zt-keys,e{each['number']}") for each in emergencies(site)),
    ]


def emergencies(site: Site) -> list[dict[str, str]]:
    """Each emergency number with what is keyed for it."""
    return [{"number": number, "code": f"{site.feature_codes.emergency}{number}"} for number in site.emergency.all]
