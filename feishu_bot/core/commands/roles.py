"""/system and /roles: the role that the model plays in a conversation."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from itertools import chain

from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card
from feishu_bot.core.choices import Choices
from feishu_bot.core.commands import role_cards as cards
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.languages import LANGUAGES, Language
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.roles import Role, Roles
from feishu_bot.core.tasks import AskQuestion

MAX_CHARS = 8_000


@dataclass(frozen=True)
class RoleCommands(CommandGroup):
    """A role is the prompt that the model is told first; a new one starts a new conversation.

    `context_tokens` is what a whole prompt may take; a role may take half of it.
    """

    roles: Roles
    conversations: Conversations
    choices: Choices
    settings: EffectiveSettings
    enqueuer: Enqueuer
    _: KW_ONLY
    context_tokens: int

    @command("system", "/system", "角色扮演", "/角色扮演", takes_argument=True)
    def system(self, context: CommandContext) -> Card | Notice:
        """Play the role of the prompt after the command; without one, show the present role."""
        who = context.sender.open_id
        if not context.argument:
            return cards.current_card(self._active(context.key, who, context.language))
        refusal = self._refusal(context.argument)
        if refusal:
            return refusal
        for_chat = self._set(context.key, who, context.argument)
        return cards.custom_role_card(context.argument, for_chat=for_chat)

    @command("roles", "/roles", "角色列表", "/角色列表")
    def choice(self, context: CommandContext) -> Card:
        """Show the categories of the list."""
        return self._categories(context.key, context.sender.open_id, context.language)

    @action("role_write")
    def write(self, click: CardClick) -> ClickResponse:
        """Play the role that was written into the form."""
        prompt = click.value("prompt").strip()
        if not prompt:
            return toast("role_empty", "warning")
        refusal = self._refusal(prompt)
        if refusal:
            return toast(refusal.kind, "warning", **refusal.params)
        for_chat = self._set(click.key, click.action.operator.open_id, prompt)
        return ClickResponse(card=cards.custom_role_card(prompt, for_chat=for_chat))

    @action("role_reset")
    def reset(self, click: CardClick) -> ClickResponse:
        """Play none of the chosen roles any more."""
        who = click.action.operator.open_id
        self._set(click.key, who, "")
        return ClickResponse(card=cards.reset_card(self._active(click.key, who, click.language)))

    @action("role_categories")
    def categories(self, click: CardClick) -> ClickResponse:
        """Show the categories in place of the card."""
        who = click.action.operator.open_id
        return ClickResponse(card=self._categories(click.key, who, click.language))

    @action("role_category")
    def category(self, click: CardClick) -> ClickResponse:
        """Show the roles of the category that was chosen, or that a button leads back to."""
        category = click.value("option") or click.value("category")
        roles = self._roles_of(category, click.language)
        if not roles:
            return toast("role_gone", "warning")
        return ClickResponse(card=cards.roles_card(category, roles))

    @action("role_choose")
    def choose(self, click: CardClick) -> ClickResponse:
        """Play a role of the list."""
        role = self.roles.find(click.value("option"), click.language)
        if role is None:
            return toast("role_gone", "warning")
        refusal = self._refusal(role.content)
        if refusal:
            return toast(refusal.kind, "warning", **refusal.params)
        for_chat = self._set(click.key, click.action.operator.open_id, role.content)
        # Choosing the role once more allows its example once more.
        once = click.action.event_id
        return ClickResponse(card=cards.chosen_card(role, once=once, for_chat=for_chat))

    @action("role_example")
    def example(self, click: CardClick) -> ClickResponse:
        """Ask the role's example, as if it had been written under the card."""
        role = self.roles.find(click.value("role"), click.language)
        if role is None or not role.example:
            return toast("role_gone", "warning")
        once = f"example:{click.value('once')}"
        question = AskQuestion(text=role.example)
        if self.enqueuer.enqueue_click(click, question, once=once, until_answered=True):
            return toast("role_asked")
        return toast("role_asked_before")

    def _categories(self, key: ConversationKey, open_id: str, language: Language) -> Card:
        categories = self.roles.categories(language)
        return cards.categories_card(categories, self._active(key, open_id, language))

    def _roles_of(self, category: str, language: Language) -> tuple[Role, ...]:
        """In this language, also when the card was built in the other one."""
        own = self.roles.of(category, language)
        others = chain.from_iterable(self.roles.of(category, other) for other in LANGUAGES)
        found = (self.roles.find(role.id, language) for role in others)
        return own or tuple(role for role in found if role)

    def _active(self, key: ConversationKey, open_id: str, language: Language) -> cards.ActiveRole:
        layers = self.settings.of(key)
        role = find_by_prompt(self.roles, layers.role, language)
        for_chat = self.choices.reach_chat(key, open_id)
        is_own = bool(layers.role if for_chat else layers.conversation.role)
        return cards.ActiveRole(layers.role, role.title if role else "", is_own=is_own)

    def _set(self, key: ConversationKey, open_id: str, prompt: str) -> bool:
        """Start anew with this role; whether it holds for the whole chat."""
        self.conversations.clear(key)
        self.choices.save(key, open_id, role=prompt)
        return self.choices.reach_chat(key, open_id)

    def _refusal(self, prompt: str) -> Notice | None:
        tokens, most_tokens = estimate_tokens(prompt), self.context_tokens // 2
        if tokens <= most_tokens and len(prompt) <= MAX_CHARS:
            return None
        taken = {"tokens": str(tokens), "characters": str(len(prompt))}
        most = {"most_tokens": str(most_tokens), "most_characters": str(MAX_CHARS)}
        return Notice("role_too_long", {**taken, **most})


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
