"""Run by Alembic: the migrations, on the connection that `upgrade` was given."""

from __future__ import annotations

from alembic import context

from feishu_bot.stores.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
