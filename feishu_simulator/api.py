"""The platform's API: from a request to an answer, with every check on the way recorded."""

from __future__ import annotations

import itertools
import json
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from feishu_simulator.access import Access
from feishu_simulator.api_cards import Cards
from feishu_simulator.api_messages import Messages
from feishu_simulator.api_other import Others
from feishu_simulator.api_reactions import Reactions
from feishu_simulator.api_request import ApiAnswer, ApiRequest, refused
from feishu_simulator.faults import Disconnect, Faults
from feishu_simulator.limits import API_MINUTE, API_SECOND, CARD, CHAT, PATCH, Limit, Limits
from feishu_simulator.refusals import Refusal, rate_limited
from feishu_simulator.routes import Route, routes
from feishu_simulator.world import StoredFile, World

CALLS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it was answered; status 0 when the connection was closed instead."""

    api: str
    method: str
    path: str
    body: Mapping[str, Any]
    status: int
    code: int
    at: float
    log_id: str
    limit: str = ""
    # Its place among all calls, from 1 on.
    serial: int = 0
    # What was answered, as text; empty for files.
    answer: str = ""


class PlatformApi:
    """Thread safe. Sleeps and disconnects happen without the platform's lock."""

    def __init__(self, world: World, access: Access, faults: Faults) -> None:
        self._world = world
        self._access = access
        self._faults = faults
        self._messages = Messages(world, access)
        others = Others(world, access)
        self._routes = list(routes(self._messages, Reactions(world), Cards(world), others))
        self.limits = Limits()
        self.latency = 0.0
        self.enforce_limits = False
        self.calls: deque[Call] = deque(maxlen=CALLS)
        self.over_limit: deque[Call] = deque(maxlen=CALLS)
        self.refused: deque[Call] = deque(maxlen=CALLS)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.stopping = threading.Event()
        self._serials = itertools.count(1)

    def handle(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str],
        authorization: str,
        body: bytes | Mapping[str, Any],
        files: Mapping[str, StoredFile],
    ) -> ApiAnswer:
        """Answer one call. Raises Disconnect when the connection shall be closed instead."""
        log_id = f"{time.strftime('%Y%m%d%H%M%S')}{uuid.uuid4().hex[:18].upper()}"
        identity = {"X-Tt-Logid": log_id, "X-Request-Id": log_id}
        found = self._find(method, path)
        if found is None:
            return ApiAnswer(404, b"404 page not found", mime="text/plain", headers=identity)
        route, params = found
        trouble = self._faults.meet(route.api)
        if self.latency + trouble.seconds > 0:
            self.stopping.wait(self.latency + trouble.seconds)
        request: ApiRequest | None = None
        limit = ""
        with self._world.changing():
            try:
                request = ApiRequest(
                    api=route.api,
                    method=method,
                    path=path,
                    params=params,
                    query=query,
                    body=_body(body),
                    files=files,
                    authorization=authorization,
                )
                if trouble.refusal:
                    raise trouble.refusal
                if not trouble.disconnect:
                    if route.api != "token":
                        self._access.check(route.api, authorization)
                    limit = self._count(request)
                    answer = route.handler(request)
            except Refusal as exc:
                answer = refused(exc)
                limit = limit or getattr(exc, "limit", "")
            lost = trouble.disconnect or trouble.answer_lost
            self._record(
                Call(
                    api=route.api,
                    method=method,
                    path=path,
                    body=request.body if request else {},
                    status=0 if lost else answer.status,
                    code=0 if lost else answer.code,
                    at=time.monotonic(),
                    log_id=log_id,
                    limit=limit,
                    serial=next(self._serials),
                    answer="" if lost else _answer_text(answer),
                )
            )
        if lost:
            raise Disconnect
        headers = {**answer.headers, **identity}
        return ApiAnswer(answer.status, answer.body, answer.code, answer.mime, headers)

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route in self._routes:
            if route.method == method:
                match = route.pattern.fullmatch(path)
                if match:
                    return route, match.groupdict()
        return None

    def _count(self, request: ApiRequest) -> str:
        """The name of a limit this call broke. Raises Refusal when limits are enforced.

        429 with 99991400 is the gateway's limit per API; 230020 the IM service's per chat,
        message and card ("Rate limits of server APIs", "Send message").
        """
        now = self._world.clock()
        subjects = list(self._subjects(request))
        broken = self.limits.take(subjects, now, refuse=self.enforce_limits)
        if broken is None:
            return ""
        limit, wait = broken
        if self.enforce_limits:
            if limit in (API_SECOND, API_MINUTE):
                refusal = rate_limited(limit.calls, wait)
            else:
                refusal = Refusal(230020, "This operation triggers the frequency limit.")
            raise _Limited(refusal, limit)
        return limit.name

    def _subjects(self, request: ApiRequest) -> Iterator[tuple[Limit, str]]:
        yield API_SECOND, request.api
        yield API_MINUTE, request.api
        if "card_id" in request.params:
            yield CARD, request.params["card_id"]
        if request.api == "message.patch":
            yield PATCH, request.params["message_id"]
        if request.api == "message.reply":
            target = self._world.messages.get(request.params["message_id"])
            if target:
                yield CHAT, target.chat.chat_id
        if request.api == "message.create":
            yield CHAT, self._messages.receiver(request).chat_id

    def _record(self, call: Call) -> None:
        self.calls.append(call)
        self.counts[call.api, "calls"] += 1
        if call.code:
            self.refused.append(call)
            self.counts[call.api, "refused"] += 1
        if call.limit:
            self.over_limit.append(call)
            self.counts[call.api, "over_limit"] += 1


class _Limited(Refusal):
    def __init__(self, refusal: Refusal, limit: Limit) -> None:
        super().__init__(refusal.code, refusal.msg, status=refusal.status, headers=refusal.headers)
        self.limit = limit.name


def _answer_text(answer: ApiAnswer) -> str:
    return answer.body.decode() if answer.mime.startswith("application/json") else ""


def _body(body: bytes | Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(body, bytes):
        return dict(body)
    if not body:
        return {}
    try:
        parsed = json.loads(body)
    except ValueError as exc:
        raise Refusal(9499, "Bad Request: invalid JSON") from exc
    if not isinstance(parsed, dict):
        raise Refusal(9499, "Bad Request: not an object")
    return parsed
