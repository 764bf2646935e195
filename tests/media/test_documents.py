"""Documents become text: what is read of each kind, and what is said of what can't be read."""

from __future__ import annotations

import codecs
import contextlib
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.documents import MOST_SCANS, Document
from feishu_bot.errors import MediaError
from feishu_bot.media.documents.encodings import decode
from feishu_bot.media.documents.formats import format_of
from feishu_bot.media.documents.pages import PART_CHARS, flow_pages, take
from feishu_bot.media.documents.reader import read_document
from tests.media import files

CHINESE = "本合同由甲乙双方于二〇二六年签订，共十二条。甲方应于每月五日前付款。\n"


def text_of(document: Document) -> str:
    return "\n".join(part.text for part in document.parts)


def read(name: str, data: bytes, chars: int = 100_000, first: int = 1) -> Document:
    return read_document(name, data, chars=chars, first=first)


def refusal(name: str, data: bytes) -> str:
    with pytest.raises(MediaError) as caught:
        read(name, data)
    return caught.value.kind


def test_a_pdf_is_read_page_by_page() -> None:
    document = read("合同.pdf", files.pdf(["第一页：合同", "page two", "第三页"]))
    assert (document.unit, document.total) == ("page", 3)
    assert [part.text for part in document.parts] == ["第一页：合同", "page two", "第三页"]
    assert document.is_whole


def test_reading_begins_at_the_page_that_is_wanted_and_ends_where_there_is_no_room() -> None:
    data = files.pdf([f"page {number} " + "x" * 90 for number in range(1, 41)])
    document = read("a.pdf", data, chars=1_000, first=12)
    assert (document.first, document.total) == (12, 40)
    assert document.last == 12 + 1_000 // 98 - 1
    assert not document.is_whole


def test_a_page_beyond_the_end_is_the_last_one() -> None:
    assert read("a.pdf", files.pdf(["one", "two"]), first=99).first == 2


def test_a_first_part_that_has_no_room_is_cut() -> None:
    document = read("a.pdf", files.pdf(["x" * 500, "y"]), chars=100)
    assert [(len(part.text), part.is_cut) for part in document.parts] == [(100, True)]


def test_a_pdf_of_empty_pages_has_no_text() -> None:
    assert refusal("empty.pdf", files.pdf(["", ""])) == "media_empty"


def test_pages_that_are_drawn_and_not_written_are_scans() -> None:
    document = read("scan.pdf", files.scanned_pdf([(200, 30, 30)] * 2))

    assert [(part.text, part.is_scan) for part in document.parts] == [("", True)] * 2


def test_no_more_scans_are_told_than_anybody_looks_at() -> None:
    document = read("scan.pdf", files.scanned_pdf([(200, 30, 30)] * (MOST_SCANS + 5)))

    assert (len(document.parts), document.total) == (MOST_SCANS, MOST_SCANS + 5)


def test_a_pdf_with_a_password_is_locked_and_one_protected_against_changes_is_read() -> None:
    assert refusal("a.pdf", files.locked_pdf("geheim")) == "media_locked"
    assert text_of(read("a.pdf", files.locked_pdf(""))) == "秘密"


@pytest.mark.parametrize("cut", [30, 200, 600])
def test_a_cut_pdf_is_broken_or_has_no_text(cut: int) -> None:
    assert refusal("a.pdf", files.pdf(["one"])[:cut]) in ("media_broken", "media_empty")


def test_word_is_read_in_its_order_with_headings_and_tables() -> None:
    data = files.word("第一段", "第二段", heading="条款", table=[["品名", "价格"], ["纸", "3|5"]])
    document = read("合同.docx", data)
    assert text_of(document).split("\n\n") == [
        "## 条款", "第一段", "第二段", "| 品名 | 价格 |\n| --- | --- |\n| 纸 | 3\\|5 |",
    ]  # fmt: skip
    assert document.unit == "part"


def test_slides_are_read_with_their_notes() -> None:
    document = read("年会.pptx", files.slides("开场", "总结", notes="先问好"))
    assert [part.text for part in document.parts] == ["开场\n> 先问好", "总结"]
    assert document.unit == "slide"


def test_a_spreadsheet_is_read_sheet_by_sheet() -> None:
    data = files.sheets(
        收入=[["月份", "金额"], ["一月", 1200.5], ["二月", 3]], 空=[], 支出=[["房租", 900]]
    )
    document = read("账.xlsx", data)
    assert [(part.title, part.text.splitlines()[-1:]) for part in document.parts] == [
        ("收入", ["| 二月 | 3 |"]), ("空", []), ("支出", ["| --- | --- |"]),
    ]  # fmt: skip
    assert "| 一月 | 1200.5 |" in document.parts[0].text


def test_dates_in_a_spreadsheet_are_dates() -> None:
    import io

    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_datetime(0, 0, datetime.datetime(2026, 11, 28))  # noqa: DTZ001
    assert "| 2026-11-28 |" in text_of(read("a.xlsx", buffer.getvalue()))


def test_a_web_page_is_read_without_its_scripts() -> None:
    page = "<!doctype html><title>t</title><script>evil()</script><h1>标题</h1><p>一 <b>二</b></p>"
    text = text_of(read("a.html", page.encode()))
    assert "# 标题" in text
    assert "一 **二**" in text
    assert "evil" not in text


def test_a_web_page_says_its_own_encoding() -> None:
    page = '<html><meta charset="gb2312"><p>你好，世界</p></html>'.encode("gb18030")
    assert "你好，世界" in text_of(read("a.htm", page))


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv", "a.py", "a.log", "noname", "a.pdf"])
def test_text_is_text_whatever_its_name_says(name: str) -> None:
    assert text_of(read(name, CHINESE.encode())) == CHINESE.strip()


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_chinese_is_read_in_every_usual_encoding(encoding: str) -> None:
    assert decode((CHINESE * 3).encode(encoding)) == CHINESE * 3


def test_traditional_chinese_in_big5_is_read() -> None:
    text = "臺灣的會議紀錄，請於週五前確認並回覆。這裡有繁體中文的內容與標點符號。\n" * 4
    assert decode(text.encode("big5")) == text


def test_japanese_and_western_encodings_are_read() -> None:
    japanese = (
        "これは日本語の文書です。会議の議事録を確認してください。よろしくお願いします。\n" * 4
    )
    assert decode(japanese.encode("cp932")) == japanese
    western = "Les élèves français sont déjà très fatigués après l'été à Genève. " * 8
    assert decode(western.encode("cp1252")) == western


def test_text_that_is_cut_within_a_character_is_still_read() -> None:
    assert decode((CHINESE * 3).encode("gb18030")[:-3]).startswith(CHINESE * 2)
    assert decode((CHINESE * 3).encode()[:-3]).startswith(CHINESE * 2)


def test_a_stray_byte_does_not_make_utf_8_something_else() -> None:
    text = CHINESE * 20
    data = text.encode()
    assert decode(data[:30] + b"\xff" + data[30:]).replace("\ufffd", "") == text


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.zip", files.zipped(readme=b"hello"), "media_unsupported"),
        ("a.exe", b"MZ\x90\x00\x03" + bytes(range(256)) * 20, "media_unsupported"),
        ("a.png", files.picture(), "media_unsupported"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "media_unsupported"),
        ("a.rtf", b"{\\rtf1 hello}", "media_unsupported"),
        ("a.docx", files.word("x")[:300], "media_broken"),
        ("a.docx", files.zipped(word__document__xml=b""), "media_unsupported"),
        ("a.txt", b"", "media_empty"),
        ("a.txt", b" \n \n", "media_empty"),
        (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "media_locked",
        ),
    ],
)
def test_what_cant_be_read_is_said_precisely(name: str, data: bytes, kind: str) -> None:
    assert refusal(name, data) == kind


# The first of a kind imports its library.
@given(st.binary(max_size=2_000), st.text(max_size=20))
def test_any_bytes_are_text_or_a_media_error(data: bytes, name: str) -> None:
    with contextlib.suppress(MediaError):
        assert read_document(name, data, chars=100).parts


@given(st.binary(max_size=500))
def test_any_bytes_are_decoded(data: bytes) -> None:
    assert isinstance(decode(data), str)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\ufeff"), min_size=1))
def test_text_in_utf_8_is_read_as_it_is(text: str) -> None:
    assert decode(text.encode()) == text


@given(st.text(), st.integers(1, 300), st.integers(-3, 9))
def test_parts_stay_within_the_room(text: str, chars: int, first: int) -> None:
    try:
        document = take(flow_pages(text), chars=chars, first=first)
    except MediaError:
        assert not text.strip() or not document_has_text(text, first)
        return
    assert sum(len(part.text) for part in document.parts) <= chars
    numbers = [part.number for part in document.parts]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def document_has_text(text: str, first: int) -> bool:
    pages = flow_pages(text)
    number = min(max(first, 1), pages.total) if pages.total else 0
    return bool(number and pages.read(number)[1].strip())


@given(st.text(max_size=50).map(lambda text: text * 400))
def test_no_word_is_lost_when_text_is_cut_into_parts(text: str) -> None:
    pages = flow_pages(text)
    joined = "".join(pages.read(number)[1] for number in range(1, pages.total + 1))
    assert "".join(joined.split()) == "".join(text.split())
    assert all(len(pages.read(number)[1]) <= PART_CHARS for number in range(1, pages.total + 1))


def test_a_byte_order_mark_is_no_reason_to_call_text_binary() -> None:
    assert format_of("a.txt", codecs.BOM_UTF16_LE + "ab".encode("utf-16-le")) == "text"
    assert format_of("a.txt", "hello there".encode("utf-16-le")) == "text"
