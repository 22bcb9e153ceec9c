"""Callers who are recorded and not told, or told what they cannot hear. ``where`` is a path in site.toml."""

from collections.abc import Iterator

from dialplans.checks.case import Case
from dialplans.checks.rule import Fault


def untold(case: Case) -> Iterator[Fault]:
    """The record of each call would say that nobody told the caller."""
    recording, notice = case.site.recording, case.site.notice
    if recording.on and not notice.on and recording.notice == "none":
        what = "calls are recorded, and nobody tells the callers."
        remedy = "Set [notice] on = true, or name in [recording] notice who tells them, such as the carrier."
        yield Fault("site.toml: notice.on", what, remedy)


def deaf(case: Case) -> Iterator[Fault]:
    """Their records say that nothing was heard, and each agent has to say it."""
    for index, trunk in enumerate(case.site.trunks if case.site.notice.on else ()):
        if trunk.answer == "at-agent" and not trunk.early_media:
            what = f"callers of trunk {trunk.name} hear nothing before the answer, so none of the notice."
            yield Fault(f"site.toml: trunk[{index}].answer", what, "Set answer = 'at-entry', or early_media = true.")
