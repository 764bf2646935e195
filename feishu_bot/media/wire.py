"""What the bot and its reading process say to each other: a line of JSON, then bytes.

Nothing that comes back is ever unpickled or run: the file that was read may have got hold of the
process.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from feishu_bot.core.documents import Document, DocumentPart
from feishu_bot.core.pictures import Picture
from feishu_bot.errors import MediaError, MediaErrorKind


def pack(head: Mapping[str, Any], data: bytes = b"") -> bytes:
    """One message."""
    return json.dumps(head).encode() + b"\n" + data


def unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Head and bytes of a message. Raises ValueError or TypeError when it isn't one."""
    head, _, data = message.partition(b"\n")
    values = json.loads(head)
    return dict(values), data


def pack_error(exc: MediaError) -> bytes:
    return pack({"error": exc.kind, "detail": exc.detail})


def pack_document(document: Document) -> bytes:
    return pack(asdict(document))


def pack_pictures(pictures: Sequence[Picture]) -> bytes:
    heads = [
        {
            "media_type": picture.media_type,
            "width": picture.width,
            "height": picture.height,
            "size": len(picture.data),
        }
        for picture in pictures
    ]
    return pack({"pictures": heads}, b"".join(picture.data for picture in pictures))


def raise_error(head: Mapping[str, Any]) -> None:
    """Raise the MediaError that a message tells of, if it does."""
    for kind in get_args(MediaErrorKind):
        if head.get("error") == kind:
            raise MediaError(kind, str(head.get("detail")))


def document_of(message: bytes) -> Document:
    """What `pack_document` gave. Raises MediaError, or ValueError, KeyError or TypeError."""
    head, _ = unpack(message)
    raise_error(head)
    parts = tuple(
        DocumentPart(
            number=int(part["number"]),
            text=str(part["text"]),
            title=str(part["title"]),
            is_cut=bool(part["is_cut"]),
            is_scan=bool(part["is_scan"]),
        )
        for part in head["parts"]
    )
    return Document(unit=head["unit"], total=int(head["total"]), parts=parts)


def pictures_of(message: bytes) -> tuple[Picture, ...]:
    """What `pack_pictures` gave. Raises MediaError, or ValueError, KeyError or TypeError."""
    head, data = unpack(message)
    raise_error(head)
    pictures = []
    for item in head["pictures"]:
        size = int(item["size"])
        pictures.append(
            Picture(
                data=data[:size],
                media_type=str(item["media_type"]),
                width=int(item["width"]),
                height=int(item["height"]),
            )
        )
        data = data[size:]
    return tuple(pictures)
