"""The faults of the page: of the model, of the platform, limits and scopes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from feishu_simulator import failures, field_failures
from feishu_simulator.access import ALL_GROUP_MESSAGES
from feishu_simulator.card_checks import CardRules
from feishu_simulator.echo import echo
from feishu_simulator.feishu import Feishu
from feishu_simulator.gateway import Gateway
from feishu_simulator.quirks import Quirks
from feishu_simulator.script import Script

Body = dict[str, Any]

THOUGHT = "想一想……问题在问什么？先列出要点，再组织回答。\n\nLet me think: what is being asked? "
CUT_AFTER = 120
# Seconds that the model service asks to wait.
RETRY_AFTER = 8

# The simulated model's answer to every question.
MODELS: dict[str, Callable[[Body], Script]] = {
    "normal": echo,
    "slow": lambda body: echo(body).but(first=4.0, between=0.25),
    "thinking": lambda body: Script.thinking(THOUGHT * 3, echo(body).content),
    "long": lambda body: Script.text("\n\n".join([echo(body).content] * 25), between=0.005),
    "cut": lambda body: failures.cut_inside_a_chunk(echo(body).content[:CUT_AFTER]),
    "length": lambda body: Script.text(echo(body).content[:CUT_AFTER], finish_reason="length"),
    "refused": lambda body: failures.content_filtered(),
    "no_money": lambda body: failures.account_out_of_money(),
    "bad_key": lambda body: failures.invalid_key(),
    "overloaded": lambda body: failures.overloaded(),
    "silent": lambda body: failures.silent_after_headers(),
    "retry_after": lambda body: field_failures.throttled(str(RETRY_AFTER)),
    "resting": lambda body: field_failures.throttled("1800"),
    "stop_everywhere": lambda body: field_failures.stop_on_every_chunk(echo(body).content),
    "twice": lambda body: field_failures.whole_message_at_the_end(echo(body).content),
    "late_thought": lambda body: field_failures.thought_without_opening(
        THOUGHT, echo(body).content
    ),
    "thought_only": lambda body: field_failures.thought_only(THOUGHT),
    "odd_end": lambda body: field_failures.end_in_other_words(echo(body).content[:CUT_AFTER]),
    "odd_error": lambda body: field_failures.other_shape(),
    "flagged": lambda body: field_failures.moderated(),
    "no_system": lambda body: field_failures.system_role_refused(body, echo(body)),
}
# The platform's treatment of every call.
PLATFORMS = ("normal", "slow", "busy", "broken")
SLOW_SECONDS = 1.0
MAX_TABLES = CardRules().max_tables
BUSY_EVERY = 3
BROKEN_EVERY = 4
# Departures of the platform from its pages: what switches each on.
QUIRKS: dict[str, tuple[str, Any]] = {
    "app_id_mentions": ("bot_mention", "app_id"),
    "numbered_everyone": ("numbered_everyone", True),
    "union_ids": ("union_ids_only", True),
    "markdown_posts": ("posts_in_markdown", True),
    "edit_paragraphs": ("edits_in_paragraphs", True),
    "stand_in_cards": ("cards_given_out", "stand_in"),
    "fresh_cards": ("fresh_cards_refused", 1),
    "one_table": ("max_tables", 1),
}
# Scopes that change what the bot can do in a chat.
SCOPES = (
    "cardkit:card:write",
    ALL_GROUP_MESSAGES,
    "im:message.group_at_msg:readonly",
    "im:message.p2p_msg:readonly",
    "im:message.reactions:write_only",
    "im:message:readonly",
    "im:resource",
    "contact:user.base:readonly",
)


class FaultSwitches:
    """Changed under the state's lock."""

    def __init__(self, feishu: Feishu, gateway: Gateway) -> None:
        self._feishu = feishu
        self._gateway = gateway
        self._model = self._platform = "normal"
        self._latency = feishu.latency
        self._limits = feishu.enforce_limits
        self._granted = self._scopes()

    def state(self) -> dict[str, Any]:
        """The faults as they are; `disturbed` is true when anything differs from the start."""
        scopes = self._scopes()
        quirks = {name: self._is_quirk_on(name) for name in QUIRKS}
        order = self._limits, "normal", "normal", self._granted, False
        limits, is_odd = self._feishu.enforce_limits, any(quirks.values())
        now = limits, self._model, self._platform, scopes, is_odd
        return {
            "limits": self._feishu.enforce_limits,
            "model": self._model,
            "platform": self._platform,
            "quirks": quirks,
            "scopes": scopes,
            "models": list(MODELS),
            "platforms": list(PLATFORMS),
            "disturbed": now != order,
        }

    def switch(self, name: object, value: object, *, on: object = True) -> None:
        """limits: a bool; model or platform: one of its names; scope or quirk: its name, and *on*.

        Raises ValueError for anything else.
        """
        with self._feishu.state.change():
            match name, value:
                case "limits", bool():
                    self._feishu.enforce_limits = value
                case "model", str() if value in MODELS:
                    self._model = value
                    self._gateway.respond_with(MODELS[value])
                case "platform", str() if value in PLATFORMS:
                    self._set_platform(value)
                case "scope", str() if value in SCOPES and isinstance(on, bool):
                    (self._feishu.grant if on else self._feishu.withdraw)(value)
                case "quirk", str() if value in QUIRKS and isinstance(on, bool):
                    self._set_quirk(value, on=on)
                case _:
                    raise ValueError(f"no fault {name} = {value}")

    def reset(self) -> None:
        """Restore everything as it was at the start."""
        with self._feishu.state.change():
            self.switch("limits", self._limits)
            self.switch("model", "normal")
            self.switch("platform", "normal")
            for quirk in QUIRKS:
                self.switch("quirk", quirk, on=False)
            for scope, granted in self._granted.items():
                self.switch("scope", scope, on=granted)

    def _is_quirk_on(self, name: str) -> bool:
        attribute, value = QUIRKS[name]
        state = self._feishu.state
        owner = state.card_rules if attribute == "max_tables" else state.quirks
        return bool(getattr(owner, attribute) == value)

    def _set_quirk(self, name: str, *, on: bool) -> None:
        attribute, value = QUIRKS[name]
        state = self._feishu.state
        if attribute == "max_tables":
            state.card_rules = replace(state.card_rules, max_tables=value if on else MAX_TABLES)
        else:
            setattr(state.quirks, attribute, value if on else getattr(Quirks(), attribute))

    def _scopes(self) -> dict[str, bool]:
        granted = self._feishu.access.scopes
        return {name: name in granted for name in SCOPES}

    def _set_platform(self, kind: str) -> None:
        self._platform = kind
        self._feishu.faults.clear()
        self._feishu.latency = SLOW_SECONDS if kind == "slow" else self._latency
        if kind == "busy":
            reset = {"x-ogw-ratelimit-limit": "50", "x-ogw-ratelimit-reset": "1"}
            self._feishu.faults.fail(
                "*", every=BUSY_EVERY, status=429, code=99991400, msg="simulated", headers=reset
            )
        elif kind == "broken":
            self._feishu.faults.disconnect("*", every=BROKEN_EVERY, after=True)
