"""/system and /roles: the role that the model plays in a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain

from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card
from feishu_bot.core.chats import Chats
from feishu_bot.core.commands import role_cards as cards
from feishu_bot.core.commands.registry import Command, CommandContext
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.languages import Language
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.roles import Role, Roles

MAX_CHARS = 8_000
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class RoleCommands:
    """A role is the prompt that the model is told first; it begins the conversation afresh."""

    def __init__(
        self,
        roles: Roles,
        conversations: Conversations,
        chats: Chats,
        enqueuer: Enqueuer,
        *,
        context_tokens: int,
    ) -> None:
        """`context_tokens` is what a whole prompt may take; a role may take half of it."""
        self._roles = roles
        self._conversations = conversations
        self._chats = chats
        self._enqueuer = enqueuer
        self._most_tokens = context_tokens // 2

    @property
    def commands(self) -> tuple[Command, ...]:
        return (
            Command(
                name="system",
                words=("/system", "角色扮演", "/角色扮演"),
                run=self.system,
                takes_argument=True,
            ),
            Command(name="roles", words=("/roles", "角色列表", "/角色列表"), run=self.choice),
        )

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {
            "role_write": self.write,
            "role_reset": self.reset,
            "role_categories": self.categories,
            "role_category": self.category,
            "role_choose": self.choose,
            "role_example": self.example,
        }

    def system(self, request: CommandContext) -> Card | Notice:
        """Play the role of the prompt behind the command; without one, show the present role."""
        if not request.argument:
            return cards.current_card(self._playing(request.key, request.language))
        refusal = self._refusal(request.argument)
        if refusal:
            return refusal
        self._set(request.key, request.argument)
        return cards.custom_role_card(request.key, request.argument)

    def choice(self, request: CommandContext) -> Card:
        """Show the categories of the list."""
        return self._categories(request.key, request.language)

    def write(self, click: CardClick) -> ClickResponse:
        """Play the role that was written into the form."""
        prompt = click.value("prompt").strip()
        if not prompt:
            return toast("role_empty", severity="warning")
        refusal = self._refusal(prompt)
        if refusal:
            return toast(refusal.kind, severity="warning", **refusal.params)
        key = self._set(click.key, prompt)
        return ClickResponse(view=cards.custom_role_card(key, prompt))

    def reset(self, click: CardClick) -> ClickResponse:
        key = self._set(click.key, "")
        return ClickResponse(view=cards.reset_card(self._playing(key, click.language)))

    def categories(self, click: CardClick) -> ClickResponse:
        assert click.key is not None
        return ClickResponse(view=self._categories(click.key, click.language))

    def category(self, click: CardClick) -> ClickResponse:
        """Show the roles of the category that was chosen, or that a button leads back to."""
        category = click.value("option") or click.value("category")
        roles = self._roles_of(category, click.language)
        if not roles:
            return toast("role_gone", severity="warning")
        return ClickResponse(view=cards.roles_card(category, roles))

    def choose(self, click: CardClick) -> ClickResponse:
        role = self._roles.find(click.value("option"), click.language)
        if role is None:
            return toast("role_gone", severity="warning")
        refusal = self._refusal(role.content)
        if refusal:
            return toast(refusal.kind, severity="warning", **refusal.params)
        key = self._set(click.key, role.content)
        # Whoever chooses the role once more may ask its example once more.
        return ClickResponse(view=cards.chosen_card(key, role, once=click.action.event_id))

    def example(self, click: CardClick) -> ClickResponse:
        """Ask the role's example, as if it had been written under the card."""
        role = self._roles.find(click.value("role"), click.language)
        if role is None or not role.example:
            return toast("role_gone", severity="warning")
        once = f"example:{click.value('once')}"
        # A slash at its beginning is a part of the question.
        question = f"/{role.example}" if role.example.startswith("/") else role.example
        if self._enqueuer.put(click, "command", question, once=once, until_answered=True):
            return toast("role_asked")
        return toast("role_asked_before")

    def _categories(self, key: ConversationKey, language: Language) -> Card:
        categories = self._roles.categories(language)
        return cards.categories_card(categories, self._playing(key, language))

    def _roles_of(self, category: str, language: Language) -> tuple[Role, ...]:
        """In this language, also when the card was built in the other one."""
        own = self._roles.of(category, language)
        others = chain.from_iterable(self._roles.of(category, other) for other in LANGUAGES)
        found = (self._roles.find(role.id, language) for role in others)
        return own or tuple(role for role in found if role)

    def _playing(self, key: ConversationKey, language: Language) -> cards.ActiveRole:
        own = self._conversations.load(key).role
        prompt = own or self._chats.settings(key.chat_id).role
        role = find_by_prompt(self._roles, prompt, language)
        return cards.ActiveRole(prompt, role.title if role else "", is_own=bool(own))

    def _set(self, key: ConversationKey | None, prompt: str) -> ConversationKey:
        """Begin afresh with this role. What else was chosen for the conversation stays."""
        assert key is not None
        before = self._conversations.load(key)
        self._conversations.clear(key)
        self._conversations.save_settings(key, role=prompt, model=before.model, mode=before.mode)
        return key

    def _refusal(self, prompt: str) -> Notice | None:
        tokens = estimate_tokens(prompt)
        if tokens <= self._most_tokens and len(prompt) <= MAX_CHARS:
            return None
        return Notice(
            "role_too_long",
            {
                "tokens": str(tokens),
                "characters": str(len(prompt)),
                "most_tokens": str(self._most_tokens),
                "most_characters": str(MAX_CHARS),
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
