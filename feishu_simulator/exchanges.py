"""The last requests to the model service with their answers, for people to look at.

Bounded: so many exchanges, characters and chunks. Keys never get in here.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from feishu_simulator.chunks import usage_of
from feishu_simulator.script import Piece, Script

KEPT = 100
# Of a single text, of a whole request, and of the chunks of an answer.
TEXT_CHARS = 40_000
REQUEST_CHARS = 200_000
CHUNKS = 2_000
# Pictures and files come as addresses with all of their data.
DATA_CHARS = 64
ERROR_CHARS = 4_000
HIDDEN = "•••"
# Headers whose values are shown; any other may hold a secret.
SHOWN_HEADERS = frozenset(
    ["accept", "accept-language", "content-length", "content-type", "host", "user-agent"]
)


@dataclass(slots=True, eq=False, kw_only=True)
class Exchange:
    """A request and what became of it; times are monotonic, in seconds.

    `sent` has, for each time something was written, how many chunks had gone by then. `usage` is
    what the client was told. `owner` is for who joins exchanges with messages.
    """

    number: int
    route: str
    at: float
    key: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""
    pieces: tuple[Piece, ...] = ()
    count: int = 0
    is_stream: bool = False
    ending: str = ""
    finish_reason: str | None = None
    status: int = 0
    error: str = ""
    sent: list[tuple[float, int]] = field(default_factory=list)
    ended_at: float | None = None
    client_left: bool = False
    estimate: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] | None = None
    owner: tuple[str, str] | None = None

    @property
    def answer(self) -> str:
        """The text of the answer as far as it has been sent, without reasoning."""
        done = self.sent[-1][1] if self.sent else 0
        return "".join(p.text for p in self.pieces[:done] if p.field == "content" and not p.raw)

    def take_script(self, script: Script, body: Mapping[str, Any], fault: str) -> None:
        """Note what is going to be answered."""
        self.fault = fault
        self.pieces, self.count = script.pieces[:CHUNKS], len(script.pieces)
        self.is_stream = bool(body.get("stream")) and script.body is None
        self.estimate = usage_of(script, body)
        self.status = script.status
        self.finish_reason = script.finish_reason
        self.ending = script.ending if script.opening == "normal" else script.opening

    def note_sent(self, chunks: int, at: float) -> None:
        """So many chunks have been written by now."""
        if len(self.sent) >= CHUNKS:
            self.sent.pop()
        self.sent.append((at, chunks))


class Exchanges:
    """Thread safe; each exchange is written by the thread that answers it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Exchange] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._changes = 0

    @property
    def changes(self) -> int:
        """Grows with every begin and end."""
        return self._changes

    def all(self) -> list[Exchange]:
        """Oldest first."""
        with self._lock:
            return list(self._kept)

    def find(self, number: int) -> Exchange | None:
        """The exchange of that number, while it is kept."""
        return next((one for one in self.all() if one.number == number), None)

    def begin(self, route: str, headers: Mapping[str, str], key: str) -> Exchange:
        """A request has come."""
        shown = {
            name: value if name.lower() in SHOWN_HEADERS else HIDDEN
            for name, value in headers.items()
            if name.lower() not in ("authorization", "cookie", "proxy-authorization")
        }
        with self._lock:
            exchange = Exchange(
                number=next(self._numbers),
                route=route,
                at=time.monotonic(),
                key=masked_key(key),
                headers=shown,
            )
            self._kept.append(exchange)
            self._changes += 1
        return exchange

    def end(self, exchange: Exchange, *, client_left: bool = False) -> None:
        """The answer is over; with *client_left* the client closed the connection."""
        with self._lock:
            exchange.ended_at = exchange.ended_at or time.monotonic()
            exchange.client_left = exchange.client_left or client_left
            self._changes += 1


def masked_key(key: str) -> str:
    """Enough of a key to tell it from others."""
    return f"{key[:3]}…{key[-3:]}" if len(key) > 12 else HIDDEN * bool(key)


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with each secret masked."""
    for secret in filter(None, secrets):
        text = text.replace(secret, masked_key(secret))
    return text


def shown_body(body: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """A copy within the limits, without the secrets; what was cut ends in an ellipsis."""
    return _Copier([one for one in secrets if one]).object(body)


class _Copier:
    def __init__(self, secrets: list[str]) -> None:
        self._secrets = secrets
        self._left = REQUEST_CHARS

    def object(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        for name, inner in value.items():
            if self._left <= 0:
                copy["…"] = len(value) - len(copy)
                break
            copy[self._text(str(name))] = self._copy(inner)
        return copy

    def _copy(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return self.object(value)
        if isinstance(value, list):
            copies: list[Any] = []
            for inner in value:
                if self._left <= 0:
                    copies.append(f"… {len(value) - len(copies)}")
                    break
                copies.append(self._copy(inner))
            return copies
        self._left -= 8
        return value

    def _text(self, text: str) -> str:
        most = DATA_CHARS if text.startswith("data:") else min(TEXT_CHARS, max(self._left, 0))
        shown = text if len(text) <= most else f"{text[:most]}… ({len(text)})"
        shown = masked(shown, self._secrets)
        self._left -= len(shown)
        return shown
