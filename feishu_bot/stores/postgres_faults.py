"""Why PostgreSQL can't be used, from what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping

from feishu_bot.errors import StoreFailure

# A connection that never was has no state, so the words have to do: those of libpq, of the
# resolver and of the server, which may speak Chinese.
_BY_WORDS: tuple[tuple[re.Pattern[str], StoreFailure], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"resolve host|translate host|name or service not known", "unknown_host"),
        (r"no pg_hba\.conf entry|没有.{0,20}pg_hba", "closed_to_us"),
        (r"password authentication failed|no password supplied|认证失败", "wrong_password"),
        (r"role .* does not exist|角色.*不存在", "no_role"),
        (r"database .* does not exist|数据库.*不存在", "no_database"),
        (r"connection refused|no such file or directory", "not_listening"),
        (r"too many (clients|connections)|remaining connection slots", "no_connection_left"),
    )
)
# "PostgreSQL Error Codes", appendix A.
_BY_STATE: Mapping[str, StoreFailure] = {
    "53100": "full",
    "53300": "no_connection_left",
    "25006": "read_only",
    "28P01": "wrong_password",
    "3D000": "no_database",
    "3F000": "no_rights",
    "42501": "no_rights",
}


def postgres_failure(state: str | None, reason: str) -> StoreFailure:
    """What the administrator has to see to, by the SQLSTATE and the words of an error."""
    if state in _BY_STATE:
        return _BY_STATE[state]
    return next((kind for pattern, kind in _BY_WORDS if pattern.search(reason)), "away")
