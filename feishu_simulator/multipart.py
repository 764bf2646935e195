"""Multipart uploads, also with file parts that have no file name."""

from __future__ import annotations

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from feishu_simulator.state import StoredFile

FILE_FIELDS = frozenset({"image", "file"})


def parts_of(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, StoredFile]]:
    """Fields and files of a form. Raises ValueError for an invalid one.

    lark-oapi gives its file parts no file name, so frameworks take them for text: here the field's
    name decides.
    """
    _, options = parse_options_header(content_type)
    decoder = MultipartDecoder(options.get("boundary", "").encode("latin-1"))
    decoder.receive_data(body)
    decoder.receive_data(None)
    fields: dict[str, str] = {}
    files: dict[str, StoredFile] = {}
    part: Field | File | None = None
    data = b""
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, Field | File):
            part, data = event, b""
        elif isinstance(event, Data) and part is not None:
            data += event.data
            if event.more_data:
                continue
            if isinstance(part, File) or part.name in FILE_FIELDS:
                name = part.filename if isinstance(part, File) else part.name
                mime = part.headers.get("Content-Type", "application/octet-stream")
                files[part.name] = StoredFile(data, name, mime)
            else:
                fields[part.name] = data.decode("utf-8", "replace")
    return fields, files
