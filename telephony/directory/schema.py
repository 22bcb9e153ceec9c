"""The tables of the directory. Written by ``store`` only."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from telephony.database.metadata import metadata

agents = Table(
    "agents",
    metadata,
    Column("number", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False, unique=True),  # two agents on one phone would ring for each other
    Column("profile", Text, nullable=False, server_default=""),  # empty: the site's first phone profile
)

agent_queues = Table(
    "agent_queues",
    metadata,
    Column("number", Text, ForeignKey(agents.c.number), primary_key=True),
    Column("queue", Text, primary_key=True),
    Column("penalty", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),  # the order the person wrote them in
)
