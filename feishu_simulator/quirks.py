"""Ways in which the real platform departs from its own pages, as users of it report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# What the platform gives out in place of a card that it doesn't give out.
STAND_IN = "请升级至最新版本客户端，以查看内容"
FORWARDED = "Merged and Forwarded Message"


@dataclass(slots=True)
class Quirks:
    """Changed under the platform's lock; the defaults are what the pages say.

    `bot_mention` is how a mention names the bot: by its open_id, by its app_id alone, or by an
    open_id that another app knows it under. With `numbered_everyone` everyone is mentioned under a
    numbered key, with `union_ids_only` senders have no open_id, with `posts_in_markdown` rich text
    comes in content_v2 only, and with `edits_in_paragraphs` an edited text in <p> tags.

    The kinds in `told_as_nonsupport` come so in events; only who reads the message learns its kind.

    `resource_type` is the content type that every download has, whatever it is; `resource_seconds`
    the time that the body of one takes. With `forwards_give_nothing` nothing in a forwarded chat
    can be downloaded by the id of the forward, as its page says.

    `cards_given_out` is what is told of a card that is read back. `fresh_cards_refused` is how
    often each new entity is refused when it is sent.
    """

    bot_mention: Literal["open_id", "app_id", "other_open_id"] = "open_id"
    numbered_everyone: bool = False
    union_ids_only: bool = False
    posts_in_markdown: bool = False
    edits_in_paragraphs: bool = False
    cards_given_out: Literal["whole", "stand_in", "user_dsl"] = "whole"
    fresh_cards_refused: int = 0
    told_as_nonsupport: set[str] = field(default_factory=set)
    resource_type: str = ""
    resource_seconds: float = 0.0
    forwards_give_nothing: bool = False
