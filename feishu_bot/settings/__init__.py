"""Every setting of the bot, declared once in `Settings`, read and checked in one go.

A field of `Settings` carries its `Setting`: the variable, what it may hold, its default and what it
means. Reading, fault messages and the test of `docs/settings.md` all derive from that.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from itertools import combinations
from typing import Any, Literal, NamedTuple, TypeVar
from urllib.parse import urlsplit

from feishu_bot.errors import SettingsError
from feishu_bot.settings.values import (
    CHATS,
    FLAG,
    HEADER,
    NAME,
    PEOPLE,
    TEXT,
    InvalidValue,
    ValueType,
    amount,
    duration,
    interval,
    number,
    one_of,
    read_api,
    read_app_id,
    read_app_secret,
    read_credential,
    read_database,
    read_keys,
    read_language,
    read_model_names,
    read_origin,
    read_parts,
    read_prompt,
    read_proxy,
    trimmed,
)

Secret = Literal["", "password", "all"]

T = TypeVar("T")


class Place(NamedTuple):
    """Where a value is found."""

    zh: str
    en: str


CREDENTIALS = Place(
    "飞书开发者后台 › 凭证与基础信息", "Feishu developer console › Credentials & Basic Info"
)
ENCRYPTION = Place(
    "飞书开发者后台 › 事件与回调 › 加密策略",
    "Feishu developer console › Events & Callbacks › Encryption Strategy",
)
GATEWAY = Place(
    "模型服务的后台（默认 https://oapi.czl.net）› 令牌",
    "the model service's console (by default https://oapi.czl.net) › Tokens",
)

DEFAULT_PROMPT = (
    "You are a helpful colleague in a work chat. Answer in the language of the question. "
    "Come to the point, say so when you are not sure, and format with Markdown where it helps. "
    "Today is {date}."
)

# The environment's own: no misspelling of HTTP_PROXY.
NO_NEAR_MISS = {"HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable.

    A `default` of None means that it is required, and `where` says where its value is found.
    `secret` says what of the value is never shown.
    """

    name: str
    kind: ValueType[Any]
    default: str | None
    zh: str
    en: str
    where: Place | None
    secret: Secret


# The settings


def _setting(
    name: str,
    kind: ValueType[T],
    *,
    en: str,
    zh: str,
    default: str | None = None,
    where: Place | None = None,
    secret: Secret = "",
) -> T:
    setting = Setting(name, kind, default, zh, en, where, secret)
    metadata = {"setting": setting}
    if default is None:
        return field(metadata=metadata)  # type: ignore[no-any-return]
    return field(default=kind.read(default) if default else default, metadata=metadata)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """What the administrator has set; immutable, and safe to print."""

    # The app in Feishu

    bot_name: str = _setting(
        "BOT_NAME",
        TEXT,
        default="",
        en="The app's name. Used to spot mentions only while Feishu can't be asked who the bot is.",
        zh="应用名称。只有在无法向飞书查询机器人身份时，才用它来识别 @。",
    )
    app_id: str = _setting(
        "APP_ID",
        ValueType(
            "应用的 App ID，如 cli_a1b2c3d4e5f6",
            "the App ID of the app, as in cli_a1b2c3d4e5f6",
            read_app_id,
        ),
        where=CREDENTIALS,
        en="The app's App ID.",
        zh="应用的 App ID。",
    )
    app_secret: str = _setting(
        "APP_SECRET",
        ValueType("应用的 App Secret", "the App Secret of the app", read_app_secret),
        where=CREDENTIALS,
        secret="all",
        en="The app's App Secret.",
        zh="应用的 App Secret。",
    )
    app_encrypt_key: str = _setting(
        "APP_ENCRYPT_KEY",
        ValueType("应用的 Encrypt Key", "the Encrypt Key of the app", read_credential),
        where=ENCRYPTION,
        secret="all",
        en="The app's Encrypt Key: events are encrypted and signed with it.",
        zh="应用的 Encrypt Key：事件用它加密和签名。",
    )
    app_verification_token: str = _setting(
        "APP_VERIFICATION_TOKEN",
        ValueType(
            "应用的 Verification Token", "the Verification Token of the app", read_credential
        ),
        where=ENCRYPTION,
        secret="all",
        en="The app's Verification Token: it confirms that a request was meant for this app.",
        zh="应用的 Verification Token：用来确认请求是发给这个应用的。",
    )
    feishu_domain: str = _setting(
        "FEISHU_DOMAIN",
        ValueType(
            "feishu、lark，或 https://open.feishu.cn 这样的地址（http 只限本机）",
            "feishu, lark, or an origin such as https://open.feishu.cn (http on loopback only)",
            read_origin,
        ),
        default="https://open.feishu.cn",
        en="The open platform: `feishu`, `lark`, or the address of another one.",
        zh="开放平台：`feishu`、`lark`，或其他部署的地址。",
    )

    # The model

    openai_keys: tuple[str, ...] = _setting(
        "OPENAI_KEY",
        ValueType(
            "模型服务的密钥，多个用逗号分隔",
            "one or more keys of the model service, separated by commas",
            read_keys,
        ),
        where=GATEWAY,
        secret="all",
        en="Keys of the model service, separated by commas. When one fails, the next is tried.",
        zh="模型服务的密钥，多个用逗号分隔。一个失败时会换下一个。",
    )
    api_url: str = _setting(
        "API_URL",
        ValueType(
            "https://oapi.czl.net 这样的地址，不含用户名和密码",
            "an address such as https://oapi.czl.net, without name and password",
            read_api,
        ),
        default="https://oapi.czl.net",
        en="The OpenAI-compatible model service, with or without `/v1`.",
        zh="兼容 OpenAI 的模型服务地址，带不带 `/v1` 都可以。",
    )
    openai_model: str = _setting(
        "OPENAI_MODEL",
        NAME,
        default="",
        en="The model that answers. Empty: chosen from the models that the key offers.",
        zh="用来回答的模型。留空：从密钥可用的模型中自动选择。",
    )
    allowed_models: tuple[str, ...] = _setting(
        "ALLOWED_MODELS",
        ValueType(
            "模型名称，多个用逗号分隔，* 代表任意文字",
            "names of models, separated by commas, with * for any text",
            read_model_names,
        ),
        default="",
        en="The models that people may choose, with `*` for any text. Empty: all that can chat.",
        zh="大家可以选用的模型，`*` 代表任意文字。留空：所有能聊天的模型。",
    )
    http_proxy: str = _setting(
        "HTTP_PROXY",
        ValueType("http://host:3128 这样的地址", "an address such as http://host:3128", read_proxy),
        default="",
        secret="password",
        en="A proxy for the calls to the model service. Feishu is not called through it.",
        zh="访问模型服务所用的代理。访问飞书不经过它。",
    )
    gateway_user_agent: str = _setting(
        "GATEWAY_USER_AGENT",
        HEADER,
        default="",
        en="The User-Agent sent to the model service. Empty: the client library's own.",
        zh="发给模型服务的 User-Agent。留空：使用客户端库自带的。",
    )
    system_prompt: str = _setting(
        "SYSTEM_PROMPT",
        ValueType("一段文字，或 none", "some text, or none", read_prompt),
        default=DEFAULT_PROMPT,
        en="What the model is told first. `{date}` becomes today's date, `none` sends nothing.",
        zh="每次对话前交代给模型的话。`{date}` 会换成当天日期，`none` 表示不发送。",
    )
    context_tokens: int = _setting(
        "CONTEXT_TOKENS",
        number(500, 10_000_000),
        default="16000",
        en="How many tokens of question and history are sent at most; older turns are left out.",
        zh="问题与历史最多发送多少 token；更早的轮次会被略去。",
    )
    first_token_timeout: float = _setting(
        "FIRST_TOKEN_TIMEOUT",
        duration(1),
        default="120",
        en="How long to wait for the first words of an answer.",
        zh="等待回答第一个字的最长时间。",
    )
    idle_timeout: float = _setting(
        "IDLE_TIMEOUT",
        duration(1),
        default="120",
        en="How long an answer may pause once it has begun.",
        zh="回答开始后，中途停顿的最长时间。",
    )
    answer_timeout: float = _setting(
        "ANSWER_TIMEOUT",
        duration(1),
        default="600",
        en="How long one answer may take altogether.",
        zh="一次回答总共允许的最长时间。",
    )

    # The conversation

    language: Literal["auto", "zh", "en"] = _setting(
        "LANGUAGE",
        ValueType("auto、zh、en 之一", "one of auto, zh, en", read_language),
        default="auto",
        en="The language of notices: `zh`, `en`, or `auto` (English on Lark, else Chinese).",
        zh="提示语的语言：`zh`、`en` 或 `auto`（Lark 用英文，其余用中文）。",
    )
    roles_file: str = _setting(
        "ROLES_FILE",
        TEXT,
        default="",
        en="A file with roles of your own in place of the built-in ones.",
        zh="自己的角色文件，用来代替内置角色。",
    )
    conversation_ttl: float = _setting(
        "CONVERSATION_TTL",
        duration(60),
        default="12h",
        en="A conversation that was silent for this long starts afresh.",
        zh="对话静默超过这个时间后重新开始。",
    )
    retention_days: int = _setting(
        "RETENTION_DAYS",
        number(1, 36_500),
        default="30",
        en="Stored conversations are deleted after this many days.",
        zh="保存的对话在这么多天后删除。",
    )
    p2p_context: Literal["thread", "chat"] = _setting(
        "P2P_CONTEXT",
        one_of("thread", "chat"),
        default="thread",
        en="Private chats: `thread` goes on by reply only, `chat` is one running conversation.",
        zh="私聊：`thread` 只有回复才会延续上文，`chat` 则整个私聊是一个连续的对话。",
    )
    group_reply: Literal["mention", "all"] = _setting(
        "GROUP_REPLY",
        one_of("mention", "all"),
        default="mention",
        en="Groups: `mention` answers who mentions the bot or goes on with it, `all` answers every "
        "message that names nobody else.",
        zh="群聊：`mention` 只回答 @ 机器人或接着它聊的消息，`all` 回答所有没有 @ 别人的消息。",
    )
    reply_in_thread: Literal["auto", "always", "never"] = _setting(
        "REPLY_IN_THREAD",
        one_of("auto", "always", "never"),
        default="auto",
        en="Whether answers open a thread: `auto` (in groups), `always` or `never`.",
        zh="回答是否放进话题：`auto`（仅群聊）、`always` 或 `never`。",
    )
    streaming: bool = _setting(
        "STREAMING",
        FLAG,
        default="true",
        en="Show the answer while it grows. `false` sends it once, when whole, which saves calls.",
        zh="边生成边显示。`false` 表示生成完再发一张卡片，可节省调用次数。",
    )
    frame_interval: float = _setting(
        "FRAME_INTERVAL",
        # Feishu allows ten updates of one card a second: the first, the final and the one that
        # ends its streaming mode have to fit in as well.
        interval(0.15),
        default="0.25",
        en="The least seconds between two updates of one card.",
        zh="同一张卡片两次更新之间的最短秒数。",
    )
    footer: tuple[str, ...] = _setting(
        "FOOTER",
        ValueType(
            "model、seconds、tokens 中的几个，用逗号分隔，或 none",
            "a list of model, seconds, tokens, or none",
            read_parts,
        ),
        default="model,seconds,tokens",
        en="What stands below an answer; `none` for nothing.",
        zh="回答下方显示的内容；`none` 表示不显示。",
    )

    # Who may use it, and how much

    admins: tuple[str, ...] = _setting(
        "ADMINS",
        PEOPLE,
        default="",
        en="Who may use admin commands. They are not limited, and nobody can block them.",
        zh="可以使用管理命令的人。他们不受限制，也不会被停用。",
    )
    allowed_users: tuple[str, ...] = _setting(
        "ALLOWED_USERS",
        PEOPLE,
        default="",
        en="Who may use the bot. Empty: everyone.",
        zh="可以使用机器人的人。留空：所有人。",
    )
    blocked_users: tuple[str, ...] = _setting(
        "BLOCKED_USERS",
        PEOPLE,
        default="",
        en="Who may not use the bot.",
        zh="不可以使用机器人的人。",
    )
    allowed_chats: tuple[str, ...] = _setting(
        "ALLOWED_CHATS",
        CHATS,
        default="",
        en="The groups that the bot answers in. Empty: all. Private chats are not concerned.",
        zh="机器人可以回答的群。留空：所有群。私聊不受影响。",
    )
    user_daily_questions: int = _setting(
        "USER_DAILY_QUESTIONS",
        number(0, 1_000_000),
        default="0",
        en="How many questions of one person are answered in a day; 0 for no limit.",
        zh="每人每天最多回答多少个问题；0 表示不限。",
    )
    user_daily_tokens: int = _setting(
        "USER_DAILY_TOKENS",
        number(0, 1_000_000_000),
        default="0",
        en="How many tokens one person may use in a day; 0 for no limit.",
        zh="每人每天最多使用多少 token；0 表示不限。",
    )
    user_daily_cost: float = _setting(
        "USER_DAILY_COST",
        amount(1_000_000),
        default="0",
        en="How much one person may spend in a day; 0 for no limit.",
        zh="每人每天最多花费多少；0 表示不限。",
    )
    chat_daily_questions: int = _setting(
        "CHAT_DAILY_QUESTIONS",
        number(0, 1_000_000),
        default="0",
        en="How many questions are answered in one group in a day; 0 for no limit.",
        zh="每个群每天最多回答多少个问题；0 表示不限。",
    )
    chat_daily_tokens: int = _setting(
        "CHAT_DAILY_TOKENS",
        number(0, 1_000_000_000),
        default="0",
        en="How many tokens one group may use in a day; 0 for no limit.",
        zh="每个群每天最多使用多少 token；0 表示不限。",
    )
    chat_daily_cost: float = _setting(
        "CHAT_DAILY_COST",
        amount(1_000_000),
        default="0",
        en="How much one group may spend in a day; 0 for no limit.",
        zh="每个群每天最多花费多少；0 表示不限。",
    )
    prices_file: str = _setting(
        "PRICES_FILE",
        TEXT,
        default="",
        en="A file with the prices of models. Empty: no costs are shown.",
        zh="模型的价格表文件。留空：不显示费用。",
    )

    # The process

    http_port: int = _setting(
        "HTTP_PORT",
        number(1, 65535),
        default="9000",
        en="The port the bot listens on.",
        zh="机器人监听的端口。",
    )
    database_url: str = _setting(
        "DATABASE_URL",
        ValueType(
            "sqlite:////目录/文件 或 postgresql://用户:密码@主机/库名",
            "sqlite:////FOLDER/FILE or postgresql://USER:PASSWORD@HOST/NAME",
            read_database,
        ),
        default="sqlite:///./data/feishu_bot.db",
        secret="password",
        en="Where conversations and unanswered messages are kept: a file, or PostgreSQL.",
        zh="对话和待回答消息的存放处：一个文件，或 PostgreSQL。",
    )
    answer_threads: int = _setting(
        "ANSWER_THREADS",
        number(1, 1000),
        default="200",
        en="How many answers a process writes at the same time.",
        zh="每个进程同时生成的回答数。",
    )
    web_concurrency: int = _setting(
        "WEB_CONCURRENCY",
        number(1, 64),
        default="1",
        en="How many pairs of processes run: one takes events in, the other answers.",
        zh="运行几对进程：每对中一个接收事件，一个写回答。",
    )
    web_threads: int = _setting(
        "WEB_THREADS",
        number(1, 256),
        default="32",
        en="How many requests a process serves at the same time.",
        zh="每个进程同时处理的请求数。",
    )
    lease_seconds: float = _setting(
        "LEASE_SECONDS",
        duration(5),
        default="30",
        en="After this time without a sign of life, another process takes an answer over.",
        zh="持有回答的进程这么久没有动静时，由其他进程接手。",
    )
    shutdown_grace: float = _setting(
        "SHUTDOWN_GRACE",
        duration(0),  # docker stop kills after 10 s
        default="8",
        en="How long a stopping process goes on with its answers before it hands them back.",
        zh="停止时继续完成回答的时间，到时未完成的交还给下一个进程。",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "LOG_LEVEL",
        one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        default="INFO",
        en="How much is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`.",
        zh="日志详细程度：`DEBUG`、`INFO`、`WARNING` 或 `ERROR`。",
    )
    log_format: Literal["auto", "text", "json"] = _setting(
        "LOG_FORMAT",
        one_of("auto", "text", "json"),
        default="auto",
        en="`text` for people, `json` for machines, `auto`: text in a terminal, else json.",
        zh="`text` 便于阅读，`json` 便于采集，`auto`：在终端用 text，否则用 json。",
    )
    log_messages: bool = _setting(
        "LOG_MESSAGES",
        FLAG,
        default="false",
        en="Log what people write. Off, logs hold ids only.",
        zh="在日志中记录消息内容。关闭时日志里只有 ID。",
    )
    metrics: bool = _setting(
        "METRICS",
        FLAG,
        default="false",
        en="Serve figures for Prometheus at `/metrics`. Do not make that path public.",
        zh="在 `/metrics` 提供 Prometheus 指标。不要把这个路径公开到外网。",
    )

    def __post_init__(self) -> None:
        if self.language == "auto":
            host = urlsplit(self.feishu_domain).hostname or ""
            is_lark = host == "larksuite.com" or host.endswith(".larksuite.com")
            object.__setattr__(self, "language", "en" if is_lark else "zh")

    def __repr__(self) -> str:
        shown = (
            f"{f.name}={_shown(f.metadata['setting'], getattr(self, f.name))}" for f in fields(self)
        )
        return f"Settings({', '.join(shown)})"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read every setting, or raise one SettingsError that lists all that is wrong."""
        values: dict[str, Any] = {}
        faults: list[str] = []
        for entry in fields(cls):
            setting: Setting = entry.metadata["setting"]
            value = trimmed(environ.get(setting.name, ""))
            if value:
                try:
                    values[entry.name] = setting.kind.read(value)
                except InvalidValue as exc:
                    shown = _quoted(setting, value)
                    zh, en = (f"{shown}：", f"{shown}: ") if shown else ("", "")
                    faults.append(_fault(setting, f"{zh}{exc.zh}", f"{en}{exc.en}"))
            elif setting.default is None:
                faults.append(_missing(setting, environ))
        faults += _contradictions(values)
        if faults:
            raise SettingsError(faults + _near_misses(environ))
        return cls(**values)


SETTINGS: tuple[Setting, ...] = tuple(entry.metadata["setting"] for entry in fields(Settings))


def read_environment(path: str = ".env", environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of the file at `path` below those of `environ`.

    An empty variable does not hide one of the file: the image sets OPENAI_MODEL even when empty.
    """
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(
            [
                f"{path}：无法读取。应为 UTF-8 编码的文本文件。\n"
                f"  {path}: can't be read; expected a text file in UTF-8"
            ]
        ) from exc
    merged = {name: value for name, value in found.items() if value}
    merged.update((name, value) for name, value in environ.items() if value.strip())
    return merged


def load_settings() -> Settings:
    """The settings of this process, from its environment and `.env`.

    Ends the process with all faults in plain words when they are not complete.
    """
    try:
        return Settings.from_env(read_environment())
    except SettingsError as exc:
        sys.exit(
            "机器人无法启动，请改正下列设置：\n"
            f"The bot can't start. Please mend these settings:\n\n{exc}"
        )


# Faults, and what may be shown


def _fault(setting: Setting, zh: str, en: str) -> str:
    """One fault, in a line of Chinese and one of English."""
    if setting.where:
        where = Place(f"在哪里找：{setting.where.zh}", f"where: {setting.where.en}")
    elif setting.default and len(setting.default) <= 40:
        where = Place(f"不填则为 {setting.default}", f"default: {setting.default}")
    else:
        where = Place("可以不填", "may be left out")
    zh = zh if zh.endswith("？") else f"{zh}。"
    return (
        f"{setting.name}：{zh}应为：{setting.kind.zh}。{where.zh}\n"
        f"  {setting.name}: {en}; expected {setting.kind.en}; {where.en}"
    )


def _missing(setting: Setting, environ: Mapping[str, str]) -> str:
    others = _unknown(environ)
    close = [other for upper, other in others.items() if upper.endswith(f"_{setting.name}")]
    close += _close(setting.name, others, 0.75)
    if not close:
        return _fault(setting, "缺少", "missing")
    return _fault(
        setting,
        f"缺少（有一个 {close[0]}，是不是写错了名称？）",
        f"missing (there is {close[0]}: is it meant to be {setting.name}?)",
    )


def _near_misses(environ: Mapping[str, str]) -> list[str]:
    """Optional settings whose name may be misspelt. No reason to refuse, but worth a word."""
    others = _unknown(environ)
    return [
        f"{other}：没有这个设置，是不是 {setting.name}？\n"
        f"  {other}: no such setting; is it meant to be {setting.name}?"
        for setting in SETTINGS
        if setting.default is not None and not environ.get(setting.name, "").strip()
        for other in _close(setting.name, others, 0.85)
    ]


def _unknown(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are none of ours, by their name in capitals."""
    known = {setting.name for setting in SETTINGS} | NO_NEAR_MISS
    return {
        name.upper(): name
        for name in sorted(environ)
        if name not in known and name.upper() not in NO_NEAR_MISS and environ[name].strip()
    }


def _close(name: str, others: Mapping[str, str], cutoff: float) -> list[str]:
    return [others[upper] for upper in get_close_matches(name, others, n=1, cutoff=cutoff)]


def _contradictions(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with values that are right each for itself."""
    secrets = ("app_secret", "app_encrypt_key", "app_verification_token")
    for one, other in combinations([name for name in secrets if name in values], 2):
        if values[one] == values[other]:
            names = f"{one.upper()}, {other.upper()}"
            yield (
                f"{names.replace(', ', '、')}：两处填了同一个值，它们在后台里是不同的。\n"
                f"  {names}: the same value twice; in the console they differ"
            )
    whole: dict[str, Any] = {entry.name: entry.default for entry in fields(Settings)}
    whole |= values
    for name in ("user_daily_cost", "chat_daily_cost"):
        if whole[name] and not whole["prices_file"]:
            yield (
                f"{name.upper()}：没有 PRICES_FILE，算不出费用。\n"
                f"  {name.upper()}: without PRICES_FILE nothing has a cost"
            )
    if whole["retention_days"] * 86400 < whole["conversation_ttl"]:
        yield (
            "RETENTION_DAYS：比 CONVERSATION_TTL 短。对话还没结束就会被删除。\n"
            "  RETENTION_DAYS: shorter than CONVERSATION_TTL, so conversations would be deleted "
            "while they go on"
        )


def _quoted(setting: Setting, value: str) -> str:
    # A long value, or one for the App ID, may be a key that was pasted in the wrong place.
    if setting.secret or setting.where or "@" in value or len(value) > 24:
        return ""
    return repr(value)


def _shown(setting: Setting, value: object) -> str:
    if setting.secret == "all":
        return "'***'" if value else "''"
    return repr(_without_password(str(value)) if setting.secret else value)


def _without_password(url: str) -> str:
    url = re.sub(r"(?<=://).*@", "***@", url)
    return re.sub(r"(?<=password=)[^&]*", "***", url)
