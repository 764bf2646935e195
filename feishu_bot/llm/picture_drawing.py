"""Pictures by /images/generations and /images/edits."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Any

from feishu_bot.core.drawings import Shape
from feishu_bot.core.picture_model import MOST_PICTURES, PICTURE_TIMEOUT, DrawnPictures
from feishu_bot.core.pictures import Picture
from feishu_bot.core.public_files import PublicFiles
from feishu_bot.errors import MediaError
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import model_error
from feishu_bot.llm.media_calls import FormFile, MediaAnswer, MediaCalls, MediaRequest
from feishu_bot.llm.media_models import MediaModel
from feishu_bot.llm.picture_sizes import picture_size

# Bytes and seconds of a picture that is given by its address.
MOST_PICTURE = 40_000_000
DOWNLOAD_TIMEOUT = 60.0

_GENERATIONS = "/images/generations"
_EDITS = "/images/edits"
# Volcengine's, which edits at the address where it draws, and knows no number.
_SEEDREAM = re.compile(r"seedream|seededit", re.IGNORECASE)
_OPTIONAL = frozenset({"size", "n", "watermark"})


class PictureDrawing:
    """Implements `core.picture_model.PictureModel`. Thread safe."""

    def __init__(
        self,
        calls: MediaCalls,
        model: MediaModel,
        files: PublicFiles,
        *,
        timeout: float = PICTURE_TIMEOUT,
    ) -> None:
        self._calls = calls
        self._model = model
        self._files = files
        self._timeout = timeout

    def model(self) -> str:
        return self._model.name()

    def size(self, shape: Shape) -> str:
        return picture_size(self._model.name(), shape)

    def draw(
        self,
        prompt: str,
        *,
        pictures: tuple[Picture, ...] = (),
        size: str = "",
        number: int = 1,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> DrawnPictures:
        if len(pictures) > MOST_PICTURES:
            raise ValueError(f"{len(pictures)} pictures, {MOST_PICTURES} at most")
        model = self._model.name()
        answer = self._calls.ask(self._request(model, prompt, pictures, size, number), is_cancelled)
        return self._drawn(answer, model, prompt, is_cancelled)

    def _request(
        self, model: str, prompt: str, pictures: tuple[Picture, ...], size: str, number: int
    ) -> MediaRequest:
        # Only what nearly every model takes, and what was chosen.
        body: dict[str, Any] = {"model": model, "prompt": prompt}
        if size:
            body["size"] = size
        files: tuple[FormFile, ...] = ()
        path = _GENERATIONS
        if _SEEDREAM.search(model):
            body["watermark"] = False
            if pictures:
                urls = [_data_url(picture) for picture in pictures]
                body["image"] = urls if len(urls) > 1 else urls[0]
        else:
            body["n"] = number
            if pictures:
                path, files = _EDITS, tuple(_form_files(pictures))
        return MediaRequest(
            path=path,
            body=body,
            files=files,
            optional=_OPTIONAL,
            is_paid=True,
            timeout=self._timeout,
        )

    def _drawn(
        self, answer: MediaAnswer, model: str, asked: str, is_cancelled: Callable[[], bool]
    ) -> DrawnPictures:
        body = answer.as_json()
        items = list(_items(body))
        found = [self._picture(item, answer, is_cancelled) for item in items]
        if not found:
            raise model_error(
                ModelErrorKind.PICTURE_MISSING, "no picture named", request_id=answer.request_id
            )
        revised = next((item.get("revised_prompt") for item in items), "")
        prompt = revised if isinstance(revised, str) and revised != asked else ""
        prompt_tokens, completion_tokens = _tokens(body)
        return DrawnPictures(
            pictures=tuple(found),
            model=model,
            prompt=prompt,
            without=answer.without,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            request_id=answer.request_id,
        )

    def _picture(
        self, item: dict[str, Any], answer: MediaAnswer, is_cancelled: Callable[[], bool]
    ) -> bytes:
        try:
            data = self._bytes_of(item, is_cancelled)
        except (MediaError, binascii.Error, ValueError) as exc:
            raise model_error(
                ModelErrorKind.PICTURE_MISSING, str(exc), request_id=answer.request_id
            ) from exc
        if not is_picture(data):
            raise model_error(
                ModelErrorKind.PICTURE_MISSING, "no picture", request_id=answer.request_id
            )
        return data

    def _bytes_of(self, item: dict[str, Any], is_cancelled: Callable[[], bool]) -> bytes:
        """Raises MediaError or ValueError."""
        encoded = item.get("b64_json")
        url = item.get("url")
        if isinstance(encoded, str) and encoded:
            return _decoded(encoded)
        if isinstance(url, str) and url.startswith("data:"):
            return _decoded(url)
        return self._files.fetch(
            str(url), most=MOST_PICTURE, timeout=DOWNLOAD_TIMEOUT, is_cancelled=is_cancelled
        )


def is_picture(data: bytes) -> bool:
    """Whether the bytes begin as PNG, JPEG, GIF or WebP do."""
    is_webp = data.startswith(b"RIFF") and data[8:12] == b"WEBP"
    return is_webp or data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))


def _form_files(pictures: tuple[Picture, ...]) -> Iterator[FormFile]:
    # As the openai library names them, of which gateways read both.
    name = "image[]" if len(pictures) > 1 else "image"
    for number, picture in enumerate(pictures, 1):
        suffix = picture.media_type.removeprefix("image/")
        yield name, (f"picture{number}.{suffix}", picture.data, picture.media_type)


def _data_url(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"


def _decoded(encoded: str) -> bytes:
    """Raises ValueError."""
    if encoded.startswith("data:"):
        encoded = encoded.partition(",")[2]
    return base64.b64decode("".join(encoded.split()), validate=True)


def _items(body: object) -> Iterator[dict[str, Any]]:
    """What of an answer stands for a picture."""
    found = body.get("data") or body.get("images") if isinstance(body, dict) else None
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict) and (item.get("b64_json") or item.get("url")):
            yield item
        elif isinstance(item, str) and item:
            yield {"url": item}


def _tokens(body: object) -> tuple[int, int]:
    usage = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(usage, dict):
        return 0, 0
    read = usage.get("input_tokens", usage.get("prompt_tokens"))
    written = usage.get("output_tokens", usage.get("completion_tokens"))
    return (
        read if isinstance(read, int) else 0,
        written if isinstance(written, int) else 0,
    )
