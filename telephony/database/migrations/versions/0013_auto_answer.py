"""Whose phone picks up by itself what a queue offers."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("auto_answer", sa.Boolean, nullable=False, server_default=sa.false()))
