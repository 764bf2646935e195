"""Log lines with fields: `name=value` words for a terminal, one JSON object a line otherwise.

    logger = get_logger(__name__)
    with bind(event_id="ev_1"):
        logger.info("answer", outcome="answered", total_ms=812)

What is bound belongs to every line of the thread until the block ends. A pool gets it with
`contextvars.copy_context().run`.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, TextIO
from urllib.parse import quote

from typing_extensions import override

# Libraries that log every request, and the SDK's own handler that doubles every line.
QUIET = ("httpx", "httpx2", "httpcore", "httpcore2", "openai", "urllib3", "werkzeug", "alembic")
# They bring handlers of their own, whose lines would be neither masked nor escaped.
_WITH_HANDLERS = ("gunicorn.error", "gunicorn.access")
# What `Logger.info` and its like take themselves; every other keyword is a field.
_OPTIONS = frozenset({"exc_info", "stack_info", "stacklevel", "extra"})
# Left alone by `json.dumps`, but for some programs they end a line or control the terminal, and
# half a surrogate pair can't be written at all.
_RAW = r"\x7f-\x9f\u2028\u2029\ud800-\udfff"
_UNESCAPED = re.compile(f"[{_RAW}]")
# Anything else could pass for another field, or for another line.
_BARE = re.compile(rf"[^\s=\"'\x00-\x1f{_RAW}]+\Z")

# Where a text may have lines of its own.
_UNESCAPED_LINES = re.compile(rf"[\x00-\x09\x0b-\x1f{_RAW}]")
_ESCAPED = re.compile(rf"[\x00-\x1f{_RAW}]")
# Keys that nobody told us of: those of model services, and the tokens that Feishu gives out.
_KEYS = re.compile(r"\bsk-[\w#*-]{8,}|(?<=Bearer )[^\s\"'\\]{8,}|\b[tua]-[\w.-]{30,}")
_KEY_MARKS = ("sk-", "Bearer ", "t-", "u-", "a-")
_HIDDEN = "***"
_TRACEBACK_LINES = frozenset(
    {
        "Traceback (most recent call last):",
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    }
)

_bound: ContextVar[Mapping[str, object]] = ContextVar("bound")


class FieldLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger whose methods take fields by keyword."""

    @override
    def process(
        self, msg: object, kwargs: MutableMapping[str, Any]
    ) -> tuple[object, MutableMapping[str, Any]]:
        """Keep the fields of a call, after those that are bound, with its record."""
        fields = {name: value for name, value in kwargs.items() if name not in _OPTIONS}
        options = {name: value for name, value in kwargs.items() if name in _OPTIONS}
        return msg, {**options, "extra": {"fields": {**_bound.get({}), **fields}}}

    def failure(self, message: str, exc: BaseException, **fields: object) -> None:
        """Tell of an exception: with its traceback, unless it says itself that it is known."""
        if getattr(exc, "is_known", False):
            self.warning(message, error=str(exc), **fields)  # type: ignore[arg-type]
        else:
            self.error(message, exc_info=exc, **fields)  # type: ignore[arg-type]


def get_logger(name: str) -> FieldLogger:
    """The logger of a module."""
    return FieldLogger(logging.getLogger(name))


def get_limited_logger(name: str) -> LimitedLogger:
    """The logger of a module for what strangers or outages may cause thousands of times."""
    return LimitedLogger(logging.getLogger(name))


@contextmanager
def bind(**fields: object) -> Iterator[None]:
    """Inside the block every line of this thread has these fields."""
    token = _bound.set({**_bound.get({}), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


class SecretMask:
    """Puts `***` in place of each secret, in whatever form it is written, and of what looks like
    a key. Every line of the log passes through it.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in (secret, quote(secret, safe=""))}
        for _ in range(2):
            # Quoted, and quoted again where that stands in a field.
            forms |= {form for known in forms for form in _quoted(known)}
        # One may be a part of another.
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            if form in text:
                text = text.replace(form, _HIDDEN)
        if any(mark in text for mark in _KEY_MARKS):
            text = _KEYS.sub(_HIDDEN, text)
        return text


def _quoted(text: str) -> tuple[str, ...]:
    dumped = (json.dumps(text, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    return (*dumped, repr(text)[1:-1])


class LimitedLogger:
    """Warns of what strangers cause: a few lines a minute, and how many were left out."""

    def __init__(
        self,
        logger: logging.Logger,
        *,
        lines: int = 5,
        seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logger = FieldLogger(logger)
        self._lines = lines
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._begun = -math.inf
        self._written = 0
        self._left_out = 0

    def warning(self, message: str, **fields: object) -> None:
        """Log it, unless there were too many in this minute."""
        with self._lock:
            if self._clock() - self._begun >= self._seconds:
                self._begun, self._written = self._clock(), 0
            if self._written >= self._lines:
                self._left_out += 1
                return
            self._written += 1
            left_out, self._left_out = self._left_out, 0
        if left_out:
            fields["left_out_before"] = left_out
        self._logger.warning(message, **fields)  # type: ignore[arg-type]


class TextFormatter(logging.Formatter):
    """A record as a line for people: the message, then `name=value` for each field."""

    def __init__(self, mask: SecretMask | None = None) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._mask = mask or SecretMask()

    @override
    def format(self, record: logging.LogRecord) -> str:
        """The line, and its traceback below it."""
        return self._mask(super().format(record))

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without its traceback."""
        words = (f"{name}={_word(value)}" for name, value in _fields(record).items())
        return " ".join((_escape(_ESCAPED, super().formatMessage(record)), *words))

    @override
    def formatException(self, ei: Any) -> str:
        """The traceback. Further lines of an exception's text don't stand where a line begins."""
        heads = set(_TRACEBACK_LINES)
        exc = ei[1]
        while exc is not None:
            heads.add(traceback.format_exception_only(exc)[-1].partition("\n")[0])
            exc = exc.__cause__ or exc.__context__
        lines = super().formatException(ei).split("\n")
        kept = (line if line in heads or line[:1] in ("", " ") else f"    {line}" for line in lines)
        return _escape(_UNESCAPED_LINES, "\n".join(kept))


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; each field is a member of its own."""

    def __init__(self, mask: SecretMask | None = None) -> None:
        super().__init__()
        self._mask = mask or SecretMask()

    @override
    def format(self, record: logging.LogRecord) -> str:
        """The line, with a traceback as a member."""
        line: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name, value in _fields(record).items():
            line.setdefault(name, value)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return self._mask(_dumps(line))


def configure(
    level: str,
    style: Literal["auto", "text", "json"] = "auto",
    stream: TextIO = sys.stderr,
    *,
    secrets: Iterable[str] = (),
) -> None:
    """Send everything to `stream`; "auto" is text for a terminal and JSON otherwise.

    No line shows one of the `secrets`.
    """
    handler = logging.StreamHandler(stream)
    is_json = style == "json" or (style == "auto" and not stream.isatty())
    mask = SecretMask(secrets)
    handler.setFormatter(JsonFormatter(mask) if is_json else TextFormatter(mask))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _WITH_HANDLERS:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # The SDK brings a handler of its own; at DEBUG it would log bodies and headers.
    sdk = logging.getLogger("Lark")
    sdk.handlers.clear()
    sdk.setLevel(logging.WARNING)


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    fields: Mapping[str, object] = getattr(record, "fields", {})
    return fields


def _word(value: object) -> str:
    """A value that can't be taken for anything but one value on one line."""
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if _BARE.match(text) else _dumps(text)


def _dumps(value: object) -> str:
    """One line of JSON. What is printable stays as it is."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _escape(_UNESCAPED, text)


def _escape(characters: re.Pattern[str], text: str) -> str:
    return characters.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
