"""Settings: what is accepted, what is reported, what is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from feishu_bot.errors import SettingsError
from feishu_bot.settings import (
    SETTINGS,
    Settings,
    load_settings,
    near_misses,
    read_environment,
)

REQUIRED = {
    "APP_ID": "cli_test",
    "APP_SECRET": "the-app-secret",
    "APP_ENCRYPT_KEY": "the-encrypt-key",
    "APP_VERIFICATION_TOKEN": "the-verification-token",
    "OPENAI_KEY": "sk-one",
}


def read(**variables: str) -> Settings:
    return Settings.from_env({**REQUIRED, **variables})


def faults(**variables: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(**variables)
    return caught.value.faults


# Defaults and names


def test_five_variables_are_enough() -> None:
    settings = read()

    assert settings.api_url == "https://oapi.czl.net"
    assert settings.feishu_domain == "https://open.feishu.cn"
    assert settings.database_url == "sqlite:///./data/feishu_bot.db"
    assert settings.http_port == 9000
    assert settings.conversation_ttl == 12 * 3600
    assert settings.footer == ("model", "seconds", "tokens")
    assert settings.streaming is True
    assert "{date}" in settings.system_prompt


def test_built_directly_it_has_the_same_defaults_as_from_the_environment() -> None:
    built = Settings(
        app_id="cli_test",
        app_secret="the-app-secret",
        app_encrypt_key="the-encrypt-key",
        app_verification_token="the-verification-token",
        openai_keys=("sk-one",),
    )

    assert built == read()


def test_a_field_is_named_as_its_variable() -> None:
    fields = list(Settings.__dataclass_fields__)
    names = [setting.name.lower() for setting in SETTINGS]

    assert [name.replace("openai_keys", "openai_key") for name in fields] == names


def test_values_are_trimmed_of_whitespace_and_of_the_quotes_of_env_files() -> None:
    settings = read(APP_ID="  cli_a \n", APP_SECRET='"quoted"', BOT_NAME=" 小助手 ")

    assert (settings.app_id, settings.app_secret) == ("cli_a", "quoted")
    assert settings.bot_name == "小助手"


def test_an_empty_value_means_the_default() -> None:
    assert read(**{s.name: " " for s in SETTINGS if s.default is not None}) == read()


# Kinds of values


def test_keys_may_have_any_prefix_and_each_counts_once() -> None:
    assert read(OPENAI_KEY=" sk-1, fk2 ,,sk-1,plain").openai_keys == ("sk-1", "fk2", "plain")


@pytest.mark.parametrize("value", ["sk-1，sk-2", '"sk-1","sk-2"', "'sk-1,sk-2'", '"sk-1", sk-2'])
def test_keys_may_be_separated_and_quoted_in_several_ways(value: str) -> None:
    assert read(OPENAI_KEY=value).openai_keys == ("sk-1", "sk-2")


@pytest.mark.parametrize("value", ["sk-1;sk-2", "sk-1；sk-2", "sk-1、sk-2"])
def test_keys_are_separated_by_commas_only(value: str) -> None:
    assert "separated by commas" in faults(OPENAI_KEY=value)[0]


@pytest.mark.parametrize(
    "value",
    [
        "https://g.example",
        "https://g.example/",
        "https://g.example/v1",
        "https://g.example/v1/",
        "https://g.example/v1/chat/completions",
        "https://g.example/chat/completions/",
    ],
)
def test_the_gateway_is_the_same_with_and_without_the_path_of_the_api(value: str) -> None:
    assert read(API_URL=value).api_url == "https://g.example"


def test_a_gateway_may_live_below_a_path() -> None:
    for path in ("/api/v1", "/api", "/api/paas/v4", "/v1beta/openai"):
        address = f"http://10.0.0.5:3000{path}"

        assert read(API_URL=address).api_url == address
        assert read(API_URL=f"{address}/chat/completions?x=1#y").api_url == address


def test_the_version_that_azure_needs_stays_in_the_address() -> None:
    address = "https://x.example/openai/deployments/m"

    found = read(API_URL=f"{address}/chat/completions?api-version=2026-01-01&x=1").api_url

    assert found == f"{address}?api-version=2026-01-01"


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        ("X-Key: abc", (("X-Key", "abc"),)),
        ("X-Key: a,b: c ; X-Team:bot;", (("X-Key", "a,b: c"), ("X-Team", "bot"))),
        (
            "Helicone-Auth: Bearer sk-1；X-Team: bot",
            (("Helicone-Auth", "Bearer sk-1"), ("X-Team", "bot")),
        ),
        ("", ()),
    ],
)
def test_the_service_may_need_headers_of_its_own(
    value: str, headers: tuple[tuple[str, str], ...]
) -> None:
    assert read(GATEWAY_HEADERS=value).gateway_headers == headers


@pytest.mark.parametrize(
    "value",
    [
        "X-Key",
        "X Key: hush",
        "X-Key:",
        "X-Key: 秘密",
        "Authorization: hush",
        "X: a; x: b",
        ": hush",
    ],
)
def test_headers_that_cannot_be_sent_are_faults(value: str) -> None:
    (fault,) = faults(GATEWAY_HEADERS=value)

    assert "hush" not in fault


def test_headers_are_secret() -> None:
    assert "hush" not in repr(read(GATEWAY_HEADERS="X-Key: hush"))


@pytest.mark.parametrize(
    "value",
    ["g.example", "ftp://g.example", "https://me:pass@g.example", "https://", "https://a b"],
)
def test_other_gateway_addresses_are_faults(value: str) -> None:
    assert len(faults(API_URL=value)) == 1


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("feishu", "https://open.feishu.cn"),
        ("Lark", "https://open.larksuite.com"),
        ("https://open.example.com/", "https://open.example.com"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("open.feishu.cn", "https://open.feishu.cn"),
        ("open.larksuite.com/", "https://open.larksuite.com"),
    ],
)
def test_the_platform_has_short_names_and_may_be_any_origin(value: str, origin: str) -> None:
    assert read(FEISHU_DOMAIN=value).feishu_domain == origin


@pytest.mark.parametrize(
    "value",
    ["http://open.feishu.cn", "https://open.feishu.cn/open-apis", "dingtalk", "https://x:port"],
)
def test_other_platform_addresses_are_faults(value: str) -> None:
    assert len(faults(FEISHU_DOMAIN=value)) == 1


@pytest.mark.parametrize(
    ("language", "domain", "expected"),
    [
        ("auto", "feishu", "zh"),
        ("auto", "lark", "en"),
        ("auto", "https://notlarksuite.com", "zh"),
        ("zh", "lark", "zh"),
        ("en", "feishu", "en"),
        ("en_US:en", "feishu", "en"),
        ("de:en_GB:en", "feishu", "en"),
        ("zh_CN.UTF-8", "lark", "zh"),
        ("fr_FR:fr", "lark", "en"),
        ("C.UTF-8", "feishu", "zh"),
        ("de_DE", "lark", "en"),
        ("POSIX", "feishu", "zh"),
        ("sr_RS.UTF-8@latin", "lark", "en"),
    ],
)
def test_the_language_follows_the_platform_unless_set(
    language: str, domain: str, expected: str
) -> None:
    assert read(LANGUAGE=language, FEISHU_DOMAIN=domain).language == expected


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("sqlite:////data/bot.db", "sqlite:////data/bot.db"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
    ],
)
def test_the_database_is_a_file_or_postgresql(value: str, url: str) -> None:
    assert read(DATABASE_URL=value).database_url == url


@pytest.mark.parametrize(
    "value", ["mysql://h/d", "/data/bot.db", "sqlite://", "sqlite:///:memory:", "sqlite:///"]
)
def test_other_databases_are_faults(value: str) -> None:
    assert len(faults(DATABASE_URL=value)) == 1


@pytest.mark.parametrize(
    ("value", "address"), [("127.0.0.1", "127.0.0.1"), ("::", "::"), ("[::1]", "::1")]
)
def test_the_bot_listens_where_it_is_told_to(value: str, address: str) -> None:
    assert read(BIND=value).bind == address


def test_it_can_not_listen_on_a_name_or_a_port() -> None:
    assert "no IP address" in faults(BIND="localhost:9000")[0]


def test_a_bare_path_to_a_database_is_answered_with_its_address() -> None:
    assert "sqlite:////data/bot.db" in faults(DATABASE_URL="/data/bot.db")[0]


@pytest.mark.parametrize(
    ("value", "seconds"), [("90s", 90), ("30m", 1800), ("12h", 43200), ("7d", 604800), ("60", 60)]
)
def test_a_time_has_a_unit_or_is_in_seconds(value: str, seconds: int) -> None:
    assert read(CONVERSATION_TTL=value).conversation_ttl == seconds


@pytest.mark.parametrize("value", ["1", "on", "YES", "true"])
def test_yes_has_many_words(value: str) -> None:
    assert read(METRICS=value).metrics is True


@pytest.mark.parametrize("value", ["0", "off", "No", "false"])
def test_no_has_many_words(value: str) -> None:
    assert read(STREAMING=value).streaming is False


def test_the_footer_keeps_its_order_and_can_be_empty() -> None:
    assert read(FOOTER="tokens, model").footer == ("tokens", "model")
    assert read(FOOTER="none").footer == ()


def test_models_that_may_be_chosen_are_a_list_with_wildcards() -> None:
    names = read(ALLOWED_MODELS=" gpt-5*，[官转]gpt-4o, ,gpt-5*").allowed_models

    assert names == ("gpt-5*", "[官转]gpt-4o")
    assert not read().allowed_models
    assert "separated by commas" in faults(ALLOWED_MODELS="a;b")[0]


def test_the_system_prompt_can_be_switched_off() -> None:
    assert read(SYSTEM_PROMPT="none").system_prompt == ""


def test_a_system_prompt_may_hold_quotes() -> None:
    assert read(SYSTEM_PROMPT='End with "bye"').system_prompt == 'End with "bye"'
    assert read(SYSTEM_PROMPT="You serve the bosses'").system_prompt == "You serve the bosses'"


def test_frames_may_not_come_faster_than_feishu_takes_them() -> None:
    assert read().frame_interval == 0.25
    assert read(FRAME_INTERVAL="0.15").frame_interval == 0.15
    (fault,) = faults(FRAME_INTERVAL="0.1")
    assert "at least 0.15" in fault
    assert "7d" not in fault


def test_a_level_is_read_in_any_case() -> None:
    assert read(LOG_LEVEL="debug").log_level == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ID", "cli a"),
        ("APP_ID", "0123456789abcdef"),
        ("APP_ID", '"cli_a'),
        ("APP_SECRET", "secret'"),
        ("BOT_NAME", '"Helper'),
        ("DATABASE_URL", 'sqlite:////data/bot.db"'),
        ("SYSTEM_PROMPT", '"Be kind'),
        ("APP_SECRET", "cli_swapped"),
        ("APP_ENCRYPT_KEY", "…"),
        ("OPENAI_KEY", " , "),
        ("OPENAI_KEY", "sk-1 sk-2"),
        ("HTTP_PORT", "70000"),
        ("HTTP_PORT", "９０００"),
        ("HTTP_PROXY", "proxy:3128"),
        ("HTTP_PROXY", "socks5://proxy:1080"),
        ("CONTEXT_TOKENS", "499"),
        ("CONVERSATION_TTL", "soon"),
        ("RETENTION_DAYS", "0"),
        ("P2P_CONTEXT", "both"),
        ("REPLY_IN_THREAD", "true"),
        ("STREAMING", "maybe"),
        ("FRAME_INTERVAL", "0.05"),
        ("FOOTER", "model,price"),
        ("LANGUAGE", "klingon"),
        ("LEASE_SECONDS", "1"),
        ("LOG_LEVEL", "loud"),
        ("GATEWAY_USER_AGENT", "机器人"),
        ("BOT_NAME", "bot\x00"),
    ],
)
def test_a_malformed_value_is_one_fault_that_names_its_variable(name: str, value: str) -> None:
    (fault,) = faults(**{name: value})

    zh, en = fault.split("\n")
    assert zh.startswith(f"{name}：")
    assert "应为" in zh
    assert en.startswith(f"  {name}: ")
    assert "; expected " in en


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ID", "cli_xxxxxxxx"),
        ("APP_SECRET", "xxxxxxxx"),
        ("APP_ENCRYPT_KEY", "xxxxxxxx"),
        ("APP_VERIFICATION_TOKEN", "********"),
        ("OPENAI_KEY", "sk-xxxxxxxx"),
    ],
)
def test_a_value_copied_from_the_documents_is_a_fault(name: str, value: str) -> None:
    (fault,) = faults(**{name: value})

    assert "还是示例里的值" in fault
    assert "still the example's value" in fault


@pytest.mark.parametrize("name", ["APP_SECRET", "APP_VERIFICATION_TOKEN"])
def test_two_secrets_of_the_app_are_never_the_same(name: str) -> None:
    (fault,) = faults(**{name: "the-encrypt-key"})

    assert name in fault
    assert "APP_ENCRYPT_KEY" in fault
    assert "the same value twice" in fault
    assert "the-encrypt-key" not in fault


def test_conversations_are_not_deleted_while_they_go_on() -> None:
    assert "shorter than CONVERSATION_TTL" in faults(CONVERSATION_TTL="31d")[0]
    assert "shorter than CONVERSATION_TTL" in faults(CONVERSATION_TTL="2d", RETENTION_DAYS="1")[0]
    assert read(CONVERSATION_TTL="30d").retention_days == 30


# Faults


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"HTTP_PORT": "none", "STREAMING": "maybe"})

    named = [fault.split("：")[0] for fault in caught.value.faults]
    assert named == [*REQUIRED, "STREAMING", "HTTP_PORT"]
    assert str(caught.value).count("\n") == 2 * len(named) - 1


def test_a_fault_says_where_the_value_is_found() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({})

    by_name = {fault.split("：")[0]: fault for fault in caught.value.faults}
    assert "在哪里找：飞书开发者后台 › 凭证与基础信息" in by_name["APP_SECRET"]
    assert "where: Feishu developer console › Credentials & Basic Info" in by_name["APP_SECRET"]
    assert "Events & Callbacks › Encryption Strategy" in by_name["APP_ENCRYPT_KEY"]
    assert "加密策略" in by_name["APP_VERIFICATION_TOKEN"]
    assert "oapi.czl.net" in by_name["OPENAI_KEY"]
    assert "不填则为 9000" in faults(HTTP_PORT="none")[0]
    assert "default: 9000" in faults(HTTP_PORT="none")[0]


@pytest.mark.parametrize(
    ("missing", "written"),
    [
        ("OPENAI_KEY", "OPEN_AI_KEY"),
        ("OPENAI_KEY", "OPENAI_API_KEY"),
        ("APP_ENCRYPT_KEY", "ENCRYPT_KEY"),
        ("APP_VERIFICATION_TOKEN", "VERIFICATION_TOKEN"),
        ("APP_ID", "FEISHU_APP_ID"),
        ("APP_ID", "app_id"),
        ("APP_VERIFICATION_TOKEN", "APP_VERIFY_TOKEN"),
    ],
)
def test_a_similar_name_is_hinted_at_without_its_value(missing: str, written: str) -> None:
    environ = {name: value for name, value in REQUIRED.items() if name != missing}

    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**environ, written: "do-not-show"})

    assert written in str(caught.value)
    assert "do-not-show" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("USER_DAILY_QUESTION", "USER_DAILY_QUESTIONS"),
        ("openai_model", "OPENAI_MODEL"),
        ("OPENAI_MODLE", "OPENAI_MODEL"),
        ("MODEL", "OPENAI_MODEL"),
        ("STREAMNG", "STREAMING"),
    ],
)
def test_a_misspelt_optional_name_is_mentioned_but_no_reason_to_refuse(
    written: str, meant: str
) -> None:
    assert read(**{written: "do-not-show"}) == read()
    near_miss = faults(**{written: "do-not-show"}, HTTP_PORT="none")[-1]
    assert f"{written}: no such setting; is it meant to be {meant}?" in near_miss
    assert "do-not-show" not in near_miss


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("OPENAI_BASE_URL", "API_URL"),
        ("OPENAI_BASEURL", "API_URL"),
        ("OPENAI_API_BASE", "API_URL"),
        ("BASE_URL", "API_URL"),
        ("API_URI", "API_URL"),
        ("FEISHU_DOMIAN", "FEISHU_DOMAIN"),
        ("ALLOWED_USER", "ALLOWED_USERS"),
        ("allowed_users", "ALLOWED_USERS"),
        ("ALLOW_CHATS", "ALLOWED_CHATS"),
        ("BLOCKED_USER", "BLOCKED_USERS"),
        ("ADMIN", "ADMINS"),
    ],
)
def test_a_name_that_would_send_a_key_elsewhere_or_open_the_bot_keeps_it_from_starting(
    written: str, meant: str
) -> None:
    (fault,) = faults(**{written: "do-not-show"})

    assert f"{written}：没有这个设置，是不是 {meant}？" in fault
    assert f"{written}: no such setting; is it meant to be {meant}?" in fault
    assert f"set {meant} as well" in fault
    assert "do-not-show" not in fault
    value = {"API_URL": "https://g.example", "ALLOWED_CHATS": "oc_1", "FEISHU_DOMAIN": "lark"}
    assert read(**{written: "x", meant: value.get(meant, "ou_1")})


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "LANG"])
def test_the_environments_own_names_are_no_misspellings(name: str) -> None:
    assert len(faults(**{name: "x"}, HTTP_PORT="none")) == 1


def test_without_settings_the_process_ends_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)

    with pytest.raises(SystemExit) as caught:
        load_settings()

    assert str(caught.value).startswith("机器人无法启动")
    assert "The bot can't start." in str(caught.value)
    assert "OPENAI_KEY：缺少。" in str(caught.value)


def test_a_malformed_value_is_quoted_when_it_can_not_be_a_secret() -> None:
    assert "'70000'" in faults(HTTP_PORT="70000")[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ID", "hush"),
        ("APP_SECRET", "hush hush"),
        ("APP_ENCRYPT_KEY", "hush hush"),
        ("APP_VERIFICATION_TOKEN", "hush hush"),
        ("OPENAI_KEY", "hush hush"),
        ("DATABASE_URL", "mysql://u:hush@h/d"),
        ("HTTP_PROXY", "http://u:hush"),
        ("HTTP_PROXY", "http://me:hush/hush@proxy:3128/"),
        ("API_URL", "https://u:hush@h"),
        ("HTTP_PORT", "sk-hush-0123456789012345678901234567890123456789"),
    ],
)
def test_a_fault_never_shows_a_secret(name: str, value: str) -> None:
    assert "hush" not in faults(**{name: value})[0]


# Masking


def test_printing_the_settings_shows_no_secret() -> None:
    settings = read(
        OPENAI_KEY="sk-hush1,sk-hush2",
        APP_SECRET="hush://hush",
        APP_ENCRYPT_KEY="hush-key",
        APP_VERIFICATION_TOKEN="hush-token",
        DATABASE_URL="postgresql://bot:hush/hu@sh@db:5432/bot?password=hush&sslmode=require",
        HTTP_PROXY="http://me:hush@proxy:3128",
    )

    for shown in (repr(settings), str(settings), f"{settings}"):
        assert "hush" not in shown
        assert "app_id='cli_test'" in shown
        assert "@db:5432/bot" in shown
        assert "@proxy:3128" in shown


def test_settings_can_not_be_changed() -> None:
    with pytest.raises(AttributeError):
        read().http_port = 1  # type: ignore[misc]


# The file


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("BOT_NAME=file\nAPP_ID=cli_file\nOPENAI_MODEL=of-the-file\n", "utf-8")

    merged = read_environment(str(file), {"BOT_NAME": "environment", "OPENAI_MODEL": ""})

    assert merged == {
        "BOT_NAME": "environment",
        "APP_ID": "cli_file",
        "OPENAI_MODEL": "of-the-file",
    }


def test_a_secret_of_the_file_is_taken_literally(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("\ufeffAPP_SECRET=a${HOME}$b\n", "utf-8")

    assert read_environment(str(file), {}) == {"APP_SECRET": "a${HOME}$b"}


def test_there_need_not_be_a_file(tmp_path: Path) -> None:
    assert read_environment(str(tmp_path / ".env"), {"A": "b"}) == {"A": "b"}


def test_an_unreadable_file_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"BOT_NAME=\xff\xfe\n")

    with pytest.raises(SettingsError, match="UTF-8"):
        read_environment(str(file), {})


# Who may use it, and how much


def test_people_and_groups_are_listed_by_their_ids() -> None:
    settings = read(ADMINS="ou_a, u1，on_b,ou_a", ALLOWED_CHATS="oc_1,oc_2")

    assert settings.admins == ("ou_a", "u1", "on_b")
    assert settings.allowed_chats == ("oc_1", "oc_2")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ADMINS", "oc_1"),
        ("ALLOWED_USERS", "ou_a;ou_b"),
        ("BLOCKED_USERS", ","),
        ("ALLOWED_CHATS", "ou_a"),
        ("USER_DAILY_COST", "-1"),
        ("USER_DAILY_COST", "1e3"),
        ("CHAT_DAILY_QUESTIONS", "2.5"),
    ],
)
def test_other_ids_and_amounts_are_reported(name: str, value: str) -> None:
    assert name in faults(**{name: value})[0]


def test_a_limit_of_money_needs_prices() -> None:
    assert "PRICES_FILE" in faults(USER_DAILY_COST="2.5")[0]
    assert read(USER_DAILY_COST="2.5", PRICES_FILE="prices.yaml").user_daily_cost == 2.5


WITHOUT_KEYS = {
    name: value
    for name, value in REQUIRED.items()
    if name not in ("APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
}


def test_a_long_connection_needs_no_keys_of_the_webhook() -> None:
    settings = Settings.from_env({**WITHOUT_KEYS, "TRANSPORT": "Long_Connection"})

    assert settings.transport == "long_connection"
    assert settings.app_encrypt_key == settings.app_verification_token == ""


def test_a_webhook_needs_them() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**WITHOUT_KEYS, "TRANSPORT": "webhook"})

    assert [fault.partition("：")[0] for fault in caught.value.faults] == [
        "APP_ENCRYPT_KEY",
        "APP_VERIFICATION_TOKEN",
    ]


def test_a_long_connection_needs_everything_else() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"TRANSPORT": "long_connection"})

    assert [fault.partition("：")[0] for fault in caught.value.faults] == [
        "APP_ID",
        "APP_SECRET",
        "OPENAI_KEY",
    ]


def test_keys_that_a_long_connection_has_all_the_same_are_checked() -> None:
    same = {"APP_ENCRYPT_KEY": REQUIRED["APP_SECRET"], "TRANSPORT": "long_connection"}

    with pytest.raises(SettingsError, match="the same value twice"):
        Settings.from_env({**WITHOUT_KEYS, **same})


def test_a_misspelt_key_is_told_with_a_long_connection_too() -> None:
    found = near_misses(
        {**WITHOUT_KEYS, "TRANSPORT": "long_connection", "APP_ENCRYPTKEY": "k4L5m6"}
    )

    assert len(found) == 1
    assert "APP_ENCRYPT_KEY" in found[0]


def test_a_misspelt_transport_is_told_beside_the_keys_that_are_missing() -> None:
    with pytest.raises(SettingsError, match="TRANSPORTS"):
        Settings.from_env({**WITHOUT_KEYS, "TRANSPORTS": "long_connection"})
