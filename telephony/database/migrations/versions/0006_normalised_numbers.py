"""What the numbers of a call mean. NULL in old rows until the bridge, which knows the site's area code, has looked at
them (``telephony.records.filling``)."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    for column in ("caller_key", "dialled_key"):
        op.add_column("calls", sa.Column(column, _KEY))
        op.create_index(op.f(f"ix_calls_{column}"), "calls", [column, "received_at", "call_id"])
