"""The tables of accounts. Written by ``store`` only."""

from sqlalchemy import BigInteger, Boolean, Column, Table, Text

from telephony.database.metadata import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("agent", Text, unique=True),  # no foreign key: a change of the directory takes agents out and in again
    Column("queues", Text, nullable=False),  # names of queues, with spaces between them
    Column("password", Text, nullable=False),  # argon2id, with its parameters and salt
    Column("disabled", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("generation", BigInteger, nullable=False),  # of tokens: those with another are void
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),  # epoch seconds; forgotten after that
)
