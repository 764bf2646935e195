"""Why PostgreSQL can't be used, from what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping

from feishu_bot.errors import StoreFailure

# A connection that never was has no state, so the words have to do: those of libpq, of the
# resolver and of the server, which may speak Chinese.
_BY_WORDS: Mapping[StoreFailure, str] = {
    "unknown_host": "resolve host|translate host|name or service not known",
    "closed_to_us": r"no pg_hba\.conf entry|没有.{0,20}pg_hba",
    "wrong_password": "password authentication failed|no password supplied|认证失败",
    "no_role": "role .* does not exist|角色.*不存在",
    "no_database": "database .* does not exist|数据库.*不存在",
    "not_listening": "connection refused|no such file or directory",
    "no_connection_left": "too many (clients|connections)|remaining connection slots",
}
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
    if state and (known := _BY_STATE.get(state)):
        return known
    found = (kind for kind, words in _BY_WORDS.items() if re.search(words, reason, re.IGNORECASE))
    return next(found, "away")
