"""How screens say what a caller heard of the notice."""

from telephony.config import Site
from telephony.records.record import NoticeHeard


def to_say(site: Site) -> str:
    """What an agent is to say who cut the notice, in the site's language (``notice_say`` of prompts.toml)."""
    from dialplans.prompts import sentences

    words = next(each.words for each in sentences() if each.id == "notice_say")
    return words.get(site.language.partition("_")[0], words["zh"])


def told(heard: NoticeHeard) -> str:
    """Whole, cut, or not heard at all."""
    if heard.whole:
        return "完整 complete"
    if not heard.heard_ms:
        return "未听到 not heard"
    return f"打断于 cut after {heard.heard_ms} ms / {heard.length_ms} ms"
