"""Mistakes in files, with the port, and with the database: said at the start as well."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from feishu_bot.bot_process import CONFIGURATION
from feishu_bot.content.lists import open_lists
from feishu_bot.core.languages import Words
from feishu_bot.errors import SettingsError, StoreUnavailable
from feishu_bot.outcomes import LatestOutcome
from feishu_bot.part_checks import DatabaseCheck
from feishu_bot.readiness import Check, Readiness
from feishu_bot.stores import Database
from tests.planted.table import Told, says
from tests.planted.test_settings_rows import GOOD
from tests.scenarios.bots import ROOT

# Roles and prices


def faults_of(roles: str, prices: str = "") -> list[str]:
    with pytest.raises(SettingsError) as caught:
        open_lists(roles, prices)
    return caught.value.faults


@pytest.mark.parametrize("row", ["19-both"])
def test_both_files_that_are_not_there_are_named_with_their_settings(
    tmp_path: Path, row: str
) -> None:
    faults = faults_of(f"{tmp_path}/roles.yaml", f"{tmp_path}/prices.yaml")

    for fault, setting in zip(faults, ("ROLES_FILE", "PRICES_FILE"), strict=True):
        zh, _, en = fault.partition("\n")
        says("没有这个文件|请检查路径", "no such file|check the path", setting).expect_in(zh, en)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        pytest.param(
            "- title: a\n\tcontent: b", 2, says("制表符|改用空格", "a tab|use spaces"), id="20-tab"
        ),
        pytest.param(
            "- title: a: b\n  content: c", 1, says("冒号|放在引号里", "a colon|quotes"),
            id="20-colon",
        ),
        pytest.param(
            '- title: "a\n  content: b\n', 3, says("引号没有配对", "mark has no partner"),
            id="20-quote",
        ),
        pytest.param(
            "- title: a\n content: b\n", 2, says("缩进没有对齐", "indentation doesn't line up"),
            id="20-indentation",
        ),
        pytest.param(
            "- title: @a\n  content: b\n", 1, says("特殊符号|放在引号里", "special sign|quotes"),
            id="20-sign",
        ),
        pytest.param(
            "- {title: a, content: b\n", 2, says("括号没有配对", "bracket has no partner"),
            id="20-bracket",
        ),
        pytest.param(
            "- title: a\n  contents: b\n", 2,
            says("不认识“contents”，是不是“content”", 'unknown key "contents", perhaps "content"'),
            id="20-key",
        ),
    ],
)  # fmt: skip
def test_a_broken_list_is_told_in_plain_words(
    tmp_path: Path, text: str, line: int, told: Told
) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text(text)

    (fault,) = faults_of(str(file))

    zh, _, en = fault.partition("\n")
    told.expect_in(zh, en)
    says(f"第 {line} 行", f"line {line}", "ROLES_FILE").expect_in(zh, en)


# The port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


# gunicorn by itself is told by its configuration; it needs no more of an app than that it loads.
STARTS = {
    "25-run": ["feishu_bot", "run"],
    "25-gunicorn": ["gunicorn", "--config", str(CONFIGURATION), "wsgiref.simple_server:demo_app"],
}


@pytest.mark.parametrize("row", STARTS)
def test_a_port_in_use_is_two_lines_in_place_of_gunicorns_own(
    taken: int, tmp_path: Path, row: str
) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environ = {
        **kept, **GOOD, "PYTHONPATH": str(ROOT), "HTTP_PORT": str(taken), "BIND": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{tmp_path}/bot.db",
    }  # fmt: skip

    done = subprocess.run(
        [sys.executable, "-m", *STARTS[row]],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    zh, en = done.stderr.splitlines()
    told = says(f"端口 {taken} 已被|停掉它", f"uses port {taken}|End it", "HTTP_PORT", "ss -ltnp")
    told.expect_in(zh, en)
    # The database may be that of a bot that still runs.
    assert not (tmp_path / "bot.db").exists()


# The database


def refusal_of(url: str) -> str:
    with pytest.raises(StoreUnavailable) as caught:
        Database(url).migrate()
    return str(caught.value)


@pytest.mark.parametrize("row", ["26-folder"])
def test_a_folder_that_can_not_be_written_to_is_told_with_its_remedy(
    tmp_path: Path, row: str
) -> None:
    # Whoever runs the tests may write anywhere, but not below a file.
    (tmp_path / "data").touch()

    said = refusal_of(f"sqlite:///{tmp_path}/data/bot.db")

    says("能否写入|chown -R 10001", "may this user write|chown -R 10001").expect_in(said)


@pytest.mark.parametrize("row", ["27-damaged"])
def test_a_damaged_file_is_replaced_by_a_backup_and_not_given_to_another_owner(
    tmp_path: Path, row: str
) -> None:
    (tmp_path / "bot.db").write_bytes(b"no database" * 1000)

    said = refusal_of(f"sqlite:///{tmp_path}/bot.db")

    says("已损坏|恢复备份", "damaged|restore a backup").expect_in(said)
    assert "chown" not in said


ADVICE = {
    "not listening": says("没有运行，或端口不对|请启动它", "isn't running|start it"),
    "host": says("找不到 PostgreSQL 的主机|检查", "host is not known|check the host"),
    "password": says("不接受|用户名和密码|核对", "user and password|compare them"),
    "role": says("没有 DATABASE_URL 里的用户|CREATE ROLE", "knows no such user|CREATE ROLE"),
    "database": says("没有 DATABASE_URL 里的库|CREATE DATABASE", "no such database|CREATE DATAB"),
    "rights": says("不能建表|ALTER DATABASE", "may not make tables|ALTER DATABASE"),
    "closed": says("不让这台机器连接|pg_hba.conf", "doesn't let this machine in|pg_hba.conf"),
    "connections": says("连接数用完了|max_connections", "no connection left|max_connections"),
}


def expect_advice(said: str, kind: str) -> None:
    """What is said is that, and nothing of the others."""
    ADVICE[kind].expect_in(said)
    for other, told in ADVICE.items():
        if other != kind:
            assert told.zh[0] not in said
    assert "s3cret" not in said


# The codes of requests that come before the start-up ("Frontend/Backend Protocol").
TLS, GSSAPI = b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"


@contextmanager
def postgres_that_says(fields: bytes) -> Iterator[int]:
    """The port of a server that refuses whoever comes, as PostgreSQL does it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    while (request := connection.recv(4096))[4:8] in (TLS, GSSAPI):
                        connection.sendall(b"N")
                    if request:
                        body = fields + b"\0"
                        connection.sendall(b"E" + (len(body) + 4).to_bytes(4) + body)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


REFUSALS = {
    "password": b'SFATAL\0C28P01\0Mpassword authentication failed for user "bot"\0',
    "closed": b'SFATAL\0C28000\0Mno pg_hba.conf entry for host "10.0.0.9", user "bot"\0',
    "connections": b"SFATAL\0C53300\0Msorry, too many clients already\0",
}


@pytest.mark.parametrize("kind", [pytest.param(kind, id=f"28-{kind}") for kind in REFUSALS])
def test_a_postgresql_that_lets_nobody_in_says_why(kind: str) -> None:
    with postgres_that_says(REFUSALS[kind]) as port:
        expect_advice(refusal_of(f"postgresql+psycopg://bot:s3cret@127.0.0.1:{port}/bot"), kind)


@pytest.mark.parametrize(
    ("kind", "host"),
    [
        pytest.param("not listening", "127.0.0.1:1", id="28-not listening"),
        pytest.param("host", "nowhere.invalid", id="28-host"),
    ],
)
def test_a_postgresql_that_is_not_there_is_told(kind: str, host: str) -> None:
    expect_advice(refusal_of(f"postgresql+psycopg://bot:s3cret@{host}/bot"), kind)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        pytest.param("role", {"username": "nobody_here"}, id="28-role"),
        pytest.param("database", {"database": "nothing_here"}, id="28-database"),
        pytest.param("rights", {"username": "planted_poor"}, id="28-rights"),
    ],
)
def test_what_a_real_postgresql_lacks_is_told(postgres, kind: str, change: dict[str, str]) -> None:
    if kind == "rights":
        postgres.run("CREATE ROLE planted_poor LOGIN")
    with postgres.schema(tables=False) as address:
        url = sa.make_url(address).set(**change).update_query_dict({"options": ""})
        expect_advice(refusal_of(url.render_as_string(hide_password=False)), kind)
    if kind == "rights":
        postgres.run("DROP ROLE planted_poor")


@pytest.mark.parametrize("row", ["29-disk"])
def test_a_full_disk_is_told_while_the_bot_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    database = Database(url)
    database.migrate()
    part = DatabaseCheck(database, LatestOutcome(), url, None)
    title = Words("数据库", "Database")
    check = Check(name="database", run=part.run, seconds=1, title=title, explain=part.explain)
    readiness = Readiness((check,))
    free = os.statvfs_result((4096, 4096, 10**6, 100, 100, 9, 9, 9, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda path: free)

    assert not readiness.look(check)

    assert readiness.failing() == ["database"]
    (record,) = caplog.records
    says("磁盘满了|腾出空间", "disk is full|make room").expect_in(record.getMessage())
    assert record.exc_info is None
    database.close()
