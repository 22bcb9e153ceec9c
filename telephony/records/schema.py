"""The tables of the call records. Written by ``store`` only.

``calls.body`` is the whole record as JSON; it is the truth. The other columns of ``calls``, and the three
tables below it, repeat what is searched for and can be made again from the bodies. All texts are TEXT
without a length: a caller's name that is too long must not cost a record.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from telephony.database.metadata import metadata

KEY = Text().with_variant(Text(collation="C"), "postgresql")
"""In the order of its bytes, so that a number with its extensions is one range."""

calls = Table(
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("pbx", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),  # all times: microseconds UTC
    Column("dialled", Text, nullable=False),
    Column("caller_number", Text, nullable=False),
    Column("caller_key", KEY),  # what the number means; empty: nothing to compare; None: nobody has looked as yet
    Column("dialled_key", KEY),  # the same of a call to outside
    Column("caller_name", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("queue", Text),
    Column("agent", Text),
    Column("queued_at", BigInteger),
    Column("first_offered_at", BigInteger),
    Column("answered_at", BigInteger),
    Column("ended_at", BigInteger, nullable=False),
    Column("wait_ms", BigInteger),
    Column("ring_ms", BigInteger),
    Column("talk_ms", BigInteger, nullable=False),
    Column("hold_ms", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("abandoned_in", Text),
    Column("refused_because", Text),
    Column("hung_up_by", Text, nullable=False),
    Column("cause", BigInteger),
    Column("recording", Text),
    Column("provenance", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
Index("ix_calls_time", calls.c.received_at, calls.c.call_id)
Index("ix_calls_caller_number", calls.c.caller_number, calls.c.received_at, calls.c.call_id)
Index("ix_calls_caller_key", calls.c.caller_key, calls.c.received_at, calls.c.call_id)
Index("ix_calls_dialled_key", calls.c.dialled_key, calls.c.received_at, calls.c.call_id)
Index("ix_calls_agent", calls.c.agent, calls.c.received_at, calls.c.call_id)
Index("ix_calls_queue", calls.c.queue, calls.c.received_at, calls.c.call_id)

# A Uniqueid can come again after the PBX restarted with its clock set back, so it may lead to several calls.
call_channels = Table(
    "call_channels",
    metadata,
    Column("uniqueid", Text, primary_key=True),
    Column("call_id", Text, ForeignKey(calls.c.call_id), primary_key=True, index=True),
    Column("pbx", Text, nullable=False),
)

offers = Table(
    "offers",
    metadata,
    Column("call_id", Text, ForeignKey(calls.c.call_id), primary_key=True),
    Column("sequence", Integer, primary_key=True),  # as in the record, from 0
    Column("member", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("uniqueid", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("cause", BigInteger),
)
Index("ix_offers_member", offers.c.member, offers.c.at)

aliases = Table(
    "aliases",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("call_id", Text, ForeignKey(calls.c.call_id), primary_key=True, index=True),
)

# One row for each call that was ever told, also where its record is gone: see ``feed``. So no foreign key.
call_changes = Table(
    "call_changes",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False, unique=True),
)
