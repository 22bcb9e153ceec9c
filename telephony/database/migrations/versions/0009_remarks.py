"""What people put down of calls: notes, topics, marks."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remarks",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("topics", sa.Text),
        sa.Column("answered", sa.Integer),
        sa.Column("mark", sa.Text),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_remarks")),
        sa.UniqueConstraint("key", name=op.f("uq_remarks_key")),
    )
    op.create_index(op.f("ix_remarks_call_id"), "remarks", ["call_id"])
    op.create_index(op.f("ix_remarks_mark"), "remarks", ["mark"])
