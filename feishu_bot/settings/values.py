"""What the value of a setting may look like, and the typical mistakes in it.

A reader takes what was written, without the blanks around it, and gives the value or raises
`InvalidValue`, which says in Chinese and in English what is wrong. Neither text holds a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar
from urllib.parse import SplitResult, urlsplit

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

DOMAINS = {"feishu": "https://open.feishu.cn", "lark": "https://open.larksuite.com"}
QUOTES = "\"'"


class InvalidValue(ValueError):
    """What is wrong with a value."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class ValueType(Generic[T]):
    """What a value may look like: in words, and as a function that raises Malformed."""

    zh: str
    en: str
    read: Callable[[str], T]


def trimmed(value: str) -> str:
    """Without blanks around it, and without the quotes that `docker --env-file` leaves on."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in QUOTES:
        # Quotes around every part of a list are not a pair around the whole.
        if re.search(rf"{value[0]}\s*[,，]\s*{value[0]}", value[1:-1]):
            return value
        value = value[1:-1].strip()
    return value


# Text and words


def _whole(value: str, marks: str = QUOTES) -> str:
    for mark in marks:
        if value.count(mark) == 1 and mark in {value[0], value[-1]}:
            raise InvalidValue("引号只剩一半", "half a pair of quotes is left on it")
    return value


def _read_text(value: str) -> str:
    if not value.isprintable() and not set(value) & {"\n", "\t"}:
        raise InvalidValue("含有看不见的字符", "an invisible character in it")
    return _whole(value)


def _read_word(value: str) -> str:
    # Ids and keys travel in HTTP headers; what copying adds to them must not get that far.
    if not all("!" <= character <= "~" for character in value):
        raise InvalidValue(
            "含有空格或非 ASCII 字符", "a blank or a character that is not ASCII in it"
        )
    return _whole(value)


def _read_header(value: str) -> str:
    if not all(" " <= character <= "~" for character in value):
        raise InvalidValue("含有非 ASCII 字符", "a character that is not ASCII in it")
    return _whole(value)


def read_prompt(value: str) -> str:
    # A text may well end with an apostrophe.
    return "" if value.lower() == "none" else _whole(value, '"')


def read_credential(value: str) -> str:
    """An id or key, but not the one of the documents' examples."""
    if re.fullmatch(r"(cli_|sk-)?[xX*]{3,}", value):
        raise InvalidValue("还是示例里的值", "still the example's value")
    return _read_word(value)


def read_app_id(value: str) -> str:
    if not value.startswith("cli_"):
        raise InvalidValue(
            "不是 cli_ 开头，是否和 App Secret 填反了？",
            "it does not begin with cli_, so is it another value of the app?",
        )
    return read_credential(value)


def read_app_secret(value: str) -> str:
    if value.startswith("cli_"):
        raise InvalidValue(
            "开头像 App ID，是否填反了？",
            "it begins like an App ID, so the two may be swapped",
        )
    return read_credential(value)


def read_keys(value: str) -> tuple[str, ...]:
    if set(value) & set(";；、"):
        raise InvalidValue("多个密钥之间要用逗号", "keys are separated by commas")
    keys = [read_credential(key) for part in re.split("[,，]", value) if (key := trimmed(part))]
    if not keys:
        raise InvalidValue("里面没有密钥", "no key in it")
    return tuple(dict.fromkeys(keys))


def read_model_names(value: str) -> tuple[str, ...]:
    if set(value) & set(";；、"):
        raise InvalidValue("多个名称之间要用逗号", "names are separated by commas")
    names = [_whole(name) for part in re.split("[,，]", value) if (name := trimmed(part))]
    if not names:
        raise InvalidValue("里面没有名称", "no name in it")
    return tuple(dict.fromkeys(names))


def _parts_of(value: str) -> list[str]:
    if set(value) & set(";；、"):
        raise InvalidValue("多个 ID 之间要用逗号", "ids are separated by commas")
    parts = [_read_word(part) for piece in re.split("[,，]", value) if (part := trimmed(piece))]
    if not parts:
        raise InvalidValue("里面没有 ID", "no id in it")
    return list(dict.fromkeys(parts))


def _read_people(value: str) -> tuple[str, ...]:
    ids = _parts_of(value)
    if any(part.startswith(("oc_", "cli_")) for part in ids):
        raise InvalidValue("里面有群或应用的 ID", "an id of a chat or an app in it")
    return tuple(ids)


def _read_chats(value: str) -> tuple[str, ...]:
    ids = _parts_of(value)
    if not all(part.startswith("oc_") for part in ids):
        raise InvalidValue("有不是 oc_ 开头的", "one of them does not begin with oc_")
    return tuple(ids)


# Choices


def _read_flag(value: str) -> bool:
    match value.lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise InvalidValue("两者都不是", "neither")


def one_of(*words: Word) -> ValueType[Word]:
    def read(value: str) -> Word:
        for word in words:
            if word.lower() == value.lower():
                return word
        raise InvalidValue("不在其中", "none of them")

    return ValueType(f"{'、'.join(words)} 之一", f"one of {', '.join(words)}", read)


def read_language(value: str) -> Literal["auto", "zh", "en"]:
    # Systems set a variable of this name themselves, as in `zh_CN:zh`, `C.UTF-8` or `fr_FR:fr`.
    locale = r"(c|posix|[a-z]{2,3})([_-][a-z0-9]{2,8})*(\.[a-z0-9-]+)?(@[a-z0-9]+)?"
    locales = [part for word in value.lower().split(":") if (part := word.strip())]
    for part in locales:
        match re.split(r"[_.@-]", part)[0]:
            case "auto" | "zh" | "en" as language:
                return language
    if locales and all(re.fullmatch(locale, part) for part in locales):
        return "auto"
    raise InvalidValue("不在其中", "none of them")


def read_parts(value: str) -> tuple[str, ...]:
    if value.lower() == "none":
        return ()
    words = (part.strip().lower() for part in re.split("[,，]", value))
    parts = tuple(dict.fromkeys(word for word in words if word))
    if not parts or set(parts) - {"model", "seconds", "tokens"}:
        raise InvalidValue("有别的词", "another word in it")
    return parts


# Addresses


def read_database(value: str) -> str:
    _whole(value)
    scheme, separator, rest = value.partition("://")
    match scheme.lower():
        case "sqlite" if separator and rest.startswith("/") and rest not in {"/", "/:memory:"}:
            return f"sqlite://{rest}"
        case "postgres" | "postgresql" | "postgresql+psycopg" if rest:
            return f"postgresql+psycopg://{_read_word(rest)}"
    if re.fullmatch(r"[\w./-]{1,60}\.(db|sqlite3?)", value):
        raise InvalidValue(f"文件要写成 sqlite:///{value}", f"a file is written sqlite:///{value}")
    raise InvalidValue("两者都不是", "neither")


def read_origin(value: str) -> str:
    value = DOMAINS.get(value.lower(), value)
    if re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}(:[0-9]+)?/?", value.lower()):
        value = f"https://{value}"
    parts = _split(value, "https", "http")
    if parts.path.strip("/"):
        raise InvalidValue("域名后面还有路径", "a path behind the host")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise InvalidValue("http 只能用于本机", "plain http is for this machine only")
    return f"{parts.scheme}://{parts.netloc}"


def read_api(value: str) -> str:
    parts = _split(value, "https", "http")
    path = parts.path.rstrip("/")
    for suffix in ("/chat/completions", "/v1"):
        path = path.removesuffix(suffix).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def read_proxy(value: str) -> str:
    _split(value, "http", "https", credentials=True)
    return value


def _split(value: str, *schemes: str, credentials: bool = False) -> SplitResult:
    try:
        parts = urlsplit(_read_word(value))
        host, _ = parts.hostname, parts.port
    except InvalidValue:
        raise
    except ValueError as exc:
        # The library's own words may hold a part of the value, such as a password.
        raise InvalidValue("不是一个地址", "not an address") from exc
    if parts.scheme not in schemes:
        raise InvalidValue(
            f"不是 {' 或 '.join(f'{s}://' for s in schemes)} 开头",
            f"it does not begin with {' or '.join(f'{s}://' for s in schemes)}",
        )
    if not host:
        raise InvalidValue("里面没有主机名", "no host in it")
    if parts.query or parts.fragment:
        raise InvalidValue("含有 ? 或 #", "a ? or # in it")
    if "@" in parts.netloc and not credentials:
        raise InvalidValue("含有用户名或密码", "a name or password in it")
    return parts


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


# Numbers


def number(least: int, most: int) -> ValueType[int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", value):
            raise InvalidValue("不是整数", "not a whole number")
        if not least <= int(value) <= most:
            raise InvalidValue("超出范围", "out of range")
        return int(value)

    return ValueType(f"{least} 到 {most} 的整数", f"a whole number from {least} to {most}", read)


def amount(most: float) -> ValueType[float]:
    def read(value: str) -> float:
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value):
            raise InvalidValue("不是金额", "not an amount")
        if float(value) > most:
            raise InvalidValue("超出范围", "out of range")
        return float(value)

    return ValueType(
        f"0 到 {most:,.0f} 的金额，如 5 或 0.5",
        f"an amount from 0 to {most:,.0f}, as in 5 or 0.5",
        read,
    )


def _duration_reader(least: float) -> Callable[[str], float]:
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

    def read(value: str) -> float:
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([smhd]?)", value.lower())
        if not match:
            raise InvalidValue("不是时间", "not a time")
        seconds = float(match[1]) * units[match[2]]
        if seconds < least:
            raise InvalidValue("太短", "too short")
        return seconds

    return read


def duration(least: float) -> ValueType[float]:
    return ValueType(
        f"不少于 {least:g} 秒的时间，如 90s、30m、12h、7d，只写数字为秒",
        f"a time of at least {least:g} s, as in 90s, 30m, 12h, 7d or plain seconds",
        _duration_reader(least),
    )


def interval(least: float) -> ValueType[float]:
    return ValueType(
        f"不小于 {least:g} 的秒数，如 0.25、0.5",
        f"seconds, at least {least:g}, as in 0.25 or 0.5",
        _duration_reader(least),
    )


TEXT = ValueType("一段文字", "some text", _read_text)
NAME = ValueType("不含空格的名称", "a name without blanks", _read_word)
HEADER = ValueType("ASCII 文字", "text in ASCII letters", _read_header)
PEOPLE = ValueType(
    "open_id、user_id 或 union_id，多个用逗号分隔",
    "open_ids, user_ids or union_ids, separated by commas",
    _read_people,
)
CHATS = ValueType(
    "oc_ 开头的群 ID，多个用逗号分隔",
    "chat ids that begin with oc_, separated by commas",
    _read_chats,
)
FLAG = ValueType("true 或 false", "true or false", _read_flag)
