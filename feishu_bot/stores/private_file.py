"""The file of a SQLite database belongs to one user alone."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

# SQLite gives the files beside it the mode of the database.
BESIDE = ("", "-wal", "-shm")


def make_private(file: Path) -> None:
    """Make the folder (0700) and the file (0600) where they are missing, and close others out of
    files that are there. Raises OSError.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for end in BESIDE:
        # Somebody else's file stays as it is: the owner has chosen it so.
        with suppress(OSError):
            Path(f"{file}{end}").chmod(0o600)
