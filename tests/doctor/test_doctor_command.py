"""`feishu-bot doctor`, as an operator types it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from lark_oapi.core.http import Transport

import feishu_bot
from feishu_bot.cli import main
from feishu_bot.core.doctor import Finding, Report
from feishu_bot.core.languages import Words
from feishu_bot.logs import SecretMask
from feishu_bot.settings import Settings
from feishu_bot.settings.secrets import secrets_of
from feishu_bot.setup.doctor import printed
from feishu_bot.stores import Database, SqlSightings, migrations
from feishu_simulator import Script
from tests.doctor.conftest import page
from tests.scenarios.bots import LocalBot, environment


@pytest.fixture
def file(tmp_path, migrated_file):
    """The file of a database with tables."""
    path = tmp_path / "data" / "feishu_bot.db"
    path.parent.mkdir()
    shutil.copy(migrated_file, path)
    return path


@pytest.fixture
def environ(sim, file):
    sim.feishu.bot_url = "http://127.0.0.1:9"
    return environment(sim, f"sqlite:///{file}", TRANSPORT="webhook")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(environ, *arguments, name="doctor"):
        return CliRunner().invoke(main, [name, *arguments], env=environ, catch_exceptions=False)

    return run


@pytest.fixture
def bot(environ, sim, monkeypatch):
    """The bot at work, with its addresses in the console."""
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    bot = LocalBot(environ | {"SHUTDOWN_GRACE": "1"}).start()
    sim.feishu.bot_url = bot.url
    yield bot
    bot.stop()


def found(done):
    """The findings by their check, the worst of each."""
    findings = json.loads(done.stdout)["findings"]
    ranks = ["ok", "unknown", "warning", "fault"]
    return {
        one["check"]: one for one in sorted(findings, key=lambda one: ranks.index(one["state"]))
    }


def wrong(done):
    return sorted(name for name, one in found(done).items() if one["state"] == "fault")


def test_where_all_is_well_nothing_wrong_is_found(run, sim, environ, bot):
    done = run(environ | {"PUBLIC_URL": bot.url}, "--no-ask", "--json")

    assert done.exit_code == 0, done.stdout
    assert wrong(done) == []
    findings = found(done)
    assert findings["event_address"]["state"] == findings["card_address"]["state"] == "ok"
    assert findings["database"]["what"]["en"].startswith("Writable and up to date")
    assert sim.gateway.requests == []


def test_the_address_is_known_from_the_console_where_it_isnt_set(run, environ, bot):
    done = run(environ, "--no-ask", "--json")

    assert found(done)["card_address"]["state"] == "ok"


def test_by_default_the_model_answers_once(run, sim, environ):
    sim.gateway.enqueue(Script.text("OK"))

    done = run(environ, "--json")

    assert 'answered "OK"' in found(done)["answer"]["what"]["en"]
    assert len(sim.gateway.requests) == 1


def test_people_read_what_is_wrong_first_in_both_languages(run, environ):
    done = run(environ | {"APP_SECRET": "an-old-secret"}, "--no-ask")

    lines = done.stdout.splitlines()
    assert lines[0] == f"feishu_bot {feishu_bot.__version__}"
    assert lines[1].startswith("✗ ")
    assert any(line.startswith("✗ 应用凭证：APP_SECRET 不对") for line in lines)
    assert any(line.startswith("  Credentials: APP_SECRET is wrong") for line in lines)
    assert any(line.startswith("  → http") for line in lines)
    assert lines[-1].endswith("to look at") or "not working" in lines[-1]
    assert done.exit_code == 1


def test_its_former_name_still_works(run, environ):
    done = run(environ | {"APP_SECRET": "an-old-secret"}, "--no-ask", name="check")

    assert done.exit_code == 1
    assert "check " not in CliRunner().invoke(main, ["--help"]).stdout


def test_it_reads_the_env_file_of_its_folder(run, environ, tmp_path):
    lines = (f"{name}={value}\n" for name, value in environ.items())
    (tmp_path / "here" / ".env").write_text("".join(lines))

    assert "credentials" in found(run({}, "--no-ask", "--json"))


def test_wrong_settings_are_all_named_and_nothing_else_is_tried(run, sim, environ):
    del environ["APP_SECRET"]
    done = run(environ | {"HTTP_PORT": "x"}, "--json")

    assert done.exit_code == 1
    texts = [one["what"]["zh"] for one in json.loads(done.stdout)["findings"]]
    assert [text.partition("：")[0] for text in texts] == ["APP_SECRET", "HTTP_PORT"]
    assert len(sim.feishu.calls) == 0


def test_where_there_is_no_app_one_remedy_stands_for_all_that_the_set_up_finds_out(run, environ):
    names = ("APP_ID", "APP_SECRET", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
    left = {name: value for name, value in environ.items() if name not in names}

    done = run(left | {"HTTP_PORT": "x"}, "--json")

    assert done.exit_code == 1
    app, port = json.loads(done.stdout)["findings"]
    assert "feishu-bot setup" in app["remedy"]["en"]
    assert "HTTP_PORT" in port["what"]["en"]


def test_a_file_that_cant_be_read_is_told_in_the_same_form(run, environ, tmp_path):
    (tmp_path / "here" / ".env").write_bytes("APP_ID=中文".encode("gbk"))

    done = run(environ, "--json")

    assert done.exit_code == 1
    assert "UTF-8" in found(done)["settings"]["what"]["en"]


def test_a_misspelt_setting_is_a_warning(run, environ):
    done = run(environ | {"USER_DAILY_QUESTION": "1"}, "--no-ask", "--json")

    assert found(done)["settings"]["state"] == "warning"
    assert "USER_DAILY_QUESTIONS" in found(done)["settings"]["what"]["en"]


def test_a_broken_price_table_is_named(run, environ, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("currency: ¥\nmodels:\n  gpt: 3\n")

    done = run(environ | {"PRICES_FILE": str(prices)}, "--json")

    assert "prices.yaml" in found(done)["settings"]["what"]["zh"]


def test_a_proxy_that_stands_in_the_env_file_alone_counts(run, environ, tmp_path, monkeypatch):
    # It is taken back after the test.
    monkeypatch.setenv("HTTPS_PROXY", "")
    (tmp_path / "here" / ".env").write_text("HTTPS_PROXY=http://127.0.0.1:9\n")

    done = run(environ, "--no-ask", "--json")

    assert "The proxy of HTTPS_PROXY can't be reached" in found(done)["proxy"]["what"]["en"]


def test_a_proxy_that_is_out_of_reach_is_told(run, environ):
    done = run(environ | {"HTTP_PROXY": "http://127.0.0.1:9"}, "--no-ask", "--json")

    assert "The proxy of HTTP_PROXY can't be reached" in found(done)["proxy"]["what"]["en"]


@pytest.mark.parametrize(
    ("change", "check", "said"),
    [
        ({"OPENAI_KEY": "sk-revoked-long-ago"}, "model_service", "didn't accept the bot's key"),
        ({"API_URL": "http://127.0.0.1:9/v1"}, "model_service", "couldn't connect to the model"),
        ({"DATABASE_URL": "sqlite:////dev/null/bot.db"}, "database", "can't be opened"),
        ({"DATABASE_URL": "postgresql://bot:pa55word@127.0.0.1:9/x"}, "database", "PostgreSQL"),
    ],
)
def test_each_part_that_fails_is_told_while_the_others_are_tried(run, environ, change, check, said):
    done = run(environ | change, "--no-ask", "--json")

    assert done.exit_code == 1
    assert check in wrong(done)
    assert said in found(done)[check]["what"]["en"]
    assert {"credentials", "database", "settings"} <= found(done).keys()
    assert "pa55word" not in done.stdout


def test_a_model_that_isnt_listed_is_a_warning_with_those_most_like_it(run, environ):
    done = run(environ | {"OPENAI_MODEL": "gpt4-0613"}, "--no-ask", "--json")

    model = found(done)["model"]
    assert model["state"] == "warning"
    assert "doesn't list gpt4-0613" in model["what"]["en"]
    assert "gpt-4-0613" in model["what"]["en"]


@pytest.mark.parametrize(
    ("revision", "state", "said"),
    [("0001", "ok", "brought up to date at the start"), ("9999", "fault", "a newer version")],
)
def test_the_version_of_the_database_is_told(run, environ, file, revision, state, said):
    assert revision != migrations.REVISION
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()

    database = found(run(environ, "--no-ask", "--json"))["database"]

    assert database["state"] == state
    assert said in database["what"]["en"]


def test_a_database_is_not_made(run, environ, tmp_path):
    url = f"sqlite:///{tmp_path}/new/bot.db"
    done = run(environ | {"DATABASE_URL": url}, "--no-ask", "--json")

    assert "it is made at the start" in found(done)["database"]["what"]["en"]
    assert not (tmp_path / "new").exists()


def test_the_age_of_copies_beside_the_database_is_told(run, environ, file):
    assert found(run(environ, "--no-ask", "--json"))["backups"]["state"] == "unknown"
    (file.parent / "feishu_bot-20261129-120000.db").touch()
    assert found(run(environ, "--no-ask", "--json"))["backups"]["state"] == "ok"


def test_what_the_running_bot_has_seen_is_known_from_its_database(run, environ, file):
    database = Database(f"sqlite:///{file}")
    SqlSightings(database).add({"refused:wrong token": 2}, 2_000_000_000.0)
    database.close()

    done = run(environ, "--no-ask", "--json")

    assert "APP_VERIFICATION_TOKEN" in found(done)["keys"]["what"]["en"]


# Form and secrets

FINDING = Finding(
    check="bot",
    state="fault",
    title=Words("机器人", "Bot"),
    what=Words("没有", "None"),
    remedy=Words("添加", "Add it"),
    evidence="code 11205",
    link="https://open.feishu.cn/app/cli_1/bot",
)


def test_the_json_form_is_what_the_docs_say_and_can_be_read_again():
    report = Report(version="1.0", at=1_795_910_400.0, findings=(FINDING,))

    text = printed.as_json(report)

    assert json.loads(text) == {
        "format": 1,
        "version": "1.0",
        "at": "2026-11-29T00:00:00Z",
        "well": False,
        "findings": [
            {
                "check": "bot",
                "state": "fault",
                "title": {"zh": "机器人", "en": "Bot"},
                "what": {"zh": "没有", "en": "None"},
                "remedy": {"zh": "添加", "en": "Add it"},
                "evidence": "code 11205",
                "link": "https://open.feishu.cn/app/cli_1/bot",
            }
        ],
    }
    assert printed.from_json(text, report.at) == report


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"format": 0}', '{"format": 1}'])
def test_what_is_no_report_is_none(text):
    assert printed.from_json(text, 0.0) is None


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
    finding = Finding(
        check="x", state="fault", title=Words(text, text), what=Words(text, text), evidence=text
    )

    masked = finding.mapped(SecretMask(secrets_of(settings)))

    assert [value for value in hidden if value in "\n".join(printed.finding_lines(masked))] == []


def test_services_that_repeat_what_they_are_told_bring_no_secret_out(run, sim, environ, server):
    def echo(handler):
        told = f"{handler.path} {dict(handler.headers)} {handler.body.decode()}"
        answer = {"code": 19999, "msg": told, "error": {"message": told, "type": told}}
        page(403, json.dumps(answer).encode(), "application/json")(handler)

    server.answer = echo
    secrets = {
        "APP_SECRET": "app-secret-of-a-company",
        "OPENAI_KEY": "sk-first-key-of-the-bot,a-key-without-a-prefix-77",
        "GATEWAY_HEADERS": "X-Auth: Bearer header-secret-abc",
    }
    services = {
        "FEISHU_DOMAIN": server.url, "API_URL": f"{server.url}/v1", "PUBLIC_URL": server.url,
    }  # fmt: skip

    for form in ("--ask", "--json"):
        done = run(environ | secrets | services, form)

        assert "19999" in done.stdout
        hidden = ["app-secret-of-a-company", "sk-first-key-of-the-bot",
                  "a-key-without-a-prefix-77", "header-secret-abc", sim.credentials.encrypt_key,
                  sim.credentials.verification_token]  # fmt: skip
        assert [value for value in hidden if value in done.stdout] == []
