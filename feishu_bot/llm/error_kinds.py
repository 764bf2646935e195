"""The kinds of ModelError, and groups of them by what helps.

The values are the keys of the texts that people read.
"""

from __future__ import annotations

from enum import StrEnum


class ModelErrorKind(StrEnum):
    """Each kind has its own next step for the person who asks or for the administrator."""

    KEY_REFUSED = "key_refused"  # the gateway does not know this key
    KEY_EXPIRED = "key_expired"  # the key's time has run out
    KEY_DISABLED = "key_disabled"  # the key was switched off in the gateway's console
    KEY_EXHAUSTED = "key_exhausted"  # the key's quota is used up
    KEY_QUOTA_TOO_SMALL = "key_quota_too_small"  # what is left on the key is too little for this
    ACCOUNT_EMPTY = "account_empty"  # the account of the key has no money left
    ACCOUNT_BANNED = "account_banned"  # the account of the key is locked
    IP_REFUSED = "ip_refused"  # not from this server's address, or not from its country
    ACCESS_REFUSED = "access_refused"  # refused in words that don't tell why
    GROUP_MISSING = "group_missing"  # the key's group no longer exists at the gateway
    MODEL_NOT_ALLOWED = "model_not_allowed"  # the key's own list does not hold the model
    MODEL_UNAVAILABLE = "model_unavailable"  # the gateway offers no such model (any more)
    MODEL_NOT_CHAT = "model_not_chat"  # the model is there, but can't be talked to in a chat
    MODEL_UNSUITED = "model_unsuited"  # the model takes no request of the form that is needed
    MODEL_CANT_SEE = "model_cant_see"  # the model takes no pictures
    MODEL_UNSET = "model_unset"  # no model is configured, and none of the known ones is offered
    PICTURE_MODEL_UNSET = "picture_model_unset"  # the same of a model that draws
    TRANSCRIPTION_MODEL_UNSET = "transcription_model_unset"  # of one that hears
    SPEECH_MODEL_UNSET = "speech_model_unset"  # of one that speaks
    TASK_UNSUPPORTED = "task_unsupported"  # service or model can't draw, hear or speak
    PICTURE_MISSING = "picture_missing"  # the service has drawn, and there is no picture to be had
    GATEWAY_UNREACHABLE = "gateway_unreachable"  # no connection, or only its proxy answers
    GATEWAY_UNTRUSTED = "gateway_untrusted"  # its certificate can't be verified
    GATEWAY_NOT_TLS = "gateway_not_tls"  # https:// at a service that speaks plain http
    PROXY_FAILED = "proxy_failed"  # our own HTTP proxy refuses, or is malformed
    GATEWAY_TIMEOUT_FIRST = "gateway_timeout_first"  # no token of the answer came in time
    GATEWAY_TIMEOUT_IDLE = "gateway_timeout_idle"  # the answer stopped in the middle for too long
    GATEWAY_TIMEOUT_TOTAL = "gateway_timeout_total"  # the whole answer took too long
    GATEWAY_RATE_LIMITED = "gateway_rate_limited"  # we have asked the gateway too often
    GATEWAY_RESTING = "gateway_resting"  # it said for how long it takes no more questions
    GATEWAY_BUSY = "gateway_busy"  # the gateway's upstreams are saturated
    GATEWAY_FAILED = "gateway_failed"  # the gateway has a fault of its own
    UPSTREAM_FAILED = "upstream_failed"  # the model's maker failed, or can't be reached
    UPSTREAM_KEY_REFUSED = "upstream_key_refused"  # the gateway's own key was refused, not ours
    BAD_REQUEST = "bad_request"  # the model does not take the request as it is
    CONTEXT_TOO_LONG = "context_too_long"  # the conversation is longer than the model can read
    CONTENT_FILTERED = "content_filtered"  # a content filter refused question or answer
    ENDPOINT_MISSING = "endpoint_missing"  # nothing answers at this address: API_URL is wrong
    NOT_A_GATEWAY = "not_a_gateway"  # a web page, or JSON that is no answer: API_URL is wrong
    WAF_BLOCKED = "waf_blocked"  # a firewall in front of the gateway turned us away
    EMPTY_ANSWER = "empty_answer"  # the answer is complete and empty
    LENGTH_WITHOUT_TEXT = "length_without_text"  # the length was used up by thinking
    ANSWER_IS_PICTURE = "answer_is_picture"  # the model drew in place of writing
    STREAM_BROKEN = "stream_broken"  # the connection broke before anything came


TIMEOUTS = frozenset(
    {
        ModelErrorKind.GATEWAY_TIMEOUT_FIRST,
        ModelErrorKind.GATEWAY_TIMEOUT_IDLE,
        ModelErrorKind.GATEWAY_TIMEOUT_TOTAL,
    }
)
# The key is at fault: it rests, and another one may work.
KEY_FAULTS = frozenset(
    {
        ModelErrorKind.KEY_REFUSED,
        ModelErrorKind.KEY_EXPIRED,
        ModelErrorKind.KEY_DISABLED,
        ModelErrorKind.KEY_EXHAUSTED,
        ModelErrorKind.KEY_QUOTA_TOO_SMALL,
        ModelErrorKind.ACCOUNT_EMPTY,
        ModelErrorKind.ACCOUNT_BANNED,
    }
)
# Lasting with this key, which needs no rest; another key may have other rights.
OTHER_KEY_ONLY = KEY_FAULTS | {
    ModelErrorKind.IP_REFUSED,
    ModelErrorKind.ACCESS_REFUSED,
    ModelErrorKind.GROUP_MISSING,
    ModelErrorKind.MODEL_NOT_ALLOWED,
    ModelErrorKind.MODEL_UNAVAILABLE,
}
# The service asks for patience.
THROTTLED = frozenset(
    {
        ModelErrorKind.GATEWAY_RATE_LIMITED,
        ModelErrorKind.GATEWAY_BUSY,
        ModelErrorKind.GATEWAY_FAILED,
        ModelErrorKind.UPSTREAM_FAILED,
    }
)
# May pass, with any key.
TRANSIENT = frozenset(
    {
        ModelErrorKind.GATEWAY_UNREACHABLE,
        ModelErrorKind.GATEWAY_RATE_LIMITED,
        ModelErrorKind.GATEWAY_BUSY,
        ModelErrorKind.GATEWAY_FAILED,
        ModelErrorKind.UPSTREAM_FAILED,
        ModelErrorKind.UPSTREAM_KEY_REFUSED,
        ModelErrorKind.EMPTY_ANSWER,
        ModelErrorKind.STREAM_BROKEN,
    }
)
