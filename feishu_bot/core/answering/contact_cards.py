"""Whose card it is that somebody passes on: a person's, or a group's."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.answering.unread import label_for
from feishu_bot.core.fetched_messages import MessageReader
from feishu_bot.core.people import UserDirectory


@dataclass(frozen=True, slots=True)
class ContactCards:
    """Names people and groups, where the app may know them."""

    names: UserDirectory
    reader: MessageReader

    def text(self, kind: str, subject: str) -> str:
        """The card in words; empty where nobody says whose it is."""
        name_of = self.names.of if kind == "share_user" else self.reader.chat_name
        name = name_of(subject)
        return label_for(kind, name, is_read=True) if name else ""
