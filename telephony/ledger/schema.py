"""The tables of the missed-call ledger. Written by ``store`` only.

``ledger_calls``, ``ledger_commands`` and ``ledger_attempts`` are the facts; ``ledger_entries`` is what they come to and
can be made again from them and the records. ``at`` and ``first_at`` are places in the order of facts, all other times
microseconds UTC.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from telephony.database.metadata import metadata

ledger_calls = Table(
    "ledger_calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("caller", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("entry", Integer, index=True),
    Column("withdrawn_at", BigInteger),
    Column("withdrawn_by", Text),
    Column("body", Text, nullable=False),
)
Index("ix_ledger_calls_caller", ledger_calls.c.caller, ledger_calls.c.at)
Index("ix_ledger_calls_received_at", ledger_calls.c.received_at)

ledger_commands = Table(
    "ledger_commands",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("caller", Text, nullable=False),
    Column("entry", Integer, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("agent", Text),
    Column("reason", Text),
    Column("note", Text, nullable=False),
)
Index("ix_ledger_commands_caller", ledger_commands.c.caller, ledger_commands.c.at)

ledger_attempts = Table(
    "ledger_attempts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("caller", Text, nullable=False),
    Column("entry", Integer, nullable=False, index=True),
    Column("agent", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("said_at", BigInteger, nullable=False, index=True),
    Column("uniqueid", Text, nullable=False, unique=True),
    Column("outcome", Text, index=True),
    Column("ended_place", BigInteger),
    Column("body", Text, nullable=False),
)
Index("ix_ledger_attempts_caller", ledger_attempts.c.caller, ledger_attempts.c.at)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("caller", Text, nullable=False),
    Column("caller_number", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("owner", Text),
    Column("opened_at", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("reason", Text),
    Column("closed_call", Text, index=True),
    Column("body", Text, nullable=False),
)
Index("ix_ledger_entries_caller", ledger_entries.c.caller, ledger_entries.c.first_at)
Index("ix_ledger_entries_state", ledger_entries.c.state, ledger_entries.c.opened_at)
Index("ix_ledger_entries_opened_at", ledger_entries.c.opened_at)

ledger_progress = Table(
    "ledger_progress",
    metadata,
    Column("source", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
