"""The faults of the page: of the model and its service, of the platform, limits and scopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from feishu_simulator.access import ALL_GROUP_MESSAGES
from feishu_simulator.card_checks import CardRules
from feishu_simulator.desk.model_faults import ANSWERS, FAILURES, MODELS
from feishu_simulator.feishu import Feishu
from feishu_simulator.gateway import Gateway
from feishu_simulator.long_connection.conditions import TOO_MANY
from feishu_simulator.quirks import Quirks
from feishu_simulator.subscription import EVENTS

# The platform's treatment of every call.
PLATFORMS = ("normal", "slow", "busy", "broken", "quota")
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
# Scopes that change what the bot can do in a chat, by what they are for.
SCOPE_GROUPS: dict[str, tuple[str, ...]] = {
    "receive": (
        "im:message.p2p_msg:readonly",
        "im:message.group_at_msg:readonly",
        ALL_GROUP_MESSAGES,
    ),
    "send": (
        "im:message:send_as_bot",
        "cardkit:card:write",
        "im:message.reactions:write_only",
        "im:resource",
    ),
    "read": (
        "im:message:readonly",
        "im:chat:readonly",
        "contact:contact.base:readonly",
        "contact:user.base:readonly",
    ),
}
SCOPES = tuple(scope for group in SCOPE_GROUPS.values() for scope in group)
ADDRESSES = ("event_address", "card_address")
# What the model service doesn't offer: its attributes that are false then.
SERVICES = {"no_models": "has_models", "no_billing": "has_billing"}
# What happens to long connections.
CONNECTIONS = ("cut", "refused")
# The name of a kind of switches in the settings, and of one of them.
KINDS = {
    "scopes": "scope",
    "events": "event",
    "addresses": "address",
    "connections": "connection",
    "services": "service",
    "quirks": "quirk",
}


class FaultSwitches:
    """Changed under the state's lock."""

    def __init__(self, feishu: Feishu, gateway: Gateway) -> None:
        self._feishu = feishu
        self._gateway = gateway
        self._model = self._platform = "normal"
        self._latency = feishu.latency
        self._at_first = self.settings()

    def settings(self) -> dict[str, Any]:
        """Every switch as it stands, by kind: a value, or for each name whether it is on."""
        subscription = self._feishu.subscription
        granted = self._feishu.access.scopes
        return {
            "limits": self._feishu.enforce_limits,
            "model": self._model,
            "platform": self._platform,
            "scopes": {name: name in granted for name in SCOPES},
            "events": {name: name in subscription.events for name in EVENTS},
            "addresses": {name: bool(getattr(subscription, name)) for name in ADDRESSES},
            "connections": {name: self._is_connection_on(name) for name in CONNECTIONS},
            "services": {name: not getattr(self._gateway, SERVICES[name]) for name in SERVICES},
            "quirks": {name: self._is_quirk_on(name) for name in QUIRKS},
        }

    def state(self) -> dict[str, Any]:
        """The switches with what there is to choose from.

        `changed` names the kinds that differ from the start; `disturbed` is true for any.
        """
        now = self.settings()
        changed = [name for name, value in now.items() if self._at_first[name] != value]
        return {
            **now,
            "mode": self._feishu.subscription.mode,
            "models": {"answers": list(ANSWERS), "failures": list(FAILURES)},
            "platforms": list(PLATFORMS),
            "scope_groups": {name: list(scopes) for name, scopes in SCOPE_GROUPS.items()},
            "changed": changed,
            "disturbed": bool(changed),
        }

    def switch(self, name: object, value: object, *, on: object = True) -> None:
        """limits: a bool; model or platform: one of its names; the others: a name, and *on*.

        The others are scope, event, address, connection, service and quirk. Raises ValueError for
        anything else.
        """
        with self._feishu.state.change():
            match name, value:
                case "limits", bool():
                    self._feishu.enforce_limits = value
                case "model", str() if value in MODELS:
                    self._model = value
                    self._gateway.respond_with(MODELS[value])
                    self._gateway.fault = "" if value == "normal" else value
                case "platform", str() if value in PLATFORMS:
                    self._set_platform(value)
                case _ if not isinstance(on, bool):
                    raise ValueError("on must be true or false")
                case "scope", str() if value in SCOPES:
                    (self._feishu.grant if on else self._feishu.withdraw)(value)
                case "event", str() if value in EVENTS:
                    events = self._feishu.subscription.events
                    (events.add if on else events.discard)(value)
                case "address", str() if value in ADDRESSES:
                    setattr(self._feishu.subscription, value, on)
                case "connection", str() if value in CONNECTIONS:
                    self._set_connection(value, on=on)
                case "service", str() if value in SERVICES:
                    setattr(self._gateway, SERVICES[value], not on)
                case "quirk", str() if value in QUIRKS:
                    self._set_quirk(value, on=on)
                case _:
                    raise ValueError(f"no fault {name} = {value}")

    def reset(self) -> None:
        """Restore everything as it was at the start."""
        self.restore(self._at_first)

    def restore(self, settings: Mapping[str, Any]) -> None:
        """Set every switch as `settings()` gave them; those left out as at the start.

        Raises ValueError for unknown ones, before anything is changed.
        """
        wanted = {name: settings.get(name, value) for name, value in self._at_first.items()}
        steps = [(name, wanted[name], True) for name in ("limits", "model", "platform")]
        for kind, switch in KINDS.items():
            given = wanted[kind]
            if not isinstance(given, dict) or unknown_in(given, self._at_first[kind]):
                raise ValueError(f"no fault {kind} = {given}")
            steps += [(switch, *one) for one in {**self._at_first[kind], **given}.items()]
        if (
            not isinstance(wanted["limits"], bool)
            or wanted["model"] not in MODELS
            or wanted["platform"] not in PLATFORMS
            or set(settings) - set(wanted)
        ):
            raise ValueError("no such faults")
        with self._feishu.state.change():
            for name, value, on in steps:
                self.switch(name, value, on=on)

    def _is_connection_on(self, name: str) -> bool:
        conditions = self._feishu.long_connections.conditions
        return conditions.is_cut if name == "cut" else conditions.code == TOO_MANY

    def _set_connection(self, name: str, *, on: bool) -> None:
        connections = self._feishu.long_connections
        if name == "cut":
            connections.conditions.is_cut = on
        else:
            connections.conditions.code = TOO_MANY if on else 0
        if on:
            connections.cut()

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

    def _set_platform(self, kind: str) -> None:
        self._platform = kind
        faults = self._feishu.faults
        faults.clear()
        self._feishu.latency = SLOW_SECONDS if kind == "slow" else self._latency
        if kind == "busy":
            reset = {"x-ogw-ratelimit-limit": "50", "x-ogw-ratelimit-reset": "1"}
            faults.fail(
                "*", every=BUSY_EVERY, status=429, code=99991400, msg="simulated", headers=reset
            )
        elif kind == "broken":
            faults.disconnect("*", every=BROKEN_EVERY, after=True)
        elif kind == "quota":
            # "Common error codes"; tokens are not counted ("API call quota").
            msg = "This month's API call quota has been exceeded."
            faults.fail("*", every=1, status=429, code=99991403, msg=msg, spared=["token"])


def unknown_in(given: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether a kind of switches has a name that doesn't exist, or a value that is no bool."""
    return bool(set(given) - set(known)) or not all(isinstance(on, bool) for on in given.values())
