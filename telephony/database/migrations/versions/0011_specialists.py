"""Departments and specialists: whom agents bring into calls."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departments",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("short", sa.Text, nullable=False),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("numbers", sa.Text, nullable=False),
        sa.Column("roster", sa.Text, nullable=False),
        sa.Column("at_once", sa.Integer, nullable=False),
        sa.Column("ring_s", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_departments")),
    )
    op.create_table(
        "specialists",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("numbers", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("roster", sa.Text, nullable=False),
        sa.Column("leave", sa.Text, nullable=False),
        sa.Column("order", sa.Integer, nullable=False),
        sa.Column("ring_s", sa.Integer, nullable=False),
        sa.Column("languages", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_specialists")),
        sa.ForeignKeyConstraint(
            ["department"], ["departments.code"], name=op.f("fk_specialists_department_departments")
        ),
    )
    op.create_index(op.f("ix_specialists_department"), "specialists", ["department"])
    op.create_table(
        "directory_revision",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_revision")),
    )
