"""Log lines: key=value words for a terminal, one JSON object a line otherwise."""

from __future__ import annotations

import json
import logging
import sys
from typing import Literal, TextIO

# Libraries that log every request, and the SDK's own handler that doubles every line.
QUIET = ("httpx", "httpx2", "httpcore", "openai", "werkzeug", "alembic")


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(
    level: str, style: Literal["auto", "text", "json"] = "auto", stream: TextIO = sys.stderr
) -> None:
    """Send everything to `stream`; "auto" is text for a terminal and JSON otherwise."""
    handler = logging.StreamHandler(stream)
    if style == "json" or (style == "auto" and not stream.isatty()):
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # The SDK brings a handler of its own; at DEBUG it would log bodies and headers.
    sdk = logging.getLogger("Lark")
    sdk.handlers.clear()
    sdk.setLevel(logging.WARNING)
