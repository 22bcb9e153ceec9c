"""No value may become a line, a section, a comment or an expression of Asterisk's.

The site's own types hold every text to an allow-list already. This is the second lock: it sits in the template
engine itself, where each value passes whatever template it is used in, so that a template cannot forget it.
"""

import re

from telephony.errors import ConfigError

UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"  # ends a line, or cannot be written
    r"|;"  # begins a comment
    r"|\\"  # escapes what follows
    r"|\$[{\[]"  # is evaluated by the dialplan
    r"|^\s|\s\Z"  # is stripped, so the file would say something else
)
"""What no value in a file of Asterisk may hold."""


class Code(str):
    """A piece of dialplan of our own making, passed as it stands. Never made from a value of the site."""

    __slots__ = ()


def checked(value: object) -> object:
    """``value`` as a template may print it. Raises ``ConfigError`` on a text that could break out of its place."""
    if isinstance(value, bool) or value is None:
        raise ConfigError(f"a template would print {value!r}: it must choose words for it")
    if isinstance(value, str) and not isinstance(value, Code) and (match := UNSAFE.search(value)):
        raise ConfigError(f"{value!r} may not stand in a file of Asterisk: {match[0]!r} would break out of its place.")
    return value
