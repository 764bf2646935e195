"""`feishu-bot backup` and `feishu-bot check`, as an operator types them."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from feishu_bot.maintenance.finding import Finding
from hypothesis import given
from hypothesis import strategies as st
from lark_oapi.core.http import Transport

import feishu_bot
from feishu_bot.cli import main
from feishu_bot.settings import Settings
from feishu_bot.settings.secrets import secrets_of
from feishu_bot.stores import Database, migrations
from feishu_bot.stores import backup as backups
from feishu_simulator import Script, Simulator
from tests.scenarios.bots import environment


@pytest.fixture
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def file(tmp_path):
    """The file of a database with tables."""
    path = tmp_path / "data" / "feishu_bot.db"
    Database(f"sqlite:///{path}").migrate()
    return path


@pytest.fixture
def environ(sim, file):
    return environment(sim, f"sqlite:///{file}")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder."""
    # The check puts our transport in place of the SDK's.
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(environ, *arguments):
        return CliRunner().invoke(main, arguments, env=environ, catch_exceptions=False)

    return run


def rows(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()


# backup


def test_a_backup_lies_beside_the_database_and_is_its_owners_alone(run, file):
    done = run({"DATABASE_URL": f"sqlite:///{file}"}, "backup")

    (copy,) = file.parent.glob("feishu_bot-*.db")
    assert done.exit_code == 0
    assert done.stdout == f"{copy}\n"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert rows(copy) == rows(file)
    assert list(file.parent.glob("*.partial")) == []


def test_a_backup_of_a_database_in_use_is_whole_and_one_file(file, tmp_path):
    url = f"sqlite:///{file}"
    database, ends = Database(url), threading.Event()
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE filler (x)")

    def write_on():
        while not ends.is_set():
            with database.write() as connection:
                connection.exec_driver_sql("INSERT INTO filler VALUES (hex(randomblob(2000)))")

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        copies = [backups.back_up(url, tmp_path / f"{n}.db", now=0.0) for n in range(5)]
    finally:
        ends.set()
        writer.join()
        database.close()

    for copy in copies:
        assert rows(copy) == rows(file)
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert sorted(path.name for path in tmp_path.glob("?.*")) == [f"{n}.db" for n in range(5)]


def test_what_was_committed_but_is_not_in_the_file_yet_is_in_the_copy(file, tmp_path):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE fresh (x)")
        connection.commit()

        copy = backups.back_up(f"sqlite:///{file}", tmp_path, now=0.0)

    assert ("fresh",) in rows(copy)


def test_nothing_is_overwritten(run, file, tmp_path):
    kept = tmp_path / "kept.db"
    kept.write_text("mine")

    done = run({"DATABASE_URL": f"sqlite:///{file}"}, "backup", str(kept))

    assert done.exit_code == 1
    assert "exists and was left alone" in done.output
    assert kept.read_text() == "mine"


def test_a_damaged_database_makes_no_backup(run, tmp_path):
    file = tmp_path / "bad.db"
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 8192)

    done = run({"DATABASE_URL": f"sqlite:///{file}"}, "backup")

    assert done.exit_code == 1
    assert "The backup failed" in done.output
    assert [path.name for path in tmp_path.glob("*.db*")] == ["bad.db"]


def test_without_a_database_the_path_is_named(run, tmp_path):
    done = run({"DATABASE_URL": f"sqlite:///{tmp_path}/none.db"}, "backup")

    assert done.exit_code == 1
    assert f"{tmp_path}/none.db" in done.output


def test_for_postgresql_the_command_is_told_without_the_password(run):
    done = run({"DATABASE_URL": "postgresql://bot:pa55word@db.example/name"}, "backup")

    assert done.exit_code == 1
    assert "pg_dump --clean --if-exists --dbname='postgresql://bot@db.example/name'" in done.output
    assert "pa55word" not in done.output


def test_a_backup_needs_no_other_setting_and_a_bad_address_is_told(run):
    done = run({"DATABASE_URL": "mysql://x"}, "backup")

    assert done.exit_code == 1
    assert "DATABASE_URL" in done.output


# check


def signs(done):
    """The signs of the findings, in order."""
    return "".join(line[0] for line in done.stdout.splitlines() if line[0] in "✓!✗")


def test_where_all_is_well_the_check_says_so(run, sim, environ):
    done = run(environ, "check")

    assert done.exit_code == 0, done.stdout
    assert done.stdout.splitlines()[0] == f"feishu_bot {feishu_bot.__version__}"
    assert signs(done) == "✓✓✓✓"
    assert "writable and up to date" in done.stdout
    assert f'the bot is "{sim.credentials.bot_name}"' in done.stdout
    assert sim.gateway.requests == []


def test_with_ask_the_model_answers_once(run, sim, environ):
    sim.gateway.enqueue(Script.text("OK"))

    done = run(environ, "check", "--ask")

    assert signs(done) == "✓✓✓✓✓"
    assert 'answered "OK"' in done.stdout
    assert len(sim.gateway.requests) == 1


def test_the_check_reads_the_env_file_of_its_folder(run, environ, tmp_path):
    lines = (f"{name}={value}\n" for name, value in environ.items())
    (tmp_path / "here" / ".env").write_text("".join(lines))

    assert run({}, "check").exit_code == 0


def test_wrong_settings_are_all_named_and_nothing_else_is_tried(run, environ):
    del environ["APP_SECRET"]
    done = run(environ | {"HTTP_PORT": "x"}, "check")

    assert done.exit_code == 1
    assert signs(done) == "✗✗"
    assert "APP_SECRET" in done.stdout
    assert "HTTP_PORT" in done.stdout


def test_a_misspelt_setting_is_a_warning(run, environ):
    done = run(environ | {"USER_DAILY_QUESTION": "1"}, "check")

    assert done.exit_code == 0
    assert "is it meant to be USER_DAILY_QUESTIONS?" in done.stdout


def test_a_broken_price_table_is_named(run, environ, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("currency: ¥\nmodels:\n  gpt: 3\n")

    done = run(environ | {"PRICES_FILE": str(prices)}, "check")

    assert done.exit_code == 1
    assert "prices.yaml" in done.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"APP_SECRET": "an-old-secret"}, "APP_ID or APP_SECRET is wrong"),
        ({"FEISHU_DOMAIN": "http://127.0.0.1:9"}, "can't be reached"),
        ({"OPENAI_KEY": "sk-revoked-long-ago"}, "didn't accept the bot's key"),
        ({"API_URL": "http://127.0.0.1:9/v1"}, "couldn't connect to the model service"),
        ({"DATABASE_URL": "sqlite:////dev/null/bot.db"}, "/dev/null is no folder"),
        ({"DATABASE_URL": "postgresql://bot:pa55word@127.0.0.1:9/x"}, "Connection refused"),
    ],
)
def test_each_part_that_fails_is_told_while_the_others_are_tried(run, environ, change, said):
    done = run(environ | change, "check")

    assert done.exit_code == 1
    assert signs(done).count("✗") == 1
    assert len(signs(done)) == 4
    assert said in done.stdout
    assert "pa55word" not in done.stdout


@pytest.mark.parametrize(
    ("revision", "sign", "said"),
    [("0001", "✓", "brought up to date at the start"), ("9999", "✗", "a newer version")],
)
def test_the_version_of_the_database_is_told(run, environ, file, revision, sign, said):
    assert revision != migrations.REVISION
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()

    done = run(environ, "check")

    assert signs(done)[1] == sign
    assert said in done.stdout


def test_a_check_makes_no_database(run, environ, tmp_path):
    done = run(environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/new/bot.db"}, "check")

    assert done.exit_code == 0
    assert "it is made at the start" in done.stdout
    assert not (tmp_path / "new").exists()


# Secrets

secret = st.text("abcdefghkmnopqrstuvwxyzABC0123456789", min_size=8, max_size=40)
SECRETS = st.tuples(secret, secret, secret, secret, secret, secret)


@given(
    SECRETS.filter(lambda found: len(set(found)) == 6), st.lists(st.text(max_size=5), min_size=8)
)
def test_no_secret_is_in_what_a_finding_prints(found, between):
    key, app_secret, encrypt, token, password, header = found
    settings = Settings.from_env(
        {
            "APP_ID": "cli_a1b2c3d4e5f6",
            "APP_SECRET": f"S-{app_secret}",
            "APP_ENCRYPT_KEY": f"E-{encrypt}",
            "APP_VERIFICATION_TOKEN": f"V-{token}",
            "OPENAI_KEY": f"sk-{key},sk-{key}2",
            "DATABASE_URL": f"postgresql://bot:{password}%40@db/x",
            "GATEWAY_HEADERS": f"X-Auth: Bearer {header}",
        }
    )
    hidden = (
        f"S-{app_secret}", f"E-{encrypt}", f"V-{token}", f"sk-{key}", f"{password}%40",
        f"{password}@", header,
    )  # fmt: skip
    text = "".join(part for pair in zip(between, hidden, strict=False) for part in pair)

    printed = Finding("fault", text, text).lines(secrets_of(settings))

    assert [value for value in hidden if value in printed] == []


def test_passwords_of_proxies_are_secrets(environ, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:pass%2Fword1@proxy:3128")
    settings = Settings.from_env(environ | {"HTTP_PROXY": "http://me:pa55word2@proxy:3128"})

    printed = Finding("fault", "pass%2Fword1 pass/word1", "pa55word2 a").lines(secrets_of(settings))

    assert printed == "✗ *** ***\n  *** a"


class Echo(BaseHTTPRequestHandler):
    """Refuses everything, and says in its refusal all that it was told."""

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        told = f"{self.path} {dict(self.headers)} {body}"
        answer = {"code": 19999, "msg": told, "error": {"message": told, "type": "x", "code": "y"}}
        data = json.dumps(answer).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, format, *args):
        pass


@pytest.fixture
def echo():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_services_that_repeat_what_they_are_told_bring_no_secret_out(run, sim, environ, echo):
    secrets = {
        "APP_SECRET": "app-secret-of-a-company",
        "OPENAI_KEY": "sk-first-key-of-the-bot,a-key-without-a-prefix-77",
        "GATEWAY_HEADERS": "X-Auth: Bearer header-secret-abc",
    }
    services = {"FEISHU_DOMAIN": echo, "API_URL": f"{echo}/v1"}

    done = run(environ | secrets | services, "check", "--ask")

    assert signs(done) == "✓✓✗✗"
    assert "19999" in done.stdout
    hidden = ["app-secret-of-a-company", "sk-first-key-of-the-bot", "a-key-without-a-prefix-77",
              "header-secret-abc", sim.credentials.encrypt_key]  # fmt: skip
    assert [value for value in hidden if value in done.stdout] == []
