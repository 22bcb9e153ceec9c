"""Call records with what is searched for, and agents with their queues."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _calls()
    _beside_calls()
    _agents()


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("dialled", sa.Text, nullable=False),
        sa.Column("caller_number", sa.Text, nullable=False),
        sa.Column("caller_name", sa.Text, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("queue", sa.Text),
        sa.Column("agent", sa.Text),
        sa.Column("queued_at", sa.BigInteger),
        sa.Column("first_offered_at", sa.BigInteger),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("wait_ms", sa.BigInteger),
        sa.Column("ring_ms", sa.BigInteger),
        sa.Column("talk_ms", sa.BigInteger, nullable=False),
        sa.Column("hold_ms", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("abandoned_in", sa.Text),
        sa.Column("refused_because", sa.Text),
        sa.Column("hung_up_by", sa.Text, nullable=False),
        sa.Column("cause", sa.BigInteger),
        sa.Column("recording", sa.Text),
        sa.Column("provenance", sa.Text, nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_calls")),
    )
    op.create_index("ix_calls_time", "calls", ["received_at", "call_id"])
    for column in ("caller_number", "agent", "queue"):
        op.create_index(f"ix_calls_{column}", "calls", [column, "received_at", "call_id"])


def _of_call(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f(f"fk_{table}_call_id_calls"))


def _beside_calls() -> None:
    op.create_table(
        "call_channels",
        sa.Column("uniqueid", sa.Text, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("pbx", sa.Text, nullable=False),
        _of_call("call_channels"),
        sa.PrimaryKeyConstraint("uniqueid", "call_id", name=op.f("pk_call_channels")),
    )
    op.create_index(op.f("ix_call_channels_call_id"), "call_channels", ["call_id"])
    op.create_table(
        "offers",
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("uniqueid", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("cause", sa.BigInteger),
        _of_call("offers"),
        sa.PrimaryKeyConstraint("call_id", "sequence", name=op.f("pk_offers")),
    )
    op.create_index("ix_offers_member", "offers", ["member", "at"])
    op.create_table(
        "aliases",
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        _of_call("aliases"),
        sa.PrimaryKeyConstraint("alias", "call_id", name=op.f("pk_aliases")),
    )
    op.create_index(op.f("ix_aliases_call_id"), "aliases", ["call_id"])


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_agents")),
        sa.UniqueConstraint("phone", name=op.f("uq_agents_phone")),
    )
    op.create_table(
        "agent_queues",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("penalty", sa.Integer, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["number"], ["agents.number"], name=op.f("fk_agent_queues_number_agents")),
        sa.PrimaryKeyConstraint("number", "queue", name=op.f("pk_agent_queues")),
    )
