"""Every error of Zhitong, in one tree. The class says who broke what.

ZhitongError                 something is wrong that a person can read and act upon
├── ConfigError              a file or an option given to us is wrong (the person who runs it)
├── DirectoryError           a row or a change of agents, departments or specialists is refused
├── StoreError               the database cannot be read or written
│   ├── StoreUnavailable     … for the moment: keep what was to be written and try again (telephony.database.faults)
│   ├── OutboxTaken          another process uses this outbox (telephony.records.spool)
│   └── SchemaTooNew         the database was written by a newer version of this program
├── LedgerError              a change of the missed-call ledger is refused: no such entry, closed already …
├── RecordingError           what was asked of recordings or their retention is refused, or cannot be done
├── LimitError               a limit on a number is refused, or there is none to be lifted
├── JournalUnreadable        one of Asterisk's own logs cannot be read at present (telephony.journal.errors)
│   ├── AgentUnreachable     … since the journal agent beside the PBX does not answer, or is not the one we trust
│   └── AgentRefused         … since it refuses our token
├── BooksUnreadable          a book that records are held against is not there (telephony.reconcile.errors)
├── FigureError              a daily figure cannot be made or checked: none of that day, or damaged
├── AccessError              somebody may not do what they ask, or an account cannot be changed so
│   ├── TokenRefused         a token is none, or holds no longer (zhitong.access.refused)
│   ├── SignInRefused        name and password do not open anything, or not now (zhitong.access.refused)
│   └── AuditError           a deed cannot be put on record, so it is not done
├── ControlError             the running service cannot be asked: it does not run, or does not answer
├── DesktopError             a client of the agents' gateway was refused or cut off (agent_bridge.errors)
├── LabError                 a PBX or a phone on this machine could not be set up or run
└── AmiError                 the link to the PBX
    ├── AmiUnreachable       no TCP or TLS connection: wrong address, PBX down, firewall
    ├── AmiRefused           the PBX refused the login: wrong user, secret or permit line
    ├── AmiProtocolError     the peer does not speak AMI, or breaks its framing
    ├── AmiInputRefused      a value of ours may not be sent (line break, control character)
    ├── AmiActionFailed      the PBX answered ``Response: Error``
    └── AmiOutcomeUnknown    the link broke or the deadline passed before an answer: it may or may not have happened

Messages say what is wrong and what to do about it; they are shown to people as they stand.
"""


class ZhitongError(Exception):
    """Base of all errors this project raises on purpose."""


class ConfigError(ZhitongError):
    """A configuration file, an option or an environment variable is wrong; the message names the key."""


class DirectoryError(ZhitongError):
    """A person's entry, or a change of it, is refused; the message names the row and the field."""


class StoreError(ZhitongError):
    """The database cannot be opened, migrated, read or written."""


class LedgerError(ZhitongError):
    """What was asked of the missed-call ledger cannot be done; nothing was changed."""


class RecordingError(ZhitongError):
    """What was asked of recordings, holds or the retention cannot be done; the message says what was."""


class LimitError(ZhitongError):
    """What was asked about limits on numbers cannot be done; nothing was changed."""


class AccessError(ZhitongError):
    """An account, a password or a token is refused, or a change of one; nothing was done."""


class AuditError(AccessError):
    """The audit log cannot be written or read; what was to be noted must not be done."""


class ControlError(ZhitongError):
    """A command did not reach the running service; nothing was done."""


class LabError(ZhitongError):
    """A PBX, a phone or a download of the lab failed; the message tells the remedy."""


class AmiError(ZhitongError):
    """Something between us and the PBX's manager interface."""


class AmiUnreachable(AmiError):
    """No connection could be made."""


class AmiRefused(AmiError):
    """The PBX refused the login."""


class AmiProtocolError(AmiError):
    """The peer does not speak AMI or breaks its framing."""


class AmiInputRefused(AmiError):
    """A value of ours may not be sent to the PBX (line break, control character, too long)."""


class AmiActionFailed(AmiError):
    """The PBX answered ``Response: Error``; carries its message."""


class AmiOutcomeUnknown(AmiError):
    """The link broke, or the deadline passed, before the PBX answered. Never re-sent."""
