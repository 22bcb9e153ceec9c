"""Which phone profile of the site an agent's phone has."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("profile", sa.Text, nullable=False, server_default=""))
