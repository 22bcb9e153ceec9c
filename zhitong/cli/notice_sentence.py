"""The sentence that an agent says who cut the notice."""

from dialplans.prompts import sentences
from telephony.config import Site


def to_say(site: Site) -> str:
    """``notice_say`` of prompts.toml, in the site's language."""
    words = next(each.words for each in sentences() if each.id == "notice_say")
    return words.get(site.language.partition("_")[0], words["zh"])
