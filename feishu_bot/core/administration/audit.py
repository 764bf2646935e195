"""The list of everything that administrators have changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

# Who has the password has no other name.
BY_PASSWORD = "password"

Action = Literal[
    "login",
    "logout",
    "logout_all",
    "limit",
    "grant",
    "block",
    "unblock",
    "currency",
    "price",
    "role",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that was done. `actor` is an open_id, or BY_PASSWORD.

    `subject` is what was changed: a setting, an open_id, a model, a role; of a login where it
    came from. `before` and `after` are
    its values as text, empty where there was none. `at` is in seconds since the epoch.
    """

    actor: str
    action: Action
    subject: str = ""
    before: str = ""
    after: str = ""
    at: float = 0.0


class AuditLog(Protocol):
    """Every change, in their order. Nothing is ever edited in it."""

    def add(self, change: Change) -> None:
        """Keep a change, dated now."""

    def newest(self, limit: int, *, skipped: int = 0) -> tuple[Change, ...]:
        """So many changes, the newest first, after `skipped` newer ones."""
