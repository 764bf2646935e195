"""feishu-bot usage and feedback."""

from __future__ import annotations

import csv
import shutil
import time

import pytest
from click.testing import CliRunner

from feishu_bot.cli import main
from feishu_bot.core.feedback import RatedAnswer
from feishu_bot.core.usage import Usage
from feishu_bot.stores import Database, SqlFeedback
from feishu_bot.stores.usage import insert_usage


@pytest.fixture
def url(tmp_path, migrated_file, monkeypatch):
    """The database of a bot that has answered; nothing else is set."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/bot.db"
    monkeypatch.setenv("DATABASE_URL", url)
    shutil.copy(migrated_file, tmp_path / "bot.db")
    database = Database(url)
    with database.write() as connection:
        for number, person in enumerate(("ou_1", "ou_1", "ou_2")):
            usage = Usage(
                open_id=person,
                chat_id=f"oc_{person}",
                model="gpt" if number else "=o1",
                outcome="answered",
                seconds=1.0,
                prompt_tokens=1_000,
                completion_tokens=20,
                cost=0.5,
                created_at=time.time(),
            )
            insert_usage(connection, usage, now=0.0)
    answer = RatedAnswer(message_id="om_a", model="gpt", question_id="om_q")
    SqlFeedback(database).save(answer, "ou_1", "down", "@太长\n了 \x1b[31m")
    database.close()
    return url


def run(*arguments):
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def rows_of(path):
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines()))


def test_usage_is_printed_by_what_is_asked_for(url):
    today = time.strftime("%Y-%m-%d")
    assert run("usage").splitlines()[1].split() == [
        *(today, "3", "3,000", "60", "1.5"),
        *("0", "0.0", "0"),
    ]
    lines = run("usage", "--by", "person", "--days", "1").splitlines()
    head = "用户 ID 次数 输入 tokens 输出 tokens 费用 图片 语音（分钟） 文件"
    assert lines[0].split() == head.split()
    assert [line.split()[:2] for line in lines[1:]] == [["ou_1", "2"], ["ou_2", "1"]]
    assert "gpt" in run("usage", "--by", "model")
    assert "oc_ou_2" in run("usage", "--by", "chat")


def test_a_table_stands_in_columns_whatever_its_letters(url):
    head, *rows = run("usage", "--by", "person").splitlines()

    def end(text, cell):
        before = text[: text.index(cell) + len(cell)]
        return len(before) + sum(char > "\u2fff" for char in before)

    assert end(head, "次数") == end(rows[0], "  2") == end(rows[1], "  1")


def test_usage_is_written_for_a_spreadsheet(url, tmp_path):
    assert "3" in run("usage", "--by", "all", "--output", str(tmp_path / "u.csv"))

    rows = rows_of(tmp_path / "u.csv")
    assert {row["模型"] for row in rows} == {"gpt", "'=o1"}
    assert sum(float(row["费用"]) for row in rows) == 1.5


def test_feedback_is_printed_and_written(url, tmp_path):
    printed = run("feedback")
    assert "@太长 了" in printed
    assert "\x1b" not in printed
    run("feedback", "--output", str(tmp_path / "f.csv"))

    # The last character is no line break of the table.
    assert b"'@" in (tmp_path / "f.csv").read_bytes()


def test_the_words_follow_the_language(url, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "en")

    assert run("usage").startswith("Day")


def test_nothing_recorded_is_said(url, tmp_path, migrated_file, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    shutil.copy(migrated_file, tmp_path / "empty.db")

    assert "没有记录" in run("usage")
    assert "没有记录" in run("feedback")


@pytest.mark.parametrize(
    ("database", "why"),
    [
        ("sqlite:////nowhere/at/all.db", "数据库不存在"),
        ("nonsense", "DATABASE_URL"),
        ("postgresql://127.0.0.1:1/x", "无法打开"),
    ],
)
def test_a_database_that_is_not_there_is_named_and_not_made(database, why, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database)

    done = CliRunner().invoke(main, ["usage"])

    assert done.exit_code == 1
    assert why in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_version_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    (tmp_path / "other.db").touch()

    done = CliRunner().invoke(main, ["feedback"])

    assert done.exit_code == 1
    assert "版本" in done.output


def test_a_file_that_cannot_be_written_is_said(url, tmp_path):
    done = CliRunner().invoke(main, ["usage", "--output", str(tmp_path / "no" / "u.csv")])

    assert done.exit_code == 1
    assert "Can't write" in done.output
