"""What people said of a call, in the words of screens: Chinese first, English beside."""

from collections.abc import Sequence

from telephony.records.remarked import Disposed, NoteSaid, Remarked, Resolved
from telephony.remarks.topics import title
from telephony.site.topics import Topic

MARKS = {"nuisance": "骚扰 nuisance", "silent": "无声 silent"}
RESOLVED = {True: "已解决 resolved", False: "未解决 not resolved"}
DIRECT = {True: "直接答复 answered directly", False: "未直接答复 not answered directly"}


def rows(said: Remarked | None, topics: Sequence[Topic]) -> dict[str, str]:
    """The lines of the single values of a call."""
    if said is None:
        return {}
    mark = said.mark
    return {
        "标记 mark": "" if mark is None else f"{MARKS.get(mark.mark, mark.mark)}  ({mark.by})",
        "类别 topics": "\n".join(disposed(each, topics) for each in said.dispositions),
        "通话中 on the call": "\n".join(f"{RESOLVED[each.resolved]}  ({_who(each)})" for each in said.resolutions),
        "备注 note": "\n".join(f"{_who(note)}: {note.text}" for note in said.notes),
    }


def disposed(said: Disposed, topics: Sequence[Topic]) -> str:
    """Its topics by their titles, whether it was closed on the line, and who says so."""
    parts = [f"{title(code, topics)} ({code})" for code in said.topics]
    parts += [] if said.answered is None else [DIRECT[said.answered]]
    return f"{' · '.join(parts) or '—'}  ({_who(said)})"


def _who(said: NoteSaid | Disposed | Resolved) -> str:
    return said.who if said.by == said.who else f"{said.who}, {said.by}"
