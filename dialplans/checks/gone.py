"""What Asterisk 21 and later have no more."""

import re
from collections.abc import Iterator

from dialplans.checks.pbx import Pbx
from dialplans.checks.rule import Fault

_MACRO = frozenset({"macro", "macroif", "macroexclusive"})


def apps(pbx: Pbx) -> Iterator[Fault]:
    """Macro and chan_sip are gone with Asterisk 21: the first use of each is named."""
    seen: set[str] = set()
    for step in pbx.plan.steps():
        gone = "Macro" if step.app.lower() in _MACRO else "SIP/" if _dials_sip(step.app, step.args) else ""
        if gone and gone not in seen:
            seen.add(gone)
            remedy = "Use Gosub instead." if gone == "Macro" else "Make pjsip.conf, and dial PJSIP/…"
            yield Fault(step.where, f"{gone} is not in Asterisk 21 and later (first of its uses).", remedy)
    if any(True for _ in pbx.sections("sip")):
        yield Fault("sip.conf", "chan_sip is not in Asterisk 21 and later.", "Carry its peers over to pjsip.conf.")


def _dials_sip(app: str, args: str) -> bool:
    return app.lower() in {"dial", "queue", "addqueuemember"} and re.search(r"(?:^|[,&])SIP/", args) is not None
