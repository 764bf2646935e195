"""The prices of tokens, pictures and speech, from the administrator's price table."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feishu_bot.content.documents import Entry, InvalidDocument, parse
from feishu_bot.content.watched_file import WatchedFile
from feishu_bot.core.administration.editable import ListedPrice
from feishu_bot.core.administration.overrides import Override
from feishu_bot.core.text import is_name
from feishu_bot.errors import ChangeRefused
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

_PER = 1_000_000
KEYS = ("prompt", "completion", "picture", "minute")
MAX_MODEL = 120


# Prices that administrators have set, by model, and the currency under CURRENCY.
StoredPrices = Mapping[str, Override]
_NONE: StoredPrices = {}
CURRENCY = "currency"


class PriceList:
    """Implements `core.administration.editable.EditablePrices`. Safe for threads.

    Without a path nothing has a price, but what is layered over the file.

    `prices.yaml` in this folder shows what a file looks like. It is read again when it changes; a
    broken one is logged and the last good one stays. Raises SettingsError when it is broken at
    the start.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = WatchedFile(path, _read, setting="PRICES_FILE", timer=timer) if path else None
        # Those of models, and of the currency.
        self._stored: tuple[StoredPrices, StoredPrices] = _NONE, _NONE
        self._merged: tuple[_Table, tuple[StoredPrices, StoredPrices], _Table] | None = None

    def layer(self, prices: StoredPrices, currency: StoredPrices) -> None:
        """Put these over the prices of the file from now on."""
        self._stored = prices, currency

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

    def listed(self) -> tuple[ListedPrice, ...]:
        file, stored = (self._file.value() if self._file else _NO_TABLE), self._stored[0]
        return tuple(
            ListedPrice(
                model=model,
                amounts={
                    key: amount
                    for key in KEYS
                    if (amount := getattr(price, key)) or key in stored_keys
                },
                is_stored=model in stored,
                is_in_file=model in file.by_pattern,
            )
            for model, price in sorted(self._table().by_pattern.items())
            for stored_keys in (stored[model].value if model in stored else {},)
        )

    def check(self, model: str, amounts: Mapping[str, str]) -> None:
        if not model or not is_name(model, MAX_MODEL):
            raise ChangeRefused(
                "请填写模型的名称，末尾可以用 *", "a model's name is needed; * may stand at its end"
            )
        try:
            _price(model, _as_models(model, amounts))
        except InvalidDocument as exc:
            raise ChangeRefused(exc.words.zh, exc.words.en) from exc

    def price_of(self, model: str) -> Mapping[str, float]:
        price = self._table().price_of(model)
        return {key: amount for key in KEYS if (amount := getattr(price, key))}

    @property
    def currency_is_stored(self) -> bool:
        return CURRENCY in self._stored[1]

    def _table(self) -> _Table:
        file = self._file.value() if self._file else _NO_TABLE
        stored, known = self._stored, self._merged
        if not any(stored):
            return file
        if not known or known[0] is not file or known[1] is not stored:
            known = file, stored, _layered(file, *stored)
            self._merged = known
        return known[2]


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

    @property
    def by_pattern(self) -> Mapping[str, _Price]:
        """All of them, by the names that stand in the file."""
        prefixes = {f"{prefix}*": price for prefix, price in self.by_prefix.items()}
        return {**self.by_name, **prefixes}

    def price_of(self, model: str) -> _Price:
        """The price under the model's own name, or else under the longest prefix of it."""
        if model in self.by_name:
            return self.by_name[model]
        prefixes = [prefix for prefix in self.by_prefix if model.startswith(prefix)]
        return self.by_prefix[max(prefixes, key=len)] if prefixes else _Price()


_NO_TABLE = _Table()


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
    return _table_of(document.required("currency") if models else "", prices)


def _table_of(currency: str, prices: Mapping[str, _Price]) -> _Table:
    return _Table(
        currency=currency,
        by_name={name: price for name, price in prices.items() if not name.endswith("*")},
        by_prefix={name[:-1]: price for name, price in prices.items() if name.endswith("*")},
    )


def _layered(file: _Table, stored: StoredPrices, currency: StoredPrices) -> _Table:
    """The file's prices, and those in their place."""
    prices = dict(file.by_pattern)
    for model, override in stored.items():
        try:
            prices[model] = _price(model, _as_models(model, override.value))
        except (InvalidDocument, AttributeError) as exc:
            # A newer version has stored it, which this one can't read.
            logger.warning("stored price refused", model=model, reason=exc)
    named = currency[CURRENCY].value if CURRENCY in currency else file.currency
    return _table_of(str(named), prices)


def _as_models(model: str, amounts: Mapping[str, str]) -> Entry:
    """What was stored or typed, as if it had been read from a file."""
    given = {key: str(amount) for key, amount in amounts.items()}
    entry = Entry(given, 0, dict.fromkeys(given, 0))
    return Entry({model: entry}, 0, {model: 0})


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
