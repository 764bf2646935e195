"""/system and /roles: the role that the model plays in a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain

from feishu_bot.core.clicks import Click, Clicked, Later, told
from feishu_bot.core.commands import role_cards as cards
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.history import estimate
from feishu_bot.core.models import Language, Notice, Role, ThreadKey
from feishu_bot.core.ports import Chats, Conversations, Roles
from feishu_bot.core.views import View

MOST_CHARACTERS = 8_000
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class RolePlay:
    """A role is the prompt that the model is told first; it begins the conversation afresh."""

    def __init__(
        self,
        roles: Roles,
        conversations: Conversations,
        chats: Chats,
        later: Later,
        *,
        context_tokens: int,
    ) -> None:
        """`context_tokens` is what a whole prompt may take; a role may take half of it."""
        self._roles = roles
        self._conversations = conversations
        self._chats = chats
        self._later = later
        self._most_tokens = context_tokens // 2

    @property
    def commands(self) -> tuple[Command, ...]:
        return (
            Command(
                name="system",
                words=("/system", "角色扮演", "/角色扮演"),
                run=self.system,
                takes=True,
            ),
            Command(name="roles", words=("/roles", "角色列表", "/角色列表"), run=self.choice),
        )

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {
            "role_write": self.write,
            "role_reset": self.reset,
            "role_categories": self.categories,
            "role_category": self.category,
            "role_choose": self.choose,
            "role_example": self.example,
        }

    def system(self, request: Request) -> View | Notice:
        """Play the role of the prompt behind the command; without one, show the present role."""
        if not request.argument:
            return cards.present(self._playing(request.key, request.language))
        refusal = self._refusal(request.argument)
        if refusal:
            return refusal
        self._set(request.key, request.argument)
        return cards.begun(request.key, request.argument)

    def choice(self, request: Request) -> View:
        """Show the categories of the list."""
        return self._categories(request.key, request.language)

    def write(self, click: Click) -> Clicked:
        """Play the role that was written into the form."""
        prompt = click.value("prompt").strip()
        if not prompt:
            return told("role_empty", gravity="warning")
        refusal = self._refusal(prompt)
        if refusal:
            return told(refusal.kind, gravity="warning", **refusal.params)
        key = self._set(click.key, prompt)
        return Clicked(view=cards.begun(key, prompt))

    def reset(self, click: Click) -> Clicked:
        key = self._set(click.key, "")
        return Clicked(view=cards.ended(self._playing(key, click.language)))

    def categories(self, click: Click) -> Clicked:
        assert click.key is not None
        return Clicked(view=self._categories(click.key, click.language))

    def category(self, click: Click) -> Clicked:
        """Show the roles of the category that was chosen, or that a button leads back to."""
        category = click.value("option") or click.value("category")
        roles = self._roles_of(category, click.language)
        if not roles:
            return told("role_gone", gravity="warning")
        return Clicked(view=cards.roles_of(category, roles))

    def choose(self, click: Click) -> Clicked:
        role = self._roles.find(click.value("option"), click.language)
        if role is None:
            return told("role_gone", gravity="warning")
        refusal = self._refusal(role.content)
        if refusal:
            return told(refusal.kind, gravity="warning", **refusal.params)
        key = self._set(click.key, role.content)
        # Whoever chooses the role once more may ask its example once more.
        return Clicked(view=cards.chosen(key, role, once=click.action.event_id))

    def example(self, click: Click) -> Clicked:
        """Ask the role's example, as if it had been written under the card."""
        role = self._roles.find(click.value("role"), click.language)
        if role is None or not role.example:
            return told("role_gone", gravity="warning")
        once = f"example:{click.value('once')}"
        # A slash at its beginning is a part of the question.
        question = f"/{role.example}" if role.example.startswith("/") else role.example
        if self._later.put(click, "command", question, once=once, until_answered=True):
            return told("role_asked")
        return told("role_asked_before")

    def _categories(self, key: ThreadKey, language: Language) -> View:
        categories = self._roles.categories(language)
        return cards.categories(categories, self._playing(key, language))

    def _roles_of(self, category: str, language: Language) -> tuple[Role, ...]:
        """In this language, also when the card was built in the other one."""
        own = self._roles.of(category, language)
        others = chain.from_iterable(self._roles.of(category, other) for other in LANGUAGES)
        found = (self._roles.find(role.id, language) for role in others)
        return own or tuple(role for role in found if role)

    def _playing(self, key: ThreadKey, language: Language) -> cards.Playing:
        own = self._conversations.load(key).role
        prompt = own or self._chats.settings(key.chat_id).role
        role = find_by_prompt(self._roles, prompt, language)
        return cards.Playing(prompt, role.title if role else "", is_own=bool(own))

    def _set(self, key: ThreadKey | None, prompt: str) -> ThreadKey:
        """Begin afresh with this role. What else was chosen for the conversation stays."""
        assert key is not None
        before = self._conversations.load(key)
        self._conversations.clear(key)
        self._conversations.save_settings(key, role=prompt, model=before.model, mode=before.mode)
        return key

    def _refusal(self, prompt: str) -> Notice | None:
        tokens = estimate(prompt)
        if tokens <= self._most_tokens and len(prompt) <= MOST_CHARACTERS:
            return None
        return Notice(
            "role_too_long",
            {
                "tokens": str(tokens),
                "characters": str(len(prompt)),
                "most_tokens": str(self._most_tokens),
                "most_characters": str(MOST_CHARACTERS),
            },
        )


def find_by_prompt(roles: Roles, prompt: str, language: Language) -> Role | None:
    """The role of the list whose prompt this is, in whichever language, in this language."""
    if not prompt:
        return None
    for other in (language, *LANGUAGES):
        for category in roles.categories(other):
            for role in roles.of(category, other):
                if role.content == prompt:
                    return roles.find(role.id, language)
    return None
