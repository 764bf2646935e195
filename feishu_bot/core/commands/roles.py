"""/system and /roles: the role that the model plays in a conversation."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from itertools import chain

from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card
from feishu_bot.core.choices import Choices
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
    choices: Choices
    settings: EffectiveSettings
    enqueuer: Enqueuer
    own: OwnRoles
    _: KW_ONLY
    context_tokens: int

    @command("system", "/system", "角色扮演", "/角色扮演", takes_argument=True)
    def system(self, context: CommandContext) -> Card | Notice:
        """Play the role of the prompt after the command; without one, show the present role."""
        is_private, who = context.chat_type == "p2p", context.sender.open_id
        if not context.argument:
            playing = self._active(context.key, who, context.language)
            # What somebody keeps for themselves isn't shown to a group.
            hides = bool(playing.prompt and not is_private and self.own.keepers(playing.prompt))
            can_keep = is_private and bool(self.own_prompt(context.key, who))
            return cards.current_card(playing, can_keep=can_keep, hides_prompt=hides)
        for_chat = self.choices.reach_chat(context.key, who)
        return self.play(context.key, who, context.argument) or cards.custom_role_card(
            context.argument, for_chat=for_chat, can_keep=is_private
        )

    @command("roles", "/roles", "角色列表", "/角色列表")
    def choice(self, context: CommandContext) -> Card | Notice:
        """Show the categories of the list, or play the role that is named; one's own come first.

        `mine` shows one's own, `save` and a name keeps the role of the conversation.
        """
        wanted, person = context.argument, context.sender.open_id
        word, name = (*wanted.split(maxsplit=1), "", "")[:2]
        is_private = context.chat_type == "p2p"
        if not wanted:
            return self._categories(context.key, person, context.language)
        if wanted.casefold() in MINE:
            if not is_private:
                return Notice("own_roles_private")
            return self.own_list(context.key, person)
        if word.casefold() in SAVE and name:
            return self._keep(context.key, person, role_name(name))
        for_chat = self.choices.reach_chat(context.key, person)
        own = find_by_name(self.own.of(person), wanted)
        if own:
            begun = own_cards.begun_card(own, is_private=is_private, for_chat=for_chat)
            return self.play(context.key, person, own.prompt) or begun
        listed = self._titled(wanted, context.language)
        if listed is None:
            return Notice("role_unknown", {"name": wanted})
        once = context.task.event_id
        return self.play(context.key, person, listed.content) or cards.chosen_card(
            listed, once=once, for_chat=for_chat
        )

    @action("role_write", "prompt")
    def write(self, click: CardClick) -> ClickResponse:
        """Play the role that was written into the form."""
        prompt = click.value("prompt").strip()
        if not prompt:
            return toast("role_empty", "warning")
        who, can_keep = click.action.operator.open_id, click.chat_type == "p2p"
        refusal = self.play(click.key, who, prompt)
        if refusal:
            return toast(refusal.kind, "warning", **refusal.params)
        for_chat = self.choices.reach_chat(click.key, who)
        return ClickResponse(
            card=cards.custom_role_card(prompt, for_chat=for_chat, can_keep=can_keep)
        )

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

    @action("role_category", "option")
    def category(self, click: CardClick) -> ClickResponse:
        """Show the roles of the category that was chosen, or that a button leads back to."""
        category = click.value("option") or click.value("category")
        roles = self._roles_of(category, click.language)
        if not roles:
            return toast("role_gone", "warning")
        return ClickResponse(card=cards.roles_card(category, roles))

    @action("role_choose", "option")
    def choose(self, click: CardClick) -> ClickResponse:
        """Play a role of the list."""
        role = self.roles.find(click.value("option"), click.language)
        if role is None:
            return toast("role_gone", "warning")
        who = click.action.operator.open_id
        refusal = self.play(click.key, who, role.content)
        if refusal:
            return toast(refusal.kind, "warning", **refusal.params)
        for_chat = self.choices.reach_chat(click.key, who)
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
        return toast("asked_before")

    def play(self, key: ConversationKey, open_id: str, prompt: str) -> Notice | None:
        """Start anew with this role, as this person chose; or say why not."""
        refusal = self.refusal(prompt)
        if refusal is None:
            self._set(key, open_id, prompt)
        return refusal

    def own_list(self, key: ConversationKey, person: str) -> Card:
        """The person's own roles, for nobody else to read."""
        roles, prompt = self.own.of(person), self.own_prompt(key, person)
        is_new = bool(prompt) and all(role.prompt != prompt for role in roles)
        return own_cards.list_card(roles, can_keep=is_new)

    def own_prompt(self, key: ConversationKey, person: str) -> str:
        """The role that was written here, for the conversation or the person's private chat.

        Empty for one of the list's, and in a group for one that others keep for themselves.
        """
        layers = self.settings.of(key)
        for_chat = self.choices.reach_chat(key, person)
        prompt = layers.role if for_chat else layers.conversation.role
        if not prompt or any(find_by_prompt(self.roles, prompt, other) for other in LANGUAGES):
            return ""
        keepers = frozenset() if for_chat else self.own.keepers(prompt)
        return "" if keepers and person not in keepers else prompt

    def _keep(self, key: ConversationKey, person: str, name: str) -> Notice:
        prompt = self.own_prompt(key, person)
        if not prompt:
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

    def _set(self, key: ConversationKey, open_id: str, prompt: str) -> None:
        """Start anew with this role."""
        self.conversations.clear(key)
        self.choices.save(key, open_id, role=prompt)

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
