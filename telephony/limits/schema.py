"""The table of limits on numbers. Written by ``store`` only. What was lifted, or has ended, stays."""

from sqlalchemy import BigInteger, Column, Table, Text

from telephony.database.metadata import metadata

limits = Table(
    "limits",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False),
    Column("who", Text, nullable=False, index=True),
    Column("how", Text, nullable=False),
    Column("until", BigInteger, nullable=False),  # microseconds UTC, as all times here
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("lifted_at", BigInteger),
    Column("lifted_by", Text, nullable=False),
    Column("lifted_because", Text, nullable=False),
)
