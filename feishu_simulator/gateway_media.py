"""The gateway's pictures and voices: made for real, and told of truthfully."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from feishu_simulator import png_pixels
from feishu_simulator.drawn_sizes import drawn_size
from feishu_simulator.ogg_voice import milliseconds_of, ogg_opus
from feishu_simulator.picture_colours import NAMES, main_colours
from feishu_simulator.picture_sizes import picture_facts
from feishu_simulator.png_pixels import Colour
from feishu_simulator.script import Script
from feishu_simulator.state import StoredFile

REQUESTS = 1_000
PICTURES = 100
PICTURE_PATH = "/pictures/"
# "Create image edit", "Create speech", "Create transcription".
MOST_PICTURES = 16
MOST_CHARACTERS = 4_096
# Services refuse what their filter finds; here it looks for these words.
_FORBIDDEN = re.compile(r"暴力|血腥|色情|\b(violence|gore|porn)\b", re.IGNORECASE)
SAFETY_REFUSAL = (
    "Your request was rejected by the safety system. If you believe this is an error, contact us "
    "at help.openai.com and include the request ID."
)
# It edits where it draws.
_SEEDREAM = re.compile(r"seedream", re.IGNORECASE)
# The fields of older models, which newer ones don't know.
_GONE = ("response_format", "style")
# What a file is, goes by its name alone.
_HEARD = re.compile(r"\.(flac|mp3|mp4|mpeg|mpga|m4a|ogg|wav|webm)$", re.IGNORECASE)
_CJK = re.compile(r"[⺀-鿿]")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRequest:
    """A request as received: its address without /v1, its fields, and its files in order."""

    route: str
    fields: Mapping[str, Any]
    files: tuple[StoredFile, ...]
    key: str
    at: float


class Refused(Exception):
    """A request that the service refuses, with its status and an error of OpenAI's shape."""

    def __init__(self, message: str, *, code: str = "", param: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.error = {
            "message": message,
            "type": "invalid_request_error",
            "param": param or None,
            "code": code or None,
        }


@dataclass(slots=True)
class GatewayMedia:
    """Thread safe. `seconds` is the time that each route takes, by its name.

    With `gives_addresses` pictures come by their address, as some services give them. The words
    of a recording are `heard`; by default its length is told, which is all that can be known.
    """

    requests: deque[MediaRequest] = field(default_factory=lambda: deque(maxlen=REQUESTS))
    seconds: dict[str, float] = field(default_factory=dict)
    gives_addresses: bool = False
    heard: Callable[[StoredFile], str] | None = None
    _scripts: dict[str, deque[Script]] = field(default_factory=dict)
    _pictures: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def enqueue(self, route: str, *scripts: Script) -> None:
        """Answer the next requests to this route ("/audio/speech") with these plain answers."""
        with self._lock:
            self._scripts.setdefault(route, deque()).extend(scripts)

    def stop(self) -> None:
        """End every wait."""
        self._stopping.set()

    def picture_at(self, path: str) -> Response | None:
        """A picture that was given by its address; None for any other address."""
        data = self._pictures.get(path)
        return Response(data, mimetype="image/png") if data is not None else None

    def answer(self, route: str, request: Request, key: str, url: str) -> Response | None:
        """The response to one request; None when the route isn't one of these."""
        handler = self._handlers().get(route)
        if handler is None or request.method != "POST":
            return None
        try:
            fields, files = _parts(request)
        except ValueError:
            return _refusal(Refused("the body can't be read"))
        media_request = MediaRequest(
            route=route, fields=fields, files=files, key=key, at=time.monotonic()
        )
        with self._lock:
            self.requests.append(media_request)
            scripts = self._scripts.get(route)
            script = scripts.popleft() if scripts else None
        self._stopping.wait(self.seconds.get(route, 0.0))
        if script is not None and script.body is not None:
            return Response(script.body, script.status, script.headers, content_type=script.mime)
        try:
            _check_model(fields)
            return handler(media_request, url)
        except Refused as exc:
            return _refusal(exc)

    def _handlers(self) -> dict[str, Callable[[MediaRequest, str], Response]]:
        return {
            "/audio/transcriptions": self._transcribe,
            "/audio/speech": _speak,
            "/images/generations": self._draw,
            "/images/edits": self._edit,
        }

    def _transcribe(self, request: MediaRequest, url: str) -> Response:
        if not request.files:
            raise Refused("field file is required", param="file")
        voice = request.files[0]
        if not _HEARD.search(voice.name):
            raise Refused(f"Unsupported file format {voice.name.rpartition('.')[2]}", param="file")
        milliseconds = milliseconds_of(voice.data)
        if milliseconds is None:
            raise Refused("Audio file might be corrupted or unsupported", param="file")
        if self.heard is not None:
            text = self.heard(voice)
        elif str(request.fields.get("language")) == "en":
            text = f"This is a recording of {milliseconds / 1000:.1f} seconds."
        else:
            text = f"这是一段 {milliseconds / 1000:.1f} 秒的语音。"
        usage = {"type": "duration", "seconds": -(-milliseconds // 1000)}
        return _json({"text": text, "usage": usage})

    def _draw(self, request: MediaRequest, url: str) -> Response:
        given = request.fields.get("image")
        images = [given] if isinstance(given, str) else given or []
        pictures = [_of_data_url(str(image)) for image in images]
        return self._drawn(request, pictures, url)

    def _edit(self, request: MediaRequest, url: str) -> Response:
        if _SEEDREAM.search(str(request.fields["model"])):
            raise Refused("Invalid URL (POST /v1/images/edits)", status=404)
        if not request.files:
            raise Refused("field image is required", param="image")
        return self._drawn(request, [file.data for file in request.files], url)

    def _drawn(self, request: MediaRequest, pictures: list[bytes], url: str) -> Response:
        """Stripes: what the prompt names first, then the main colours of what was given."""
        for name in _GONE:
            if name in request.fields and "gpt-image" in str(request.fields["model"]):
                raise Refused(f"Unknown parameter: '{name}'.", param=name)
        prompt = str(request.fields.get("prompt") or "")
        if not prompt:
            raise Refused("field prompt is required", param="prompt")
        if len(pictures) > MOST_PICTURES:
            raise Refused(f"at most {MOST_PICTURES} images", param="image")
        for picture in pictures:
            if picture_facts(picture) is None:
                raise Refused("Invalid image file or mode for image 1", param="image")
        if _FORBIDDEN.search(prompt):
            raise Refused(SAFETY_REFUSAL, code="moderation_blocked")
        width, height = _size(request.fields)
        number = int(request.fields.get("n") or 1)
        if not 1 <= number <= 10:
            raise Refused("Invalid 'n': integer out of range", param="n")
        stripes = _stripes(prompt, pictures)
        items = []
        for turn in range(number):
            data = png_pixels.encode(width, height, stripes[turn:] + stripes[:turn])
            items.append(self._item(data, url))
        tokens = {"input_tokens": len(prompt) + 85 * len(pictures), "output_tokens": 1056 * number}
        total = {"total_tokens": sum(tokens.values())}
        return _json({"created": int(time.time()), "data": items, "usage": tokens | total})

    def _item(self, data: bytes, url: str) -> dict[str, str]:
        if not self.gives_addresses:
            return {"b64_json": base64.b64encode(data).decode()}
        path = f"{PICTURE_PATH}{hashlib.sha256(data).hexdigest()[:20]}.png"
        with self._lock:
            self._pictures[path] = data
            while len(self._pictures) > PICTURES:
                self._pictures.pop(next(iter(self._pictures)))
        return {"url": url + path}


def _check_model(fields: Mapping[str, Any]) -> None:
    if not fields.get("model"):
        raise Refused("field model is required", param="model")


def _speak(request: MediaRequest, url: str) -> Response:  # noqa: ARG001
    text = str(request.fields.get("input") or "")
    for name in ("input", "voice"):
        if not request.fields.get(name):
            raise Refused(f"field {name} is required", param=name)
    if len(text.encode()) > MOST_CHARACTERS:
        # As gateways of the one-api family count.
        raise Refused("input text is too long", code="text_too_long", param="input")
    if request.fields.get("response_format", "mp3") != "opus":
        raise Refused("only opus is made here", param="response_format")
    return Response(ogg_opus(speaking_ms(text)), mimetype="audio/ogg")


def speaking_ms(text: str) -> int:
    """How long the simulated voice takes for a text: a fifth of a second for each Chinese word."""
    counts = Counter(bool(_CJK.match(character)) for character in text)
    return max(500, 200 * counts[True] + 60 * counts[False])


def _stripes(prompt: str, pictures: list[bytes]) -> list[Colour]:
    named = [
        colour
        for english, (chinese, colour) in NAMES.items()
        if chinese[0] in prompt or re.search(rf"\b{english}\b", prompt, re.IGNORECASE)
    ]
    if not named:
        colours = [colour for _, colour in NAMES.values()]
        first = hashlib.sha256(prompt.encode()).digest()[0] % len(colours)
        named = [colours[first], colours[(first + 5) % len(colours)]]
    seen = [NAMES[name][1] for picture in pictures for name in main_colours(picture)]
    return named + [colour for colour in dict.fromkeys(seen) if colour not in named]


def _size(fields: Mapping[str, Any]) -> tuple[int, int]:
    size = str(fields.get("size") or "")
    drawn = drawn_size(str(fields["model"]), size)
    if drawn is None:
        raise Refused(f"Invalid value: '{size}'. Supported values are: '1024x1024'", param="size")
    return drawn


def _of_data_url(url: str) -> bytes:
    head, _, encoded = url.partition(",")
    try:
        return base64.b64decode(encoded, validate=True) if head.startswith("data:image/") else b""
    except ValueError:
        return b""


def _parts(request: Request) -> tuple[Mapping[str, Any], tuple[StoredFile, ...]]:
    """Fields and files. Raises ValueError."""
    if request.mimetype != "multipart/form-data":
        body = json.loads(request.get_data())
        if not isinstance(body, dict):
            raise ValueError("no object")
        return body, ()
    # Files of one name, as in image[], are all kept.
    files = []
    for part in (part for _, parts in request.files.lists() for part in parts):
        with part.stream:
            files.append(StoredFile(part.stream.read(), part.filename or "", part.mimetype))
    return request.form.to_dict(), tuple(files)


def _refusal(refused: Refused) -> Response:
    return _json({"error": refused.error}, refused.status)


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    data = json.dumps(body, ensure_ascii=False)
    return Response(data, status, mimetype="application/json")
