"""The prices of tokens, pictures and speech, from the administrator's price table."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feishu_bot.content.documents import Entry, InvalidDocument, parse
from feishu_bot.content.watched_file import WatchedFile

_PER = 1_000_000


class PriceList:
    """Implements `core.usage.Prices`; without a path nothing has a price. Safe for threads.

    `prices.yaml` in this folder shows what a file looks like. It is read again when it changes; a
    broken one is logged and the last good one stays. Raises SettingsError when it is broken at
    the start.
    """

    def __init__(
        self, path: Path | None = None, *, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = WatchedFile(path, _read, setting="PRICES_FILE", timer=timer) if path else None

    @property
    def currency(self) -> str:
        return self._table().currency

    def cost(self, model: str, prompt_tokens: int, completion_tokens: int) -> float:
        price = self._table().price_of(model)
        return (price.prompt * prompt_tokens + price.completion * completion_tokens) / _PER

    def picture_cost(
        self, model: str, pictures: int, prompt_tokens: int = 0, completion_tokens: int = 0
    ) -> float:
        by_picture = self._table().price_of(model).picture * pictures
        return by_picture + self.cost(model, prompt_tokens, completion_tokens)

    def audio_cost(self, model: str, seconds: float) -> float:
        return self._table().price_of(model).minute * seconds / 60

    def _table(self) -> _Table:
        return self._file.value() if self._file else _Table()


@dataclass(frozen=True, slots=True)
class _Price:
    """The price of a million tokens, of a picture, and of a minute of speech."""

    prompt: float = 0.0
    completion: float = 0.0
    picture: float = 0.0
    minute: float = 0.0


@dataclass(frozen=True, slots=True)
class _Table:
    currency: str = ""
    by_name: Mapping[str, _Price] = field(default_factory=dict)
    by_prefix: Mapping[str, _Price] = field(default_factory=dict)

    def price_of(self, model: str) -> _Price:
        """The price under the model's own name, or else under the longest prefix of it."""
        if model in self.by_name:
            return self.by_name[model]
        prefixes = [prefix for prefix in self.by_prefix if model.startswith(prefix)]
        return self.by_prefix[max(prefixes, key=len)] if prefixes else _Price()


def _read(content: bytes) -> _Table:
    document = parse(content)
    if document == "":
        raise InvalidDocument("文件是空的", "the file is empty")
    if not isinstance(document, Entry):
        raise InvalidDocument(
            "应有 currency 和 models 两项", "this should have the keys currency and models"
        )
    document.check_keys("currency", "models")
    models = document.get("models", "")
    if models == "":
        return _Table()
    if not isinstance(models, Entry):
        raise InvalidDocument(
            "“models”下应为“模型名: 价格”",
            '"models" should have names of models under it, each with its prices',
            document.lines["models"],
        )
    prices = {name: _price(name, models) for name in models}
    return _Table(
        currency=document.required("currency") if models else "",
        by_name={name: price for name, price in prices.items() if not name.endswith("*")},
        by_prefix={name[:-1]: price for name, price in prices.items() if name.endswith("*")},
    )


def _price(name: str, models: Entry) -> _Price:
    line = models.lines[name]
    if "*" in name[:-1]:
        raise InvalidDocument(
            f"“{name}”：* 只能放在末尾", f'"{name}": a * may only stand at the end', line
        )
    entry = models[name]
    if not isinstance(entry, Entry):
        raise InvalidDocument(
            f"“{name}”下应有价格：prompt 和 completion，或 picture，或 minute",
            f'"{name}" should have prices under it: prompt and completion, picture, or minute',
            line,
        )
    entry.check_keys("prompt", "completion", "picture", "minute")
    wanted = {key for key in ("picture", "minute") if key in entry}
    # Who pays by token pays for both kinds; what has no other price is taken for that.
    if not wanted or "prompt" in entry or "completion" in entry:
        wanted |= {"prompt", "completion"}
    return _Price(**{key: _amount(entry, key) for key in sorted(wanted, reverse=True)})


def _amount(entry: Entry, key: str) -> float:
    text = entry.required(key)
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not (math.isfinite(amount) and amount >= 0):
        raise InvalidDocument(
            f"“{key}”应为不小于 0 的数字，而不是“{text}”",
            f'"{key}" should be a number, 0 or above, not "{text}"',
            entry.lines[key],
        )
    return amount
