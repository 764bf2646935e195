"""The types of values: how each is described, read and checked for typical mistakes.

A type reads the text that was set, trimmed. What it raises says in Chinese and in English what is
wrong, and neither text holds a secret. An empty text is read for an empty default only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from feishu_bot.core.languages import Words

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

QUOTES = "\"'"


class InvalidValue(ValueError):
    """A value that can't be accepted, and why."""

    def __init__(self, zh: str, en: str) -> None:
        self.words = Words(zh, en)
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class ValueType(Generic[T]):
    """A description in both languages, and a function that raises InvalidValue."""

    zh: str
    en: str
    read: Callable[[str], T]


def value_type(zh: str, en: str) -> Callable[[Callable[[str], T]], ValueType[T]]:
    """Make the decorated function a type with this description."""
    return lambda read: ValueType(zh, en, read)


def trimmed(value: str) -> str:
    """Without whitespace around it, and without the quotes that `docker --env-file` leaves on."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in QUOTES:
        # Quotes around every part of a list are not a pair around the whole.
        if re.search(rf"{value[0]}\s*[,，]\s*{value[0]}", value[1:-1]):
            return value
        value = value[1:-1].strip()
    return value


# Text


def unquoted(value: str, marks: str = QUOTES) -> str:
    """The value, if no half of a pair of quotes is left on it."""
    for mark in marks:
        if value.count(mark) == 1 and mark in {value[0], value[-1]}:
            raise InvalidValue("引号只剩一半", "half a pair of quotes is left on it")
    return value


@value_type("一段文字", "some text")
def text(value: str) -> str:
    if not value.isprintable() and not set(value) & {"\n", "\t"}:
        raise InvalidValue("含有看不见的字符", "an invisible character in it")
    return unquoted(value)


@value_type("不含空格的名称", "a name without spaces")
def word(value: str) -> str:
    # Ids and keys travel in HTTP headers; what copying adds to them must not get that far.
    for at, character in enumerate(value, 1):
        if not "!" <= character <= "~":
            fault = _fault_of(character)
            raise InvalidValue(f"第 {at} 个字符{fault.zh}", f"character {at} {fault.en}")
    return unquoted(value)


def _fault_of(character: str) -> Words:
    """What is wrong with a character, without showing it: it may be a part of a secret."""
    if character == " ":
        return Words("是空格，请删掉", "is a space: remove it")
    if character.isspace():
        return Words("是空白或换行，请删掉", "is white space or a line break: remove it")
    if not character.isprintable():
        return Words("看不见，请删掉", "is invisible: remove it")
    if unicodedata.east_asian_width(character) == "F":
        return Words("是全角字符，请改成半角", "is a full-width one: write the plain one")
    return Words("不是英文字符", "is not ASCII")


@value_type("ASCII 文字", "ASCII text")
def header(value: str) -> str:
    if not all(" " <= character <= "~" for character in value):
        raise InvalidValue("含有非 ASCII 字符", "a non-ASCII character in it")
    return unquoted(value)


# Ours to set: what the protocol needs, and what another setting is for.
OWN_HEADERS = frozenset(
    {
        "authorization", "host", "content-type", "content-length", "transfer-encoding",
        "connection", "accept", "accept-encoding", "te", "upgrade", "expect", "user-agent",
    }
)  # fmt: skip


@value_type(
    "名称: 值，多个用分号分隔，如 X-Portal-Key: abc; X-Team: bot",
    "Name: value, several separated by semicolons, as in X-Portal-Key: abc; X-Team: bot",
)
def headers(value: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, tuple[str, str]] = {}
    for part in re.split(r"[;；\n]", value):
        if not part.strip():
            continue
        name, colon, content = (piece.strip() for piece in part.partition(":"))
        if not colon or not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
            raise InvalidValue("有一段不是「名称: 值」", "a part that is not `Name: value`")
        if not content or not all(" " <= character <= "~" for character in content):
            raise InvalidValue(
                "有一个值是空的，或含有非 ASCII 字符", "a value that is empty or not ASCII"
            )
        if name.lower() in OWN_HEADERS:
            raise InvalidValue(f"{name} 由机器人自己设置", f"{name} is set by the bot itself")
        if name.lower() in found:
            raise InvalidValue(f"{name} 出现了两次", f"{name} is there twice")
        found[name.lower()] = name, content
    return tuple(found.values())


@value_type("一段文字，或 none", "some text, or none")
def prompt(value: str) -> str:
    # A text may well end with an apostrophe.
    return "" if value.lower() == "none" else unquoted(value, '"')


# Lists


def split_list(value: str, zh: str, en: str, read: Callable[[str], str]) -> tuple[str, ...]:
    """The parts between commas, each once; `zh` and `en` are the word for one of them."""
    if set(value) & set(";；、"):
        raise InvalidValue(f"多个{zh}之间要用逗号", f"{en}s are separated by commas")
    written = [part for piece in re.split(r"[,，]", value) if (part := trimmed(piece))]
    if value and not written:
        raise InvalidValue(f"里面没有{zh}".rstrip(), f"no {en} in it")
    if len(written) == 1:
        return (read(written[0]),)
    parts: dict[str, None] = {}
    for number, part in enumerate(written, 1):
        try:
            parts[read(part)] = None
        except InvalidValue as exc:
            raise InvalidValue(
                f"第 {number} 个{zh}：{exc.words.zh}", f"{en} {number}: {exc.words.en}"
            ) from exc
    return tuple(parts)


@value_type(
    "模型名称，多个用逗号分隔，* 代表任意文字",
    "names of models, separated by commas, with * for any text",
)
def model_names(value: str) -> tuple[str, ...]:
    return split_list(value, "名称", "name", unquoted)


@value_type(
    "open_id、user_id 或 union_id，多个用逗号分隔",
    "open_ids, user_ids or union_ids, separated by commas",
)
def people(value: str) -> tuple[str, ...]:
    ids = split_list(value, " ID ", "id", word.read)
    if any(part.startswith(("oc_", "cli_")) for part in ids):
        raise InvalidValue("里面有群或应用的 ID", "an id of a chat or an app in it")
    return ids


@value_type("oc_ 开头的群 ID，多个用逗号分隔", "chat ids that begin with oc_, separated by commas")
def chats(value: str) -> tuple[str, ...]:
    ids = split_list(value, " ID ", "id", word.read)
    if not all(part.startswith("oc_") for part in ids):
        raise InvalidValue("有不是 oc_ 开头的", "one of them does not begin with oc_")
    return ids


# Choices


@value_type("true 或 false", "true or false")
def flag(value: str) -> bool:
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise InvalidValue("两者都不是", "neither")


def one_of(*words: Word) -> ValueType[Word]:
    @value_type(f"{'、'.join(words)} 之一", f"one of {', '.join(words)}")
    def choice(value: str) -> Word:
        for word in words:
            if word.lower() == value.lower():
                return word
        raise InvalidValue("不在其中", "none of them")

    return choice


@value_type("auto、zh、en 之一", "one of auto, zh, en")
def language(value: str) -> Literal["auto", "zh", "en"]:
    # Systems set a variable of this name themselves, as in `zh_CN:zh`, `C.UTF-8` or `fr_FR:fr`.
    locale = r"(c|posix|[a-z]{2,3})([_-][a-z0-9]{2,8})*(\.[a-z0-9-]+)?(@[a-z0-9]+)?"
    locales = [part for word in value.lower().split(":") if (part := word.strip())]
    for part in locales:
        match re.split(r"[_.@-]", part)[0]:
            case "auto" | "zh" | "en" as found:
                return found
    if locales and all(re.fullmatch(locale, part) for part in locales):
        return "auto"
    raise InvalidValue("不在其中", "none of them")


@value_type(
    "model、seconds、tokens 中的几个，用逗号分隔，或 none",
    "a list of model, seconds, tokens, or none",
)
def footer_parts(value: str) -> tuple[str, ...]:
    if value.lower() == "none":
        return ()
    words = (part.strip().lower() for part in re.split(r"[,，]", value))
    parts = tuple(dict.fromkeys(word for word in words if word))
    if not parts or set(parts) - {"model", "seconds", "tokens"}:
        raise InvalidValue("有别的词", "another word in it")
    return parts


# Numbers


def whole(least: int, most: int) -> ValueType[int]:
    @value_type(f"{least} 到 {most} 的整数", f"a whole number from {least} to {most}")
    def number(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", value):
            raise InvalidValue("不是整数", "not a whole number")
        if not least <= int(value) <= most:
            raise InvalidValue("超出范围", "out of range")
        return int(value)

    return number


# The most that a limit can be set to, here and on the administrators' page.
MOST_OF_LIMITS: Mapping[Literal["questions", "tokens", "cost"], int] = {
    "questions": 10**8,
    "tokens": 10**12,
    "cost": 10**6,
}
questions = whole(0, MOST_OF_LIMITS["questions"])
tokens = whole(0, MOST_OF_LIMITS["tokens"])


@value_type("0 到 1,000,000 的金额，如 5 或 0.5", "an amount from 0 to 1,000,000, as in 5 or 0.5")
def amount(value: str) -> float:
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value):
        raise InvalidValue("不是金额", "not an amount")
    if float(value) > MOST_OF_LIMITS["cost"]:
        raise InvalidValue("超出范围", "out of range")
    return float(value)


def duration(least: float) -> ValueType[float]:
    """A time in seconds, or with its unit."""
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

    @value_type(
        f"不少于 {least:g} 秒的时间，如 90s、30m、12h、7d，只写数字为秒",
        f"a time of at least {least:g} s, as in 90s, 30m, 12h, 7d or plain seconds",
    )
    def seconds(value: str) -> float:
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([smhd]?)", value.lower())
        if not match:
            raise InvalidValue("不是时间", "not a time")
        found = float(match[1]) * units[match[2]]
        if found < least:
            raise InvalidValue("太短", "too short")
        return found

    return seconds


def interval(least: float) -> ValueType[float]:
    """A duration of seconds or less, described as such."""
    zh = f"不小于 {least:g} 的秒数，如 0.25、0.5"
    en = f"seconds, at least {least:g}, as in 0.25 or 0.5"
    return replace(duration(least), zh=zh, en=en)
