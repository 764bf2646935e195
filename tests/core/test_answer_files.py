"""Files of answers: which are offered, what is in them, and that each is sent once."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from feishu_bot.core.answer_files import CARD_BYTES, AnswerFiles, AnswerParts
from feishu_bot.core.conversations import Conversation
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import File, FileOffer
from feishu_bot.core.notices import Notice
from feishu_bot.errors import CardRefused, PermissionMissing
from feishu_bot.feishu.cards.markdown.answer_parts import answer_parts
from feishu_bot.media.spreadsheets import write_spreadsheet
from tests.builders import KEY, TEXTS, BotWorld, turn

FILES = AnswerFiles(
    parse=answer_parts, write_spreadsheet=write_spreadsheet, texts=TEXTS, most_cards=6
)
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


def test_without_a_limit_of_cards_the_whole_is_not_sent() -> None:
    assert replace(FILES, most_cards=0).offered("x" * 1_000_000, True) == ()


@pytest.mark.parametrize(
    "text",
    [
        "words " * 10_000, "a | b\n" * 7, "```python\nprint(1)\n```\n" * 50, "1. one\n" * 100,
        "```" * 30, "",
    ],
)  # fmt: skip
def test_an_ordinary_answer_is_not_parsed_for_its_files(text: str) -> None:
    def refuse(text: str) -> AnswerParts:
        raise AssertionError("parsed")

    assert replace(FILES, parse=refuse).offered(text, True) == ()


def test_of_a_very_long_answer_the_headings_are_told() -> None:
    headings = [
        f"## {number}. **Part** {number}{' long' * 20 * (number == '1')}" for number in "123"
    ]
    text = "\n\n".join(f"{one}\n\n#### detail\n\n{'字' * 2 * CARD_BYTES}" for one in headings)

    (offer,) = FILES.offered(text, True)

    assert offer.contents[1:] == ("2. Part 2", "3. Part 3")
    assert offer.contents[0].startswith("1. Part 1 long")
    assert offer.contents[0].endswith("…")
    assert len(offer.contents[0]) == 40


def test_many_headings_are_cut_and_one_or_two_say_nothing() -> None:
    long = "字" * 3 * CARD_BYTES

    assert FILES.offered(long + "\n\n# a\n\n# b", True)[0].contents == ()
    told = FILES.offered(long + "\n\n# a" * 30, True)[0].contents
    assert told == ("a",) * 12 + ("…",)


def test_an_answer_with_half_a_character_is_measured_and_written() -> None:
    (offer,) = FILES.offered("\ud83d" * 150_000, True)

    assert offer.what == "whole"
    assert file("\ud83dx", "whole").data == b"?x\n"


def file(answer: str, what: str, question: str = "怎么部署？") -> File:
    found = FILES.file(turn(1, question=question, answer=answer), what, "zh")
    assert found
    return found


def test_code_is_named_by_its_language_and_its_question() -> None:
    assert file(fenced("Python"), "code:0") == File("怎么部署？.py", f"{LONG_CODE}\n".encode())
    assert file(fenced("klingon"), "code:0").name.endswith(".txt")
    assert file(fenced("```"), "code:0", question="../../etc/<a>\u202e\n x").name == "etc a x.txt"
    assert file(fenced("c++"), "code:0", question="").name == "回答.cpp"


@pytest.mark.parametrize(
    ("info", "ending"),
    [
        ("python:app.py", "py"), ("js{1,3}", "js"), ('{.sql title="x"}', "sql"), ("C#", "cs"),
        ("TypeScript title='a.ts'", "ts"), ("diff-python", "txt"), ("", "txt"),
        ("../../bin/sh", "txt"), ("yaml,ignore", "yaml"),
    ],
)  # fmt: skip
def test_the_language_is_read_as_models_write_it(info: str, ending: str) -> None:
    assert file(fenced(info), "code:0", question="q").name == f"q.{ending}"


@given(st.text(st.characters(codec=None)) | st.sampled_from(["con", "NUL.txt", "LPT1", "aux "]))
def test_a_name_is_safe_on_any_computer(question: str) -> None:
    name = file(fenced("python"), "code:0", question=question).name

    stem = name.removesuffix(".py")
    assert stem == stem.strip(" .")
    assert stem
    assert stem.split(".")[0].lower() not in {"con", "nul", "lpt1", "aux"}
    assert len(name.encode()) <= 130
    assert not set(name) & set('/\\:*?"<>|\0\n\t\u202e\u200b')


def test_several_blocks_of_one_language_are_told_apart() -> None:
    answer = fenced("sql", "x") + fenced("sql", f"{LONG_CODE}\n1") + fenced("go") + fenced("mysql")

    assert [(one.what, one.ending, one.number) for one in FILES.offered(answer, True)] == [
        ("code:1", "sql", 1), ("code:2", "go", 0), ("code:3", "sql", 2),
    ]  # fmt: skip
    assert file(answer, "code:1").name == "怎么部署？-1.sql"
    assert file(answer, "code:2").name == "怎么部署？.go"
    assert file(answer, "code:3") == File("怎么部署？-2.sql", f"{LONG_CODE}\n".encode())


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


def test_a_file_that_feishu_does_not_take_by_its_size_is_told_precisely(world: BotWorld) -> None:
    endless = turn(1, answer="字" * 11_000_000, answer_ids=("om_a1",))
    world.remember(endless)

    press(world, on="om_a1", what="whole")

    (notice,) = [notice for _, notice, _ in world.messenger.notices]
    assert notice == Notice("answer_file_too_large", {"limit": "30"})
    assert not world.messenger.files


def test_a_forgotten_answer_is_told_to_who_presses(world: BotWorld) -> None:
    world.conversations.stored.clear()

    press(world)

    assert world.messenger.notice_kinds == ["more_unknown"]
    assert not world.messenger.files


def test_of_an_answer_that_was_recalled_meanwhile_nothing_comes_by_itself() -> None:
    world = BotWorld()
    world.model.enqueue_text(table(1) * 4)
    world.say("compare")
    world.conversations.stored.clear()

    world.work()

    assert not world.messenger.files
    assert not world.messenger.notices


def test_what_comes_by_itself_is_stored_before_its_answer_has_ended() -> None:
    world = BotWorld()
    finish, stored = world.inbox.finish, []

    def finish_noting(*args: object) -> bool:
        stored.append([one.dedupe_id for one in world.inbox.tasks if one.kind == "file"])
        return bool(finish(*args))

    world.inbox.finish = finish_noting
    world.model.enqueue_text(table(1) * 4)

    world.say("compare")

    assert stored == [["file:om_answer:tables"]]


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
