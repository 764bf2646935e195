"""How connections to a database are opened, and what each is told at first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from feishu_bot.stores.outages import leave_standby
from feishu_bot.stores.private_file import make_private

# Seconds that SQLite waits for a lock.
BUSY_TIMEOUT = 5.0
# What libpq does about a connection that nothing comes through any more, in seconds and, the last
# one, milliseconds ("Parameter Key Words"). Less than half of a lease: then there is time for a new
# connection before the answers have to be given up.
CUT_IS_NOTICED: Mapping[str, int] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# The same for the server, so that what a process that was cut off or frozen has locked is free
# again soon. Over a socket of the machine itself the first three mean nothing.
_SESSION_LIMITS: Mapping[str, str] = {
    # Compiling a statement takes fifty times as long as running it, and PostgreSQL does so wherever
    # it takes a table without fresh statistics for much to read.
    "jit": "off",
    "tcp_keepalives_idle": "5s",
    "tcp_keepalives_interval": "2s",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "10s",
    "statement_timeout": "30s",
}
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    # What is deleted is overwritten, and not only marked as free.
    "secure_delete=ON",
    # KiB. Another connection's write makes what is cached worthless, and eight connections in two
    # processes would keep 2 MB each. The system has the file in memory as well.
    "cache_size=-512",
)


def open_engine(url: sa.URL, *, limits: bool = True, **pooling: Any) -> sa.Engine:
    """An engine that connects at first use. Without `limits` a statement may take any time.

    `pooling` are options of `sa.create_engine`. Raises OSError where a file can't be made.
    """
    # The parameters of a statement that fails would show what people wrote.
    create = partial(sa.create_engine, url, hide_parameters=True, **pooling)
    if url.get_backend_name() != "sqlite":
        # A connection may have been cut while it was idle: a restart, a firewall.
        engine = create(pool_pre_ping=True, connect_args=CUT_IS_NOTICED)
        sa.event.listen(engine, "handle_error", leave_standby)
        if limits:
            sa.event.listen(engine, "connect", _limit_session)
        return engine
    make_private(Path(url.database or ""))
    # Without an isolation level the sqlite3 module begins no transaction of its own.
    engine = create(connect_args={"timeout": BUSY_TIMEOUT, "isolation_level": None})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _limit_session(connection: Any, _record: Any) -> None:
    # Not as options of the connection: poolers like PgBouncer refuse those.
    with connection.cursor() as cursor:
        cursor.execute(
            ";".join(f"SET {name} = '{limit}'" for name, limit in _SESSION_LIMITS.items())
        )
    connection.commit()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
