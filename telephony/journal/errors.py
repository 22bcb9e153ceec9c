"""What can go wrong with Asterisk's own logs."""

from telephony.errors import ZhitongError


class JournalUnreadable(ZhitongError):
    """A log is there and may not be read, or its volume fails. Its rows are kept by Asterisk meanwhile; reading goes on
    by itself."""
