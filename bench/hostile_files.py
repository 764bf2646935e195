"""Files that are larger when they are open than they look, and files that are just large."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

MB = 1_000_000
PICTURE: Mapping[str, Any] = {"read": "picture"}

HostileFile = tuple[str, Mapping[str, Any], Callable[[], bytes]]


def hostile_files() -> Iterator[HostileFile]:
    """A name, what the reading process is asked, and what makes the file."""
    for name, size, kind, mode in (
        ("PNG, 24 megapixels", 4_890, "PNG", "RGB"),
        ("PNG with transparency, 24 megapixels", 4_890, "PNG", "RGBA"),
        ("PNG, 59 megapixels", 7_700, "PNG", "RGB"),
        ("WebP, 10 megapixels", 3_160, "WEBP", "RGB"),
        ("JPEG, 59 megapixels", 7_700, "JPEG", "RGB"),
    ):
        yield name, PICTURE, partial(_picture, size, kind, mode)
    yield "PNG that says 2,500 megapixels", PICTURE, _png_bomb
    yield "PDF, 1.5 GB of blanks on a page", _document("a.pdf"), _pdf_bomb
    word, excel = partial(_zip_bomb, "word/document.xml"), partial(_zip_bomb, "xl/workbook.xml")
    yield "Word, 390 MB unzipped", _document("a.docx"), word
    yield "Excel, 390 MB unzipped", _document("a.xlsx"), excel
    for name, suffix, start, line, count in (
        ("HTML, 300,000 deep", "html", b"<html>", b"<div>", 300_000),
        ("HTML, 30 MB", "html", b"<html>", b"<p>hello <b>x</b></p>", 1_400_000),
        ("text, 30 MB", "txt", b"", "这是一行文字。\n".encode(), 1_360_000),
        ("CSV, 30 MB", "csv", b"", b"a,b,c,1,2,3,4,5\n", 1_870_000),
    ):
        yield name, _document(f"a.{suffix}"), partial(_repeated, start, line, count)


def _repeated(start: bytes, line: bytes, count: int) -> bytes:
    return start + line * count


def _document(name: str) -> dict[str, Any]:
    return {"read": "document", "name": name, "chars": 60_000, "first": 1}


def _picture(side: int, kind: str, mode: str) -> bytes:
    from PIL import Image

    colour = (9, 90, 200, 90)[: len(mode)]
    buffer = io.BytesIO()
    Image.new(mode, (side, side), colour).save(buffer, kind)
    return buffer.getvalue()


def _png_bomb() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    size = (50_000).to_bytes(4)
    head = chunk(b"IHDR", size + size + b"\x08\0\0\0\0")
    rows = chunk(b"IDAT", zlib.compress(bytes(10 * MB), 9))
    return b"\x89PNG\r\n\x1a\n" + head + rows + chunk(b"IEND", b"")


def _pdf_bomb() -> bytes:
    packing = zlib.compressobj(9)
    packed = b"".join([packing.compress(b" " * 10 * MB) for _ in range(150)]) + packing.flush()
    content = b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream"
    page = b"<</Type/Page/Parent 1 0 R/MediaBox[0 0 9 9]/Contents 3 0 R/Resources<<>>>>"
    objects = [b"<</Type/Pages/Kids[2 0 R]/Count 1>>", page, content, b"<</Pages 1 0 R>>"]
    written, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer<</Size %d/Root 4 0 R>>\nstartxref\n%d\n%%%%EOF"
    return written + head + table + end % (len(objects) + 1, len(written))


def _zip_bomb(member: str) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(member, "w", force_zip64=True) as out,
    ):
        for _ in range(390):
            out.write(b"<a>" * (MB // 3))
    return buffer.getvalue()
