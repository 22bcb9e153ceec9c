"""Where the journal keeps its place in Asterisk's logs. Written by ``cursors`` only."""

from sqlalchemy import BigInteger, Column, Table, Text

from telephony.database.metadata import metadata

cursors = Table(
    "journal_cursors",
    metadata,
    Column("pbx", Text, primary_key=True),
    Column("log", Text, primary_key=True),
    Column("inode", Text, nullable=False),  # unsigned 64 bits on some file systems: more than BigInteger holds
    Column("offset", BigInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
)
