"""What became of recordings, and legal holds."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("expected_ms", sa.BigInteger, nullable=False),
        sa.Column("told_bytes", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("length_ms", sa.BigInteger),
        sa.Column("size", sa.BigInteger),
        sa.Column("sha256", sa.Text),
        sa.Column("checked_at", sa.BigInteger, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
        sa.Column("certificate", sa.Integer),
        sa.PrimaryKeyConstraint("pbx", "path", name=op.f("pk_recordings")),
    )
    op.create_index(op.f("ix_recordings_call_id"), "recordings", ["call_id"])
    op.create_index(op.f("ix_recordings_ended_at"), "recordings", ["ended_at"])
    op.create_index("ix_recordings_state", "recordings", ["state", "checked_at"])
    op.create_table(
        "recording_holds",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("said_at", sa.BigInteger, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("released_at", sa.BigInteger),
        sa.Column("released_by", sa.Text),
        sa.Column("released_because", sa.Text),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_recording_holds")),
    )
    op.create_index(op.f("ix_recording_holds_call_id"), "recording_holds", ["call_id"])
    op.create_table(
        "recordings_progress",
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pbx", name=op.f("pk_recordings_progress")),
    )
