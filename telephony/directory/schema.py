"""The tables of the directory. Written by ``store`` only."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, Table, Text, false

from telephony.database.metadata import metadata

agents = Table(
    "agents",
    metadata,
    Column("number", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False, unique=True),  # two agents on one phone would ring for each other
    Column("profile", Text, nullable=False, server_default=""),  # empty: the site's first phone profile
    Column("auto_answer", Boolean, nullable=False, server_default=false()),  # the phone picks up queues' offers
)

agent_queues = Table(
    "agent_queues",
    metadata,
    Column("number", Text, ForeignKey(agents.c.number), primary_key=True),
    Column("queue", Text, primary_key=True),
    Column("penalty", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),  # the order the person wrote them in
)

# Lists, rosters and leave stand in one cell each, in the form in which sheets have them (``entries``).
departments = Table(
    "departments",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("short", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("numbers", Text, nullable=False),
    Column("roster", Text, nullable=False),
    Column("at_once", Integer, nullable=False),
    Column("ring_s", Integer, nullable=False),
)

specialists = Table(
    "specialists",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("department", Text, ForeignKey(departments.c.code), nullable=False, index=True),
    Column("numbers", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("roster", Text, nullable=False),
    Column("leave", Text, nullable=False),
    Column("order", Integer, nullable=False),
    Column("ring_s", Integer, nullable=False),
    Column("languages", Text, nullable=False),
)

directory_revision = Table(
    "directory_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1: there is one row, or none before any change
    Column("revision", BigInteger, nullable=False),  # grows with each change of departments or specialists
)
