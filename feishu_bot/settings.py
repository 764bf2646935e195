"""Every setting of the bot, declared once in `Settings`, read and checked in one go.

A field of `Settings` carries its `Setting`: the variable, what it may hold, its default and what it
means. Reading, fault messages and the test of `docs/settings.md` all derive from that.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

from feishu_bot.errors import SettingsError

Secret = Literal["", "password", "all"]

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

CREDENTIALS = "Feishu developer console › 凭证与基础信息 / Credentials & Basic Info"
ENCRYPTION = (
    "Feishu developer console › 事件与回调 › 加密策略 / Events & Callbacks › Encryption Strategy"
)
GATEWAY = "the model gateway's own console (by default https://oapi.czl.net) › 令牌 / Tokens"
DOCS = "docs/settings.md"

DOMAINS = {"feishu": "https://open.feishu.cn", "lark": "https://open.larksuite.com"}

DEFAULT_PROMPT = (
    "You are a helpful colleague in a work chat. Answer in the language of the question. "
    "Come to the point, say so when you are not sure, and format with Markdown where it helps. "
    "Today is {date}."
)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What a value may look like: in words, and as a function that raises ValueError."""

    expected: str
    read: Callable[[str], T]


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable.

    A `default` of None means that it is required. `secret` says what of the value is never shown.
    """

    name: str
    kind: Kind[Any]
    default: str | None
    zh: str
    en: str
    where: str
    secret: Secret


# What a value may look like


def _read_text(value: str) -> str:
    if not value.isprintable() and not set(value) & {"\n", "\t"}:
        raise ValueError("there is an invisible character in it")
    return value


def _read_word(value: str) -> str:
    # Ids and keys travel in HTTP headers; what copying adds to them must not get that far.
    if not all("!" <= character <= "~" for character in value):
        raise ValueError("there is a blank or a character that is not ASCII in it")
    return value


def _read_header(value: str) -> str:
    if not all(" " <= character <= "~" for character in value):
        raise ValueError("there is a character that is not ASCII in it")
    return value


def _read_app_secret(value: str) -> str:
    if value.startswith("cli_"):
        raise ValueError("it begins like an App ID, so the two may be swapped")
    return _read_word(value)


def _read_keys(value: str) -> tuple[str, ...]:
    keys = [_read_word(key) for part in value.split(",") if (key := _trimmed(part))]
    if not keys:
        raise ValueError("there is no key in it")
    return tuple(dict.fromkeys(keys))


def _read_prompt(value: str) -> str:
    return "" if value.lower() == "none" else value


def _read_flag(value: str) -> bool:
    try:
        return {
            **dict.fromkeys(("1", "true", "yes", "on"), True),
            **dict.fromkeys(("0", "false", "no", "off"), False),
        }[value.lower()]
    except KeyError:
        raise ValueError("it is neither") from None


def _read_language(value: str) -> Literal["auto", "zh", "en"]:
    # Linux desktops set a variable of this name themselves, as in `zh_CN:zh` or `de:en_GB:en`.
    for locale in value.lower().split(":"):
        match re.split(r"[_.@-]", locale.strip())[0]:
            case "auto" | "zh" | "en" as language:
                return language
    raise ValueError("it names none of them")


def _read_parts(value: str) -> tuple[str, ...]:
    if value.lower() == "none":
        return ()
    parts = tuple(dict.fromkeys(part.strip().lower() for part in value.split(",") if part.strip()))
    if not parts or set(parts) - {"model", "seconds", "tokens"}:
        raise ValueError("there is another word in it")
    return parts


def _read_database(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    match scheme.lower():
        case "sqlite" if separator and rest.startswith("/") and rest not in {"/", "/:memory:"}:
            return f"sqlite://{rest}"
        case "postgres" | "postgresql" | "postgresql+psycopg" if rest:
            return f"postgresql+psycopg://{_read_word(rest)}"
    raise ValueError("it is neither")


def _read_origin(value: str) -> str:
    value = DOMAINS.get(value.lower(), value)
    parts = _split(value, "https", "http")
    if parts.path.strip("/"):
        raise ValueError("there is a path behind the host")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("plain http is for this machine only")
    return f"{parts.scheme}://{parts.netloc}"


def _read_api(value: str) -> str:
    parts = _split(value, "https", "http")
    path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _read_proxy(value: str) -> str:
    _split(value, "http", "https", credentials=True)
    return value


def _split(value: str, *schemes: str, credentials: bool = False) -> Any:
    try:
        parts = urlsplit(_read_word(value))
        host, _ = parts.hostname, parts.port
    except ValueError as exc:
        # The library's own words may hold a part of the value, such as a password.
        raise ValueError("it is not an address") from exc
    if parts.scheme not in schemes:
        raise ValueError(f"it does not begin with {' or '.join(f'{s}://' for s in schemes)}")
    if not host:
        raise ValueError("there is no host in it")
    if parts.query or parts.fragment:
        raise ValueError("there is a ? or # in it")
    if "@" in parts.netloc and not credentials:
        raise ValueError("there is a name or password in it")
    return parts


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def _number(least: int, most: int) -> Kind[int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", value):
            raise ValueError("it is not one")
        if not least <= int(value) <= most:
            raise ValueError("it is out of range")
        return int(value)

    return Kind(f"a whole number from {least} to {most}", read)


def _duration(least: float) -> Kind[float]:
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

    def read(value: str) -> float:
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([smhd]?)", value.lower())
        if not match:
            raise ValueError("it is not one")
        seconds = float(match[1]) * units[match[2]]
        if seconds < least:
            raise ValueError("it is too short")
        return seconds

    return Kind(f"a time of at least {least:g} s, as in 90s, 30m, 12h, 7d or plain seconds", read)


def _one_of(*words: Word) -> Kind[Word]:
    def read(value: str) -> Word:
        for word in words:
            if word.lower() == value.lower():
                return word
        raise ValueError("it is none of them")

    return Kind(f"one of {', '.join(words)}", read)


TEXT = Kind("some text", _read_text)
NAME = Kind("a name without blanks", _read_word)
HEADER = Kind("text in ASCII letters", _read_header)
FLAG = Kind("true or false", _read_flag)


# The settings


def _setting(
    name: str,
    kind: Kind[T],
    *,
    en: str,
    zh: str,
    default: str | None = None,
    where: str = DOCS,
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
        Kind("the App ID of the app, as in cli_a1b2c3d4e5f6", _read_word),
        where=CREDENTIALS,
        en="The app's App ID.",
        zh="应用的 App ID。",
    )
    app_secret: str = _setting(
        "APP_SECRET",
        Kind("the App Secret of the app", _read_app_secret),
        where=CREDENTIALS,
        secret="all",
        en="The app's App Secret.",
        zh="应用的 App Secret。",
    )
    app_encrypt_key: str = _setting(
        "APP_ENCRYPT_KEY",
        Kind("the Encrypt Key of the app", _read_word),
        where=ENCRYPTION,
        secret="all",
        en="The app's Encrypt Key: events are encrypted and signed with it.",
        zh="应用的 Encrypt Key：事件用它加密和签名。",
    )
    app_verification_token: str = _setting(
        "APP_VERIFICATION_TOKEN",
        Kind("the Verification Token of the app", _read_word),
        where=ENCRYPTION,
        secret="all",
        en="The app's Verification Token: it confirms that a request was meant for this app.",
        zh="应用的 Verification Token：用来确认请求是发给这个应用的。",
    )
    feishu_domain: str = _setting(
        "FEISHU_DOMAIN",
        Kind(
            "feishu, lark, or an origin such as https://open.feishu.cn (http on loopback only)",
            _read_origin,
        ),
        default="https://open.feishu.cn",
        en="The open platform: `feishu`, `lark`, or the address of another one.",
        zh="开放平台：`feishu`、`lark`，或其他部署的地址。",
    )

    # The model

    openai_keys: tuple[str, ...] = _setting(
        "OPENAI_KEY",
        Kind("one or more keys of the model gateway, separated by commas", _read_keys),
        where=GATEWAY,
        secret="all",
        en="Keys of the model gateway, separated by commas. When one fails, the next is tried.",
        zh="模型网关的密钥，多个用英文逗号分隔。一个失败时会换下一个。",
    )
    api_url: str = _setting(
        "API_URL",
        Kind("an address such as https://oapi.czl.net, without name and password", _read_api),
        default="https://oapi.czl.net",
        en="The OpenAI-compatible gateway, with or without `/v1`.",
        zh="兼容 OpenAI 的网关地址，带不带 `/v1` 都可以。",
    )
    openai_model: str = _setting(
        "OPENAI_MODEL",
        NAME,
        default="",
        en="The model that answers. Empty: chosen from the models that the key offers.",
        zh="用来回答的模型。留空：从密钥可用的模型中自动选择。",
    )
    http_proxy: str = _setting(
        "HTTP_PROXY",
        Kind("an address such as http://host:3128", _read_proxy),
        default="",
        secret="password",
        en="A proxy for the calls to the gateway. Feishu is not called through it.",
        zh="访问模型网关所用的代理。访问飞书不经过它。",
    )
    gateway_user_agent: str = _setting(
        "GATEWAY_USER_AGENT",
        HEADER,
        default="",
        en="The User-Agent sent to the gateway. Empty: the client library's own.",
        zh="发给网关的 User-Agent。留空：使用客户端库自带的。",
    )
    system_prompt: str = _setting(
        "SYSTEM_PROMPT",
        Kind("some text, or none", _read_prompt),
        default=DEFAULT_PROMPT,
        en="What the model is told first. `{date}` becomes today's date, `none` sends nothing.",
        zh="每次对话前交代给模型的话。`{date}` 会换成当天日期，`none` 表示不发送。",
    )
    context_tokens: int = _setting(
        "CONTEXT_TOKENS",
        _number(500, 10_000_000),
        default="16000",
        en="How many tokens of question and history are sent at most; older turns are left out.",
        zh="问题与历史最多发送多少 token；更早的轮次会被略去。",
    )
    first_token_timeout: float = _setting(
        "FIRST_TOKEN_TIMEOUT",
        _duration(1),
        default="120",
        en="How long to wait for the first words of an answer.",
        zh="等待回答第一个字的最长时间。",
    )
    idle_timeout: float = _setting(
        "IDLE_TIMEOUT",
        _duration(1),
        default="120",
        en="How long an answer may pause once it has begun.",
        zh="回答开始后，中途停顿的最长时间。",
    )
    answer_timeout: float = _setting(
        "ANSWER_TIMEOUT",
        _duration(1),
        default="600",
        en="How long one answer may take altogether.",
        zh="一次回答总共允许的最长时间。",
    )

    # The conversation

    language: Literal["auto", "zh", "en"] = _setting(
        "LANGUAGE",
        Kind("one of auto, zh, en", _read_language),
        default="auto",
        en="The language of notices: `zh`, `en`, or `auto` (English on Lark, else Chinese).",
        zh="提示语的语言：`zh`、`en` 或 `auto`（Lark 用英文，其余用中文）。",
    )
    conversation_ttl: float = _setting(
        "CONVERSATION_TTL",
        _duration(60),
        default="12h",
        en="A conversation that was silent for this long starts afresh.",
        zh="对话静默超过这个时间后重新开始。",
    )
    retention_days: int = _setting(
        "RETENTION_DAYS",
        _number(1, 36_500),
        default="30",
        en="Stored conversations are deleted after this many days.",
        zh="保存的对话在这么多天后删除。",
    )
    p2p_context: Literal["thread", "chat"] = _setting(
        "P2P_CONTEXT",
        _one_of("thread", "chat"),
        default="thread",
        en="Private chats: `thread` goes on by reply only, `chat` is one running conversation.",
        zh="私聊：`thread` 只有回复才会延续上文，`chat` 则整个私聊是一个连续的对话。",
    )
    reply_in_thread: Literal["auto", "always", "never"] = _setting(
        "REPLY_IN_THREAD",
        _one_of("auto", "always", "never"),
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
        _duration(0.1),  # Feishu allows ten updates of one card a second
        default="0.2",
        en="The least seconds between two updates of one card.",
        zh="同一张卡片两次更新之间的最短秒数。",
    )
    footer: tuple[str, ...] = _setting(
        "FOOTER",
        Kind("a list of model, seconds, tokens, or none", _read_parts),
        default="model,seconds,tokens",
        en="What stands below an answer; `none` for nothing.",
        zh="回答下方显示的内容；`none` 表示不显示。",
    )

    # The process

    http_port: int = _setting(
        "HTTP_PORT",
        _number(1, 65535),
        default="9000",
        en="The port the bot listens on.",
        zh="机器人监听的端口。",
    )
    database_url: str = _setting(
        "DATABASE_URL",
        Kind("sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME", _read_database),
        default="sqlite:///./data/feishu_bot.db",
        secret="password",
        en="Where conversations and unanswered messages are kept: a file, or PostgreSQL.",
        zh="对话和待回答消息的存放处：一个文件，或 PostgreSQL。",
    )
    answer_threads: int = _setting(
        "ANSWER_THREADS",
        _number(1, 1000),
        default="200",
        en="How many answers a process writes at the same time.",
        zh="每个进程同时生成的回答数。",
    )
    web_concurrency: int = _setting(
        "WEB_CONCURRENCY",
        _number(1, 64),
        default="1",
        en="How many processes serve requests.",
        zh="处理请求的进程数。",
    )
    web_threads: int = _setting(
        "WEB_THREADS",
        _number(1, 256),
        default="8",
        en="How many requests a process serves at the same time.",
        zh="每个进程同时处理的请求数。",
    )
    lease_seconds: float = _setting(
        "LEASE_SECONDS",
        _duration(5),
        default="30",
        en="After this time without a sign of life, another process takes an answer over.",
        zh="持有回答的进程这么久没有动静时，由其他进程接手。",
    )
    shutdown_grace: float = _setting(
        "SHUTDOWN_GRACE",
        _duration(0),  # docker stop kills after 10 s
        default="8",
        en="How long a stopping process goes on with its answers before it hands them back.",
        zh="停止时继续完成回答的时间，到时未完成的交还给下一个进程。",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "LOG_LEVEL",
        _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        default="INFO",
        en="How much is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`.",
        zh="日志详细程度：`DEBUG`、`INFO`、`WARNING` 或 `ERROR`。",
    )
    log_format: Literal["auto", "text", "json"] = _setting(
        "LOG_FORMAT",
        _one_of("auto", "text", "json"),
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
            value = _trimmed(environ.get(setting.name, ""))
            if value:
                try:
                    values[entry.name] = setting.kind.read(value)
                except ValueError as exc:
                    faults.append(_fault(setting, f"{_quoted(setting, value)}{exc}"))
            elif setting.default is None:
                faults.append(_fault(setting, f"it is missing{_hint(setting.name, environ)}"))
        if faults:
            raise SettingsError(faults)
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
            [f"{path}: expected a text file in UTF-8, but it can't be read"]
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
        sys.exit(f"The bot can't start, its settings are not complete:\n\n{exc}")


# Faults, and what may be shown


def _trimmed(value: str) -> str:
    """Without blanks around it, and without the quotes that `docker --env-file` leaves on."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    return value


def _fault(setting: Setting, problem: str) -> str:
    return f"{setting.name}: expected {setting.kind.expected}; {problem}. Where: {setting.where}"


def _quoted(setting: Setting, value: str) -> str:
    # A long value may be a key that was pasted in the wrong place.
    if setting.secret or "@" in value or len(value) > 24:
        return ""
    return f"{value!r}: "


def _hint(name: str, environ: Mapping[str, str]) -> str:
    known = {setting.name for setting in SETTINGS}
    others = sorted(other for other in environ if other not in known and environ[other].strip())
    close = [other for other in others if other.endswith(f"_{name}")]
    close += get_close_matches(name, others, n=1, cutoff=0.8)
    return f" (there is {close[0]}: is it meant to be {name}?)" if close else ""


def _shown(setting: Setting, value: object) -> str:
    if setting.secret == "all":
        return "'***'" if value else "''"
    return repr(_without_password(str(value)) if setting.secret else value)


def _without_password(url: str) -> str:
    url = re.sub(r"(?<=://).*@", "***@", url)
    return re.sub(r"(?<=password=)[^&]*", "***", url)
