"""Scripts for the gateway: the pieces of an answer, their pace and their faults."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

# The end of a stream. "cut" closes the connection inside a chunk, "reset" sends RST there,
# "no_done" ends the body cleanly without [DONE], "silence" keeps it open and sends nothing.
Ending = Literal["done", "no_done", "cut", "reset", "silence"]
# Where the reason of the end stands: in a chunk of its own, or in every chunk.
Finish = Literal["last", "every"]
# Before the status line: nothing unusual, a closed connection, or silence without end.
Opening = Literal["normal", "hang_up", "silence"]
Field = Literal["content", "reasoning_content", "reasoning"]
# Where a picture stands: beside the text, as a part of the content, or in the text as a data URL.
PictureForm = Literal["images", "parts", "markdown"]

_TOKEN = re.compile(r"\s*[⺀-鿿＀-￯]{1,2}|\s*[^\s⺀-鿿＀-￯]{1,6}|\s+")
# Characters of a data URL in one chunk.
_PICTURE_PIECE = 1_000
PING = b": PING\n\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk; `raw` is sent as it is, without the JSON of a chunk.

    `pictures` are the addresses of those that come with it, in `images` as OpenRouter gives them.
    """

    text: str = ""
    field: Field = "content"
    raw: bytes = b""
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """An answer of the gateway. A delay of None means the gateway's default.

    With `body` it is a plain HTTP answer in place of a stream.
    """

    pieces: tuple[Piece, ...] = ()
    first: float | None = None
    between: float | None = None
    usage: Mapping[str, Any] | None = None
    finish_reason: str | None = "stop"
    finish: Finish = "last"
    ending: Ending = "done"
    opening: Opening = "normal"
    status: int = 200
    body: bytes | None = None
    mime: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """The whole answer, without reasoning."""
        return "".join(p.text for p in self.pieces if p.field == "content" and not p.raw)

    def but(self, **changes: Any) -> Script:
        """The same script with other values."""
        return replace(self, **changes)

    @classmethod
    def text(
        cls, text: str, *, first: float | None = None, between: float | None = None, **more: Any
    ) -> Script:
        """An answer streamed token by token."""
        pieces = tuple(Piece(part) for part in tokens(text))
        return cls(pieces=pieces, first=first, between=between, **more)

    @classmethod
    def chunks(cls, texts: Iterable[str], **more: Any) -> Script:
        """An answer in exactly these chunks."""
        return cls(pieces=tuple(Piece(text) for text in texts), **more)

    @classmethod
    def thinking(
        cls, thought: str, text: str, *, field: Field = "reasoning_content", **more: Any
    ) -> Script:
        """Reasoning first, then the answer."""
        thoughts = tuple(Piece(part, field) for part in tokens(thought))
        return cls(pieces=thoughts + tuple(Piece(part) for part in tokens(text)), **more)

    @classmethod
    def think_tags(cls, thought: str, text: str, **more: Any) -> Script:
        """Reasoning inside the content, between <think> tags."""
        return cls.text(f"<think>\n{thought}\n</think>\n{text}", **more)

    @classmethod
    def drawing(
        cls, text: str, picture: bytes, *, form: PictureForm = "images", **more: Any
    ) -> Script:
        """An answer with a PNG at its end, in one of the forms that gateways give it."""
        url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        pieces = tuple(Piece(part) for part in tokens(text))
        match form:
            case "images":
                pieces += (Piece(pictures=(url,)),)
            case "markdown":
                shown = f"\n\n![image]({url})"
                starts = range(0, len(shown), _PICTURE_PIECE)
                pieces += tuple(Piece(shown[at : at + _PICTURE_PIECE]) for at in starts)
            case "parts":
                part = {"type": "image_url", "image_url": {"url": url}}
                chunk = {"choices": [{"index": 0, "delta": {"content": [part]}}]}
                pieces += (Piece(raw=b"data: %b\n\n" % json.dumps(chunk).encode()),)
        return cls(pieces=pieces, **more)

    @classmethod
    def raw(cls, *lines: bytes, after: str = "", ending: Ending = "no_done") -> Script:
        """Raw bytes of the event stream, after some ordinary text."""
        pieces = tuple(Piece(part) for part in tokens(after))
        pieces += tuple(Piece(raw=line) for line in lines)
        return cls(pieces=pieces, finish_reason=None, ending=ending)

    @classmethod
    def answer(
        cls, status: int, body: bytes | str | Mapping[str, Any], *, mime: str = "", **more: Any
    ) -> Script:
        """A plain HTTP answer in place of a stream."""
        if isinstance(body, Mapping):
            body, mime = json.dumps(body, ensure_ascii=False), mime or "application/json"
        data = body.encode() if isinstance(body, str) else body
        return cls(status=status, body=data, mime=mime or "text/plain; charset=utf-8", **more)


def tokens(text: str) -> list[str]:
    """The text in pieces about as long as a model's tokens."""
    return _TOKEN.findall(text)
