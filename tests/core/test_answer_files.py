"""Files of answers: which are offered, what is in them, and that each is sent once."""

from __future__ import annotations

import io
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from feishu_bot.core.answer_files import CARD_BYTES, AnswerFiles
from feishu_bot.core.conversations import Conversation
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import File, FileOffer
from feishu_bot.errors import CardRefused, PermissionMissing
from feishu_bot.feishu.cards.markdown.answer_parts import answer_parts
from feishu_bot.media.spreadsheets import write_spreadsheet
from tests.builders import KEY, TEXTS, BotWorld, turn

FILES = AnswerFiles(parse=answer_parts, write_spreadsheet=write_spreadsheet, texts=TEXTS, cards=2)
LONG_CODE = "\n".join(f"print({number})" for number in range(30))


def fenced(language: str, code: str = LONG_CODE) -> str:
    return f"```{language}\n{code}\n```\n\n"


IN_A_LIST = "- in a list\n\n  ```go\n" + "  x\n" * 900 + "  ```\n"


def table(rows: int) -> str:
    return "| a | b |\n|---|---|\n" + "".join(f"| {n} | x |\n" for n in range(rows)) + "\n"


def whats(text: str, *, is_complete: bool = True) -> list[str]:
    offers = FILES.offered(text, is_complete)
    return [f"{one.what}{' sent' * one.is_sent}" for one in offers]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("Just words, a | b, and `code`.", []),
        (fenced("python", "print(1)"), []),
        (fenced("python"), ["code:0"]),
        (fenced("", "x") + fenced("sql") + IN_A_LIST, ["code:1", "code:2"]),
        (fenced("go") * 3, ["code:0", "code:1", "code:2"]),
        (fenced("go") * 4, ["codes"]),
        (table(7), []),
        (table(8), ["tables"]),
        (table(4) * 2, ["tables"]),
        (table(1) * 3, []),
        (table(1) * 4, ["tables sent"]),
        (fenced("md", table(20)), ["code:0"]),
        ("字" * (2 * CARD_BYTES), []),
        ("字" * (2 * CARD_BYTES + 1), ["whole sent"]),
    ],
)  # fmt: skip
def test_what_a_card_shows_badly_is_offered(text: str, offered: list[str]) -> None:
    assert whats(text) == offered


def test_nothing_of_an_answer_that_broke_off_comes_by_itself() -> None:
    assert whats("字" * 3 * CARD_BYTES, is_complete=False) == []
    assert whats(table(1) * 4, is_complete=False) == ["tables"]


def test_where_all_cards_are_shown_the_whole_is_not_sent() -> None:
    files = AnswerFiles(
        parse=answer_parts, write_spreadsheet=write_spreadsheet, texts=TEXTS, cards=0
    )

    assert files.offered("x" * 1_000_000, True) == ()


def file(answer: str, what: str, question: str = "怎么部署？") -> File:
    found = FILES.file(turn(1, question=question, answer=answer), what, "zh")
    assert found
    return found


def test_code_is_named_by_its_language_and_its_question() -> None:
    assert file(fenced("Python"), "code:0") == File("怎么部署？.py", f"{LONG_CODE}\n".encode())
    assert file(fenced("klingon"), "code:0").name.endswith(".txt")
    assert file(fenced("```"), "code:0", question="../../etc/<a>\u202e\n x").name == "etc a x.txt"
    assert file(fenced("c++"), "code:0", question="").name == "回答.cpp"


def test_all_code_comes_in_an_archive() -> None:
    found = file(fenced("sql") + fenced("yaml"), "codes")

    with zipfile.ZipFile(io.BytesIO(found.data)) as archive:
        assert archive.namelist() == ["代码-1.sql", "代码-2.yaml"]


def test_the_whole_is_markdown_without_names_of_pictures() -> None:
    found = file("# Title\n\n![a cat](picture:0a)", "whole")

    assert found == File("怎么部署？.md", "# Title\n\n🖼 a cat\n".encode())


def test_tables_come_on_sheets_as_they_are_read() -> None:
    answer = (
        "| **Name** | Price |\n|---|---:|\n| `a|b` | 1,200.50 |\n| [x](https://x.example) "
        "| 007 |\n\n"
        '> | only |\n> |---|\n> | =HYPERLINK("http://evil.example") |\n> | 123456789012345678 |\n'
    )

    found = file(answer, "tables")

    book = CalamineWorkbook.from_filelike(io.BytesIO(found.data))
    assert found.name == "怎么部署？.xlsx"
    assert book.sheet_names == ["表1", "表2"]
    assert book.get_sheet_by_name("表1").to_python() == [
        ["Name", "Price"], ["a|b", 1200.5], ["x", "007"],
    ]  # fmt: skip
    assert book.get_sheet_by_name("表2").to_python() == [
        ["only"], ['=HYPERLINK("http://evil.example")'], ["123456789012345678"],
    ]  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(found.data)) as archive:
        sheets = [archive.read(f"xl/worksheets/sheet{number}.xml") for number in (1, 2)]
    assert not any(b"<f>" in sheet or b"hyperlink" in sheet for sheet in sheets)


@pytest.mark.parametrize("what", ["code:0", "code:7", "codes", "tables", "../x", ""])
def test_there_is_no_file_of_what_an_answer_has_not(what: str) -> None:
    assert FILES.file(turn(1, answer="words"), what, "zh") is None


@pytest.fixture
def world() -> BotWorld:
    world = BotWorld()
    answered = turn(1, answer=fenced("python"), answer_ids=("om_a1", "om_a2"))
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=(answered,))
    world.conversations.bind(KEY, SentMessages(("om_a1", "om_a2")))
    return world


def press(world: BotWorld, on: str = "om_a2", what: str = "code:0", event: str = "ev_1") -> str:
    found = world.click("file", on=on, what=what, event_id=event).toast
    assert found
    world.work()
    return found.notice.kind


def test_a_file_is_sent_once_whichever_card_is_pressed(world: BotWorld) -> None:
    assert press(world) == "file_started"
    assert press(world, event="ev_2") == "file_known"
    assert press(world, on="om_a1", event="ev_3") == "file_known"

    assert [name for name, _ in world.messenger.files] == ["Q1.py"]
    assert [outcome for outcome, *_ in world.inbox.finished.values()] == ["answered"]


@pytest.mark.parametrize(
    ("failure", "notice"),
    [(PermissionMissing("no"), "permission_missing"), (CardRefused("no"), "file_refused")],
)
def test_a_file_that_cannot_be_sent_is_told_and_can_be_asked_for_again(
    world: BotWorld, failure: Exception, notice: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise failure

    send, world.messenger.send_file = world.messenger.send_file, refuse
    press(world)
    assert world.messenger.notice_kinds == [notice]
    world.messenger.send_file = send

    assert press(world, event="ev_2") == "file_started"
    assert len(world.messenger.files) == 1


@pytest.mark.parametrize("what", ["code:9", "tables", "nonsense"])
def test_a_forged_button_gets_no_file(world: BotWorld, what: str) -> None:
    press(world, what=what)

    assert not world.messenger.files
    assert world.messenger.notice_kinds == ["more_unknown"]


def test_more_tables_than_a_card_takes_come_by_themselves_once() -> None:
    world = BotWorld()
    world.model.enqueue_text(table(1) * 4)

    world.say("compare")

    ending = world.messenger.answers[0].ending
    assert ending.files == (FileOffer("tables", is_sent=True),)
    assert [one.kind for one in ending.asides] == ["tables_as_file"]
    (task,) = [one for one in world.inbox.tasks if one.kind == "file"]
    assert task.dedupe_id == "file:om_answer:tables"
    assert task.target.message_id == "om_answer"
