"""What can go wrong when records are held against Asterisk's books."""

from telephony.errors import ZhitongError


class BooksUnreadable(ZhitongError):
    """A book that records are held against is not there. One that is there and may not be read is a
    ``JournalUnreadable``."""


class FigureError(ZhitongError):
    """A daily figure cannot be checked: there is none of that day, or it is damaged."""
