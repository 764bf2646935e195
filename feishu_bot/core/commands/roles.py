"""/system and /roles: the role that the model plays in a conversation."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from itertools import chain

from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card
from feishu_bot.core.commands import own_role_cards as own_cards
from feishu_bot.core.commands import role_cards as cards
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.languages import LANGUAGES, Language
from feishu_bot.core.notices import Notice
from feishu_bot.core.own_roles import (
    MAX_OWN_ROLES,
    NAME_CHARS,
    OwnRoles,
    find_by_name,
    role_name,
)
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.roles import Role, Roles
from feishu_bot.core.tasks import AskQuestion

MAX_CHARS = 8_000
# What may stand behind /roles in place of a name.
MINE = frozenset({"我的", "我的角色", "mine", "my", "own"})
SAVE = frozenset({"存", "保存", "存为", "save", "keep"})


@dataclass(frozen=True)
class RoleCommands(CommandGroup):
    """A role is the prompt that the model is told first; a new one starts a new conversation.

    `context_tokens` is what a whole prompt may take; a role may take half of it.
    """

    roles: Roles
    conversations: Conversations
    settings: EffectiveSettings
    enqueuer: Enqueuer
    own: OwnRoles
    _: KW_ONLY
    context_tokens: int

    @command("system", "/system", "角色扮演", "/角色扮演", takes_argument=True)
    def system(self, context: CommandContext) -> Card | Notice:
        """Play the role of the prompt after the command; without one, show the present role."""
        is_private = context.chat_type == "p2p"
        if not context.argument:
            playing = self._active(context.key, context.language)
            # What somebody keeps for themselves isn't shown to a group.
            hides = bool(playing.prompt and not is_private and self.own.keepers(playing.prompt))
            can_keep = is_private and bool(self.own_prompt(context.key))
            return cards.current_card(playing, can_keep=can_keep, hides_prompt=hides)
        refusal = self.play(context.key, context.argument)
        if refusal:
            return refusal
        return cards.custom_role_card(context.key, context.argument, can_keep=is_private)

    @command("roles", "/roles", "角色列表", "/角色列表")
    def choice(self, context: CommandContext) -> Card | Notice:
        """Show the categories of the list, or play the role that is named; one's own come first.

        `mine` shows one's own, `save` and a name keeps the role of the conversation.
        """
        wanted, person = context.argument, context.sender.open_id
        word, name = (*wanted.split(maxsplit=1), "", "")[:2]
        is_private = context.chat_type == "p2p"
        if not wanted:
            return self._categories(context.key, context.language)
        if wanted.casefold() in MINE:
            if not is_private:
                return Notice("own_roles_private")
            return self.own_list(context.key, person)
        if word.casefold() in SAVE and name:
            return self._keep(context.key, person, role_name(name))
        own = find_by_name(self.own.of(person), wanted)
        if own:
            begun = own_cards.begun_card(context.key, own, is_private=is_private)
            return self.play(context.key, own.prompt) or begun
        listed = self._titled(wanted, context.language)
        if listed is None:
            return Notice("role_unknown", {"name": wanted})
        once = context.task.event_id
        return self.play(context.key, listed.content) or cards.chosen_card(
            context.key, listed, once=once
        )

    @action("role_write")
    def write(self, click: CardClick) -> ClickResponse:
        """Play the role that was written into the form."""
        prompt = click.value("prompt").strip()
        if not prompt:
            return toast("role_empty", "warning")
        refusal = self.play(click.key, prompt)
        if refusal:
            return toast(refusal.kind, "warning", **refusal.params)
        can_keep = click.chat_type == "p2p"
        return ClickResponse(card=cards.custom_role_card(click.key, prompt, can_keep=can_keep))

    @action("role_reset")
    def reset(self, click: CardClick) -> ClickResponse:
        """Play no role of the conversation's own any more."""
        self._set(click.key, "")
        return ClickResponse(card=cards.reset_card(self._active(click.key, click.language)))

    @action("role_categories")
    def categories(self, click: CardClick) -> ClickResponse:
        """Show the categories in place of the card."""
        return ClickResponse(card=self._categories(click.key, click.language))

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
        refusal = self.play(click.key, role.content)
        if refusal:
            return toast(refusal.kind, "warning", **refusal.params)
        # Choosing the role once more allows its example once more.
        return ClickResponse(card=cards.chosen_card(click.key, role, once=click.action.event_id))

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

    def play(self, key: ConversationKey, prompt: str) -> Notice | None:
        """Start anew with this role; or say why not."""
        refusal = self.refusal(prompt)
        if refusal is None:
            self._set(key, prompt)
        return refusal

    def own_list(self, key: ConversationKey, person: str) -> Card:
        """The person's own roles, for nobody else to read."""
        roles, prompt = self.own.of(person), self.own_prompt(key)
        is_new = bool(prompt) and all(role.prompt != prompt for role in roles)
        return own_cards.list_card(roles, can_keep=is_new)

    def own_prompt(self, key: ConversationKey) -> str:
        """The role that was written for the conversation, and is none of the list's."""
        prompt = self.conversations.load(key).role
        is_listed = any(find_by_prompt(self.roles, prompt, language) for language in LANGUAGES)
        return "" if is_listed else prompt

    def _keep(self, key: ConversationKey, person: str, name: str) -> Notice:
        prompt = self.own_prompt(key)
        keepers = self.own.keepers(prompt) if prompt else frozenset()
        # In a group it may be another one's.
        if not prompt or (keepers and person not in keepers):
            return Notice("own_role_nothing")
        if not name or len(name) > NAME_CHARS:
            return Notice("own_role_name_long", {"most": str(NAME_CHARS)})
        if self.own.save(person, name, prompt, most=MAX_OWN_ROLES) == "full":
            return Notice("own_roles_full", {"most": str(MAX_OWN_ROLES)})
        return Notice("own_role_saved", {"name": name})

    def _titled(self, title: str, language: Language) -> Role | None:
        """The role of the list that has this title, in this language."""
        wanted = role_name(title).casefold()
        for other in (language, *LANGUAGES):
            for category in self.roles.categories(other):
                for role in self.roles.of(category, other):
                    if wanted in (role.title.casefold(), role.id.casefold()):
                        return self.roles.find(role.id, language)
        return None

    def _categories(self, key: ConversationKey, language: Language) -> Card:
        categories = self.roles.categories(language)
        return cards.categories_card(categories, self._active(key, language))

    def _roles_of(self, category: str, language: Language) -> tuple[Role, ...]:
        """In this language, also when the card was built in the other one."""
        own = self.roles.of(category, language)
        others = chain.from_iterable(self.roles.of(category, other) for other in LANGUAGES)
        found = (self.roles.find(role.id, language) for role in others)
        return own or tuple(role for role in found if role)

    def _active(self, key: ConversationKey, language: Language) -> cards.ActiveRole:
        layers = self.settings.of(key)
        role = find_by_prompt(self.roles, layers.role, language)
        is_own = bool(layers.conversation.role)
        return cards.ActiveRole(layers.role, role.title if role else "", is_own=is_own)

    def _set(self, key: ConversationKey, prompt: str) -> None:
        """Start anew with this role. What else was chosen for the conversation stays."""
        before = self.conversations.load(key)
        self.conversations.clear(key)
        self.conversations.save_settings(key, role=prompt, model=before.model, mode=before.mode)

    def refusal(self, prompt: str) -> Notice | None:
        """Why the prompt can't be a role: it takes too much of what a whole prompt may take."""
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
