"""Run by alembic for every upgrade: on the connection, and in the transaction, that ``migrate`` hands over.

The next migration is a new file in ``versions``, named ``NNNN_what_it_does.py``, ``revision`` and
``down_revision`` as in the one before, with an ``upgrade`` and no ``downgrade``: the way back is the
backup. Tables are changed with ``op.batch_alter_table``, which SQLite needs. tests/integration/records
holds models and migrations equal.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
