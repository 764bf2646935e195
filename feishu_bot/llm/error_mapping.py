"""Maps the exceptions of openai and httpx2, and error bodies, to ModelErrors."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

import httpx2
import openai

from feishu_bot.core.text import storable
from feishu_bot.errors import ModelError
from feishu_bot.llm.error_body import ErrorBody
from feishu_bot.llm.error_kinds import THROTTLED, ModelErrorKind
from feishu_bot.llm.error_rules import kind_of
from feishu_bot.llm.keys import mask_keys

MAX_DETAIL_CHARS = 500
MAX_ID_CHARS = 128
# What openai and httpx2 raise from a call or an iteration. ValueError: `data: unexpected EOF`
# (CZL writes it when its upstream breaks) is a bare JSONDecodeError, bad UTF-8 its sibling.
CLIENT_ERRORS = (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError)


def error_of(
    exc: Exception,
    *,
    timeout: ModelErrorKind = ModelErrorKind.GATEWAY_TIMEOUT_FIRST,
    broken: ModelErrorKind = ModelErrorKind.STREAM_BROKEN,
    proxied: str = "",
    keys: Collection[str] = (),
) -> ModelError:
    """The ModelError for one of `CLIENT_ERRORS`.

    `timeout` is the kind of a timeout while reading and `broken` that of a lost connection;
    `proxied` names the variable of a proxy that lies between; `keys` are masked in the detail, as
    is everything that looks like one.
    """
    request_id, detail, seconds = "", f"{type(exc).__name__}: {exc}", 0.0
    if isinstance(exc, ModelError):
        return exc
    if isinstance(exc, openai.APIConnectionError | httpx2.HTTPError):
        cause = exc.__cause__ if isinstance(exc, openai.OpenAIError) else exc
        kind = _kind_of_transport(cause, timeout=timeout, broken=broken, proxied=proxied)
        detail = f"{type(cause).__name__}: {cause}"
    elif isinstance(exc, openai.APIStatusError):
        request_id = request_id_of(exc.response.headers)
        # Not `exc.body`, which is only the `error` of it.
        body = ErrorBody.read(_body_of(exc.response), exc.response)
        kind, detail, seconds = kind_of(body), body.describe(), body.retry_after
    elif isinstance(exc, httpx2.InvalidURL):
        kind = ModelErrorKind.ENDPOINT_MISSING
    else:
        kind = ModelErrorKind.STREAM_BROKEN
    failure = model_error(kind, mask_keys(detail, keys), request_id=request_id, retry_after=seconds)
    failure.proxy = proxied
    return failure


def error_in_body(body: object, *, request_id: str = "", keys: Collection[str] = ()) -> ModelError:
    """The ModelError for an error that came with status 200 or inside a stream."""
    error = ErrorBody.read(body)
    return model_error(
        kind_of(error),
        mask_keys(error.describe(), keys),
        request_id=request_id,
        retry_after=error.retry_after,
    )


def model_error(
    kind: ModelErrorKind, detail: str = "", *, request_id: str = "", retry_after: float = 0.0
) -> ModelError:
    """A ModelError of this kind, with its detail on one line."""
    detail = storable(" ".join(detail.split())[:MAX_DETAIL_CHARS])
    seconds = retry_after if kind in THROTTLED else 0.0
    return ModelError(kind, detail, request_id=request_id, retry_after=seconds)


def copy_of(failure: ModelError) -> ModelError:
    """The same failure again: raised twice, one exception would gather both tracebacks."""
    copy = ModelError(failure.kind, failure.detail, request_id=failure.request_id)
    copy.proxy = failure.proxy
    return copy


def request_id_of(headers: Mapping[str, str]) -> str:
    """The gateway's id of a request: its own header, or the one that OpenAI uses."""
    given = headers.get("x-oneapi-request-id") or headers.get("x-request-id") or ""
    return given if len(given) <= MAX_ID_CHARS and given.isprintable() else ""


def _body_of(response: httpx2.Response) -> object:
    text = response.text.strip()
    try:
        return json.loads(text) if text else ""
    except (ValueError, RecursionError):
        return text


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__


def _kind_of_transport(
    cause: BaseException | None, *, timeout: ModelErrorKind, broken: ModelErrorKind, proxied: str
) -> ModelErrorKind:
    match cause:
        case httpx2.ConnectError() if _says(cause, "CERTIFICATE_VERIFY_FAILED"):
            return ModelErrorKind.GATEWAY_UNTRUSTED
        case httpx2.ConnectError() if _says(cause, "WRONG_VERSION_NUMBER"):
            # It may be the proxy that https:// was written for.
            return ModelErrorKind.PROXY_FAILED if proxied else ModelErrorKind.GATEWAY_NOT_TLS
        case httpx2.ProxyError():
            return ModelErrorKind.PROXY_FAILED
        case httpx2.ConnectError() | httpx2.ConnectTimeout():
            return ModelErrorKind.PROXY_FAILED if proxied else ModelErrorKind.GATEWAY_UNREACHABLE
        case httpx2.PoolTimeout():
            return ModelErrorKind.GATEWAY_BUSY
        case httpx2.TimeoutException():
            return timeout
        case httpx2.UnsupportedProtocol():
            return ModelErrorKind.ENDPOINT_MISSING
        case _:
            return broken


def _says(exc: BaseException, word: str) -> bool:
    return any(word in str(cause) for cause in _causes(exc))
