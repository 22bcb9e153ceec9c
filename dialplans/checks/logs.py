"""What must stand in no log: the digits that callers key."""

from collections.abc import Iterator

from dialplans.checks.pbx import Pbx
from dialplans.checks.rule import Fault
from dialplans.checks.sip import names


def cel_all(pbx: Pbx) -> Iterator[Fault]:
    """``events = ALL`` takes in DTMF from 20.16 and 22.6 on."""
    for general in pbx.sections("cel"):
        taken = {part.upper() for setting in general.all("events") for part in names(setting.value)}
        if taken & {"ALL", "DTMF"}:
            what = f"CEL writes down the digits that callers key (events = {general.get('events')})."
            yield Fault(general.where("events"), what, "Name the events that are needed, without ALL and DTMF.")


def keys_logged(pbx: Pbx) -> Iterator[Fault]:
    """A log with the level dtmf (or all levels): card numbers in plain text. Verbose shows them too."""
    for section in pbx.sections("logger"):
        for setting in section.settings if section.name == "logfiles" else ():
            levels = {part.strip().lower().partition("(")[0] for part in setting.value.replace("[", ",").split(",")}
            if levels & {"dtmf", "*"}:
                what = f"the log {setting.key!r} holds the digits that callers key (level dtmf)."
                yield Fault(setting.where, what, "Take the level out.")
            elif levels & {"verbose", "debug"} and setting.key != "console":
                what = f"the log {setting.key!r} holds callers' numbers and keys (verbose or debug)."
                yield Fault(setting.where, what, "Keep notice, warning and error.", mild=True)
