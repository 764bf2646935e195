"""Calls that are answered in one piece: pictures, recordings, transcripts."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import openai

from feishu_bot.errors import ModelError
from feishu_bot.llm.attempts import Attempts, backoff_for
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.deadline import POLL_SECONDS, StreamDeadline
from feishu_bot.llm.deadline_transport import deadline_for_requests
from feishu_bot.llm.error_body import error_in
from feishu_bot.llm.error_kinds import KEY_FAULTS, OTHER_KEY_ONLY, ModelErrorKind
from feishu_bot.llm.error_mapping import (
    CLIENT_ERRORS,
    error_in_body,
    model_error,
    request_id_of,
)
from feishu_bot.llm.keys import KeyRing, masked
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Bytes of an answer: some pictures of 4,000 pixels each way, in base64.
LARGEST_ANSWER = 64_000_000
# Refused before there was anything to be paid.
_UNPAID = OTHER_KEY_ONLY | {ModelErrorKind.GATEWAY_RATE_LIMITED}
# The service has no such address, or knows the model for something else.
_NOT_THERE = frozenset(
    {
        ModelErrorKind.ENDPOINT_MISSING,
        ModelErrorKind.NOT_A_GATEWAY,
        ModelErrorKind.MODEL_NOT_CHAT,
    }
)

# A file of a form: its field, name, content and media type.
FormFile = tuple[str, tuple[str, bytes, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRequest:
    """What is asked. With `files` it is sent as a form.

    `optional` fields are left out when the service refuses them. What `is_paid` for is never
    asked again where it may have been done.
    """

    path: str
    body: Mapping[str, Any]
    files: tuple[FormFile, ...] = ()
    optional: frozenset[str] = frozenset()
    is_paid: bool = False
    timeout: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaAnswer:
    """An answer as it came; `without` are the fields that were left out for it."""

    data: bytes
    request_id: str = ""
    without: frozenset[str] = field(default_factory=frozenset)

    def as_json(self) -> object:
        """The answer's JSON; None when it is none."""
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            return None


class MediaCalls:
    """Asks with any of the keys. Thread safe, and may be made before a fork."""

    def __init__(
        self,
        clients: Clients,
        ring: KeyRing,
        *,
        backoff: Callable[[int], float] = backoff_for,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clients = clients
        self._ring = ring
        self._backoff = backoff
        self._timer = timer

    def ask(self, request: MediaRequest, is_cancelled: Callable[[], bool]) -> MediaAnswer:
        """The answer, after up to three attempts in `timeout` seconds each. Raises ModelError.

        `is_cancelled` is called twice a second; once it is true, this ends as if timed out.
        """
        attempts = Attempts(self._ring, self._backoff)
        address = self.clients.address
        url, key = address.url, attempts.next_key()
        without: frozenset[str] = frozenset()
        is_other_form = False
        while True:
            try:
                answer = self._ask_once(request, without, key, url, is_cancelled)
            except ModelError as failure:
                self._note_failed(request, key, failure)
                if is_cancelled():
                    raise
                if refused := _refused_field(request, without, failure):
                    without |= {refused}
                    continue
                other = "" if is_other_form else address.other(url, failure.kind)
                if other:
                    url, is_other_form = other, True
                    continue
                wait = None
                if not request.is_paid or failure.kind in _UNPAID:
                    wait = attempts.wait_after(failure)
                if wait is None:
                    if failure.kind in _NOT_THERE:
                        failure.kind = ModelErrorKind.TASK_UNSUPPORTED
                    raise
                self._sleep(wait, is_cancelled)
                key = attempts.next_key()
            else:
                self._ring.mark_working(key)
                return answer

    def _ask_once(
        self,
        request: MediaRequest,
        without: Collection[str],
        key: str,
        url: str,
        is_cancelled: Callable[[], bool],
    ) -> MediaAnswer:
        ends_at = self._timer() + request.timeout
        deadline = StreamDeadline(
            first=request.timeout,
            idle=request.timeout,
            ends_at=ends_at,
            timer=self._timer,
            is_cancelled=is_cancelled,
        )
        body = {name: value for name, value in request.body.items() if name not in without}
        headers = {"Content-Type": "multipart/form-data"} if request.files else {}
        try:
            with (
                deadline_for_requests(deadline),
                # Not for its events: this way its body is read here, up to a limit.
                self.clients.of(key, url).post(
                    request.path,
                    body=body,
                    files=list(request.files) or None,
                    options={"headers": headers},
                    cast_to=object,
                    stream=True,
                    stream_cls=openai.Stream[object],
                ) as stream,
            ):
                data = _read(stream.response.iter_bytes())
                return self._checked(data, stream.response.headers, without)
        except ModelError:
            raise
        except CLIENT_ERRORS as exc:
            raise self.clients.failure_of(
                exc,
                timeout=ModelErrorKind.GATEWAY_TIMEOUT_FIRST,
                # Whether it was done, and paid, can't be told.
                broken=ModelErrorKind.STREAM_BROKEN,
            ) from exc

    def _checked(
        self, data: bytes, headers: Mapping[str, str], without: Collection[str]
    ) -> MediaAnswer:
        request_id = request_id_of(headers)
        answer = MediaAnswer(data=data, request_id=request_id, without=frozenset(without))
        beginning = data[:500].lstrip()
        if beginning.startswith((b"{", b"[")) and (error := error_in(answer.as_json())) is not None:
            # After a heartbeat, every error comes with status 200.
            raise error_in_body(error, request_id=request_id, keys=self.clients.secrets)
        if beginning[:1] == b"<":
            raise model_error(ModelErrorKind.NOT_A_GATEWAY, "a page", request_id=request_id)
        return answer

    def _note_failed(self, request: MediaRequest, key: str, failure: ModelError) -> None:
        logger.warning("call failed", path=request.path, key=masked(key), reason=failure)
        if failure.kind in KEY_FAULTS:
            self._ring.mark_refused(key)
        elif failure.kind == ModelErrorKind.GATEWAY_RATE_LIMITED:
            self._ring.mark_limited(key, failure.retry_after)

    def _sleep(self, seconds: float, is_cancelled: Callable[[], bool]) -> None:
        until = self._timer() + seconds
        while (left := until - self._timer()) > 0 and not is_cancelled():
            time.sleep(min(left, POLL_SECONDS))


def _read(pieces: Any) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise model_error(ModelErrorKind.BAD_REQUEST, "the answer is too large")
    return bytes(body)


def _refused_field(request: MediaRequest, without: Collection[str], failure: ModelError) -> str:
    """The field that a refusal names, when it can be left out and still is there."""
    if failure.kind != ModelErrorKind.BAD_REQUEST:
        return ""
    cause = failure.__cause__
    said = cause.response.text if isinstance(cause, openai.APIStatusError) else ""
    for name in sorted(request.optional & set(request.body) - set(without)):
        # One letter is a field only where it is quoted.
        shape = rf"['\"`]{name}['\"`]" if len(name) == 1 else rf"(?<![a-z]){name}(?![a-z])"
        if re.search(shape, f"{failure.detail} {said}", re.IGNORECASE):
            return name
    return ""
