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
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, TextIO

from typing_extensions import override

# Libraries that log every request, and the SDK's own handler that doubles every line.
QUIET = ("httpx", "httpx2", "httpcore", "openai", "werkzeug", "alembic")
# What `Logger.info` and its like take themselves; every other keyword is a field.
_OPTIONS = frozenset({"exc_info", "stack_info", "stacklevel", "extra"})
# Left alone by `json.dumps`, but for some programs they end a line or control the terminal, and
# half a surrogate pair can't be written at all.
_RAW = r"\x7f-\x9f\u2028\u2029\ud800-\udfff"
_UNESCAPED = re.compile(f"[{_RAW}]")
# Anything else could pass for another field, or for another line.
_BARE = re.compile(rf"[^\s=\"'\x00-\x1f{_RAW}]+\Z")

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


def get_logger(name: str) -> FieldLogger:
    """The logger of a module."""
    return FieldLogger(logging.getLogger(name))


@contextmanager
def bind(**fields: object) -> Iterator[None]:
    """Inside the block every line of this thread has these fields."""
    token = _bound.set({**_bound.get({}), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


class TextFormatter(logging.Formatter):
    """A record as a line for people: the message, then `name=value` for each field."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without its traceback."""
        words = (f"{name}={_word(value)}" for name, value in _fields(record).items())
        return " ".join((super().formatMessage(record), *words))


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; each field is a member of its own."""

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
        return _dumps(line)


def configure(
    level: str, style: Literal["auto", "text", "json"] = "auto", stream: TextIO = sys.stderr
) -> None:
    """Send everything to `stream`; "auto" is text for a terminal and JSON otherwise."""
    handler = logging.StreamHandler(stream)
    is_json = style == "json" or (style == "auto" and not stream.isatty())
    handler.setFormatter(JsonFormatter() if is_json else TextFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
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
    return _UNESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
