"""Who is meant by the mentions of a message: people, the bot, everyone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from feishu_bot.core.messages import BotIdentity, Mention
from feishu_bot.feishu.events.fields import as_dict, as_id, as_list, as_text, person_id

_EVERYONE = frozenset({"all", "@_all", "@all"})
_LEADING_EMPTY_LINES = re.compile(r"\A(?:[ \t]*\n)+")


@dataclass(slots=True)
class Mentions:
    """Mentions by the key that stands for them in the text. Everyone is nobody in particular."""

    people: dict[str, Mention] = field(default_factory=dict)
    bot_keys: set[str] = field(default_factory=set)
    everyone_keys: set[str] = field(default_factory=set)

    @classmethod
    def read(
        cls, event: object, own: Iterable[Mapping[str, Any]], bot: BotIdentity | None
    ) -> Mentions:
        """The mentions of an event or a fetched message, and those of the text's own tags.

        Without a `bot` it is named like everybody else.
        """
        mentions = cls()
        entries: dict[str, list[dict[str, Any]]] = {}
        for item in [*map(as_dict, as_list(event)), *map(dict, own)]:
            if key := as_text(item.get("key")):
                entries.setdefault(key, []).append(item)
        for key, items in entries.items():
            if any(_is_everyone(key, item) for item in items):
                mentions.everyone_keys.add(key)
                continue
            mentions.people[key] = _mention(items)
            if bot and any(_is_bot(item, bot) for item in items):
                mentions.bot_keys.add(key)
        if bot and not mentions.bot_keys:
            mentions.bot_keys = {
                key
                for key, items in entries.items()
                if any(_bears_the_bots_name(item, bot) for item in items)
            }
        return mentions

    @property
    def others(self) -> tuple[Mention, ...]:
        """Who is mentioned besides the bot."""
        others = (mention for key, mention in self.people.items() if key not in self.bot_keys)
        return tuple(dict.fromkeys(others))

    def calls_everyone(self, text: str) -> bool:
        """Whether everyone is named, in this text or beside it."""
        return "@_all" in text or bool(self.everyone_keys)

    def put_names(self, text: str) -> str:
        """Put names where the keys are, in one pass, so that a name can't pass for a key.

        The bot's own mention goes, together with one space beside it.
        """
        known = self.people.keys() | self.everyone_keys
        if known or "@_all" in text:
            keys = "|".join(re.escape(key) for key in sorted(known, key=len, reverse=True))
            # `@_user_1` must not eat the beginning of an `@_user_10` that has no entry.
            pattern = rf"([ \t]?)({keys}|@_all)(?!\d)([ \t]?)" if keys else r"()(@_all)()"
            text = re.sub(pattern, self._named, text)
        return _LEADING_EMPTY_LINES.sub("", text).rstrip()

    def _named(self, match: re.Match[str]) -> str:
        before, key, after = match.groups()
        if key in self.bot_keys:
            return before if after else ""
        mention = self.people.get(key)
        shown = (mention.name or mention.open_id) if mention else "all"
        # Whoever is called so can't begin a line of their own in what somebody else wrote.
        return f"{before}@{' '.join(shown.removeprefix('@').split())}{after}"


def _is_everyone(key: str, item: Mapping[str, Any]) -> bool:
    kind = as_text(item.get("mentioned_type"))
    return bool(({key, kind} | _ids(item)) & _EVERYONE)


def _mention(items: list[dict[str, Any]]) -> Mention:
    # Events have an object of ids, messages fetched over REST a plain string.
    ids = (person_id(item.get("id")) or as_id(item.get("id")) for item in items)
    names = (as_text(item.get("name")) for item in items)
    return Mention(open_id=next(filter(None, ids), ""), name=next(filter(None, names), ""))


def _ids(item: Mapping[str, Any]) -> set[str]:
    identity = item.get("id")
    values = [identity, item.get("app_id"), as_dict(item.get("bot_info")).get("app_id")]
    values += as_dict(identity).values()
    return {value for value in values if isinstance(value, str) and value}


def _is_bot(item: Mapping[str, Any], bot: BotIdentity) -> bool:
    """By an id; anyone may bear the bot's name, so that counts only until the ids are known."""
    ids = _ids(item)
    if bot.app_id in ids or (bot.open_id and bot.open_id in ids):
        return True
    return not bot.open_id and bool(bot.name) and item.get("name") == bot.name


def _bears_the_bots_name(item: Mapping[str, Any], bot: BotIdentity) -> bool:
    """A bot of our name under an id we don't know: among several bots an open id may be another
    app's view of ours.
    """
    app_ids = {one for one in _ids(item) if one.startswith("cli_")}
    is_bot = item.get("mentioned_type") in ("bot", "app")
    return is_bot and not app_ids and bool(bot.name) and item.get("name") == bot.name
