"""What can go wrong with Asterisk's own logs."""

from telephony.errors import ZhitongError


class JournalUnreadable(ZhitongError):
    """A log is there and may not be read, or its volume fails. Its rows are kept by Asterisk meanwhile; reading goes on
    by itself."""


class AgentUnreachable(JournalUnreadable):
    """The journal agent beside the PBX does not answer, or not as one: no link, a certificate that is not the one we
    trust, another program at its port."""


class AgentRefused(JournalUnreadable):
    """The journal agent knows us and says no: a wrong token. It stays so until a person changes something."""
