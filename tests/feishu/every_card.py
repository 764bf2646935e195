"""Every card of the bot, built from fixed values by the code that builds it for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.balance import KeyBalance
from feishu_bot.core.card_actions import CardAction, CardClick, ClickResponse
from feishu_bot.core.cards import Card
from feishu_bot.core.commands.admin import AdminCommands
from feishu_bot.core.commands.balance import BalanceCommands
from feishu_bot.core.commands.export import ExportCommands
from feishu_bot.core.commands.feedback import FeedbackCommands
from feishu_bot.core.commands.forget import ForgetCommands
from feishu_bot.core.commands.help import HelpCommands
from feishu_bot.core.commands.lang import LangCommands
from feishu_bot.core.commands.mode import ModeCommands
from feishu_bot.core.commands.model import ModelCommands
from feishu_bot.core.commands.regenerate import AnswerActions
from feishu_bot.core.commands.registry import CommandCall, CommandContext, Commands
from feishu_bot.core.commands.reload import ReloadCommands
from feishu_bot.core.commands.reset import ResetCommands
from feishu_bot.core.commands.roles import RoleCommands
from feishu_bot.core.commands.settings import SettingsCommands
from feishu_bot.core.commands.stop import StopCommands
from feishu_bot.core.commands.unknown_command import unknown_command_card
from feishu_bot.core.commands.usage import UsageCommands
from feishu_bot.core.commands.welcome import Welcome
from feishu_bot.core.conversations import Conversation, ConversationKey, Turn
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import Mention, Sender
from feishu_bot.core.messenger import Footer
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.cancellation import Cancellation
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.quotas import Quota, QuotaChecker
from feishu_bot.core.roles import Role
from feishu_bot.core.usage import Usage
from feishu_bot.feishu.cards import answer as cards
from feishu_bot.feishu.cards.card_renderer import render_card
from feishu_bot.feishu.cards.localizer import Localizer
from tests.core.fakes import (
    ALICE,
    FakeChats,
    FakeConversations,
    FakeFeedback,
    FakeInbox,
    FakeLedger,
    FakeModels,
    FakePeople,
    FakeRoles,
    message,
)
from tests.polling import Clock

# A Sunday in Shanghai, at 13:00.
NOON = 1_795_323_600.0
KEY = ConversationKey("oc_1", "om_q1")
ONE_CHAT = ConversationKey("oc_1", "chat")
BOSS = Sender("ou_boss")
BOB = Mention("ou_bob", "Bob")
LONG_PROMPT = "You are a patient teacher. Ask one question at a time, and wait. " * 6
TEXTS: Mapping[Language, Catalog] = {"zh": Catalog.load("zh"), "en": Catalog.load("en")}

CardJson = dict[str, Any]
Shown = Card | Notice
Family = dict[str, Shown]


class FakeNames:
    def of(self, open_id: str) -> str:
        return {"ou_alice": "Alice", "ou_bob": "Bob"}.get(open_id, "")

    def learn(self, open_id: str, name: str) -> None:
        pass


class FixedBalance:
    """Whatever keys there are."""

    keys: tuple[KeyBalance, ...] = ()

    def of_keys(self) -> tuple[KeyBalance, ...]:
        return self.keys


class ManyRoles(FakeRoles):
    """More roles than a card takes."""

    def of(self, category: str, language: Language) -> tuple[Role, ...]:
        return tuple(
            Role(id=f"role-{n}", title=f"角色 {n} " + "x" * 40, content="x", category=category)
            for n in range(120)
        )


class Bench:
    """All families on fakes, and what a person who speaks `language` does with them."""

    def __init__(
        self,
        language: Language,
        *,
        quota: Quota = Quota(),  # noqa: B008 (frozen)
        answers_all: bool = False,
        misses_messages: bool = False,
        currency: str = "",
        roles: FakeRoles | None = None,
    ) -> None:
        clock = Clock(NOON)
        self.language = language
        self.conversations = FakeConversations()
        self.chats = FakeChats()
        self.people = FakePeople()
        self.models = FakeModels()
        self.roles = roles or FakeRoles()
        self.ledger = FakeLedger()
        self.balance = FixedBalance()
        enqueuer = Enqueuer(FakeInbox())
        policy = AccessPolicy(admins=("ou_boss",), blocked_users=("ou_listed",))
        names = FakeNames()
        quotas = QuotaChecker(self.ledger, person=quota, currency=lambda: currency, clock=clock)
        self.commands = Commands([])
        self.welcome = Welcome(
            self.commands,
            enqueuer,
            self.people,
            example={"zh": "?", "en": "?"},
            answers_all=answers_all,
            misses_messages=lambda: misses_messages,
        )
        for family in (
            HelpCommands(self.commands, enqueuer),
            ResetCommands(self.conversations),
            RoleCommands(self.roles, self.conversations, self.chats, enqueuer, context_tokens=1000),
            ModeCommands(self.conversations, self.chats),
            ModelCommands(self.models, self.conversations, self.chats),
            SettingsCommands(
                conversations=self.conversations,
                chats=self.chats,
                people=self.people,
                models=self.models,
                roles=self.roles,
                has_admins=True,
            ),
            LangCommands(self.people),
            BalanceCommands(self.balance, for_admins=True),
            UsageCommands(self.ledger, quotas, names, currency=lambda: currency, clock=clock),
            ForgetCommands(self.people, clock=clock),
            AdminCommands(self.ledger, self.people, quotas, policy, names, clock=clock),
            AnswerActions(enqueuer, "Go on.", self.conversations, self.models),
            StopCommands(Cancellation(FakeInbox())),
            ReloadCommands(self.conversations, clock=clock),
            ExportCommands(self.conversations, TEXTS, clock=clock),
            FeedbackCommands(FakeFeedback(), self.conversations, enqueuer),
            self.welcome,
        ):
            self.commands.add(family)

    def talked(self, *turns: Turn) -> Bench:
        """There has been a conversation; one question and its answer, unless told otherwise."""
        self.conversations.stored[KEY] = Conversation(key=KEY, turns=turns or (turn(1),))
        return self

    def used(self, count: int, **changes: Any) -> Bench:
        values = {
            "open_id": "ou_alice", "chat_id": "oc_1", "model": "gpt-a", "outcome": "answered",
            "seconds": 2.0, "prompt_tokens": 400, "completion_tokens": 800, "cost": 0.05,
            "created_at": NOON,
        }  # fmt: skip
        self.ledger.used += [Usage(**values | changes)] * count
        return self

    def say(
        self, text: str, key: ConversationKey = KEY, *, is_admin: bool = False, **more: Any
    ) -> Shown:
        called = self.commands.read(text)
        assert isinstance(called, CommandCall)
        if is_admin:
            more.setdefault("sender", BOSS)
        request = CommandContext(
            message=message(text, **more),
            key=key,
            argument=called.argument,
            language=self.language,
            is_admin=is_admin,
        )
        shown = called.command.run(request)
        assert isinstance(shown, Card | Notice), text
        return shown

    def press(
        self, act: str, key: ConversationKey = KEY, *, is_admin: bool = False, **more: Any
    ) -> Card:
        """The card that takes the place of the pressed one; `option` and `form` were filled in."""
        form = {name: more.pop(name) for name in ("option", "prompt", "comment") if name in more}
        action = CardAction(
            event_id="ev_1",
            message_id="om_a1",
            chat_id="oc_1",
            operator=ALICE,
            value={"act": act, **more},
            form=form,
        )
        click = CardClick(action=action, key=key, language=self.language, is_admin=is_admin)
        clicked: ClickResponse = self.commands.actions[act](click)
        assert clicked.view is not None, (act, clicked.toast)
        return clicked.view


def turn(number: int, **changes: Any) -> Turn:
    values: dict[str, Any] = {
        "id": number,
        "parent": number - 1 or None,
        "question": f"What is the {number}th thing to know about the quarterly figures?",
        "answer": "This.",
        "question_id": f"om_q{number}",
        "answer_ids": (f"om_a{number}",),
        "asker": "ou_alice",
        "model": "gpt-a",
        "created_at": NOON - 86_400 + number * 3600,
    }
    return Turn(**values | changes)


def views(language: Language) -> dict[str, Family]:
    """Every view, by family and name."""
    return {name: build(language) for name, build in _FAMILIES.items()}


def _help(language: Language) -> Family:
    bench = Bench(language)
    return {
        "help": bench.say("/help"),
        "help, as an admin": bench.say("/help", is_admin=True),
        "misspelt": unknown_command_card("/hlep", "/help"),
        "misspelt, like another": unknown_command_card("/claer", "/clear"),
        "misspelt, like none": unknown_command_card("/zzz", ""),
    }


def _topics(language: Language) -> Family:
    bench = Bench(language)
    return {
        "new": bench.say("/new"),
        "clear": bench.say("/clear"),
        "cleared": bench.press("clear"),
        "kept": bench.press("keep"),
    }


def _roles(language: Language) -> Family:
    def fresh() -> Bench:
        return Bench(language)

    def playing(prompt: str = "You are a pirate.") -> Bench:
        bench = fresh()
        bench.say(f"/system {prompt}")
        return bench

    full = Bench(language, roles=ManyRoles())
    category = FakeRoles.CATEGORIES[language][0]
    return {
        "categories": fresh().say("/roles"),
        "categories, playing": playing().say("/roles"),
        "roles": fresh().press("role_category", option=category),
        "roles, as many as there is room for": full.press("role_category", option=category),
        "chosen": fresh().press("role_choose", option="poet"),
        "chosen, without an example": fresh().press("role_choose", option="cook"),
        "present": fresh().say("/system"),
        "present, playing": playing().say("/system"),
        "present, playing at length": playing(LONG_PROMPT).say("/system"),
        "begun": fresh().say("/system You are a pirate."),
        "begun at length": fresh().say(f"/system {LONG_PROMPT}"),
        "begun in the one conversation of a chat": fresh().say("/system Hi.", ONE_CHAT),
        "ended": playing().press("role_reset"),
        "too long": fresh().say("/system " + "多" * 900),
    }


def _modes(language: Language) -> Family:
    return {
        "mode": Bench(language).say("/mode"),
        "mode, in the one conversation of a chat": Bench(language).say("/mode", ONE_CHAT),
        "chosen": Bench(language).press("mode_set", option="creative"),
    }


def _models(language: Language) -> Family:
    def offered(*names: str) -> Bench:
        bench = Bench(language)
        bench.models.names = names
        return bench

    none = Bench(language)
    none.models.offered = lambda: ()  # type: ignore[method-assign]
    none.models.default = lambda: "gpt-a"  # type: ignore[method-assign]
    return {
        "models": Bench(language).say("/model"),
        "models, more than are shown": offered(*(f"model-{n}" for n in range(80))).say("/model"),
        "models, none": none.say("/model"),
        "unknown": Bench(language).say("/model gpt"),
        "unknown, like none": Bench(language).say("/model zzzzzz"),
        "chosen": Bench(language).say("/model gpt-b"),
        "the default chosen": Bench(language).press("model_set", option="-"),
    }


def _settings(language: Language) -> Family:
    own = Bench(language)
    own.say("/system You are a pirate.")
    own.say("/model gpt-b")
    none = Bench(language)
    none.models.offered = lambda: ()  # type: ignore[method-assign]
    full = Bench(language, roles=ManyRoles())
    full.models.names = tuple(f"a-model-with-a-rather-long-name-{n}" for n in range(80))
    group = {"chat_type": "group"}
    was = {"act": "settings_save", "chat": "group", "was": {}, "bots_model": "gpt-a"}
    return {
        "of a conversation": Bench(language).say("/settings"),
        "of a conversation, with choices": own.say("/settings"),
        "of a conversation, without models": none.say("/settings"),
        "of a conversation, in a group": Bench(language).say("/settings", **group),
        "of a chat": Bench(language).say("/settings chat", is_admin=True, **group),
        "of a chat, as full as can be": full.say("/settings chat", is_admin=True, **group),
        "of a chat, refused": Bench(language).say("/settings chat", **group),
        "saved for a conversation": own.press("settings_save", **_without_act(was), scope="talk"),
        "saved for a chat": Bench(language).press(
            "settings_save", is_admin=True, **_without_act(was), scope="chat"
        ),
    }


def _without_act(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if name != "act"}


def _languages(language: Language) -> Family:
    return {
        "ask": Bench(language).say("/lang"),
        "unknown": Bench(language).say("/lang fr"),
        "done": Bench(language).say(f"/lang {language}"),
        "pressed": Bench(language).press("lang_set", language=language),
    }


def _spending(language: Language) -> Family:
    everything = Quota(questions=20, tokens=50_000, cost=10)
    limited = Bench(language, quota=everything, currency="¥").used(3)
    granted = Bench(language, quota=Quota(questions=20)).used(3)
    grant = granted.say("/grant @Bob 50", is_admin=True, mentions=(BOB,))
    granted.say("/grant @Alice 5", is_admin=True, mentions=(Mention("ou_alice", "Alice"),))
    admins = Bench(language, quota=everything, currency="¥").used(3)
    admins.used(2, open_id="ou_bob", model="gpt-b").used(1, open_id="ou_0123456789abcdef")

    def balance(*keys: KeyBalance) -> Shown:
        bench = Bench(language)
        bench.balance.keys = keys
        return bench.say("/balance", is_admin=True)

    def known(key: str, granted: float = 100.0, used: float = 12.5) -> KeyBalance:
        return KeyBalance(key=key, state="known", granted=granted, used=used)

    return {
        "usage": Bench(language).used(3).say("/usage"),
        "usage, limited": limited.say("/usage"),
        "usage, granted": granted.say("/usage"),
        "usage, as an admin": admins.say("/usage", is_admin=True),
        "usage, as an admin in a group": admins.say("/usage", is_admin=True, chat_type="group"),
        "balance": balance(known("sk-…a1b2"), known("sk-…c3d4", 50, 49.999)),
        "balance, of one account": balance(known("sk-…a1b2"), known("sk-…c3d4")),
        "balance, unlimited": balance(KeyBalance(key="sk-…a1b2", state="unlimited")),
        "balance, in a group": Bench(language).say("/balance", is_admin=True, chat_type="group"),
        "balance, used up": balance(KeyBalance(key="sk-…a1b2", state="used_up")),
        "balance, not to be had": balance(
            KeyBalance(key="sk-…a1b2", state="refused"),
            KeyBalance(key="sk-…c3d4", state="unknown"),
            KeyBalance(key="sk-…e5f6", state="failed"),
        ),
        "granted": grant,
    }


def _access(language: Language) -> Family:
    bench = Bench(language)
    return {
        "blocked": bench.say("/block @Bob", is_admin=True, mentions=(BOB,)),
        "unblocked": bench.say("/unblock @Bob", is_admin=True, mentions=(BOB,)),
        "unblocked, but listed": bench.say("/unblock ou_listed", is_admin=True),
        "unblocked by the button": bench.press(
            "unblock", is_admin=True, person="ou_bob", name="Bob"
        ),
    }


def _privacy(language: Language) -> Family:
    bench = Bench(language)
    return {
        "ask": bench.say("/forget"),
        "forgotten": bench.press("forget", of="ou_alice"),
        "kept": bench.press("remember", of="ou_alice"),
    }


def _branches(language: Language) -> Family:
    again = (turn(1), turn(2), turn(3, parent=1), turn(4, parent=2, question_id="om_q3"))
    branched = Bench(language).talked(*again)
    long = Bench(language).talked(*(turn(n) for n in range(1, 61)))
    asked = Bench(language).talked()
    return {
        "turns": branched.say("/reload"),
        "turns, in the middle of many": long.press("turns", page="1"),
        "gone back": branched.press("go_back", option="2"),
        "another model": asked.say("/retry", action={"choose": True}, parent_id="om_a1"),
        "another model, chosen": asked.press("regenerate", card="om_a1", option="gpt-b"),
        "feedback": asked.say("/feedback"),
        "feedback, kept": asked.press("comment", of="om_a1", comment="Too long"),
    }


def _welcome(language: Language) -> Family:
    private = Bench(language).welcome
    hears_all = Bench(language, answers_all=True).welcome
    misses = Bench(language, answers_all=True, misses_messages=True).welcome
    group = message(chat_type="group")
    return {
        "in private": private.card(message()),
        "in a group": private.card(group),
        "in a group, hearing all": hears_all.card(group),
        "in a group, without the scope to hear all": misses.card(group),
    }


_FAMILIES: Mapping[str, Callable[[Language], Family]] = {
    "help": _help,
    "topics": _topics,
    "roles": _roles,
    "modes": _modes,
    "models": _models,
    "settings": _settings,
    "languages": _languages,
    "spending": _spending,
    "access": _access,
    "privacy": _privacy,
    "branches": _branches,
    "welcome": _welcome,
}

# What fills the texts of notices.
PARAMS = {
    "argument": "something", "characters": "9000", "kind": "image", "limit": "20",
    "model": "gpt-a", "most": "10,000", "most_characters": "8000", "most_tokens": "4000",
    "name": "Bob", "request_id": "req-0123456789", "scope": "im:resource", "tokens": "6000",
    "used": "20", "zone": "UTC+8",
}  # fmt: skip
# Short lines that are sent as cards as well.
LINES = (
    "continue_unknown",
    "conversation_unknown",
    "stop_done",
    "stop_nothing",
    "stop_not_yours",
)


def notices() -> dict[str, Notice]:
    """Every notice that may come as a card, by kind."""
    texts = TEXTS["zh"]
    kinds = [kind for kind in texts.kinds() if texts.notice(kind).title]
    return {kind: Notice(kind, PARAMS) for kind in (*sorted(kinds), *LINES)}


def answers() -> dict[str, dict[str, Any]]:
    """What `answer_card` is given in each state of an answer."""
    text = "**Three** things:\n\n1. one\n2. two\n\n```python\nprint(3)\n```"
    reasoning = "They ask for three things."
    footer = Footer(model="gpt-a", seconds=3.2, tokens=1512)
    done = {"text": text, "streaming": False, "footer": footer, "can_regenerate": True}
    busy = Notice("gateway_busy", {"request_id": "req-0123456789"})
    return {
        "waiting": {"text": "", "streaming": True, "stop": "om_q1"},
        "thinking": {"text": "", "reasoning": reasoning, "streaming": True, "stop": "om_q1"},
        "growing": {"text": "**Three** thi", "streaming": True, "stop": "om_q1"},
        "growing after thinking": {
            "text": "**Three** thi", "reasoning": reasoning, "streaming": True, "stop": "om_q1"
        },
        "done": done,
        "done after thinking": {**done, "reasoning": reasoning},
        "done without small print": {**done, "footer": Footer()},
        "too long": {**done, "notice": Notice("length"), "can_continue": True},
        "cut": {**done, "notice": Notice("cut"), "can_continue": True},
        "broken": {
            **done,
            "notice": Notice("stream_broken", {"request_id": "req-0123456789"}),
            "can_continue": True,
        },
        "filtered": {**done, "notice": Notice("filtered_partly")},
        "stopped": {**done, "notice": Notice("stopped")},
        "failed": {"text": "", "streaming": False, "notice": busy, "can_regenerate": True},
        "failed after thinking": {
            "text": "", "reasoning": reasoning, "streaming": False, "notice": busy,
            "can_regenerate": True,
        },
        "nothing came": {"text": "", "streaming": False, "can_regenerate": True},
        "full, to be continued": {"text": text, "reasoning": reasoning, "streaming": False},
        "continued, growing": {"text": text, "streaming": True, "stop": "om_q1", "part": 2},
        "continued, done": {**done, "part": 3},
        "left over": {"text": TEXTS["zh"]("part_unused"), "streaming": False, "part": 2},
    }  # fmt: skip


def families() -> dict[str, dict[str, dict[str, CardJson]]]:
    """Every card by family and name: for a reader of Chinese, of English, and for a group."""
    built: dict[str, dict[str, dict[str, CardJson]]] = {}
    for language in ("zh", "en"):
        wording = Localizer(TEXTS[language])
        for family, members in views(language).items():
            for name, shown in members.items():
                group = built.setdefault(family, {}).setdefault(name, {})
                group[language] = _render(shown, wording, ())
                if language == "zh":
                    group["group"] = _render(shown, Localizer(TEXTS["zh"], _ALL), _ALL)
    built["notices"] = {name: _each(cards.notice_card, notice=n) for name, n in notices().items()}
    built["answers"] = {
        name: _each(cards.answer_card, **state) for name, state in answers().items()
    }
    return built


_ALL = tuple(TEXTS.values())


def _render(shown: Shown, wording: Localizer, others: tuple[Catalog, ...]) -> CardJson:
    if isinstance(shown, Card):
        return render_card(wording, shown)
    return cards.notice_card(wording.texts, shown, others)


def _each(build: Callable[..., CardJson], **options: Any) -> dict[str, CardJson]:
    return {
        "zh": build(TEXTS["zh"], **options),
        "en": build(TEXTS["en"], **options),
        "group": build(TEXTS["zh"], others=_ALL, **options),
    }
