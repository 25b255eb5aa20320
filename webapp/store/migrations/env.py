"""Alembic runs this for each upgrade, on the connection that store/schema.py hands over."""

from __future__ import annotations

from alembic import context

from webapp.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a column by copying its table
)
with context.begin_transaction():
    context.run_migrations()
