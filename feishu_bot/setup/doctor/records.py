"""The records that a bot has left in its database, for whoever isn't that bot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from feishu_bot.errors import StoreUnavailable
from feishu_bot.setup.doctor.doctor import Records
from feishu_bot.stores import Database, Stores


@contextmanager
def open_records(url: str) -> Iterator[Records | None]:
    """Those of the database at `url`; None where there is none of this version. Makes nothing."""
    try:
        database = Database(url)
        database.expect_current()
    except StoreUnavailable:
        # What is wrong with it is a finding of its own.
        yield None
        return
    # Nothing is leased or swept through them.
    stores = Stores.open(database, lease_seconds=30.0, conversation_ttl=0.0, retention_days=30.0)
    try:
        yield Records.of(stores)
    finally:
        database.close()
