"""The site's topics as agents choose from them. Pure."""

import difflib
from collections.abc import Sequence

from telephony.remarks.remark import TOPICS_LIMIT
from telephony.site.topics import Topic, line_up

_NEAR = 5


def is_open(code: str, topics: Sequence[Topic]) -> bool:
    """Whether it may be chosen: it is there, and active, and all above it are."""
    line = list(line_up(code, topics))
    return bool(line) and all(topic.active for topic in line)


def refusal(codes: Sequence[str], topics: Sequence[Topic]) -> str:
    """Why these cannot be what a call was about; empty: they can. Names codes near to one that is none."""
    if len(codes) > TOPICS_LIMIT:
        return f"has {len(codes)} codes; at most {TOPICS_LIMIT} of one call are kept."
    for code in codes:
        if not is_open(code, topics):
            return f"{code!r:.60} is no topic of this site. {_offered(code, topics)}"
    return ""


def _offered(code: str, topics: Sequence[Topic]) -> str:
    known = near(code, topics)
    if known:
        return f"Near: {', '.join(known)}."
    if topics:
        return "Those of [[topic]] in site.toml that are active may be chosen."
    return "It has none: write them into site.toml as [[topic]]."


def near(code: str, topics: Sequence[Topic]) -> list[str]:
    """Codes that may have been meant, of those that may be chosen: alike, below it, or with this in their title."""
    known = [topic for topic in topics if is_open(topic.code, topics)]
    alike = difflib.get_close_matches(code, [topic.code for topic in known], _NEAR, 0.5)
    begin = [each.code for each in known if code and (each.code.startswith(code) or code in each.title)]
    below = [topic.code for topic in known if topic.parent == code]
    return list(dict.fromkeys([*alike, *begin, *below]))[:_NEAR]


def with_below(code: str, topics: Sequence[Topic]) -> tuple[str, ...]:
    """This code, and those of the topics below it, closed ones too."""
    below = [topic.code for topic in topics if any(above.code == code for above in line_up(topic.code, topics))]
    return tuple(dict.fromkeys([code, *below]))


def title(code: str, topics: Sequence[Topic]) -> str:
    """As people read it, from the top: 供水 / 停水. A code that is no longer of the site stands for itself."""
    return " / ".join(topic.title for topic in reversed(list(line_up(code, topics)))) or code
