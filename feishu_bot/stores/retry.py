"""Retries what fails only because somebody else holds a lock of the database."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

T = TypeVar("T")

_TRIES = 5
_TRANSIENT_SQLSTATES = {"40001", "40P01", "55P03"}
_TRANSIENT_SQLITE_CODES = {5, 6}


def is_transient(exc: DBAPIError) -> bool:
    """Whether a lock that somebody else holds is the cause, so that another try may work."""
    if getattr(exc.orig, "sqlstate", None) in _TRANSIENT_SQLSTATES:
        return True
    # The extended codes keep the plain one in their lowest byte.
    return getattr(exc.orig, "sqlite_errorcode", 0) & 0xFF in _TRANSIENT_SQLITE_CODES


def retry_while_locked(attempt: Callable[[], T]) -> T:
    """Try until no lock is in the way; raises the OperationalError of the fifth try."""
    for tried in range(1, _TRIES):
        try:
            return attempt()
        except OperationalError as exc:
            if not is_transient(exc):
                raise
        time.sleep(random.uniform(0.01, 0.05) * 2**tried)
    return attempt()
