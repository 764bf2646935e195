"""Takes pictures out of a streamed text, where they stand in it as data URLs.

Some gateways give the pictures of a model in its text: `![…](data:image/png;base64,…)`, whole or
in pieces of any length. The base64 is gathered here, up to a limit, and goes no further; in its
place the text gets a short name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Final

from feishu_bot.core.chat_model import PictureDelta

# "Upload an image": 10 MB. A larger one is let go of while it comes.
LARGEST_PICTURE: Final = 10_000_000
_LARGEST_BASE64 = LARGEST_PICTURE * 4 // 3 + 4
# Characters: what is shorter is an example of a data URL, as people ask about, and no picture.
_SHORTEST = 256
# Data URLs that are wrapped in something else than Markdown are made a picture of it.
_TARGET_MARK = "]("

_HEADER = re.compile(
    r"data:([\w.+-]{1,40}/[\w.+-]{1,60})?(?:;[\w=.+-]{1,60}){0,4};base64,", re.ASCII
)
# The beginning of one, at the end of a piece; not within a word.
_MAY_BEGIN = re.compile(r"(?<![a-zA-Z0-9])d(?:a(?:t(?:a(?::[\w.+/;=-]{0,200})?)?)?)?\Z", re.ASCII)
_PAYLOAD = re.compile(r"[A-Za-z0-9+/_-]*={0,2}", re.ASCII)


class DataUrlReader:
    """Reads one answer. `take` gives the pictures that the text read so far names."""

    def __init__(self) -> None:
        self._held = ""
        self._last = ""  # what was given out last, as far as it matters
        self._payload: _Payload | None = None
        self._found: list[PictureDelta] = []
        self._known: set[str] = set()

    @property
    def is_within(self) -> bool:
        """Whether the text breaks off within a picture, as far as is known."""
        return self._payload is not None

    def take(self) -> list[PictureDelta]:
        """The pictures that were found since."""
        if not self._found:
            return self._found
        found, self._found = self._found, []
        return found

    def feed(self, text: str, *, is_last: bool = False) -> str:
        """The text with names in place of pictures; what may be one is held, unless it `is_last`.

        The same picture has the same name, so that a text that comes once more stays the same.
        """
        if self._is_plain(text, is_last=is_last):
            self._last = text[-2:] if len(text) > 1 else (self._last + text)[-2:]
            return text
        written: list[str] = []
        text, self._held = self._held + text, ""
        while text or (is_last and self._payload):
            if self._payload is not None:
                text = self._read_payload(text, written, is_last=is_last)
                continue
            header = _HEADER.search(text)
            if header is None:
                self._hold(text, written, is_last=is_last)
                break
            self._write(text[: header.start()], written)
            self._payload = _Payload(header[0], header[1] or "")
            text = text[header.end() :]
        return "".join(written)

    def named(self, address: str) -> str:
        """What names a picture that came beside the text, by its address; empty for one known."""
        if address.startswith("data:"):
            header = _HEADER.match(address)
            payload = _Payload(header[0], header[1] or "") if header else _Payload("", "")
            payload.add(address[header.end() :] if header else "")
            picture = payload.picture()
        else:
            target = re.sub(r"[\s<>()\\]", lambda found: f"%{ord(found[0]):02X}", address)
            picture = PictureDelta(target=target, url=address)
        if picture.target in self._known:
            return ""
        self._note(picture)
        return f"![]({picture.target})"

    def _is_plain(self, text: str, *, is_last: bool) -> bool:
        """Whether nothing begins or ends in this piece, as in almost all of them."""
        if self._payload is not None or self._held or "data:" in text:
            return False
        return is_last or "d" not in text or _MAY_BEGIN.search(text) is None

    def _read_payload(self, text: str, written: list[str], *, is_last: bool) -> str:
        """What follows the payload; nothing while it may go on."""
        payload = self._payload
        assert payload is not None
        found = _PAYLOAD.match(text)
        end = found.end() if found else 0
        payload.add(text[:end])
        if end == len(text) and not is_last:
            return ""
        self._payload = None
        if payload.is_example:
            self._write(payload.header + payload.text, written)
        elif not payload.is_picture:
            self._write(f"data:{payload.media_type};base64,…", written)
        else:
            picture = payload.picture()
            self._note(picture)
            is_target = self._last.endswith(_TARGET_MARK)
            self._write(picture.target if is_target else f"![]({picture.target})", written)
        return text[end:]

    def _hold(self, text: str, written: list[str], *, is_last: bool) -> None:
        found = None if is_last else _MAY_BEGIN.search(text)
        is_word = bool(found and not found.start() and self._last[-1:].isalnum())
        if found and not is_word:
            self._held, text = text[found.start() :], text[: found.start()]
        self._write(text, written)

    def _write(self, text: str, written: list[str]) -> None:
        if text:
            self._last = (self._last + text[-2:])[-2:]
            written.append(text)

    def _note(self, picture: PictureDelta) -> None:
        if picture.target not in self._known:
            self._known.add(picture.target)
            self._found.append(picture)


class _Payload:
    """The base64 of one data URL."""

    def __init__(self, header: str, media_type: str) -> None:
        self.header = header
        self.media_type = media_type
        self._pieces: list[str] = []
        self._size = 0

    def add(self, piece: str) -> None:
        self._size += len(piece)
        if self._size <= _LARGEST_BASE64:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    @property
    def is_example(self) -> bool:
        return self._size < _SHORTEST

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def picture(self) -> PictureDelta:
        """The picture; without data where it is too large, or no base64."""
        encoded = self.text.rstrip("=").replace("-", "+").replace("_", "/")
        data = b""
        if encoded:
            try:
                data = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
            except binascii.Error:
                data = b""
        digest = hashlib.sha256(data or str(self._size).encode()).hexdigest()
        return PictureDelta(target=f"picture:{digest[:12]}", data=data)
