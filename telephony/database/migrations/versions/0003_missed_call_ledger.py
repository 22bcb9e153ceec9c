"""The missed-call ledger, and the revisions of calls by which it follows the records.

Calls that are on record already get a revision each, so that the ledger learns of them too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _changes()
    _calls()
    _commands()
    _attempts()
    _entries()
    op.create_table(
        "ledger_progress",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_ledger_progress")),
    )


def _changes() -> None:
    op.create_table(
        "call_changes",
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_changes")),
        sa.UniqueConstraint("revision", name=op.f("uq_call_changes_revision")),
    )
    op.execute(
        "INSERT INTO call_changes (call_id, revision) "
        "SELECT call_id, row_number() OVER (ORDER BY received_at, call_id) FROM calls"
    )


def _calls() -> None:
    op.create_table(
        "ledger_calls",
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("entry", sa.Integer),
        sa.Column("withdrawn_at", sa.BigInteger),
        sa.Column("withdrawn_by", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_ledger_calls")),
        sa.UniqueConstraint("number", name=op.f("uq_ledger_calls_number")),
    )
    op.create_index("ix_ledger_calls_caller", "ledger_calls", ["caller", "at"])
    op.create_index("ix_ledger_calls_received_at", "ledger_calls", ["received_at"])
    op.create_index(op.f("ix_ledger_calls_entry"), "ledger_calls", ["entry"])


def _commands() -> None:
    op.create_table(
        "ledger_commands",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("entry", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("said_at", sa.BigInteger, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_commands")),
    )
    op.create_index("ix_ledger_commands_caller", "ledger_commands", ["caller", "at"])
    op.create_index(op.f("ix_ledger_commands_entry"), "ledger_commands", ["entry"])


def _attempts() -> None:
    op.create_table(
        "ledger_attempts",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("entry", sa.Integer, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("said_at", sa.BigInteger, nullable=False),
        sa.Column("uniqueid", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("ended_place", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_attempts")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_attempts_key")),
        sa.UniqueConstraint("uniqueid", name=op.f("uq_ledger_attempts_uniqueid")),
    )
    op.create_index("ix_ledger_attempts_caller", "ledger_attempts", ["caller", "at"])
    for column in ("entry", "said_at", "outcome"):
        op.create_index(op.f(f"ix_ledger_attempts_{column}"), "ledger_attempts", [column])


def _entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("caller_number", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("reason", sa.Text),
        sa.Column("closed_call", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_entries")),
    )
    op.create_index("ix_ledger_entries_caller", "ledger_entries", ["caller", "first_at"])
    op.create_index("ix_ledger_entries_state", "ledger_entries", ["state", "opened_at"])
    op.create_index("ix_ledger_entries_opened_at", "ledger_entries", ["opened_at"])
    for column in ("caller_number", "closed_call"):
        op.create_index(op.f(f"ix_ledger_entries_{column}"), "ledger_entries", [column])
