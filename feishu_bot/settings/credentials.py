"""The types of values that are secrets, and the App ID beside them."""

from __future__ import annotations

import re

from feishu_bot.settings.values import (
    InvalidValue,
    ValueType,
    split_list,
    unquoted,
    value_type,
    word,
)


def credential(name: str) -> ValueType[str]:
    return ValueType(f"应用的 {name}", f"the {name} of the app", _read_credential)


def _read_credential(value: str) -> str:
    if re.fullmatch(r"(cli_|sk-)?[xX*]{3,}", value):
        raise InvalidValue("还是示例里的值", "still the example's value")
    if re.match(r"bearer\b", value, re.IGNORECASE):
        raise InvalidValue(
            "开头的 Bearer 不是密钥的一部分，请删掉",
            '"Bearer" at its beginning is no part of the key: remove it',
        )
    return word.read(value)


@value_type("应用的 App ID，如 cli_a1b2c3d4e5f6", "the App ID of the app, as in cli_a1b2c3d4e5f6")
def app_id(value: str) -> str:
    if not value.startswith("cli_"):
        raise InvalidValue(
            "不是 cli_ 开头，是否和 App Secret 填反了？",
            "it does not begin with cli_, so is it another value of the app?",
        )
    return _read_credential(value)


@value_type("应用的 App Secret", "the App Secret of the app")
def app_secret(value: str) -> str:
    if value.startswith("cli_"):
        raise InvalidValue(
            "开头像 App ID，是否填反了？", "it begins like an App ID, so the two may be swapped"
        )
    return _read_credential(value)


@value_type("至少 16 个字符的随机字符串", "a random word of at least 16 characters")
def token(value: str) -> str:
    if 0 < len(value) < 16:
        raise InvalidValue("太短，容易被猜到", "it is so short that it can be guessed")
    return _read_credential(value)


@value_type("至少 12 个字符的密码", "a password of at least 12 characters")
def password(value: str) -> str:
    if 0 < len(value) < 12:
        raise InvalidValue("太短，容易被猜到", "it is so short that it can be guessed")
    if 0 < len(set(value)) < 5:
        raise InvalidValue("字符太单一，容易被猜到", "of so few characters that it can be guessed")
    if not value.isprintable():
        raise InvalidValue("含有看不见的字符", "an invisible character in it")
    return unquoted(value)


@value_type(
    "模型服务的密钥，多个用逗号分隔", "one or more keys of the model service, separated by commas"
)
def keys(value: str) -> tuple[str, ...]:
    return split_list(value, "密钥", "key", _read_credential)
