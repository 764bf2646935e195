"""Every setting of the bot, a line each, read and checked in one go.

docs/settings.md describes them. Times are in seconds, whatever unit they were set in.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from typing_extensions import override

from feishu_bot.core.languages import Words
from feishu_bot.errors import SettingsError
from feishu_bot.settings import addresses, credentials, values
from feishu_bot.settings.environment import FILE_VARIABLE as FILE_VARIABLE
from feishu_bot.settings.environment import load_environment
from feishu_bot.settings.environment import read_environment as read_environment
from feishu_bot.settings.report import Report, contradictions
from feishu_bot.settings.setting import Setting, env
from feishu_bot.settings.values import InvalidValue, duration, flag, one_of, whole

CREDENTIALS = Words(
    "飞书开发者后台 › 凭证与基础信息", "Feishu developer console › Credentials & Basic Info"
)
ENCRYPTION = Words(
    "飞书开发者后台 › 事件与回调 › 加密策略",
    "Feishu developer console › Events & Callbacks › Encryption Strategy",
)
GATEWAY = Words(
    "模型服务的后台（默认 https://oapi.czl.net）› 令牌",
    "the model service's console (by default https://oapi.czl.net) › Tokens",
)

# What comes to the webhook is signed with them. A long connection needs neither.
WEBHOOK_KEYS = frozenset({"APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN"})

DEFAULT_PROMPT = (
    "You are a helpful colleague in a work chat. Answer in the language of the question. "
    "Come to the point, say so when you are not sure, and format with Markdown where it helps. "
    "Write formulas in plain text with Unicode characters (x², √2, ≤, a/b): no LaTeX, no HTML. "
    "Today is {date}."
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """The administrator's settings; immutable, and safe to print."""

    # The app in Feishu
    bot_name: str = env("BOT_NAME", values.text, "")
    app_id: str = env("APP_ID", credentials.app_id, hint=CREDENTIALS)
    app_secret: str = env("APP_SECRET", credentials.app_secret, hint=CREDENTIALS, secret="all")
    app_encrypt_key: str = env(
        "APP_ENCRYPT_KEY", credentials.credential("Encrypt Key"), hint=ENCRYPTION, secret="all"
    )
    app_verification_token: str = env(
        "APP_VERIFICATION_TOKEN",
        credentials.credential("Verification Token"),
        hint=ENCRYPTION,
        secret="all",
    )
    feishu_domain: str = env("FEISHU_DOMAIN", addresses.origin, "https://open.feishu.cn")
    legacy_card_callbacks: bool = env("LEGACY_CARD_CALLBACKS", flag, "false")
    transport: Literal["webhook", "long_connection"] = env(
        "TRANSPORT", one_of("webhook", "long_connection"), "webhook"
    )
    public_url: str = env("PUBLIC_URL", addresses.public, "")

    # The model
    openai_keys: tuple[str, ...] = env("OPENAI_KEY", credentials.keys, hint=GATEWAY, secret="all")
    api_url: str = env("API_URL", addresses.api, "https://oapi.czl.net")
    openai_model: str = env("OPENAI_MODEL", values.word, "")
    allowed_models: tuple[str, ...] = env("ALLOWED_MODELS", values.model_names, "")
    http_proxy: str = env("HTTP_PROXY", addresses.proxy, "", secret="password")
    gateway_user_agent: str = env("GATEWAY_USER_AGENT", values.header, "")
    gateway_headers: tuple[tuple[str, str], ...] = env(
        "GATEWAY_HEADERS", values.headers, "", secret="all"
    )
    system_prompt: str = env("SYSTEM_PROMPT", values.prompt, DEFAULT_PROMPT)
    title_model: str = env("TITLE_MODEL", values.word, "")
    vision_model: str = env("VISION_MODEL", values.word, "")
    image_model: str = env("IMAGE_MODEL", values.word, "")
    transcription_model: str = env("TRANSCRIPTION_MODEL", values.word, "")
    transcription_language: str = env("TRANSCRIPTION_LANGUAGE", values.word, "")
    speech_model: str = env("SPEECH_MODEL", values.word, "")
    speech_voice: str = env("SPEECH_VOICE", values.word, "")
    voice_reply: Literal["never", "same", "always"] = env(
        "VOICE_REPLY", one_of("never", "same", "always"), "never"
    )
    voice_long: Literal["parts", "summary"] = env("VOICE_LONG", one_of("parts", "summary"), "parts")
    context_tokens: int = env("CONTEXT_TOKENS", whole(500, 10_000_000), "16000")
    # Feishu gives out files of up to 100 MB ("Get resource of a message").
    max_file_mb: int = env("MAX_FILE_MB", whole(1, 100), "20")
    max_audio_minutes: int = env("MAX_AUDIO_MINUTES", whole(1, 240), "30")
    max_image_mb: int = env("MAX_IMAGE_MB", whole(1, 100), "10")
    first_token_timeout: float = env("FIRST_TOKEN_TIMEOUT", duration(1), "120")
    idle_timeout: float = env("IDLE_TIMEOUT", duration(1), "120")
    answer_timeout: float = env("ANSWER_TIMEOUT", duration(1), "600")

    # The conversation
    language: Literal["auto", "zh", "en"] = env("LANGUAGE", values.language, "auto")
    roles_file: str = env("ROLES_FILE", values.text, "")
    conversation_ttl: float = env("CONVERSATION_TTL", duration(60), "12h")
    retention_days: int = env("RETENTION_DAYS", whole(1, 36_500), "30")
    p2p_context: Literal["thread", "chat"] = env("P2P_CONTEXT", one_of("thread", "chat"), "chat")
    media_wait: float = env("MEDIA_WAIT", duration(0), "2")
    group_reply: Literal["mention", "all"] = env("GROUP_REPLY", one_of("mention", "all"), "mention")
    reply_in_thread: Literal["auto", "always", "never"] = env(
        "REPLY_IN_THREAD", one_of("auto", "always", "never"), "auto"
    )
    streaming: bool = env("STREAMING", flag, "true")
    # Feishu allows ten updates of one card a second: the first, the final and the one that ends
    # its streaming mode have to fit in as well.
    frame_interval: float = env("FRAME_INTERVAL", values.interval(0.15), "0.25")
    answer_cards: int = env("ANSWER_CARDS", whole(0, 100), "2")
    max_cards: int = env("MAX_CARDS", whole(0, 100), "6")
    images_in_answers: Literal["typed", "always", "never"] = env(
        "IMAGES_IN_ANSWERS", one_of("typed", "always", "never"), "typed"
    )
    suggestions: bool = env("SUGGESTIONS", flag, "false")
    suggestions_model: str = env("SUGGESTIONS_MODEL", values.word, "")
    footer: tuple[str, ...] = env("FOOTER", values.footer_parts, "model,seconds,tokens")

    # Who may use it, and how much
    admins: tuple[str, ...] = env("ADMINS", values.people, "")
    allowed_users: tuple[str, ...] = env("ALLOWED_USERS", values.people, "")
    blocked_users: tuple[str, ...] = env("BLOCKED_USERS", values.people, "")
    allowed_chats: tuple[str, ...] = env("ALLOWED_CHATS", values.chats, "")
    user_daily_questions: int = env("USER_DAILY_QUESTIONS", values.questions, "0")
    user_daily_tokens: int = env("USER_DAILY_TOKENS", values.tokens, "0")
    user_daily_cost: float = env("USER_DAILY_COST", values.amount, "0")
    user_monthly_questions: int = env("USER_MONTHLY_QUESTIONS", values.questions, "0")
    user_monthly_tokens: int = env("USER_MONTHLY_TOKENS", values.tokens, "0")
    user_monthly_cost: float = env("USER_MONTHLY_COST", values.amount, "0")
    chat_daily_questions: int = env("CHAT_DAILY_QUESTIONS", values.questions, "0")
    chat_daily_tokens: int = env("CHAT_DAILY_TOKENS", values.tokens, "0")
    chat_daily_cost: float = env("CHAT_DAILY_COST", values.amount, "0")
    chat_monthly_questions: int = env("CHAT_MONTHLY_QUESTIONS", values.questions, "0")
    chat_monthly_tokens: int = env("CHAT_MONTHLY_TOKENS", values.tokens, "0")
    chat_monthly_cost: float = env("CHAT_MONTHLY_COST", values.amount, "0")
    company_daily_questions: int = env("COMPANY_DAILY_QUESTIONS", values.questions, "0")
    company_daily_tokens: int = env("COMPANY_DAILY_TOKENS", values.tokens, "0")
    company_daily_cost: float = env("COMPANY_DAILY_COST", values.amount, "0")
    company_monthly_questions: int = env("COMPANY_MONTHLY_QUESTIONS", values.questions, "0")
    company_monthly_tokens: int = env("COMPANY_MONTHLY_TOKENS", values.tokens, "0")
    company_monthly_cost: float = env("COMPANY_MONTHLY_COST", values.amount, "0")
    prices_file: str = env("PRICES_FILE", values.text, "")

    # The process
    bind: str = env("BIND", addresses.listening, "0.0.0.0")
    http_port: int = env("HTTP_PORT", whole(1, 65535), "9000")
    database_url: str = env(
        "DATABASE_URL", addresses.database, "sqlite:///./data/feishu_bot.db", secret="password"
    )
    answer_threads: int = env("ANSWER_THREADS", whole(1, 1000), "200")
    max_pending: int = env("MAX_PENDING", whole(1, 1_000_000), "2000")
    web_concurrency: int = env("WEB_CONCURRENCY", whole(1, 64), "1")
    web_threads: int = env("WEB_THREADS", whole(1, 256), "32")
    lease_seconds: float = env("LEASE_SECONDS", duration(5), "30")
    # docker stop kills after 10 s.
    shutdown_grace: float = env("SHUTDOWN_GRACE", duration(0), "8")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = env(
        "LOG_LEVEL", one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"
    )
    log_format: Literal["auto", "text", "json"] = env(
        "LOG_FORMAT", one_of("auto", "text", "json"), "auto"
    )
    log_messages: bool = env("LOG_MESSAGES", flag, "false")
    admin_password: str = env("ADMIN_PASSWORD", credentials.password, "", secret="all")
    doctor_at_start: bool = env("DOCTOR_AT_START", flag, "true")
    metrics: bool = env("METRICS", flag, "false")
    monitoring_token: str = env("MONITORING_TOKEN", credentials.token, "", secret="all")

    def __post_init__(self) -> None:
        if self.language == "auto":
            host = urlsplit(self.feishu_domain).hostname or ""
            is_lark = host == "larksuite.com" or host.endswith(".larksuite.com")
            object.__setattr__(self, "language", "en" if is_lark else "zh")

    @override
    def __repr__(self) -> str:
        shown = (f"{name}={s.masked(getattr(self, name))}" for name, s in _DECLARED.items())
        return f"Settings({', '.join(shown)})"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read every setting, or raise one SettingsError that lists all that is wrong."""
        report = Report(SETTINGS, environ, optional=_needless(environ))
        found: dict[str, Any] = {
            entry.name: entry.default for entry in fields(cls) if entry.default is not MISSING
        }
        for name, setting in _DECLARED.items():
            value = values.trimmed(environ.get(setting.name, ""))
            if value:
                try:
                    found[name] = setting.type.read(value)
                except InvalidValue as exc:
                    report.add_invalid(setting, value, exc)
            elif report.is_optional(setting):
                found.setdefault(name, "")
            else:
                report.add_missing(setting)
        report.add_dangerous()
        report.faults += contradictions(found)
        if report.faults:
            raise SettingsError(report.faults + report.near_misses())
        return cls(**found)


_DECLARED: dict[str, Setting] = {
    entry.name: entry.metadata["setting"] for entry in fields(Settings)
}
SETTINGS: tuple[Setting, ...] = tuple(_DECLARED.values())


def near_misses(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like a misspelt setting, and values that look like no id.

    A line of Chinese and one of English each.
    """
    report = Report(SETTINGS, environ, optional=_needless(environ))
    return report.near_misses() + report.doubtful_people()


def _needless(environ: Mapping[str, str]) -> frozenset[str]:
    """The required settings that the others make unnecessary."""
    transport = values.trimmed(environ.get("TRANSPORT", "")).lower()
    return WEBHOOK_KEYS if transport == "long_connection" else frozenset()


def read_setting(name: str, environ: Mapping[str, str]) -> Any:
    """One setting by its variable, whatever the others are. Raises SettingsError."""
    (setting,) = (setting for setting in SETTINGS if setting.name == name)
    value = values.trimmed(environ.get(name, "")) or setting.default
    report = Report(SETTINGS, environ)
    try:
        if value is not None:
            return setting.type.read(value)
        report.add_missing(setting)
    except InvalidValue as exc:
        report.add_invalid(setting, value or "", exc)
    raise SettingsError(report.faults)


def read_some(environ: Mapping[str, str], *names: str) -> dict[str, Any]:
    """These settings alone, by the names that `Settings` gives them; all must have a default.

    Raises SettingsError.
    """
    report, found = Report(SETTINGS, environ), {}
    for name in names:
        setting = _DECLARED[name]
        value = values.trimmed(environ.get(setting.name, "")) or setting.default or ""
        try:
            found[name] = setting.type.read(value)
        except InvalidValue as exc:
            report.add_invalid(setting, value, exc)
    if report.faults:
        raise SettingsError(report.faults)
    return found


def load_settings() -> Settings:
    """The settings of this process, from its environment and `.env`.

    Ends the process with all faults in plain words if there are any.
    """
    try:
        return Settings.from_env(load_environment())
    except SettingsError as exc:
        exit_with(exc)


def exit_with(exc: SettingsError) -> NoReturn:
    """End the process with all faults in plain words."""
    sys.exit(
        "机器人无法启动，请改正下列设置：\n"
        f"The bot can't start. Please fix these settings:\n\n{exc}"
    )
