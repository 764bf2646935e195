"""Faults in the settings, each in a line of Chinese and one of English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import combinations, product
from typing import Any

from feishu_bot.core.languages import Words
from feishu_bot.settings.setting import Setting
from feishu_bot.settings.values import InvalidValue

# The environment's own: no misspelling of HTTP_PROXY.
NO_NEAR_MISS = {"HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy"}
SECRETS = ("APP_SECRET", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
# What would happen if one of these were overlooked. No bot starts in such a state unless the
# setting itself is there.
HARM_BY_NAME = {
    **dict.fromkeys(
        ("API_URL", "FEISHU_DOMAIN"),
        Words("密钥会发到默认的地址去", "the keys would be sent to the default address"),
    ),
    **dict.fromkeys(
        ("ALLOWED_USERS", "ALLOWED_CHATS", "BLOCKED_USERS", "ADMINS"),
        Words("机器人会对所有人开放", "the bot would be open to everybody"),
    ),
}
# What other programs call the address of the model service.
OTHER_NAMES = {
    "API_URL": (
        "OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_API_BASE_URL", "OPENAI_BASE", "OPENAI_URL",
        "OPENAI_API_URL", "OPENAI_API_HOST", "OPENAI_HOST", "OPENAI_ENDPOINT", "BASE_URL",
        "API_BASE", "API_BASE_URL", "LLM_BASE_URL", "OPENAI_BASEURL",
    ),
    "OPENAI_MODEL": ("MODEL", "MODEL_NAME", "OPENAI_API_MODEL", "OPENAI_MODEL_NAME", "LLM_MODEL"),
}  # fmt: skip
PEOPLE = ("ADMINS", "ALLOWED_USERS", "BLOCKED_USERS")
# A Chinese mobile number or an e-mail address. A company may give out ids that look like these.
_NO_ID = re.compile(r"(\+?86)?1[3-9][0-9]{9}|[^@,，\s]+@[^@,，\s]+")
DAY_SECONDS = 86400


class Report:
    """Collects the faults of *environ* while *settings* are read from it.

    `optional` are the names of some that need no value this time, though they have no default.
    """

    def __init__(
        self,
        settings: Sequence[Setting],
        environ: Mapping[str, str],
        *,
        optional: frozenset[str] = frozenset(),
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._optional = optional
        known = {setting.name for setting in settings} | NO_NEAR_MISS
        # The variables that are none of ours, by their name in capitals.
        self._unknown = {
            name.upper(): name
            for name in sorted(environ)
            if name not in known and name.upper() not in NO_NEAR_MISS and environ[name].strip()
        }
        self.faults: list[str] = []

    def is_optional(self, setting: Setting) -> bool:
        """Whether it may be left out."""
        return setting.default is not None or setting.name in self._optional

    def add_invalid(self, setting: Setting, value: str, exc: InvalidValue) -> None:
        """A value that its type has rejected."""
        words = exc.words
        if quoted := setting.quoted(value):
            words = Words(f"{quoted}：{words.zh}", f"{quoted}: {words.en}")
        self._add(setting, words)

    def add_missing(self, setting: Setting) -> None:
        """A required setting that is not set, with the variable that may be meant for it."""
        unknown, end = self._unknown.items(), f"_{setting.name}"
        close = [name for upper, name in unknown if upper.endswith(end)]
        close += self._close_to(setting.name, 0.75)
        words = Words("缺少", "missing")
        if close:
            words = Words(
                f"缺少（有一个 {close[0]}，是不是写错了名称？）",
                f"missing (there is {close[0]}: is it meant to be {setting.name}?)",
            )
        self._add(setting, words)

    def near_misses(self) -> list[str]:
        """Variables that look like a misspelt optional setting, and do no harm by themselves."""
        return [
            f"{other}：没有这个设置，是不是 {setting.name}？\n"
            f"  {other}: no such setting; is it meant to be {setting.name}?"
            for setting, other in self._misspelt()
            if setting.name not in HARM_BY_NAME
        ]

    def doubtful_people(self) -> list[str]:
        """Values that look like a phone number or an address where an id is expected."""
        parts = [
            (name, part.strip())
            for name in PEOPLE
            for part in re.split(r"[,，]", self._environ.get(name, ""))
        ]
        return [
            f"{name}：{part} 像手机号或邮箱，这里要填人员的 ID（ou_ 开头）。"
            "请本人给机器人发 /usage，卡片末尾就是\n"
            f"  {name}: {part} looks like a phone number or an e-mail address, and an id (ou_…) "
            "belongs here: that person sends /usage to the bot and finds it at the end of the card"
            for name, part in parts
            if _NO_ID.fullmatch(part)
        ]

    def add_dangerous(self) -> None:
        """Those that would send a key elsewhere or open the bot if they were overlooked."""
        for setting, other in self._misspelt():
            if harm := HARM_BY_NAME.get(setting.name):
                self.faults.append(
                    f"{other}：没有这个设置，是不是 {setting.name}？不改的话，{harm.zh}。"
                    f"请改名，或另外设置 {setting.name}。\n"
                    f"  {other}: no such setting; is it meant to be {setting.name}? As it is, "
                    f"{harm.en}; rename it, or set {setting.name} as well"
                )

    def _misspelt(self) -> Iterator[tuple[Setting, str]]:
        """Optional settings that aren't set, each with a variable that may be meant for it."""
        for setting in self._settings:
            if not self.is_optional(setting) or self._environ.get(setting.name, "").strip():
                continue
            others = OTHER_NAMES.get(setting.name, ())
            found = [self._unknown[name] for name in others if name in self._unknown]
            found += self._close_to(setting.name, 0.85)
            yield from ((setting, name) for name in dict.fromkeys(found))

    def _add(self, setting: Setting, words: Words) -> None:
        if setting.hint:
            more = Words(f"在哪里找：{setting.hint.zh}", f"where: {setting.hint.en}")
        elif setting.default and len(setting.default) <= 40:
            more = Words(f"不填则为 {setting.default}", f"default: {setting.default}")
        else:
            more = Words("可以不填", "may be left out")
        zh = words.zh if words.zh.endswith("？") else f"{words.zh}。"
        self.faults.append(
            f"{setting.name}：{zh}应为：{setting.type.zh}。{more.zh}\n"
            f"  {setting.name}: {words.en}; expected {setting.type.en}; {more.en}"
        )

    def _close_to(self, name: str, cutoff: float) -> list[str]:
        close = get_close_matches(name, self._unknown, n=1, cutoff=cutoff)
        return [self._unknown[upper] for upper in close]


def contradictions(values: Mapping[str, Any]) -> Iterator[str]:
    """Faults between values that are valid each by itself. Required ones may be absent."""
    for one, other in combinations([name for name in SECRETS if name.lower() in values], 2):
        if values[one.lower()] == values[other.lower()] != "":
            yield (
                f"{one}、{other}：两处填了同一个值，它们在后台里是不同的。\n"
                f"  {one}, {other}: the same value twice; in the console they differ"
            )
    for whose, often in product(("USER", "CHAT", "COMPANY"), ("DAILY", "MONTHLY")):
        name = f"{whose}_{often}_COST"
        if values[name.lower()] and not values["prices_file"]:
            yield (
                f"{name}：没有 PRICES_FILE，算不出费用。\n"
                f"  {name}: without PRICES_FILE nothing has a cost"
            )
    if values["retention_days"] * DAY_SECONDS < values["conversation_ttl"]:
        yield (
            "RETENTION_DAYS：比 CONVERSATION_TTL 短。对话还没结束就会被删除。\n"
            "  RETENTION_DAYS: shorter than CONVERSATION_TTL, so conversations would be deleted "
            "while they go on"
        )
