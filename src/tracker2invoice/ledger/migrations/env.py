"""Alembic's way in: runs the revisions on the connection it is handed, in the caller's transaction."""

from __future__ import annotations

from alembic import context

from tracker2invoice.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
