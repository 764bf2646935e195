"""Which models can't see: learnt from their refusals, since no list of models tells."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from feishu_bot.llm.adjustments import MAX_MODELS, SUSPECT

# Seconds: a gateway may give the same name to another model one day.
REMEMBERED_FOR = 24 * 3600.0

_PICTURES = r"(images?|image.?urls?|pictures?|vision|visual|multi.?modal\w*|图片|图像|视觉|多模态)"
# A model that says so sees, but not this picture.
_OF_THIS_PICTURE = re.compile(
    r"uploaded an unsupported image"
    r"|(invalid|corrupt\w*|broken|decode|download|fetch)( \w+){0,2} (image|picture)s?\b"
    r"(?!.?(url|input))|image.{0,20}(too large|too big|exceeds?|corrupt|invalid|not valid)"
    r"|(images?|图片|图像).{0,3}(formats?|types?|media types?|sizes?)"
    r"|(图片|图像).{0,3}(格式|类型|大小|尺寸|过大|太大)",
    re.IGNORECASE | re.DOTALL,
)
_CANT_SEE = re.compile(
    "|".join(
        (
            # "This model does not support image input", "No endpoints found that support image …".
            rf"(not|n't|cannot|unable to|\bno\b|un)\s?(\w+ ){{0,3}}(support\w*|allow\w*|accept\w*"
            rf"|process\w*|handle|read|view|enabl\w*).{{0,40}}\b{_PICTURES}",
            # "Image input not supported for model m", "image_url is only supported by certain …".
            rf"{_PICTURES}\W{{0,3}}( ?\w+){{0,4}} ?(not|n't|un)\s?(be )?(support|allow|enabl"
            rf"|accept|avail)",
            rf"{_PICTURES}\W{{0,3}} is only supported|at most 0 {_PICTURES}|mmproj",
            r"not an? (\w+ )?(vision|visual|multi.?modal|image)|not an? vlm|not vision.capable"
            r"|non.?(vision|multimodal) model|text.?only (server|model)",
            r"(only|仅|只).{0,12}(support|accept|支持|接受).{0,12}(text|文本|文字)",
            # The picture makes a list of the content, which such services don't know at all.
            r"unknown variant\W{0,3}image|(unsupported|invalid|unknown) content.{0,30}image",
            r"invalid type: sequence, expected a string",
            r"content\W{0,3}.{0,30}(must be|should be|expected).{0,12}\bstring",
            rf"不支持.{{0,12}}{_PICTURES}|{_PICTURES}.{{0,12}}不支持|不支持(识图|看图|读图)"
            r"|非(视觉|多模态)模型|type.{0,6}参数非法.{0,20}text",
        )
    ),
    re.IGNORECASE | re.DOTALL,
)


def has_pictures(body: Mapping[str, Any]) -> bool:
    """Whether there is a picture in the request."""
    return any(isinstance(message["content"], list) for message in body["messages"])


def refuses_pictures(kind: str, said: str) -> bool:
    """Whether a refusal of a request with pictures means that the model can't see."""
    if kind not in SUSPECT or _OF_THIS_PICTURE.search(said):
        return False
    return bool(_CANT_SEE.search(said))


class Sight:
    """The models that have refused pictures, the last thousand of them. Thread safe."""

    def __init__(
        self, *, most: int = MAX_MODELS, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._timer = timer
        self._lock = threading.Lock()
        self._blind_until: OrderedDict[str, float] = OrderedDict()

    def note_refused(self, model: str) -> None:
        """The model said that it can't see."""
        with self._lock:
            self._blind_until[model] = self._timer() + REMEMBERED_FOR
            self._blind_until.move_to_end(model)
            while len(self._blind_until) > self._most:
                self._blind_until.popitem(last=False)

    def can_see(self, model: str) -> bool:
        """Whether the model may be shown pictures, as far as is known."""
        with self._lock:
            return self._blind_until.get(model, 0.0) <= self._timer()
