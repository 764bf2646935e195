"""Small real files of every kind, and bombs, made where they are needed."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence

import docx
import pptx
import xlsxwriter
from PIL import Image
from pypdf import PdfReader, PdfWriter


def pdf(pages: Sequence[str]) -> bytes:
    """A PDF with these words on its pages, in any script: its font maps each code to itself."""
    objects: list[bytes] = []

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    def stream(data: bytes) -> bytes:
        packed = zlib.compress(data)
        head = b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed)
        return head + packed + b"\nendstream"

    cmap = (
        b"/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CMapName/U def"
        b" 1 begincodespacerange<0000><FFFF>endcodespacerange"
        b" 1 beginbfrange<0000><FFFF><0000>endbfrange endcmap end end"
    )
    tree = 1
    add(b"")
    to_unicode = add(stream(cmap))
    below = add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/F/CIDSystemInfo"
        b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000>>"
    )
    font = add(
        b"<</Type/Font/Subtype/Type0/BaseFont/F/Encoding/Identity-H"
        b"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (below, to_unicode)
    )
    numbers = []
    for text in pages:
        shown = b"BT/F 12 Tf 20 100 Td<%s>Tj ET" % text.encode("utf-16-be").hex().encode()
        content = add(stream(shown if text else b""))
        numbers.append(
            add(
                b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 300 200]/Contents %d 0 R"
                b"/Resources<</Font<</F %d 0 R>>>>>>" % (tree, content, font)
            )
        )
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects[0] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages))
    catalog = add(b"<</Type/Catalog/Pages %d 0 R>>" % tree)
    return _assembled(objects, catalog)


def _assembled(objects: Sequence[bytes], catalog: int) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n" % (len(objects) + 1, catalog, start)
    return bytes(out + b"%%EOF")


def scanned_pdf(colours: Sequence[tuple[int, int, int]]) -> bytes:
    """A PDF whose pages are pictures, one of each colour."""
    first, *others = [Image.new("RGB", (210, 297), colour) for colour in colours]
    buffer = io.BytesIO()
    first.save(buffer, "PDF", save_all=True, append_images=others)
    return buffer.getvalue()


def locked_pdf(password: str, owner: str = "owner") -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(pdf(["秘密"]))))
    writer.encrypt(password, owner, algorithm="AES-256")
    return _written(writer.write)


def pdf_bomb() -> bytes:
    """A page whose drawing is 1.5 GB of blanks in 1.5 MB."""
    packing = zlib.compressobj(9)
    packed = b"".join([packing.compress(b" " * 10_000_000) for _ in range(150)]) + packing.flush()
    page = b"<</Type/Page/Parent 1 0 R/MediaBox[0 0 9 9]/Contents 3 0 R/Resources<<>>>>"
    content = b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream"
    objects = [b"<</Type/Pages/Kids[2 0 R]/Count 1>>", page, content]
    return _assembled([*objects, b"<</Type/Catalog/Pages 1 0 R>>"], 4)


def word(*paragraphs: str, table: Sequence[Sequence[str]] = (), heading: str = "") -> bytes:
    document = docx.Document()
    if heading:
        document.add_heading(heading, 2)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        made = document.add_table(len(table), len(table[0]))
        for row, texts in zip(made.rows, table, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    return _written(document.save)


def slides(*texts: str, notes: str = "") -> bytes:
    presentation = pptx.Presentation()
    for text in texts:
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = text
    if notes:
        presentation.slides[0].notes_slide.notes_text_frame.text = notes
    return _written(presentation.save)


def sheets(**rows_of: Sequence[Sequence[object]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for name, rows in rows_of.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def zip_bomb(name: str, filler: bytes, megabytes: int) -> bytes:
    """An archive with one member that is large when it is unpacked."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as member,
    ):
        for _ in range(megabytes):
            member.write(filler * (1_000_000 // len(filler)))
    return buffer.getvalue()


def billion_laughs() -> bytes:
    """A Word document whose one word is an entity of entities of entities."""
    entities = [b'<!ENTITY a0 "lol">']
    entities += [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word("x"))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                start = data.index(b"<w:document")
                head = data[:start] + b"<!DOCTYPE w [" + b"".join(entities) + b"]>"
                data = head + data[start:].replace(b">x<", b">&a11;<")
            new.writestr(name, data)
    return out.getvalue()


def picture(
    width: int = 40,
    height: int = 30,
    colour: tuple[int, ...] = (200, 30, 30),
    kind: str = "PNG",
    **options: object,
) -> bytes:
    mode = "RGBA" if len(colour) == 4 else "RGB"
    buffer = io.BytesIO()
    Image.new(mode, (width, height), colour).save(buffer, kind, **options)
    return buffer.getvalue()


def png_bomb(side: int = 50_000) -> bytes:
    """A PNG of 2.5 billion pixels, all zero, in a few kilobytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data).to_bytes(4)
        return len(data).to_bytes(4) + name + data + crc

    size = side.to_bytes(4)
    head = chunk(b"IHDR", size + size + b"\x08\x00\x00\x00\x00")
    rows = chunk(b"IDAT", zlib.compress(b"\0" * 10_000_000, 9))
    return b"\x89PNG\r\n\x1a\n" + head + rows + chunk(b"IEND", b"")


def _written(save: object) -> bytes:
    buffer = io.BytesIO()
    save(buffer)  # type: ignore[operator]
    return buffer.getvalue()
