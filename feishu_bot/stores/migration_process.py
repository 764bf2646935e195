"""Migrations in a process of their own, which takes with it what they need: Alembic, 11 MB."""

from __future__ import annotations

import os
from contextlib import suppress

from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores.database import Database


def migrate_apart(url: str) -> None:
    """Bring the database up to date, in a child process, where that is to be done.

    To be called while this process has one thread. What goes wrong is left to `Database.migrate`.
    """
    database = Database(url)
    try:
        database.expect_current()
    except StoreUnavailable:
        pass
    else:
        return
    finally:
        database.close()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        with suppress(StoreUnavailable):
            database.migrate()
    finally:
        os._exit(0)
