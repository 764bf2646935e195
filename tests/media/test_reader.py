"""Files are read in a process of their own, and bombs end there."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from feishu_bot.errors import MediaError
from feishu_bot.media.reader import FileReader
from tests.media import files
from tests.polling import eventually


@pytest.fixture(name="reader")
def _reader() -> FileReader:
    return FileReader()


def test_documents_pictures_and_pages_come_back_whole(reader: FileReader) -> None:
    document = reader.read("合同.pdf", files.pdf(["第一页", "第二页"]), chars=1_000)
    assert [part.text for part in document.parts] == ["第一页", "第二页"]
    made = reader.picture(files.picture(40, 30))
    assert (made.width, made.height, made.data[:2]) == (40, 30, b"\xff\xd8")
    pages = reader.pages(files.pdf(["a", "b"]), [1, 2])
    assert [page.data[:2] for page in pages] == [b"\xff\xd8"] * 2


def test_what_cant_be_read_is_told_across_the_process(reader: FileReader) -> None:
    with pytest.raises(MediaError) as caught:
        reader.read("a.pdf", files.locked_pdf("geheim"), chars=100)
    assert caught.value.kind == "media_locked"


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.docx", lambda: files.zip_bomb("word/document.xml", b" ", 390)),
        ("a.docx", lambda: files.zip_bomb("word/document.xml", b" ", 600)),
        ("a.docx", files.billion_laughs),
        ("a.pdf", files.pdf_bomb),
        ("a.html", lambda: b"<html>" + b"<div>" * 30_000 + b"x"),
        ("a.xlsx", lambda: files.zip_bomb("xl/workbook.xml", b"<a>", 390)),
    ],
)
def test_a_bomb_leaves_this_process_as_it_was(name: str, make: Callable[[], bytes]) -> None:
    data = make()
    before = _peak_memory()
    with pytest.raises(MediaError) as caught:
        FileReader(timeout=20).read(name, data, chars=10_000)
    assert caught.value.kind in ("media_too_large", "media_broken", "media_empty")
    assert _peak_memory() - before < 50_000_000


def test_a_sheet_with_a_value_in_the_last_row_is_too_large_and_not_broken(reader) -> None:
    """The library makes room for all between, and aborts."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "first")
        sheet.write(1_048_575, 25, "last")

    with pytest.raises(MediaError) as caught:
        reader.read("a.xlsx", buffer.getvalue(), chars=10_000)

    assert caught.value.kind == "media_too_large"


def test_a_picture_bomb_is_too_large(reader: FileReader) -> None:
    with pytest.raises(MediaError) as caught:
        reader.picture(files.png_bomb())
    assert caught.value.kind == "media_too_large"


def test_a_reader_that_takes_too_long_is_ended() -> None:
    with pytest.raises(MediaError) as caught:
        FileReader(timeout=0.01).read("a.txt", b"hello", chars=10)
    assert caught.value.kind == "media_too_large"


def test_the_reading_process_gets_none_of_the_bots_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_KEY", "sk-secret")
    seen: list[bytes] = []

    def look() -> None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    line = (entry / "cmdline").read_bytes()
                    if b"feishu_bot.media.worker" in line and _parent(entry) == os.getpid():
                        seen.append((entry / "environ").read_bytes())
                except OSError:
                    continue

    thread = threading.Thread(
        target=lambda: FileReader().read("a.pdf", files.pdf(["x"] * 20), chars=100)
    )
    thread.start()

    def is_seen() -> bool:
        look()
        return any(b"LANG" in environ for environ in seen)

    eventually(is_seen)
    thread.join()
    assert not any(b"sk-secret" in environ for environ in seen)


def test_files_wait_for_a_free_process() -> None:
    reader = FileReader(processes=1)
    threads = [
        threading.Thread(target=reader.read, args=("a.txt", b"hello"), kwargs={"chars": 10})
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reader.read("a.txt", b"hello", chars=10).is_whole


def _peak_memory() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _parent(entry: Path) -> int:
    return int((entry / "stat").read_text().rpartition(")")[2].split()[1])


def test_the_bots_own_process_imports_no_library_that_reads_files() -> None:
    script = "import sys, feishu_bot.media.reader; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    imported = set(result.stdout.decode().split())
    assert "feishu_bot.media.reader" in imported
    assert not imported & {"PIL", "pypdf", "pypdfium2", "docx", "pptx", "python_calamine", "lxml"}
