"""Mistakes in the variables and their file: said at the start, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.access import AccessPolicy
from feishu_bot.errors import SettingsError
from feishu_bot.llm.clients import proxy_for
from feishu_bot.settings import Settings, near_misses
from feishu_bot.settings.environment import load_environment, read_environment
from tests.builders import BOB, BotWorld
from tests.planted.table import Told, says

GOOD = {
    "APP_ID": "cli_a1b2c3d4e5f6",
    "APP_SECRET": "s3cr3tS3cr3tS3cr3t01",
    "APP_ENCRYPT_KEY": "encryptKey0123456789",
    "APP_VERIFICATION_TOKEN": "verification0123456",
    "OPENAI_KEY": "sk-0123456789abcdef",
}


class Planted(NamedTuple):
    """Variables that differ from good ones (None: not set), and what is said of each."""

    row: str
    change: dict[str, str | None]
    told: tuple[Told, ...]


REFUSED = [
    Planted("1-all", dict.fromkeys(GOOD), (says("缺少|在哪里找", "missing|where:"),) * 5),
    Planted("2-key", {"OPENAI_KEY": None}, (says("缺少|模型服务的后台", "missing|console"),)),
    Planted(
        "3-names",
        {
            "APP_ID": None, "FEISHU_APP_ID": "cli_a1b2c3d4e5f6",
            "APP_ENCRYPT_KEY": None, "ENCRYPT_KEY": "encryptKey0123456789",
            "OPENAI_KEY": None, "OPENAI_API_KEY": "sk-0123456789abcdef",
        },
        tuple(
            says("有一个|是不是写错了名称", "there is|is it meant to be", name)
            for name in ("FEISHU_APP_ID", "ENCRYPT_KEY", "OPENAI_API_KEY")
        ),
    ),
    Planted(
        "4-swapped",
        {"APP_ID": GOOD["APP_SECRET"], "APP_SECRET": GOOD["APP_ID"]},
        (
            says("是否和 App Secret 填反了", "another value of the app", "APP_ID"),
            says("是否填反了", "may be swapped", "APP_SECRET"),
        ),
    ),
    Planted(
        "5-blank",
        {"OPENAI_KEY": "sk-0123 456789"},
        (says("第 8 个字符是空格|请删掉", "character 8 is a space|remove it"),),
    ),
    Planted(
        "5-second key",
        {"OPENAI_KEY": "sk-0123456789,sk-01 23"},
        (says("第 2 个密钥|第 6 个字符是空格", "key 2|character 6 is a space"),),
    ),
    Planted(
        "5-full width",
        {"APP_SECRET": "ａbcdefghijk"},
        (says("第 1 个字符是全角字符|改成半角", "character 1 is a full-width one|plain one"),),
    ),
    Planted(
        "5-invisible",
        {"APP_ENCRYPT_KEY": "abc\u200bdef01234567"},
        (says("第 4 个字符看不见|请删掉", "character 4 is invisible|remove it"),),
    ),
    Planted(
        "5-bearer",
        {"OPENAI_KEY": "Bearer sk-0123456789"},
        (says("Bearer 不是密钥的一部分|请删掉", '"Bearer"|no part of the key: remove it'),),
    ),
    Planted(
        "6-examples",
        {"APP_ID": "cli_xxxxxxxx", "APP_SECRET": "xxxxxxxx"},
        (says("还是示例里的值|在哪里找", "still the example's value|where:"),) * 2,
    ),
    Planted(
        "10-scheme",
        {"API_URL": "api.deepseek.com"},
        (says("没有以 https:// 或 http:// 开头|应为", "does not begin with|expected"),),
    ),
    Planted(
        "12-path",
        {"FEISHU_DOMAIN": "https://open.feishu.cn/app"},
        (says("域名后面还有路径|feishu、lark", "a path after the host|feishu, lark"),),
    ),
    Planted(
        "12-word", {"FEISHU_DOMAIN": "飞书"}, (says("feishu、lark", "feishu, lark", "FEISHU"),)
    ),
    *(
        Planted(
            f"13-{value}",
            {"FEISHU_DOMAIN": value},
            (says(f"网页的地址|填 {name} 即可", f"web pages|so write {name}", address),),
        )
        for value, name, address in (
            ("feishu.cn", "feishu", "https://open.feishu.cn"),
            ("https://acme.feishu.cn", "feishu", "https://open.feishu.cn"),
            ("www.larksuite.com", "lark", "https://open.larksuite.com"),
        )
    ),
    Planted(
        "14-words",
        {
            "FIRST_TOKEN_TIMEOUT": "2分钟", "STREAMING": "关",
            "USER_DAILY_QUESTIONS": "一百", "WEB_CONCURRENCY": "0",
        },
        (
            says("不是时间|90s|不填则为 120", "not a time|90s|default: 120"),
            says("true 或 false|不填则为", "true or false|default:"),
            says("不是整数|不填则为 0", "not a whole number|default: 0"),
            says("超出范围|1 到 64", "out of range|from 1 to 64"),
        ),
    ),
    Planted(
        "15-names",
        {"ADMINS": "张三", "ALLOWED_CHATS": "销售群"},
        (says("open_id", "open_id", "ADMINS"), says("oc_ 开头", "begin with oc_")),
    ),
    Planted(
        "17-same",
        {"APP_VERIFICATION_TOKEN": GOOD["APP_ENCRYPT_KEY"]},
        (says("同一个值|后台里是不同的", "the same value|in the console they differ"),),
    ),
    Planted(
        "18-path",
        {"DATABASE_URL": "/data/bot.db"},
        (says("文件要写成 sqlite:////data/bot.db", "a file is written sqlite:////data/bot.db"),),
    ),
    Planted(
        "18-mysql",
        {"DATABASE_URL": "mysql://u:p@host/name"},
        (says("sqlite:////目录/文件 或 postgresql://", "or postgresql://"),),
    ),
    Planted(
        "21-dangerous",
        {"ADMIN": "ou_x", "ALLOWED_USER": "ou_y"},
        (
            says("是不是 ADMINS|对所有人开放|请改名", "ADMINS|open to everybody|rename"),
            says("是不是 ALLOWED_USERS|对所有人开放", "ALLOWED_USERS|open to everybody"),
        ),
    ),
    *(
        Planted(
            f"22-{name}",
            {name: "https://api.deepseek.com/v1"},
            (says("是不是 API_URL|默认的地址|请改名", "API_URL|default address|rename", name),),
        )
        for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "BASE_URL")
    ),
    Planted(
        "23-socks",
        {"HTTP_PROXY": "socks5://127.0.0.1:1080"},
        (says("没有以 http:// 或 https:// 开头|应为", "does not begin with|expected"),),
    ),
    Planted(
        "30-language",
        {"LANGUAGE": "中文"},
        (says("auto、zh、en 之一", "one of auto, zh, en", "LANGUAGE"),),
    ),
]  # fmt: skip


def environment(change: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in (GOOD | change).items() if value is not None}


def planted(rows: list[Planted]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("mistake", [pytest.param(row, id=row.row) for row in rows])


@planted(REFUSED)
def test_the_bot_refuses_to_start_with_and_names(mistake: Planted) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environment(mistake.change))

    assert len(caught.value.faults) == len(mistake.told), caught.value
    for fault, told in zip(caught.value.faults, mistake.told, strict=True):
        zh, _, en = fault.partition("\n")
        told.expect_in(zh, en)
    # What is said is for a log: it holds no secret.
    for value in filter(None, mistake.change.values()):
        assert len(value) <= 24 or value not in str(caught.value)


def test_good_settings_leave_nothing_to_say() -> None:
    Settings.from_env(GOOD)

    assert near_misses(GOOD) == []


WARNED = [
    Planted(
        "16-phone",
        {"ADMINS": "13800138000,ou_1a2b"},
        (says("13800138000 像手机号|/usage", "13800138000 looks like a phone|/usage", "ADMINS"),),
    ),
    Planted(
        "16-address",
        {"ADMINS": "boss@example.com"},
        (says("像手机号或邮箱|/usage", "e-mail address|/usage", "ADMINS"),),
    ),
    Planted(
        "21-harmless",
        {"OPENAI_MODLE": "gpt-x", "USER_DAILY_QUESTION": "1"},
        (
            says("没有这个设置，是不是 OPENAI_MODEL", "no such setting|OPENAI_MODEL"),
            says("没有这个设置，是不是 USER_DAILY_QUESTIONS", "no such|USER_DAILY_QUESTIONS"),
        ),
    ),
]


@planted(WARNED)
def test_the_bot_starts_and_warns_of(mistake: Planted) -> None:
    environ = environment(mistake.change)
    Settings.from_env(environ)

    warnings = near_misses(environ)

    assert len(warnings) == len(mistake.told)
    for warning, told in zip(warnings, mistake.told, strict=True):
        zh, _, en = warning.partition("\n")
        told.expect_in(zh, en)


ACCEPTED = [
    ("11-v1", {"API_URL": "https://api.deepseek.com/v1"}),
    ("11-call", {"API_URL": "https://api.deepseek.com/v1/chat/completions"}),
    ("11-query", {"API_URL": "https://api.deepseek.com/?from=docs"}),
]


@pytest.mark.parametrize("change", [pytest.param(change, id=row) for row, change in ACCEPTED])
def test_what_means_the_same_is_taken(change: dict[str, str]) -> None:
    assert Settings.from_env(GOOD | change).api_url == "https://api.deepseek.com"


# The file


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"], ids=["7-gbk", "7-utf-16"])
def test_a_file_in_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes("BOT_NAME=小助手\n".encode(encoding))

    with pytest.raises(SettingsError) as caught:
        read_environment(str(file), {})

    (fault,) = caught.value.faults
    zh, _, en = fault.partition("\n")
    says("无法读取|应为 UTF-8", "can't be read|text file in UTF-8").expect_in(zh, en)


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        pytest.param("\ufeff{name}={value}", "\n", id="8-byte order mark"),
        pytest.param("{name}={value}", "\r\n", id="8-crlf"),
        pytest.param("{name} = {value}", "\n", id="8-blanks"),
        pytest.param("{name}={value}  # what it is", "\n", id="8-comment"),
    ],
)
def test_a_file_may_be_written_so(tmp_path: Path, lines: str, end: str) -> None:
    file = tmp_path / ".env"
    text = end.join(lines.format(name=name, value=value) for name, value in GOOD.items())
    # Only the file begins with a mark.
    text = text[:1] + text[1:].replace("\ufeff", "")
    file.write_bytes(text.encode())

    assert Settings.from_env(read_environment(str(file), {})).app_id == GOOD["APP_ID"]


@pytest.mark.parametrize(
    "colon", [": ", ":", "：", " : "], ids=["9-colon", "9-close", "9-chinese", "9-blanks"]
)
def test_a_file_with_colons_is_told_line_by_line(tmp_path: Path, colon: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# ours\nBOT_NAME=x\nAPP_ID{colon}cli_a1\n\nOPENAI_KEY{colon}sk-secret01\n")

    with pytest.raises(SettingsError) as caught:
        read_environment(str(file), {})

    first, second = caught.value.faults
    zh, _, en = first.partition("\n")
    says("第 3 行|要用等号，不是冒号", "line 3|not a colon", "APP_ID").expect_in(zh, en)
    assert "第 5 行" in second
    assert "sk-secret01" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("HTTPS_PROXY", "http://127.0.0.1:3128", id="24-proxy"),
        pytest.param("https_proxy", "http://127.0.0.1:3128", id="24-small letters"),
    ],
)
def test_a_proxy_of_the_file_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    # It is put back after the test.
    monkeypatch.setenv(name, "")
    Path(".env").write_text(f"{name}={value}\n")

    load_environment()

    assert proxy_for("https://api.deepseek.com", "") == value


@pytest.mark.parametrize("admins", [pytest.param(["ou_of_another_app"], id="16-another app")])
def test_whoever_is_no_admin_learns_the_id_that_belongs_into_the_setting(admins) -> None:
    world = BotWorld(policy=AccessPolicy(admins=admins))

    notice = world.run("/block @Alice", sender=BOB)

    zh, en = (Catalog.load(language)(notice.kind, **notice.params) for language in ("zh", "en"))
    told = says("不在管理员名单|加进 ADMINS", "not on the list|add your ID to ADMINS", BOB.open_id)
    told.expect_in(zh, en)
