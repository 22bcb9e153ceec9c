"""Where the daily figures are kept. Written by ``figures`` only."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint

from telephony.database.metadata import metadata

# Figures are never changed. ``body`` is the whole figure as JSON; ``calls_revision`` the newest change of the records
# that it knows of (``call_changes``).
day_figures = Table(
    "day_figures",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("day", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("calls_revision", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("day", "revision"),
)

# The digests that the latest figure of each day was made from, so that a call that changed can be named. No foreign
# key: a call can become a part of another, and its record is gone.
day_figure_calls = Table(
    "day_figure_calls",
    metadata,
    Column("day", Text, primary_key=True),
    Column("call_id", Text, primary_key=True, index=True),
    Column("digest", Text, nullable=False),
)

# Up to which change of the records it was looked whether a day that has a figure changed.
day_figures_progress = Table(
    "day_figures_progress",
    metadata,
    Column("source", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
