"""A PostgreSQL of this machine that has the extension pg_trgm, where there is one.

The PostgreSQL that the other tests start comes from a package without it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from tests.polling import eventually
from tests.postgres import Postgres


def find_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`; None where they or pg_trgm aren't installed."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        version = folder.parent.name
        share = (folder.parent / "share", Path("/usr/share/postgresql") / version)
        if any((place / "extension" / "pg_trgm.control").exists() for place in share):
            return folder
    return None


@contextmanager
def running(binaries: Path) -> Iterator[Postgres]:
    """Start the server; it ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    # PostgreSQL refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    create = [binaries / "initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8"]
    quiet = {
        "user": user,
        "cwd": folder,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    subprocess.run([*create, "--locale=C.UTF-8"], check=True, **quiet)
    settings = (
        "listen_addresses=",
        "fsync=off",
        "autovacuum=off",
        f"unix_socket_directories={folder}",
    )
    options = [part for setting in settings for part in ("-c", setting)]
    server = subprocess.Popen([binaries / "postgres", "-D", data, *options], **quiet)
    try:
        eventually(lambda: _answers(folder), timeout=30)
        postgres = Postgres(_url(folder))
        yield postgres
        postgres.close()
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _url(folder: Path) -> sa.URL:
    return sa.URL.create(
        "postgresql+psycopg", username="test", database="postgres", query={"host": str(folder)}
    )


def _answers(folder: Path) -> bool:
    try:
        psycopg.connect(host=str(folder), user="test", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True
