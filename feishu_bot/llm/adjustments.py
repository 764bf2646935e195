"""Changes to a request that a model needs, learnt from its refusals."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.llm.error_kinds import ModelErrorKind

MAX_MODELS = 1_000
# For services that can't do without the field; a long answer fits.
MAX_TOKENS = 8_192

Body = dict[str, Any]

# The kinds that an error about one field of the request can have.
SUSPECT = frozenset(
    {
        ModelErrorKind.BAD_REQUEST,
        ModelErrorKind.UPSTREAM_FAILED,
        ModelErrorKind.GATEWAY_FAILED,
        ModelErrorKind.MODEL_UNAVAILABLE,
        ModelErrorKind.MODEL_NOT_CHAT,
        ModelErrorKind.MODEL_NOT_ALLOWED,
        ModelErrorKind.ACCESS_REFUSED,
        ModelErrorKind.ACCOUNT_BANNED,
        ModelErrorKind.CONTEXT_TOO_LONG,
        ModelErrorKind.ENDPOINT_MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`apply` changes a request for which `concerns` is true; `blame` finds a refusal of it.

    `key` is what is remembered for a model: a temperature that it rejects is not any other.
    """

    name: str
    blame: re.Pattern[str]
    concerns: Callable[[Body], bool]
    apply: Callable[[Body], Body]
    key: Callable[[Body], Hashable] = lambda body: None


def without_system(body: Body) -> Body:
    """The request with the instructions at the head of its first question."""
    system = [m["content"] for m in body["messages"] if m["role"] == "system"]
    rest = [dict(m) for m in body["messages"] if m["role"] != "system"]
    first = next((m for m in rest if m["role"] == "user"), None)
    if first is None:
        return {**body, "messages": [{"role": "user", "content": "\n\n".join(system)}, *rest]}
    content = first["content"]
    if isinstance(content, str):
        first["content"] = "\n\n".join([*system, content])
    else:
        first["content"] = [{"type": "text", "text": "\n\n".join(system)}, *content]
    return {**body, "messages": rest}


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)


def _without(*names: str) -> Callable[[Body], Body]:
    return lambda body: {name: value for name, value in body.items() if name not in names}


def _has_system(body: Body) -> bool:
    return any(message["role"] == "system" for message in body["messages"])


ADJUSTMENTS: tuple[Adjustment, ...] = (
    Adjustment(
        "no stream_options",
        _any_of(r"stream.?options|include.?usage"),
        lambda body: "stream_options" in body,
        _without("stream_options"),
    ),
    Adjustment(
        "no temperature",
        _any_of(r"(?<![a-z])temperature(?![a-z])|温度"),
        lambda body: "temperature" in body,
        _without("temperature"),
        lambda body: body.get("temperature"),
    ),
    Adjustment(
        "max_completion_tokens",
        # OpenAI's newer models have the limit under another name.
        _any_of(
            r"max_completion_tokens",
            r"max_tokens['\"`]?.{0,40}(not|n't|un)\s?(support|allow|recogni[sz]ed|permitted)",
            r"(unsupported|unknown|unrecogni[sz]ed|不支持).{0,40}max_tokens",
        ),
        lambda body: "max_tokens" in body,
        lambda body: {
            **_without("max_tokens")(body),
            "max_completion_tokens": body["max_tokens"],
        },
    ),
    Adjustment(
        "no system role",
        _any_of(
            r"(system|developer).{0,40}(role|message|prompt|instruction)",
            r"\bsystem\b.{0,30}(not|n't|un) ?support",
            r"roles?\b.{0,80}\b(system|developer)\b|(system|developer)['\"`]? is not one of",
            r"messages?\W{0,2}(\[?\.?0\]?)?\W{0,2}role|roles? must (alternate|be)",
            r"(only|first).{0,30}(user|assistant).{0,30}roles?|first (message|role).{0,40}user",
            r"(系统|system|角色|role).{0,20}(不支持|无效|不合法|错误|必须)|不支持.{0,12}(系统"
            r"|system|角色|role)",
        ),
        _has_system,
        without_system,
    ),
    Adjustment(
        "no stream",
        _any_of(
            r"(verified|not|n't|un|不)\s?(support\w*|allow\w*|available|be used|able|支持)?.{0,30}"
            r"(to )?\bstream(ing|ed)?\b(?!.?options)",
            r"\bstream(ing)?\b['\"`]?(?!.?options).{0,40}(not|n't|un)\s?"
            r"(support|allow|available|enabled)|不支持流|流式.{0,10}不(支持|可用)",
        ),
        lambda body: bool(body.get("stream")),
        lambda body: {**_without("stream_options")(body), "stream": False},
    ),
    Adjustment(
        "max_tokens",
        _any_of(
            r"max_tokens.{0,40}(required|missing|necessary|must be (set|provided|specified)|必填"
            r"|必须|不能为空)",
            r"(require|missing|provide|specify|缺少)\w*.{0,40}max_tokens",
        ),
        lambda body: not {"max_tokens", "max_completion_tokens"} & body.keys(),
        lambda body: {**body, "max_tokens": MAX_TOKENS},
    ),
)


def adjusted(body: Body, kind: str, said: str) -> Body | None:
    """The request as its refusal asks for it; None when that can't be helped."""
    if kind not in SUSPECT:
        return None
    for adjustment in ADJUSTMENTS:
        if adjustment.concerns(body) and adjustment.blame.search(said):
            return adjustment.apply(body)
    return None


def blames_form(kind: str, said: str) -> bool:
    """Whether a refusal is about the form of the request, though all was done that it asks for."""
    is_plain = kind == ModelErrorKind.BAD_REQUEST
    return is_plain and any(adjustment.blame.search(said) for adjustment in ADJUSTMENTS)


class Adjustments:
    """What models have refused, the last thousand of them. Thread safe."""

    def __init__(self, most: int = MAX_MODELS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str, Hashable], None] = OrderedDict()

    def note(self, whole: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
        """Remember what it took for the model to take the request."""
        body = dict(whole)
        with self._lock:
            for adjustment in ADJUSTMENTS:
                # What is not in the request that was taken is what had to go.
                if adjustment.concerns(body) and not adjustment.concerns(dict(taken)):
                    self._known[body["model"], adjustment.name, adjustment.key(body)] = None
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def applied(self, body: Body) -> Body:
        """The request without what its model is known to reject."""
        with self._lock:
            wanted = [
                adjustment
                for adjustment in ADJUSTMENTS
                if (body["model"], adjustment.name, adjustment.key(body)) in self._known
            ]
        for adjustment in wanted:
            if adjustment.concerns(body):
                body = adjustment.apply(body)
        return body
