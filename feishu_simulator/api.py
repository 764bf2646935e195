"""The platform's API: routing, faults, access and limits, and a record of every call."""

from __future__ import annotations

import itertools
import json
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from feishu_simulator.access import Access
from feishu_simulator.api_app_info import AppInfoApi
from feishu_simulator.api_application import ApplicationApi
from feishu_simulator.api_cards import CardApi
from feishu_simulator.api_directory import DirectoryApi
from feishu_simulator.api_files import FileApi
from feishu_simulator.api_messages import MessageApi
from feishu_simulator.api_reactions import ReactionApi
from feishu_simulator.api_request import ApiAnswer, ApiRequest, refusal_answer
from feishu_simulator.api_resources import ResourceApi
from feishu_simulator.developer_app import DeveloperApp
from feishu_simulator.faults import Disconnect, Fault, Faults
from feishu_simulator.limits import API_MINUTE, API_SECOND, CARD, CHAT, PATCH, Limit, Limits
from feishu_simulator.refusals import Refusal, rate_limited
from feishu_simulator.routes import Route, routes
from feishu_simulator.state import PlatformState, StoredFile

CALLS = 20_000
_NONE = ApiAnswer(0, b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call and its answer; status 0 when the connection was closed instead.

    `serial` numbers all calls from 1 on. `answer` is the body, empty for files. `limit` names the
    rate limit the call exceeded. `at` is monotonic, in seconds.
    """

    api: str
    method: str
    path: str
    body: Mapping[str, Any]
    status: int
    code: int
    at: float
    log_id: str
    limit: str = ""
    serial: int = 0
    answer: str = ""


class PlatformApi:
    """Thread safe. Sleeps and disconnects happen without the platform's lock."""

    def __init__(
        self, state: PlatformState, access: Access, faults: Faults, app: DeveloperApp
    ) -> None:
        self._state = state
        self._access = access
        self._faults = faults
        self._app = app
        self._messages = MessageApi(state, access)
        self._routes = list(
            routes(
                self._messages,
                ReactionApi(state),
                CardApi(state),
                DirectoryApi(state, access, app),
                app_info=AppInfoApi(state, access, app),
                application=ApplicationApi(state, app),
                files=FileApi(state),
                resources=ResourceApi(state),
            )
        )
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
        """Answer one call. Raises Disconnect where the connection is to be closed instead."""
        log_id = f"{time.strftime('%Y%m%d%H%M%S')}{uuid.uuid4().hex[:18].upper()}"
        identity = {"X-Tt-Logid": log_id, "X-Request-Id": log_id}
        identity["Date"] = self._app.admission.date()
        found = self._find(method, path)
        # [field] The configuration API is not on Lark's public pages.
        is_absent = self._app.brand == "lark" and "/application/v7/" in path
        if found is None or is_absent:
            return ApiAnswer(404, b"404 page not found", mime="text/plain", headers=identity)
        route, params = found
        fault = self._faults.next_fault(route.api)
        if self.latency + fault.seconds > 0:
            self.stopping.wait(self.latency + fault.seconds)
        parsed: Mapping[str, Any] = {}
        limit = ""
        with self._state.change():
            try:
                parsed = _parse(body)
                request = ApiRequest(
                    api=route.api,
                    method=method,
                    path=path,
                    params=params,
                    query=query,
                    body=parsed,
                    files=files,
                    authorization=authorization,
                )
                limit = self._admit(request, fault)
                answer = _NONE if fault.disconnect else route.handler(request)
                if fault.garbled is not None:
                    answer = replace(answer, body=fault.garbled)
            except Refusal as exc:
                answer = refusal_answer(exc)
                limit = exc.limit if isinstance(exc, _Limited) else limit
            lost = fault.disconnect or fault.answer_lost
            self._record(
                Call(
                    api=route.api,
                    method=method,
                    path=path,
                    body=parsed,
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
        return replace(answer, headers={**answer.headers, **identity})

    def _admit(self, request: ApiRequest, fault: Fault) -> str:
        """The name of the limit the call exceeds, if any. Raises Refusal for a fault or access."""
        if fault.refusal:
            raise fault.refusal
        if fault.disconnect:
            return ""
        if request.api != "token":
            self._app.admission.check()
            self._access.check(request.api, request.authorization)
            self._check_availability(request)
        return self._count(request)

    def _check_availability(self, request: ApiRequest) -> None:
        """Raises Refusal where the bot may not write: it is off, or the person doesn't see it."""
        if request.api not in ("message.create", "message.reply"):
            return
        if not self._app.has_bot:
            raise Refusal(230006, "Bot ability is not activated.")
        visible = self._app.visible_to
        if visible is None:
            return
        if request.api == "message.create":
            chat = self._messages.receiver(request)
        else:
            target = self._state.messages.get(request.params["message_id"])
            if target is None:
                return
            chat = target.chat
        if chat.is_private and not visible & {person.open_id for person in chat.people}:
            raise Refusal(230013, "Bot has NO availability to this user.")

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route in self._routes:
            if route.method == method:
                match = route.pattern.fullmatch(path)
                if match:
                    return route, match.groupdict()
        return None

    def _count(self, request: ApiRequest) -> str:
        """The name of the limit this call exceeds. Raises _Limited when limits are enforced.

        429 with 99991400 is the gateway's limit per API; 230020 is the IM service's per chat,
        message and card ("Rate limits of server APIs", "Send message").
        """
        now = self._state.clock()
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
            target = self._state.messages.get(request.params["message_id"])
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
    is_file = "Content-Disposition" in answer.headers
    is_json = answer.mime.startswith("application/json")
    return answer.body.decode() if is_json and not is_file else ""


def _parse(body: bytes | Mapping[str, Any]) -> dict[str, Any]:
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
