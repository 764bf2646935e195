"""Reads the body of a download, up to a limit of bytes and of time."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import urllib3

from feishu_bot.errors import FeishuUnavailable, MediaError

# Bytes: an answer of the API that is an error is smaller.
LARGEST_ERROR = 65_536
_PIECE = 65_536


def read_capped(
    response: urllib3.BaseHTTPResponse,
    *,
    most: int,
    ends_at: float,
    timer: Callable[[], float] = time.monotonic,
) -> bytes:
    """The whole body; of one that is longer than `most` bytes no more than one byte beyond.

    The connection is given back, or closed where a part of the body was left. Raises MediaError
    "media_too_large", FeishuUnavailable when it isn't there at `ends_at`, or HTTPError.
    """
    declared = response.length_remaining
    body = io.BytesIO()
    is_whole = False
    try:
        if declared is not None and declared > most:
            raise MediaError("media_too_large", f"{declared} bytes")
        # Never decoded: no encoding was asked for, so one that is named belongs to the file.
        while piece := response.read1(min(_PIECE, most + 1 - body.tell()), decode_content=False):
            body.write(piece)
            if body.tell() > most:
                raise MediaError("media_too_large", f"more than {most} bytes")
            if timer() > ends_at:
                raise FeishuUnavailable("the download takes too long")
        is_whole = True
    finally:
        if not is_whole:
            response.close()
        response.release_conn()
    return body.getvalue()
