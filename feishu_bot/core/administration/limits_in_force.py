"""The limits that hold: those of the settings, and what administrators have put in their place."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from feishu_bot.core.administration.overrides import Override, Overrides
from feishu_bot.core.limits import Limit, Period, Quota, Unit, Whose
from feishu_bot.errors import ChangeRefused

_WHOSE: Mapping[Whose, str] = {"person": "USER", "chat": "CHAT", "company": "COMPANY"}
_PERIODS: Mapping[Period, str] = {"day": "DAILY", "month": "MONTHLY"}

_WHOLE = re.compile(r"[0-9]{1,13}")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class LimitName:
    """One figure of a limit; `setting` is the variable that sets it."""

    whose: Whose
    period: Period
    unit: Unit

    @property
    def setting(self) -> str:
        return f"{_WHOSE[self.whose]}_{_PERIODS[self.period]}_{self.unit.upper()}"


LIMIT_NAMES: Mapping[str, LimitName] = {
    name.setting: name
    for name in (
        LimitName(whose, period, unit)
        for whose, period, unit in product(_WHOSE, _PERIODS, get_args(Unit))
    )
}


def limits_of(amounts: Mapping[str, float]) -> tuple[Limit, ...]:
    """The limits that these amounts set, by the names of settings; 0 sets none."""

    def amount(whose: Whose, period: Period, unit: Unit) -> float:
        return amounts.get(LimitName(whose, period, unit).setting, 0)

    limits = (
        Limit(
            whose=whose,
            period=period,
            quota=Quota(
                questions=int(amount(whose, period, "questions")),
                tokens=int(amount(whose, period, "tokens")),
                cost=float(amount(whose, period, "cost")),
            ),
        )
        for whose, period in product(_WHOSE, _PERIODS)
    )
    return tuple(limit for limit in limits if limit.quota)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitShown:
    """One figure of a limit: what holds, what the settings say, and from which of them it is."""

    name: LimitName
    amount: float
    set_to: float
    source: Literal["stored", "setting", "none"]
    override: Override | None = None


class LimitsInForce:
    """The limits by the names of settings; `current` are those that hold.

    `most` is how much of each unit a limit may be.
    """

    def __init__(
        self, settings: Mapping[str, float], overrides: Overrides, *, most: Mapping[Unit, float]
    ) -> None:
        self._most = most
        self.current: tuple[Limit, ...] = ()
        self._settings = settings
        self._overrides = overrides
        overrides.watch(self._take)

    def _take(self) -> None:
        self.current = limits_of(self._amounts(self._overrides.of("limit")))

    def shown(self) -> tuple[LimitShown, ...]:
        """Every limit there can be, in the order of the settings."""
        stored = self._overrides.of("limit")
        amounts = self._amounts(stored)
        return tuple(
            LimitShown(
                name=name,
                amount=amounts[setting],
                set_to=self._settings.get(setting, 0),
                source="stored" if setting in stored else "setting" if amounts[setting] else "none",
                override=stored.get(setting),
            )
            for setting, name in LIMIT_NAMES.items()
        )

    def read(self, name: LimitName, text: str) -> float:
        """What an administrator typed as a limit. Raises ChangeRefused."""
        return read_number(text, is_whole=name.unit != "cost", most=self._most[name.unit])

    def _amounts(self, stored: Mapping[str, Override]) -> dict[str, float]:
        amounts = {setting: self._settings.get(setting, 0.0) for setting in LIMIT_NAMES}
        for setting, override in stored.items():
            # A newer version may have left what this one doesn't know.
            if setting in amounts and isinstance(override.value, int | float):
                amounts[setting] = override.value
        return amounts


def read_number(text: str, *, is_whole: bool, most: float) -> float:
    """A number from 0 on, with digits grouped or not. Raises ChangeRefused."""
    plain = re.sub(r"[\s,，_]", "", text)
    if not (_WHOLE if is_whole else _AMOUNT).fullmatch(plain):
        zh, en = ("整数", "a whole number") if is_whole else ("金额", "an amount")
        raise ChangeRefused(f"应为不小于 0 的{zh}", f"it should be {en}, 0 or above")
    amount = float(plain)
    if not math.isfinite(amount) or amount > most:
        raise ChangeRefused(f"最多 {most:,.0f}", f"{most:,.0f} at most")
    return int(amount) if is_whole else amount
