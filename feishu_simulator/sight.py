"""What the simulated model says of pictures: what they are, or that it can't see."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from feishu_simulator.picture_colours import NAMES, main_colours
from feishu_simulator.picture_sizes import picture_facts
from feishu_simulator.script import Script

# Models of this name refuse pictures, in the words of a real service.
BLIND = re.compile(r"-blind$")
REFUSAL = "Invalid content type. image_url is only supported by certain models."
_CJK = re.compile(r"[⺀-鿿]")


def refusal_of_pictures(body: Mapping[str, Any]) -> Script | None:
    """The refusal of a model that can't see; None where there is nothing to be seen."""
    if not BLIND.search(str(body.get("model"))) or not any(_pictures(body)):
        return None
    error = {
        "message": f"{REFUSAL} (request id: {{request_id}})",
        "type": "invalid_request_error",
        "param": "messages.[0].content.[1].type",
        "code": None,
    }
    return Script.answer(400, {"error": error})


def told_of_pictures(body: Mapping[str, Any], question: str) -> Script | None:
    """An answer that says what the pictures are; None where there are none."""
    pictures = list(_pictures(body))
    if not pictures:
        return None
    newest = max(number for number, _ in pictures)
    asked = " ".join(line for line in question.splitlines() if line != "[image_url]")
    is_chinese = bool(_CJK.search(asked)) or not asked
    lines = [
        f"{place}. {_told(url, is_chinese)}{'' if number == newest else _before(is_chinese)}"
        for place, (number, url) in enumerate(pictures, 1)
    ]
    count = len(pictures)
    head = f"我看到 {count} 张图片：" if is_chinese else f"Pictures that I see: {count}."
    end = ("你问的是：" if is_chinese else "You asked:") + f"\n\n> {asked}" if asked else ""
    return Script.text("\n\n".join(filter(None, (head, "\n".join(lines), end))))


def _pictures(body: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """The number of its message, and the address of each picture."""
    for number, message in enumerate(body.get("messages") or []):
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("type") == "image_url":
                yield number, str((part.get("image_url") or {}).get("url"))


def _told(url: str, is_chinese: bool) -> str:
    head, _, encoded = url.partition(",")
    try:
        data = base64.b64decode(encoded, validate=True) if head.startswith("data:") else b""
    except (binascii.Error, ValueError):
        data = b""
    facts = picture_facts(data)
    if facts is None:
        return "打不开的图片" if is_chinese else "a picture that doesn't open"
    kind = facts.mime.removeprefix("image/").upper()
    size = f"{facts.width} × {facts.height}"
    names = main_colours(data)
    if is_chinese:
        colours = "、".join(NAMES[name][0] for name in names) or "看不出来"
        return f"{kind}，{size} 像素，主要颜色：{colours}"
    return f"{kind}, {size} pixels, main colours: {', '.join(names) or 'unclear'}"


def _before(is_chinese: bool) -> str:
    return "（前面发的）" if is_chinese else " (sent before)"
