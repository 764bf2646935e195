"""The roles that people keep for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

MAX_OWN_ROLES = 20
NAME_CHARS = 40

Kept = Literal["saved", "replaced", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRole:
    """A prompt that a person keeps under a name of their own."""

    id: int
    name: str
    prompt: str


class OwnRoles(Protocol):
    """The own roles of everybody. Each is found and changed only for the person whose it is."""

    def of(self, open_id: str) -> tuple[OwnRole, ...]:
        """A person's roles, the oldest first."""

    def find(self, open_id: str, role_id: int) -> OwnRole | None:
        """A person's role by its id; None for one that is gone, or somebody else's."""

    def save(self, open_id: str, name: str, prompt: str, *, most: int) -> Kept:
        """Keep a prompt under a name; one of that name is replaced, and `most` are kept."""

    def change(self, open_id: str, role_id: int, name: str, prompt: str) -> bool:
        """Change a person's role; False when it is gone, or another one has the name."""

    def delete(self, open_id: str, role_id: int) -> bool:
        """Delete a person's role; False when it was gone."""

    def keepers(self, prompt: str) -> frozenset[str]:
        """The open_ids of those who keep this very prompt.

        An empty one is among them where somebody kept it while a conversation began to play it
        and keeps it no more: it stays theirs.
        """


def role_name(text: str) -> str:
    """A name as it is kept: on one line, without what nobody sees; empty when nothing is left."""
    name = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(name.split())


def find_by_name(roles: tuple[OwnRole, ...], name: str) -> OwnRole | None:
    """The role that is called so, in whichever case."""
    wanted = role_name(name).casefold()
    return next((role for role in roles if role.name.casefold() == wanted), None)
