"""What administrators can change on their page. Each change is noted."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

from feishu_bot.core import days
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.administration.audit import Action, AuditLog, Change
from feishu_bot.core.administration.editable import EditablePrices, EditableRoles, RoleDocument
from feishu_bot.core.administration.limits_in_force import (
    LIMIT_NAMES,
    LimitsInForce,
    read_number,
)
from feishu_bot.core.administration.overrides import Overrides, Section
from feishu_bot.core.limits import COMPANY, Spending
from feishu_bot.core.messages import Sender
from feishu_bot.core.people import People
from feishu_bot.core.usage import UsageStore
from feishu_bot.errors import ChangeRefused

_PERSON = re.compile(r"ou_\w{1,60}", re.ASCII)
_CHAT = re.compile(r"oc_\w{1,60}", re.ASCII)
CURRENCY = "currency"
MAX_CURRENCY = 8


@dataclass(frozen=True)
class AdminChanges:
    """Everything here raises ChangeRefused for what can't be, and changes nothing then.

    `actor` is who does it, as in the audit list. `clock` is in seconds since the epoch.
    """

    overrides: Overrides
    audit: AuditLog
    limits: LimitsInForce
    usage: UsageStore
    people: People
    policy: AccessPolicy
    prices: EditablePrices
    roles: EditableRoles
    _: KW_ONLY
    clock: Callable[[], float] = time.time

    def set_limits(self, actor: str, texts: Mapping[str, str]) -> None:
        """Put amounts in the place of those of settings, all or none.

        Without text that of the setting holds again.
        """
        amounts = {setting: self._limit(setting, text) for setting, text in texts.items()}
        shown = {one.name.setting: one for one in self.limits.shown()}
        for setting, amount in amounts.items():
            before = shown[setting]
            if amount != (before.override and before.override.value):
                after = "" if amount is None else _plain(amount)
                said = _plain(before.amount)
                self._put(actor, "limit", setting, amount, before=said, after=after)

    def _limit(self, setting: str, text: str) -> float | None:
        name = LIMIT_NAMES.get(setting)
        if name is None:
            raise ChangeRefused("没有这个限额", "there is no such limit")
        if not text.strip():
            return None
        try:
            amount = self.limits.read(name, text)
        except ChangeRefused as exc:
            raise ChangeRefused(f"{setting}：{exc.words.zh}", f"{setting}: {exc.words.en}") from exc
        if amount and name.unit == "cost" and not self.prices.currency:
            raise ChangeRefused(
                f"{setting}：还没有价格，算不出费用。请先在「模型与价格」里填写",
                f"{setting}: nothing has a price, so nothing has a cost. Set prices first, under "
                "Models and prices",
            )
        return amount

    def grant(
        self, actor: str, subject: str, *, unit: str, period: str, text: str, form_id: str
    ) -> None:
        """Allow somebody more, today or this month, once for each form that was shown.

        `subject` is an open_id, a chat_id or COMPANY.
        """
        subject = subject.strip()
        if not (subject == COMPANY or _PERSON.fullmatch(subject) or _CHAT.fullmatch(subject)):
            raise ChangeRefused(
                "请填写人的 open_id（ou_…）、群的 chat_id（oc_…）或 company",
                "fill in a person's open_id (ou_…), a group's chat_id (oc_…) or company",
            )
        if period not in ("day", "month") or unit not in ("questions", "tokens", "cost"):
            raise ChangeRefused("请选择加什么", "choose what to grant")
        amount = read_number(text, is_whole=unit != "cost", most=10**9)
        if not amount:
            raise ChangeRefused("请填写大于 0 的数", "fill in a number above 0")
        spending: Mapping[str, Any] = {unit: amount}
        name = days.period_name("day" if period == "day" else "month", self.clock())
        is_new = self.usage.grant(
            subject, name, Spending(**spending), actor, message_id=f"admin:{form_id}"
        )
        if is_new:
            said = f"{name}: +{_plain(amount)} {unit}"
            self.audit.add(Change(actor=actor, action="grant", subject=subject, after=said))

    def block(self, actor: str, open_id: str, *, blocked: bool) -> None:
        """Answer this person no more, or again."""
        open_id = open_id.strip()
        if not _PERSON.fullmatch(open_id):
            raise ChangeRefused("请填写 ou_ 开头的 open_id", "fill in an open_id that begins ou_")
        if blocked and self.policy.is_admin(Sender(open_id)):
            raise ChangeRefused(
                "这是管理员，请先从 ADMINS 中移除", "an admin: take them out of ADMINS first"
            )
        was = self.people.get(open_id).is_blocked
        if was == blocked:
            return
        # Noted first: what can't be noted isn't done.
        action: Action = "block" if blocked else "unblock"
        words = {True: "blocked", False: "allowed"}
        change = Change(
            actor=actor, action=action, subject=open_id, before=words[was], after=words[blocked]
        )
        self.audit.add(change)
        self.people.block(open_id, blocked=blocked)

    def set_currency(self, actor: str, text: str) -> None:
        """Set the sign that goes with amounts. Without text that of the price file holds."""
        text = text.strip()
        if len(text) > MAX_CURRENCY or not text.isprintable():
            raise ChangeRefused(
                f"货币最多 {MAX_CURRENCY} 个字符，如 ¥、USD",
                f"a currency has {MAX_CURRENCY} characters at most, as in ¥ or USD",
            )
        before = self.prices.currency
        if text != before or (not text and self.prices.currency_is_stored):
            self._put(actor, "currency", CURRENCY, text or None, before=before, after=text)

    def set_price(self, actor: str, model: str, amounts: Mapping[str, str]) -> None:
        """Set the price of a model, or of all that begin so (gpt-*)."""
        model = model.strip()
        given = {key: text.strip() for key, text in amounts.items() if text.strip()}
        self.prices.check(model, given)
        if not self.prices.currency:
            raise ChangeRefused("请先填写货币", "set the currency first")
        before = self._listed_price(model)
        wanted = {key: _plain(float(text)) for key, text in given.items()}
        if wanted != before:
            after = _json(wanted)
            said = _json(before) if before else ""
            self._put(actor, "price", model, given, before=said, after=after)

    def reset_price(self, actor: str, model: str) -> None:
        """Take a price back that was set here."""
        if model in self.overrides.of("price"):
            self._put(actor, "price", model, None, before=_json(self._listed_price(model)))

    def set_role(self, actor: str, role_id: str, document: RoleDocument) -> None:
        """Put a role into the list, in the place of one that has its id."""
        self.roles.check(role_id, document)
        before = self._role(role_id)
        if document != before:
            said = _json(before) if before else ""
            self._put(actor, "role", role_id, document, before=said, after=_json(document))

    def hide_role(self, actor: str, role_id: str) -> None:
        """Take a role out of the list. One that is in no file is gone."""
        found = next((one for one in self.roles.listed() if one.id == role_id), None)
        if found is None or found.is_hidden:
            raise ChangeRefused("没有这个角色", "there is no such role")
        if sum(not one.is_hidden for one in self.roles.listed()) == 1:
            raise ChangeRefused("至少要留一个角色", "one role has to stay")
        value: RoleDocument | None = {} if found.is_in_file else None
        self._put(actor, "role", role_id, value, before=_json(found.document))

    def reset_role(self, actor: str, role_id: str) -> None:
        """Give a role of the file back as it is there."""
        if role_id in self.overrides.of("role"):
            self._put(actor, "role", role_id, None, before=_json(self._role(role_id)), after="file")

    def _put(
        self,
        actor: str,
        section: Section,
        name: str,
        value: Any,
        *,
        before: str = "",
        after: str = "",
    ) -> None:
        change = Change(actor=actor, action=section, subject=name, before=before, after=after)
        self.overrides.put(section, name, value, change)

    def _role(self, role_id: str) -> RoleDocument:
        found = (one.document for one in self.roles.listed() if one.id == role_id)
        return next(found, {})

    def _listed_price(self, model: str) -> dict[str, str]:
        found = (one.amounts for one in self.prices.listed() if one.model == model)
        return {key: _plain(amount) for key, amount in next(found, {}).items()}


def _plain(amount: float) -> str:
    """A number with all its digits, and none that say nothing."""
    return f"{amount:.6f}".rstrip("0").rstrip(".")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
