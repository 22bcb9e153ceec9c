"""The tables of recordings. Written by ``store`` only. Times are microseconds UTC."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from telephony.database.metadata import metadata

recordings = Table(
    "recordings",
    metadata,
    Column("pbx", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("call_id", Text, nullable=False, index=True),
    Column("ended_at", BigInteger, nullable=False, index=True),
    Column("expected_ms", BigInteger, nullable=False),
    Column("told_bytes", BigInteger),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("length_ms", BigInteger),
    Column("size", BigInteger),
    Column("sha256", Text),
    Column("checked_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("certificate", Integer),
)
Index("ix_recordings_state", recordings.c.state, recordings.c.checked_at)

recording_holds = Table(
    "recording_holds",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("call_id", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("released_at", BigInteger),
    Column("released_by", Text),
    Column("released_because", Text),
)

recordings_progress = Table(
    "recordings_progress",
    metadata,
    Column("pbx", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
