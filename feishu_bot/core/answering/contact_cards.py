"""Whose card it is that somebody passes on: a person's, or a group's."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.answering.unread import in_words
from feishu_bot.core.fetched_messages import MessageReader
from feishu_bot.core.people import UserDirectory


@dataclass(frozen=True, slots=True)
class ContactCards:
    """Names people and groups, where the app may know them."""

    names: UserDirectory
    reader: MessageReader

    def told(self, kind: str, subject: str) -> str:
        """The card in words; empty where nobody says whose it is."""
        if kind == "share_user":
            name = self.names.of(subject)
        else:
            name = self.reader.chat_name(subject)
        return in_words(kind, name, is_read=True) if name else ""
