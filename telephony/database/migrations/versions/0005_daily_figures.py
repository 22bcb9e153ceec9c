"""The daily figures, the digests they were made from, and how far changes of the records were looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "day_figures",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("calls_revision", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_day_figures")),
        sa.UniqueConstraint("day", "revision", name=op.f("uq_day_figures_day_revision")),
    )
    op.create_table(
        "day_figure_calls",
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("day", "call_id", name=op.f("pk_day_figure_calls")),
    )
    op.create_index(op.f("ix_day_figure_calls_call_id"), "day_figure_calls", ["call_id"])
    op.create_table(
        "day_figures_progress",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_day_figures_progress")),
    )
