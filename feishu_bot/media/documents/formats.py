"""What a file is: by its bytes, and by its name only where they leave it open."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath
from typing import Literal

from feishu_bot.errors import MediaError

DocumentFormat = Literal["pdf", "docx", "pptx", "sheet", "html", "text"]

# Uncompressed bytes that the files inside an Office document may have together, and how many
# they may be: far above any real document, far below a zip bomb.
MOST_UNZIPPED = 400_000_000
MOST_MEMBERS = 20_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams inside the old container of Microsoft Office, by their names in its directory.
_OLE_STREAMS: tuple[tuple[str, DocumentFormat | None], ...] = (
    ("EncryptedPackage", None),
    ("Workbook", "sheet"),
    ("Book", "sheet"),
)
_ZIP_MEMBERS: tuple[tuple[str, DocumentFormat], ...] = (
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("xl/workbook.xml", "sheet"),
    ("xl/workbook.bin", "sheet"),
)
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
_HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml", ".shtml"})
_HTML_STARTS = (b"<!doctype html", b"<html")
# Bytes that no text in any usual encoding has; UTF-16 is told by its mark or its many NULs.
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b\x1a\0"))
_LOOKED_AT = 65_536


def format_of(name: str, data: bytes) -> DocumentFormat:
    """The format of a file. Raises MediaError for one that isn't read, locked or too large."""
    head = data[:_LOOKED_AT]
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(_OLE):
        return _in_ole(data)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(data)
    if not head.strip():
        raise MediaError("media_empty")
    if _is_binary(head):
        raise MediaError("media_unsupported", "not text")
    suffix = PurePosixPath(name.lower()).suffix
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if suffix in _HTML_SUFFIXES or start.startswith(_HTML_STARTS):
        return "html"
    if start.startswith(b"{\\rtf"):
        raise MediaError("media_unsupported", "RTF")
    return "text"


def _in_ole(data: bytes) -> DocumentFormat:
    for stream, found in _OLE_STREAMS:
        if stream.encode("utf-16-le") in data:
            if found is None:
                raise MediaError("media_locked")
            return found
    raise MediaError("media_unsupported", "an old format of Office")


def _in_zip(data: bytes) -> DocumentFormat:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if len(members) > MOST_MEMBERS:
                raise MediaError("media_too_large", f"{len(members)} files inside")
            # zipfile never unpacks more of a member than is declared here.
            unzipped = sum(member.file_size for member in members)
            if unzipped > MOST_UNZIPPED:
                raise MediaError("media_too_large", f"{unzipped} bytes inside")
            for member, found in _ZIP_MEMBERS:
                if member in names:
                    return found
            if "mimetype" in names and archive.read("mimetype").startswith(_SPREADSHEET):
                return "sheet"
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as exc:
        raise MediaError("media_broken", "zip") from exc
    raise MediaError("media_unsupported", "an archive")


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    nuls = head.count(0)
    if nuls:
        # Latin text in UTF-16 has a NUL in every other byte, on one side only.
        even, odd = head[::2].count(0), head[1::2].count(0)
        return max(even, odd) < len(head) * 0.2 or min(even, odd) > len(head) * 0.02
    return len(head.translate(None, _CONTROL)) < len(head) * 0.98
