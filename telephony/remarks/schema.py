"""The table of remarks: what people put down of calls. Written by ``store`` only, and never changed, only added to.

``number`` is the order in which they were made. ``call_id`` is what the call was called then, so that a remark may come
before its record, and find it when that is told under another id: who reads follows the records' aliases.
"""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from telephony.database.metadata import metadata

remarks = Table(
    "remarks",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("call_id", Text, nullable=False, index=True),
    Column("pbx", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds UTC
    Column("who", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text),
    Column("topics", Text),  # codes with a space before and behind each
    Column("answered", Integer),  # 0, 1
    Column("mark", Text, index=True),
    Column("resolved", Text),  # yes, no; empty: taken back
)
