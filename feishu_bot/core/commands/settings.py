"""/settings: what holds for a conversation, or for all of a chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card, Label, Text
from feishu_bot.core.chat_model import ModelCatalog
from feishu_bot.core.chats import ChatChanges, Chats, ChatSettings
from feishu_bot.core.choices import Choices
from feishu_bot.core.commands import settings_cards as cards
from feishu_bot.core.commands.mode import mode_label
from feishu_bot.core.commands.model import DEFAULT, default_model
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.commands.role_cards import role_label
from feishu_bot.core.commands.roles import find_by_prompt
from feishu_bot.core.conversations import Conversation, ConversationKey, Conversations
from feishu_bot.core.effective_settings import EffectiveSettings, LayeredSettings
from feishu_bot.core.languages import Language
from feishu_bot.core.modes import AUTO, MODES
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People
from feishu_bot.core.roles import Roles
from feishu_bot.errors import ModelError

# A private chat has one form for all of it.
CONVERSATION, CHAT, PRIVATE = "talk", "chat", "private"
_CHAT_WORDS = frozenset({CHAT, "group", "群", "聊天", "群聊"})


@dataclass(frozen=True, kw_only=True)
class SettingsCommands(CommandGroup):
    """In groups the settings of the chat are for admins; without any admin, for everyone."""

    conversations: Conversations
    choices: Choices
    chats: Chats
    people: People
    settings: EffectiveSettings
    models: ModelCatalog
    roles: Roles
    has_admins: bool

    @command("settings", "/settings", "设置", "/设置")
    def show(self, context: CommandContext) -> Card | Notice:
        """The form for this conversation, or with `chat` behind the command for all of them.

        In a private chat there is one form for all of it.
        """
        may_change_chat = self._may_change_chat(context.chat_type, is_admin=context.is_admin)
        scope = CHAT if context.argument.lower() in _CHAT_WORDS else CONVERSATION
        if self.choices.reach_chat(context.key, context.sender.open_id):
            scope = PRIVATE
        if scope == CHAT and not may_change_chat:
            return Notice("settings_admins")
        try:
            offered = self.models.offered()
        except ModelError:
            offered = ()
        key, chat = context.key, self.chats.settings(context.key.chat_id)
        default = default_model(self.models) if offered else ""
        # The settings of a group's chat are nobody's own.
        is_theirs = scope == CONVERSATION or context.chat_type == "p2p"
        favourite = self.people.get(context.sender.open_id).favourite if is_theirs else ""
        categories = self.roles.categories(context.language)
        roles = (self.roles.of(category, context.language) for category in categories)
        form = cards.SettingsForm(
            scope=scope,
            chat_type=context.chat_type,
            was=self._chosen(scope, key, context.sender.open_id, context.language),
            offered=offered,
            bots_model=default,
            default_model=(chat.model if scope == CONVERSATION else "") or favourite or default,
            roles=tuple(chain.from_iterable(roles)),
        )
        return cards.form_card(form, offers_chat=scope == CONVERSATION and may_change_chat)

    @action("settings_save", "model", "role", "mode", "thread", "language")
    def save(self, click: CardClick) -> ClickResponse:
        """Store what was changed on the form; what others changed meanwhile stays."""
        # Only what the button was built with: a form could be filled in with anything.
        built = click.action.value
        scope = CHAT if built.get("scope") == CHAT else CONVERSATION
        if self.choices.reach_chat(click.key, click.action.operator.open_id):
            scope = PRIVATE
        # It is a group's, whatever the button says: what is the person's own has another scope.
        if scope == CHAT and not self._may_change_chat("group", is_admin=click.is_admin):
            return toast("settings_admins", "warning")
        was: Mapping[str, str] = built.get("was") or {}
        given = {name: click.value(name) for name in was}
        changed = {name: value for name, value in given.items() if value and value != was[name]}
        values = {}
        for name, value in changed.items():
            stored = self._stored(name, value, click.language)
            if stored is None:
                return toast("model_gone" if name == "model" else "role_gone", "warning")
            values[name] = stored
        self._save(scope, click, values)
        done = toast("settings_saved", "success") if changed else toast("settings_same")
        return done.with_card(self._summary(scope, click))

    def _may_change_chat(self, chat_type: str, *, is_admin: bool) -> bool:
        return chat_type == "p2p" or is_admin or not self.has_admins

    def _chosen(
        self, scope: str, key: ConversationKey, open_id: str, language: Language
    ) -> dict[str, str]:
        """What is chosen in this scope, each as the value of its option."""
        chat = self.chats.settings(key.chat_id)
        holder: Conversation | ChatSettings | LayeredSettings = chat
        if scope == CONVERSATION:
            holder = self.conversations.load(key)
        elif scope == PRIVATE:
            holder = self.settings.of(key)
        role = find_by_prompt(self.roles, holder.role, language)
        chosen = {
            "model": holder.model or DEFAULT,
            "role": role.id if role else cards.CUSTOM_ROLE if holder.role else DEFAULT,
            "mode": holder.mode or DEFAULT,
        }
        own_language = self.people.get(open_id).language or DEFAULT
        if scope == CONVERSATION:
            return {**chosen, "language": own_language}
        language_of_chat = chat.language or DEFAULT
        return {
            **chosen,
            "thread": chat.reply_in_thread or DEFAULT,
            "language": own_language if scope == PRIVATE else language_of_chat,
        }

    def _stored(self, name: str, value: str, language: Language) -> str | None:
        """What is stored for an option; None for one that is no more."""
        if value == DEFAULT:
            return ""
        match name:
            case "model":
                return value if self.models.allows(value) else None
            case "role":
                role = self.roles.find(value, language)
                return role.content if role else None
            case "mode":
                return value if value == AUTO or value in MODES else None
            case "thread":
                return value if value in cards.THREADS else None
            case _:
                return value if value in cards.LANGUAGES else None

    def _save(self, scope: str, click: CardClick, values: Mapping[str, str]) -> None:
        common = {name: values[name] for name in ("model", "role", "mode") if name in values}
        changes: ChatChanges = {}
        if "language" in values:
            changes["language"] = cards.LANGUAGES.get(values["language"], "")
        if "thread" in values:
            changes["reply_in_thread"] = cards.THREADS.get(values["thread"], "")
        if scope == CHAT and values:
            self.chats.save(click.key.chat_id, **common, **changes)
            return
        who = click.action.operator.open_id
        if common:
            self.choices.save(click.key, who, **common)
        if "language" in changes:
            self.people.set_language(who, changes["language"])
        if scope == PRIVATE and "reply_in_thread" in changes:
            self.chats.save(click.key.chat_id, reply_in_thread=changes["reply_in_thread"])

    def _summary(self, scope: str, click: CardClick) -> Card:
        layers = self.settings.of(click.key, asker=click.action.operator.open_id)
        chat = layers.chat
        inner = chat if scope == CHAT else layers
        role = find_by_prompt(self.roles, inner.role, click.language)
        person = self.people.get(click.action.operator.open_id)
        own_language = "" if scope == CHAT else person.language
        active: dict[str, Label] = {
            "settings_model": inner.model or click.value("bots_model") or Text("model_default"),
            "settings_role": role_label(inner.role, role.title if role else ""),
            "settings_mode": mode_label(inner.mode),
            "settings_thread": cards.thread_label(chat.reply_in_thread),
            "settings_language": cards.language_label(own_language or chat.language),
        }
        return cards.summary_card(active, scope=scope, chat_type=click.value("chat"))
