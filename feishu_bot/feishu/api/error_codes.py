"""Feishu's answer codes, sorted into our errors.

The tables follow the public pages "Common error codes", "Create message", "Reply message" and
"CardKit" of Feishu's server documentation. Any other code becomes a plain FeishuError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from feishu_bot.errors import (
    CardRefused,
    CardTooLarge,
    FeishuError,
    FeishuUnavailable,
    PermissionMissing,
    RateLimited,
    SequenceStale,
    StreamClosed,
    TargetGone,
    ThreadUnsupported,
)

TOKEN_REFUSED = frozenset({99991663, 99991664, 99991671})
CREDENTIALS_REFUSED = frozenset({10003, 10012, 10013, 10014, 10015})
# Limits of one chat, shared with other bots; APP_LIMITED is the app's own.
CHAT_LIMITED = frozenset({230020, 11232, 11233, 11247})
APP_LIMITED = 99991400
# The content didn't pass an audit: it doesn't in another form either.
AUDIT_REFUSED = 230028

_BY_CODE: Mapping[int, type[FeishuError]] = {
    **dict.fromkeys((APP_LIMITED, *CHAT_LIMITED), RateLimited),
    # Still being sent, the user is clicking on the card, internal faults: the same call may
    # succeed a moment later.
    **dict.fromkeys((230049, 200810, 300120, 2200), FeishuUnavailable),
    **dict.fromkeys(
        [
            230011, 230110, 231003, 230002, 230013, 230029, 230018, 230035, 230019, 230036, 230038,
            230050, 230053, 230075, 232009, 231203,
        ],
        TargetGone,
    ),
    **dict.fromkeys((99991672, 230027, 230006), PermissionMissing),
    **dict.fromkeys((230071, 230072), ThreadUnsupported),
    **dict.fromkeys(
        [
            230099, AUDIT_REFUSED, 230022, 200220, 200621, 200570, 300305, 300303, 300302, 200861,
            230054, 200740, 200750, 300310, 300311, 300313, 11310, 230031,
        ],
        CardRefused,
    ),
    **dict.fromkeys((200860, 230025), CardTooLarge),
    **dict.fromkeys((200850, 200510, 300309), StreamClosed),
    # Every operation has an id of its own, so one that was seen before came from another process.
    **dict.fromkeys((300317, 200770), SequenceStale),
}  # fmt: skip

# A message-card refusal hides its cause in the text, as in "ErrCode: 200860; ErrMsg: …".
_INNER_CODE = re.compile(r"ErrCode:\s*(\d+)")


def is_about_card(error: FeishuError) -> bool:
    """Whether the same content may be taken in another card, or another form."""
    if isinstance(error, TargetGone | FeishuUnavailable | PermissionMissing | CardTooLarge):
        return False
    return error.code != AUDIT_REFUSED and str(AUDIT_REFUSED) not in str(error)


def error_for(
    code: int, message: str, *, log_id: str = "", retry_after: float = 1.0
) -> FeishuError:
    """The error for an answer's code; `retry_after` in seconds, for rate limits."""
    kind = _BY_CODE.get(code, FeishuError)
    inner = _INNER_CODE.search(message)
    if kind is CardRefused and inner:
        kind = _BY_CODE.get(int(inner.group(1)), CardRefused)
    if kind is RateLimited:
        return RateLimited(message, code=code, log_id=log_id, retry_after=retry_after)
    return kind(message, code=code, log_id=log_id)
