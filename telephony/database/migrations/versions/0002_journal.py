"""Where the journal stands in Asterisk's logs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal_cursors",
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("log", sa.Text, nullable=False),
        sa.Column("inode", sa.Text, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("changed_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pbx", "log", name=op.f("pk_journal_cursors")),
    )
