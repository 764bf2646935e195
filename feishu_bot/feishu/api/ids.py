"""The ids of Feishu."""

from __future__ import annotations


def id_type(id: str) -> str:
    """The kind of a chat's or a person's id, which its first letters tell."""
    prefixes = {"oc_": "chat_id", "ou_": "open_id", "on_": "union_id"}
    return prefixes.get(id[:3], "user_id")
