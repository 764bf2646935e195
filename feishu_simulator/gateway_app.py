"""The gateway over HTTP: routes, keys, and streams written to the raw connection."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from feishu_simulator import chunks
from feishu_simulator.exchanges import ERROR_CHARS, Exchange, shown_body
from feishu_simulator.gateway import ID_HEADER, ChatRequest, Gateway, error_body, request_id
from feishu_simulator.script import Script
from feishu_simulator.server import RAW_CONNECTION, RawConnection

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

INDEX = b"<!doctype html><html><head><title>CZLOapi</title></head><body></body></html>"
SILENCE_SECONDS = 3600.0


def gateway_app(gateway: Gateway) -> WSGIApplication:
    """The WSGI app. Unknown paths are 404 under /v1 and a web page elsewhere, as on one-hub."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        response = _answer(gateway, request, environ[RAW_CONNECTION])
        if response is None:
            return []
        if log_id := response.headers.pop(ID_HEADER, ""):
            response.headers[gateway.id_header] = log_id
        return response(environ, start_response)

    return app


def _answer(gateway: Gateway, request: Request, connection: RawConnection) -> Response | None:
    """The response; None when it was written to the raw connection. A POST is an exchange."""
    if (picture := gateway.media.picture_at(request.path)) is not None:
        return picture
    if request.method != "POST":
        return _route(gateway, request, connection, None)
    key = request.headers.get("Authorization", "").partition(" ")[2]
    exchange = gateway.exchanges.begin(request.path, dict(request.headers), key)
    try:
        response = _route(gateway, request, connection, exchange)
        if response is not None:
            exchange.status = response.status_code
            if response.status_code != 200 or (exchange.ending and not exchange.pieces):
                exchange.error = response.get_data(as_text=True)[:ERROR_CHARS]
            body = request.get_json(silent=True) if request.is_json else None
            if not exchange.body and isinstance(body, dict):
                exchange.body = shown_body(body, gateway.keys)
    finally:
        gateway.exchanges.end(exchange)
    return response


def _route(
    gateway: Gateway, request: Request, connection: RawConnection, exchange: Exchange | None
) -> Response | None:
    log_id = request_id()
    path = request.path
    if gateway.base != "/v1" and not path.startswith(f"{gateway.base}/"):
        return _json(b'{"detail":"Not Found"}', 404, log_id)
    path = path if gateway.base == "/v1" else f"/v1{path.removeprefix(gateway.base)}"
    api = path.startswith(("/v1/", "/dashboard/billing/"))
    is_billing = path.removeprefix("/v1").startswith("/dashboard/billing/")
    has_page = path == "/dashboard/billing/credit_grants" or (
        is_billing and not gateway.has_billing
    )
    if not api or has_page:
        return Response(INDEX, 200, {ID_HEADER: log_id}, mimetype="text/html")
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or key not in gateway.keys:
        return _json(error_body("无效的令牌", log_id), 401, log_id)
    if key in gateway.exhausted:
        return _json(error_body("Key额度已用尽", log_id), 401, log_id)
    route = f"{request.method} {path.removeprefix('/v1')}"
    match route:
        case "GET /models" if gateway.has_models:
            return _json(gateway.model_list(), 200, log_id)
        case "GET /dashboard/billing/subscription":
            return _json(gateway.subscription(key), 200, log_id)
        case "GET /dashboard/billing/usage":
            return _json(gateway.usage(key), 200, log_id)
        case "POST /chat/completions" if exchange:
            return _chat(gateway, request, connection, exchange, key=key, log_id=log_id)
    made = gateway.media.answer(path.removeprefix("/v1"), request, key, gateway.url)
    if made is not None:
        made.headers[ID_HEADER] = log_id
        return made
    error = {"message": f"Invalid URL ({request.method} {path})", "type": "invalid_request_error"}
    return _json({"error": error}, 404, log_id)


def _chat(
    gateway: Gateway,
    request: Request,
    connection: RawConnection,
    exchange: Exchange,
    *,
    key: str,
    log_id: str,
) -> Response | None:
    try:
        body = _chat_body(request.get_data())
    except (ValueError, TypeError, KeyError) as exc:
        error = error_body(f"field {exc} is required", log_id, code="one_hub_error")
        return _json(error, 400, log_id)
    exchange.body = shown_body(body, gateway.keys)
    chat, script = gateway.take(body, key, dict(request.headers))
    exchange.take_script(script, body, gateway.fault)
    return _ChatAnswer(gateway, connection, log_id, chat, script, exchange).send()


def _chat_body(data: bytes) -> dict[str, Any]:
    """Raises ValueError, TypeError or KeyError where something required is missing."""
    body: dict[str, Any] = json.loads(data)
    if not body["messages"] or not body["model"]:
        raise ValueError("model, messages")
    return body


@dataclass(frozen=True, slots=True)
class _ChatAnswer:
    """Sends a script as the answer to one chat request."""

    gateway: Gateway
    connection: RawConnection
    log_id: str
    chat: ChatRequest
    script: Script
    exchange: Exchange

    def send(self) -> Response | None:
        """The response; None when it was written to the raw connection."""
        gateway, chat, script = self.gateway, self.chat, self.script
        if script.opening != "normal":
            if script.opening == "silence":
                gateway.stopping.wait(SILENCE_SECONDS)
            self.connection.close()
            gateway.finish(chat)
            return None
        if script.body is not None:
            chunks.pause(chat.at + (script.first or 0), gateway.stopping)
            content = script.body.replace(b"{request_id}", self.log_id.encode())
            gateway.finish(chat)
            headers = {ID_HEADER: self.log_id, **script.headers}
            return Response(content, script.status, headers, content_type=script.mime)
        first = gateway.first if script.first is None else script.first
        between = gateway.between if script.between is None else script.between
        answer_id = f"chatcmpl-{uuid.uuid4().hex}"
        if not chat.body.get("stream"):
            chunks.pause(chat.at + first + between * len(script.pieces), gateway.stopping)
            gateway.finish(chat)
            answer = chunks.completion(script, chat.body, answer_id)
            self.exchange.note_sent(len(script.pieces), time.monotonic())
            self.exchange.usage = answer["usage"]
            return _json(answer, script.status, self.log_id)
        left = False
        try:
            self._stream(answer_id, first, between)
        except OSError:
            left = True
            self.connection.close()
        if left or chat.last_chunk_at is None:
            gateway.finish(chat, client_left=left)
        if left:
            gateway.exchanges.end(self.exchange, client_left=True)
        return None

    def _stream(self, answer_id: str, first: float, between: float) -> None:
        """Write the event stream. Raises OSError when the client has gone."""
        gateway, connection, chat, script = self.gateway, self.connection, self.chat, self.script
        head = _stream_head(gateway.id_header, self.log_id)
        frames, tail = chunks.encode(script, chat.body, answer_id)
        if script.ending == "silence" or not frames:
            connection.send(head)
        else:
            frames[0] = head + frames[0]
        whole = gateway.stream_writer.write(
            connection.socket,
            frames,
            first=chat.at + first,
            between=between,
            on_sent=self.exchange.note_sent,
        )
        if not whole:
            connection.close()
        elif script.ending in ("cut", "reset"):
            connection.send(b'400\r\ndata: {"id":')
            gateway.finish(chat)
            connection.close(reset=script.ending == "reset")
        elif script.ending == "silence":
            gateway.finish(chat)
            gateway.stopping.wait(SILENCE_SECONDS)
            connection.close()
        else:
            if script.ending == "done" and (chat.body.get("stream_options") or {}).get(
                "include_usage"
            ):
                self.exchange.usage = self.exchange.estimate
            gateway.finish(chat)
            connection.send(tail)


def _stream_head(id_header: str, log_id: str) -> bytes:
    lines = (
        "HTTP/1.1 200 OK",
        "Content-Type: text/event-stream",
        "Cache-Control: no-cache",
        "X-Accel-Buffering: no",
        "Transfer-Encoding: chunked",
        f"{id_header}: {log_id}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _json(content: bytes | dict[str, Any] | list[Any], status: int, log_id: str) -> Response:
    data = (
        content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    )
    headers = {ID_HEADER: log_id}
    return Response(data, status, headers, mimetype="application/json")
