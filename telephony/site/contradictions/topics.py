"""Topics that are there twice, below none, or below themselves. Pure."""

from collections import Counter
from collections.abc import Iterator

from telephony.site.site import Site
from telephony.site.topics import line_up


def faults(site: Site) -> Iterator[str]:
    counted = Counter(topic.code for topic in site.topics)
    for index, topic in enumerate(site.topics):
        if not topic.title:
            yield f"topic[{index}].title: must not be empty: it is what agents choose by."
        if counted[topic.code] > 1:
            yield f"topic[{index}].code: {topic.code!r} is there more than once. Give each topic a code of its own."
        elif topic.parent is not None and topic.parent not in counted:
            yield f"topic[{index}].parent: there is no topic {topic.parent!r}. Name one of the list, or leave it out."
        elif (top := [*line_up(topic.code, site.topics)][-1]).parent is not None and top.parent in counted:
            yield f"topic[{index}].parent: goes round in a circle by {topic.parent!r}. Leave out one parent of it."
