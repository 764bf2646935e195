"""The platform's errors: an HTTP status with a code and a message."""

from __future__ import annotations

from collections.abc import Mapping

RATE_LIMITED = 99991400
TOKEN_INVALID = 99991663
SCOPE_MISSING = 99991672
BAD_ID = 99992354


class Refusal(Exception):
    """A call the platform refuses ("Common error codes"; IM errors arrive with HTTP 400)."""

    def __init__(
        self,
        code: int,
        msg: str,
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {msg}")
        self.code = code
        self.msg = msg
        self.status = status
        self.headers = dict(headers or {})


def card_refusal(code: int, why: str) -> Refusal:
    """A card inside a message: 230099, whose text carries the card service's own code."""
    return Refusal(
        230099, f"Failed to create card content, ext=ErrCode: {code}; ErrMsg: {why}; ErrorValue: ;"
    )


def parameter(why: str) -> Refusal:
    """230001, an invalid parameter."""
    return Refusal(230001, f"Your request contains an invalid request parameter, ext={why}")


def rate_limited(limit: int, reset: float) -> Refusal:
    """HTTP 429 with the two headers of "Rate limits of server APIs"."""
    return Refusal(
        RATE_LIMITED,
        "request trigger frequency limit",
        status=429,
        headers={
            "x-ogw-ratelimit-limit": str(limit),
            "x-ogw-ratelimit-reset": str(max(1, round(reset + 0.5))),
        },
    )
