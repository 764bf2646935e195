"""Every card of the bot, built from fixed values by the code that builds it for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.alerts import MODEL_CAUSES, Alert, Tally
from feishu_bot.core.balance import KeyBalance
from feishu_bot.core.cards import Buttons, Card, Text
from feishu_bot.core.commands.help import unknown_command_card
from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.doctor import Finding, State
from feishu_bot.core.drawings import Drawing
from feishu_bot.core.edited_questions import edited_card
from feishu_bot.core.feedback import RatedAnswer, Verdict
from feishu_bot.core.languages import Language, Words
from feishu_bot.core.limits import Limit, Period, Quota, Whose
from feishu_bot.core.messages import Mention
from feishu_bot.core.messenger import FileOffer, Footer, Resumable
from feishu_bot.core.missed_messages import missed_card
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import Person
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.roles import Role
from feishu_bot.core.studio.picture_card import drawn_images, picture_controls
from feishu_bot.core.tasks import OfferEdited, OfferMissed
from feishu_bot.feishu.cards import answer as cards
from feishu_bot.feishu.cards.alert import alert_card
from feishu_bot.feishu.cards.card_renderer import render_card
from feishu_bot.feishu.cards.localizer import Localizer
from feishu_bot.feishu.cards.notice import notice_card
from tests.builders import ALICE, BOSS, TEXTS, BotWorld, daily, message, past, turn, usage
from tests.content.kinds import kinds_of
from tests.core.fakes import FakeBalance, FakeModels, FakePrices, FakeRoles, FakeUserDirectory
from tests.polling import Clock

APP_CAUSES = ("bot_off", "feishu_ip_list", "person_unavailable")
FULL_CARD = "as full as can be"
# A Sunday in Shanghai, at 13:00.
NOON = 1_795_323_600.0
ONE_CHAT = ConversationKey("oc_1", "chat")
BOB = Mention("ou_bob", "Bob")
LONG_PROMPT = "You are a patient teacher. Ask one question at a time, and wait. " * 6

CardJson = dict[str, Any]
Shown = Card | Notice
Family = dict[str, Shown]


class NoModels(FakeModels):
    """A gateway whose list can't be had."""

    def offered(self) -> tuple[str, ...]:
        return ()

    def default(self) -> str:
        return "gpt-a"


class ManyRoles(FakeRoles):
    """More roles than a card takes."""

    def of(self, category: str, language: Language) -> tuple[Role, ...]:
        return tuple(
            Role(id=f"role-{n}", title=f"角色 {n} " + "x" * 40, content="x", category=category)
            for n in range(120)
        )


class CardWorld(BotWorld):
    """A bot that speaks `language`, on a Sunday at noon, and what people do with it."""

    def __init__(
        self,
        language: Language,
        *,
        roles: FakeRoles | None = None,
        models: FakeModels | None = None,
        keys: tuple[KeyBalance, ...] = (),
        currency: str = "",
        **options: Any,
    ) -> None:
        super().__init__(
            ports={
                "roles": roles or FakeRoles(),
                "models": models or FakeModels(),
                "balance": FakeBalance(*keys),
                "prices": FakePrices(currency),
                "names": FakeUserDirectory(ou_alice="Alice", ou_bob="Bob"),
            },
            language=language,
            policy=AccessPolicy(admins=("ou_boss",), blocked_users=("ou_listed",)),
            clock=Clock(NOON),
            **options,
        )
        self.bind("om_a1")

    def talked(self, *turns: Turn) -> CardWorld:
        """There has been a conversation; one question and its answer, unless told otherwise."""
        self.remember(*(turns or (asked(1),)))
        return self

    def in_private(self) -> CardWorld:
        """The chat is known as Alice's own."""
        self.people.meet(ALICE.open_id, "oc_1")
        return self

    def used(self, count: int, **changes: Any) -> CardWorld:
        """So many answers have been given."""
        values = {
            "seconds": 2.0, "prompt_tokens": 400, "completion_tokens": 800, "cost": 0.05,
            "created_at": NOON,
        }  # fmt: skip
        self.usage.used += [usage(**values | changes)] * count
        return self

    def say_card(self, text: str, *, is_admin: bool = False, **more: Any) -> Shown:
        """What a command shows."""
        shown = self.run(text, **{"sender": BOSS if is_admin else ALICE, **more})
        assert isinstance(shown, Card | Notice), text
        return shown

    def click_card(self, act: str, *, is_admin: bool = False, **more: Any) -> Card:
        """The card that takes the place of the clicked one; `option` and so on were filled in."""
        form = {
            name: more.pop(name) for name in ("option", "prompt", "comment", "text") if name in more
        }
        operator = BOSS if is_admin else ALICE
        # The id of a click stands on some cards.
        self.inbox.clicks.clear()
        response = self.click(
            act, on="om_a1", operator=operator, form=form, event_id="ev_1", **more
        )
        assert response.card is not None, (act, response.toast)
        return response.card

    def later_card(self, act: str) -> Card:
        """The card that is sent after a click."""
        self.click(act, on="om_a1")
        self.work()
        return self.messenger.last_card


def asked(number: int, **changes: Any) -> Turn:
    """A question of the day before."""
    values = {
        "parent": number - 1 or None,
        "question": f"What is the {number}th thing to know about the quarterly figures?",
        "answer": "This.",
        "created_at": NOON - 86_400 + number * 3600,
    }
    return turn(number, **values | changes)


def core_families() -> tuple[str, ...]:
    """The names of the families of the commands."""
    return tuple(_FAMILIES)


def core_cards(language: Language) -> dict[str, Family]:
    """Every card and notice of the commands, by family and name."""
    return {name: build(language) for name, build in _FAMILIES.items()}


def _help(language: Language) -> Family:
    world = CardWorld(language)
    return {
        "help": world.say_card("/help"),
        "help, by reply": CardWorld(language, p2p_context="thread").say_card("/help"),
        "help, in a group": world.say_card("/help", chat_type="group"),
        "help, as an admin": world.say_card("/help", is_admin=True),
        "misspelt": unknown_command_card("/hlep", "/help"),
        "misspelt, like another": unknown_command_card("/claer", "/clear"),
        "misspelt, like none": unknown_command_card("/zzz", ""),
        "misspelt, with an argument": unknown_command_card("/modle", "/model", "gpt-b"),
    }


def _reset(language: Language) -> Family:
    world = CardWorld(language)
    return {
        "new": world.say_card("/new"),
        "clear": world.say_card("/clear"),
        "cleared": world.click_card("clear"),
        "kept": world.click_card("keep"),
    }


def _picture(language: Language) -> Family:
    world = CardWorld(language).in_private()
    return {
        "studio": world.say_card("/picture", key=ONE_CHAT),
        "studio, by reply": world.say_card("/picture"),
        "studio, in a group": world.say_card("/picture", chat_type="group"),
        "left": world.click_card("studio_leave", is_studio="yes"),
        "on the card of a picture": _on_picture(Drawing(pictures=("img_v3_1",), prompt="A cat.")),
    }


def _on_picture(drawing: Drawing) -> Card:
    blocks = (*drawn_images(drawing), *picture_controls(drawing, ""))
    return Card(title=Text("studio_title"), blocks=blocks)


def _roles(language: Language) -> Family:
    def fresh() -> CardWorld:
        return CardWorld(language)

    def playing(prompt: str = "You are a pirate.") -> CardWorld:
        world = fresh()
        world.say_card(f"/system {prompt}")
        return world

    def own() -> CardWorld:
        world = playing()
        world.people.meet("ou_alice", "oc_1")
        return world

    owning = own()
    for name, prompt in (("海盗", "You are a pirate."), ("老师", LONG_PROMPT * 3)):
        owning.own_roles.save("ou_alice", name, prompt, most=20)
    full = CardWorld(language, roles=ManyRoles())
    category = FakeRoles.CATEGORIES[language][0]
    return {
        "categories": fresh().say_card("/roles"),
        "categories, playing": playing().say_card("/roles"),
        "roles": fresh().click_card("role_category", option=category),
        "roles, as many as there is room for": full.click_card("role_category", option=category),
        "chosen": fresh().click_card("role_choose", option="poet"),
        "chosen, without an example": fresh().click_card("role_choose", option="cook"),
        "present": fresh().say_card("/system"),
        "present, playing": playing().say_card("/system"),
        "present, playing at length": playing(LONG_PROMPT).say_card("/system"),
        "begun": fresh().say_card("/system You are a pirate."),
        "begun at length": fresh().say_card(f"/system {LONG_PROMPT}"),
        "begun in the one conversation of a chat": fresh().say_card("/system Hi.", key=ONE_CHAT),
        "ended": playing().click_card("role_reset"),
        "too long": fresh().say_card("/system " + "多" * 900),
        "present, of somebody's own in a group": owning.say_card("/system", chat_type="group"),
        "own, none": own().say_card("/roles 我的"),
        "own": owning.say_card("/roles 我的"),
        "own, in a group": owning.say_card("/roles 我的", chat_type="group"),
        "own, one": owning.click_card("own_role_show", option="1"),
        "own, a new one": owning.click_card("own_role_form"),
        "own, changed": owning.click_card("own_role_form", role="1"),
        "own, changed at length": owning.click_card("own_role_form", role="2"),
        "own, kept": owning.click_card("own_role_ask"),
        "own, begun": owning.say_card("/roles 海盗"),
        "own, begun in a group": owning.say_card("/roles 海盗", chat_type="group"),
        "of the list, by its title": fresh().say_card("/roles poet"),
    }


def _mode(language: Language) -> Family:
    return {
        "mode": CardWorld(language).say_card("/mode"),
        "mode, in the one conversation of a chat": CardWorld(language).say_card(
            "/mode", key=ONE_CHAT
        ),
        "chosen": CardWorld(language).click_card("mode_set", option="creative"),
    }


def _model(language: Language) -> Family:
    many = CardWorld(language, models=FakeModels(*(f"model-{n}" for n in range(80))))
    none = CardWorld(language, models=NoModels())
    liking = CardWorld(language)
    liking.people.set_favourite("ou_alice", "gpt-b")
    return {
        "models": CardWorld(language).say_card("/model"),
        "models, more than are shown": many.say_card("/model"),
        "models, none": none.say_card("/model"),
        "unknown": CardWorld(language).say_card("/model gpt"),
        "unknown, like none": CardWorld(language).say_card("/model zzzzzz"),
        "chosen": CardWorld(language).say_card("/model gpt-b"),
        "chosen for a private chat": CardWorld(language).say_card("/model gpt-b", key=ONE_CHAT),
        "the default chosen": CardWorld(language).click_card("model_set", option="-"),
        "favourite": CardWorld(language).say_card("/model 常用 gpt-b"),
        "favourite, in a group": CardWorld(language).say_card(
            "/model 常用 gpt-b", chat_type="group"
        ),
        "favourite, unknown": CardWorld(language).say_card("/model 常用 gpt"),
        "models, with a favourite": liking.say_card("/model"),
        "no favourite": CardWorld(language).say_card("/model 常用 -"),
    }


def _settings(language: Language) -> Family:
    own = CardWorld(language).in_private()
    own.say_card("/system You are a pirate.")
    own.say_card("/model gpt-b")
    none = CardWorld(language)
    none.models.offered = lambda: ()  # type: ignore[method-assign]
    full = CardWorld(language, roles=ManyRoles())
    full.models.names = tuple(f"a-model-with-a-rather-long-name-{n}" for n in range(80))
    group = {"chat_type": "group"}
    was = {"chat": "group", "was": {}, "bots_model": "gpt-a"}
    return {
        "of a private chat": CardWorld(language).in_private().say_card("/settings"),
        "of a private chat, with choices": own.say_card("/settings"),
        "of a conversation, without models": none.say_card("/settings", **group),
        "of a conversation, in a group": CardWorld(language).say_card("/settings", **group),
        "of a chat": CardWorld(language).say_card("/settings chat", is_admin=True, **group),
        "of a chat, as full as can be": full.say_card("/settings chat", is_admin=True, **group),
        "of a chat, refused": CardWorld(language).say_card("/settings chat", **group),
        "saved for a private chat": own.click_card("settings_save", **was, scope="private"),
        "saved for a conversation": CardWorld(language).click_card(
            "settings_save", **was, scope="talk"
        ),
        "saved for a chat": CardWorld(language).click_card(
            "settings_save", is_admin=True, **was, scope="chat"
        ),
    }


def _lang(language: Language) -> Family:
    return {
        "ask": CardWorld(language).say_card("/lang"),
        "unknown": CardWorld(language).say_card("/lang fr"),
        "done": CardWorld(language).say_card(f"/lang {language}"),
        "pressed": CardWorld(language).click_card("lang_set", language=language),
    }


def _usage(language: Language) -> Family:
    everything = Quota(questions=20, tokens=50_000, cost=10)
    limited = CardWorld(language, limits=daily(person=everything), currency="¥").used(3)
    granted = CardWorld(language, limits=daily(person=Quota(questions=20))).used(3)
    grant = granted.say_card("/grant @Bob 50", is_admin=True, mentions=(BOB,))
    granted.say_card("/grant @Alice 5", is_admin=True, mentions=(Mention("ou_alice", "Alice"),))
    admins = CardWorld(language, limits=daily(person=everything), currency="¥").used(3)
    admins.used(2, open_id="ou_bob", model="gpt-b").used(1, open_id="ou_0123456789abcdef")
    every = tuple(
        Limit(whose=whose, period=period, quota=everything)
        for whose in get_args(Whose)
        for period in get_args(Period)
    )
    many = CardWorld(language, limits=every, currency="¥").used(3)
    asks = CardWorld(language, limits=daily(person=Quota(questions=3))).used(3)
    asks.click("ask_more", on="om_a1")
    asks.work()
    request = asks.messenger.cards[-1][1]
    grant_button = next(block for block in request.blocks if isinstance(block, Buttons)).buttons[0]

    return {
        "usage, with every limit": many.say_card("/usage", chat_type="group"),
        "asked for more": request,
        "granted more": asks.click(**grant_button.value, operator=BOSS).card,
        "usage": CardWorld(language).used(3).say_card("/usage"),
        "usage, limited": limited.say_card("/usage"),
        "usage, granted": granted.say_card("/usage"),
        "usage, as an admin in a group": admins.say_card(
            "/usage", is_admin=True, chat_type="group"
        ),
        "granted": grant,
    }


def _reports(language: Language) -> Family:
    world = CardWorld(language, currency="¥").used(3).used(2, open_id="ou_bob", model="gpt-b")
    for model in ("gpt-c", "gpt-d", "gpt-e"):
        world.used(1, model=model, created_at=NOON - 86_400)
    unused = CardWorld(language)
    with_media = CardWorld(language, currency="¥").used(2)
    none = {"outcome": "noticed", "prompt_tokens": 0, "completion_tokens": 0}
    for media in (
        {"model": "whisper-1", "audio_seconds": 754.0},
        {"model": "gpt-image-2", "pictures": 3},
        {"model": "", "cost": 0.0, "files": 2},
    ):
        with_media.used(1, open_id="ou_boss", **none, **media)
    many = CardWorld(language)
    for number in range(20):
        model = f"{number} " + "x" * 60
        media = {"pictures": 999, "audio_seconds": 7e5, "files": 99}
        many.used(9_999, open_id=f"ou_{number:032}", model=model, **media)

    def rate(person: str, verdict: Verdict, comment: str = "", **answer: str) -> None:
        rated = {"message_id": "om_a1", "model": "gpt-a", "question_id": "om_q1"} | answer
        world.feedback.save(RatedAnswer(**rated), person, verdict, comment)

    world.feedback.clock = many.feedback.clock = Clock(NOON)
    rate("ou_alice", "up")
    rate("ou_bob", "down", "太长 / too long")
    rate("ou_bob", "down", "x" * 400, message_id="om_a2", model="", question_id="")
    for number in range(20):
        answer = RatedAnswer(message_id=f"om_{number}", model=f"{number} " + "x" * 60)
        many.feedback.save(answer, f"ou_{number:032}", "down", "x" * 1_000)

    def choose(world: CardWorld, act: str, option: str) -> Card:
        world.people.meet("ou_boss", "oc_1")
        return world.click_card(act, is_admin=True, option=option)

    return {
        "usage": world.say_card("/usage", is_admin=True),
        "usage, over a week": choose(world, "usage_days", "7"),
        "usage, with pictures, voice and files": with_media.say_card("/usage", is_admin=True),
        "usage, of nobody": unused.say_card("/usage", is_admin=True),
        "usage, as full as can be": choose(many, "usage_days", "30"),
        "feedback": world.say_card("/feedback", is_admin=True),
        "feedback, of today": choose(world, "feedback_days", "1"),
        "feedback, of nobody": unused.say_card("/feedback", is_admin=True),
        "feedback, as full as can be": choose(many, "feedback_days", "30"),
    }


def _balance(language: Language) -> Family:
    def balance(*keys: KeyBalance) -> Shown:
        return CardWorld(language, keys=keys).say_card("/balance", is_admin=True)

    def known(key: str, granted: float = 100.0, used: float = 12.5) -> KeyBalance:
        return KeyBalance(key=key, state="known", granted=granted, used=used)

    return {
        "balance": balance(known("sk-…a1b2"), known("sk-…c3d4", 50, 49.999)),
        "balance, of one account": balance(known("sk-…a1b2"), known("sk-…c3d4")),
        "balance, unlimited": balance(KeyBalance(key="sk-…a1b2", state="unlimited")),
        "balance, in a group": CardWorld(language).say_card(
            "/balance", is_admin=True, chat_type="group"
        ),
        "balance, used up": balance(KeyBalance(key="sk-…a1b2", state="used_up")),
        "balance, not to be had": balance(
            KeyBalance(key="sk-…a1b2", state="refused"),
            KeyBalance(key="sk-…c3d4", state="unknown"),
            KeyBalance(key="sk-…e5f6", state="failed"),
        ),
    }


def _doctor(language: Language) -> Family:
    def report(*findings: Finding, **more: Any) -> Shown:
        world = CardWorld(language)
        world.doctor.findings = findings
        return world.say_card("/doctor", is_admin=True, **more)

    def found(state: State, **more: Any) -> Finding:
        title, what = Words("应用凭证", "Credentials"), Words("飞书不认可", "Feishu refuses them")
        return Finding(check="credentials", state=state, title=title, what=what, **more)

    fault = found(
        "fault",
        remedy=Words("抄一遍，然后重启机器人", "Copy them and restart the bot"),
        evidence="code 10015, app secret invalid",
        link="https://open.feishu.cn/app/cli_1/baseinfo",
    )
    long = Words("很长的一句话，" * 100, "A sentence that has no end " * 50)
    longest = replace(fault, what=long, remedy=long, evidence="x" * 300)
    return {
        "doctor, something wrong": report(found("ok"), fault, found("warning")),
        "doctor, not to be told": report(found("unknown")),
        "doctor, to look at": report(found("warning")),
        "doctor, all well": report(found("ok")),
        "doctor, in a group": report(chat_type="group"),
        f"doctor, {FULL_CARD}": report(*[longest] * 30, *[replace(found("ok"), what=long)] * 20),
    }


def _admin(language: Language) -> Family:
    world = CardWorld(language)
    return {
        "blocked": world.say_card("/block @Bob", is_admin=True, mentions=(BOB,)),
        "unblocked": world.say_card("/unblock @Bob", is_admin=True, mentions=(BOB,)),
        "unblocked, but listed": world.say_card("/unblock ou_listed", is_admin=True),
        "unblocked by the button": world.click_card(
            "unblock", is_admin=True, person="ou_bob", name="Bob"
        ),
        "the page": CardWorld(language, public_url="https://bot.example.com").say_card(
            "/admin", is_admin=True, chat_type="p2p"
        ),
    }


def _forget(language: Language) -> Family:
    world = CardWorld(language)
    return {
        "ask": world.say_card("/forget"),
        "forgotten": world.click_card("forget", of="ou_alice"),
        "kept": world.click_card("remember", of="ou_alice"),
    }


def _history(language: Language) -> Family:
    """Alice's private chat is the running one, `oc_1`."""
    group = ConversationKey("oc_group", "om_root")
    titles = {
        "zh": (
            "怎么写季度周报的模板？",
            "帮我把这段话翻译成英文，语气正式一点，给客户看的",
            "数据库选型",
        ),
        "en": ("How do I write a report?", "Translate this paragraph for a client", "Databases"),
    }[language]

    def one(number: int, hours: float, key: ConversationKey = ONE_CHAT, **more: Any) -> Any:
        question = titles[number % len(titles)]
        last = asked(number, answer="**Start** with the result.\n\nThen say why.")
        values = {"asked_at": NOON - hours * 3600, "count": number, "last": last}
        return past(number, key, question=question, **values | more)

    def world(*conversations: Any) -> CardWorld:
        there = CardWorld(language, p2p_context="chat")
        there.people.stored[ALICE.open_id] = Person(open_id=ALICE.open_id, private_chat="oc_1")
        there.history.stored[ALICE.open_id] = list(conversations)
        for key in (ONE_CHAT, group):
            there.remember(*(each.last for each in conversations if each.key == key), key=key)
        there.bind("om_a1", key=ONE_CHAT)
        return there

    several = (
        one(2, 1),
        one(1, 3, group),
        one(3, 20, title="Oracle?"),
        one(4, 90),
        one(5, 24 * 400),
        one(6, 24 * 401, asked=asked(6, question="<attachments>\n[image]\n</attachments>\n\n")),
    )
    many = tuple(one(number, number * 10) for number in range(1, 30))
    found = one(6, 2, title="Something else")
    private = {"of": "ou_alice", "chat": "p2p"}
    in_group = {"chat_type": "group", "chat_id": "oc_group", "key": group}
    first = titles[0].split()[0][:2]
    return {
        "conversations": world(*several).say_card("/history", key=ONE_CHAT),
        "conversations, in the middle of many": world(*many).click_card(
            "history_page", page="1", **private
        ),
        "conversations, in a group": world(*several).say_card("/history", **in_group),
        "found": world(found).say_card(f"/history {first}", key=ONE_CHAT),
        "found nothing": world(*several).say_card("/history zzz", key=ONE_CHAT),
        "none": world().say_card("/history", key=ONE_CHAT),
        "none, in a group": world().say_card("/history", **in_group),
        "gone on with": world(*several).click_card("history_go_on", origin="2", **private),
        "gone on with, in a group": world(*several).click_card(
            "history_go_on", origin="1", **private
        ),
        "in its place": _in_its_place(world(*several), origin="1"),
    }


def _in_its_place(world: CardWorld, **chosen: str) -> Card:
    world.click_card("history_go_on", of="ou_alice", chat="p2p", **chosen)
    world.work()
    return world.messenger.last_card


def _reload(language: Language) -> Family:
    again = (asked(1), asked(2), asked(3, parent=1), asked(4, parent=2, question_id="om_q3"))
    branched = CardWorld(language).talked(*again)
    long = CardWorld(language).talked(*(asked(n) for n in range(1, 61)))
    return {
        "turns": branched.say_card("/reload"),
        "turns, in the middle of many": long.click_card("turns", page="1"),
        "gone back": branched.click_card("go_back", option="2"),
    }


def _regenerate(language: Language) -> Family:
    once = CardWorld(language).talked()
    return {
        "another model": once.later_card("other_model"),
        "another model, chosen": once.click_card("regenerate", card="om_a1", option="gpt-b"),
    }


def _feedback(language: Language) -> Family:
    once = CardWorld(language).talked()
    return {
        "feedback": once.say_card("/feedback"),
        "feedback, kept": once.click_card("comment", of="om_a1", comment="Too long"),
    }


def _welcome(language: Language) -> Family:
    def greeting(chat_type: str, **options: Any) -> Card:
        world = CardWorld(language, **options)
        target = ReplyTarget.of(message(chat_type=chat_type))
        return world.bot.welcome.card(target, world.bot.commands)

    return {
        "in private": greeting("p2p"),
        "in private, by reply": greeting("p2p", p2p_context="thread"),
        "in a group": greeting("group"),
        "in a group, hearing all": greeting("group", answers_all=True),
        "in a group, without the scope to hear all": greeting(
            "group", answers_all=True, misses_messages=lambda: True
        ),
    }


def _edits(language: Language) -> Family:
    def offer(text: str) -> Card:
        return edited_card(OfferEdited(text=text, message=message(text)))

    return {
        "edited": offer("Which of the two plans costs less over three years?"),
        "edited, too long for a button": offer("word " * 2_000),
        "to be edited": CardWorld(language).talked().later_card("edit_question"),
        "edited in the form": CardWorld(language)
        .talked()
        .click_card("edit_ask", question="om_a1", text="Which of the two plans costs less?"),
    }


def _missed(_language: Language) -> Family:
    def card(text: str, *, is_question: bool = True) -> Card:
        return missed_card(OfferMissed(message=message(text), is_question=is_question))

    return {
        "a question": card("What about lunch?"),
        "too long for a button": card("word " * 5_000),
        "a command": card("/clear", is_question=False),
    }


def _light(language: Language) -> Family:
    def reply(kind: str) -> Card:
        world = CardWorld(language)
        world.say(text="", kind=kind)
        return world.messenger.last_card

    return {
        "to a sticker": reply("sticker"),
        "to a red packet": reply("hongbao"),
        "to /vision": CardWorld(language).say_card("/vision"),
    }


_FAMILIES: Mapping[str, Callable[[Language], Family]] = {
    "help": _help,
    "reset": _reset,
    "picture": _picture,
    "roles": _roles,
    "mode": _mode,
    "model": _model,
    "settings": _settings,
    "lang": _lang,
    "usage": _usage,
    "reports": _reports,
    "balance": _balance,
    "doctor": _doctor,
    "admin": _admin,
    "forget": _forget,
    "history": _history,
    "reload": _reload,
    "regenerate": _regenerate,
    "feedback": _feedback,
    "welcome": _welcome,
    "edits": _edits,
    "light": _light,
    "missed": _missed,
}

# What fills the texts of notices.
PARAMS = {
    "argument": "something", "characters": "9000", "file": "report.pdf",
    "id": "ou_1a2b3c", "kind": "image", "limit": "20",
    "model": "gpt-a", "offered": "gpt-a, gpt-b", "most": "10,000",
    "most_characters": "8000", "most_tokens": "4000",
    "name": "Bob", "request_id": "req-0123456789", "scope": "im:resource", "tokens": "6000",
    "used": "20", "when": "14:05", "zone": "UTC+8",
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
    kinds = [kind for kind in kinds_of(texts) if texts.notice(kind).title]
    return {kind: Notice(kind, PARAMS) for kind in (*sorted(kinds), *LINES)}


def _drawn(drawing: Drawing, **more: Any) -> dict[str, Any]:
    return {
        "text": "🎨 a cat",
        "streaming": False,
        "footer": Footer(model="gpt-image-2", seconds=42.0),
        "drawn": drawn_images(drawing),
        "controls": picture_controls(drawing, ""),
        **more,
    }


def answers() -> dict[str, dict[str, Any]]:
    """What `answer_card` is given in each state of an answer."""
    text = "**Three** things:\n\n1. one\n2. two\n\n```python\nprint(3)\n```"
    reasoning = "They ask for three things."
    footer = Footer(model="gpt-a", seconds=3.2, tokens=1512)
    done = {"text": text, "streaming": False, "footer": footer, "can_regenerate": True}
    busy = Notice("gateway_busy", {"model": "gpt-a", "request_id": "req-0123456789"})
    lost = Notice("gateway_unreachable", {"request_id": "req-0123456789"})
    unread = Notice("attachment_unread", {"kind": "image"})
    quoted = Notice("quote_forbidden", {"scope": "im:message.group_msg"})
    return {
        "waiting": {"text": "", "streaming": True, "stop": "om_q1"},
        "thinking": {"text": "", "reasoning": reasoning, "streaming": True, "stop": "om_q1"},
        "growing": {"text": "**Three** thi", "streaming": True, "stop": "om_q1"},
        "asked by a button": {**done, "asked": "Bob: How much?"},
        "growing after thinking": {
            "text": "**Three** thi", "reasoning": reasoning, "streaming": True, "stop": "om_q1"
        },
        "growing, with others behind": {
            "text": "**Three** thi", "streaming": True, "stop": "om_q1", "waiting": 2
        },
        "done": done,
        "done after thinking": {**done, "reasoning": reasoning},
        "done without small print": {**done, "footer": Footer()},
        "a picture": _drawn(Drawing(pictures=("img_v3_1",))),
        "a picture with everything": _drawn(
            Drawing(
                pictures=("img_v3_1",), shape="landscape", style="ink", prompt="A very fluffy cat."
            ),
            asides=(Notice("picture_without_size", {"model": "gpt-a"}),),
        ),
        "no picture": {
            "text": "",
            "streaming": False,
            "notice": Notice("drawing_interrupted"),
            "controls": picture_controls(Drawing(), "drawing_interrupted"),
        },
        "a picture without words": {
            "text": "",
            "streaming": False,
            "notice": Notice("picture_waits", {"count": "1"}),
            "controls": picture_controls(Drawing(), "picture_waits"),
        },
        "too long": {**done, "notice": Notice("length"), "can_continue": True},
        "in part": {**done, "remainder": cards.Remainder(3_187, "19500,19500"), "part": 2},
        "with files": {
            **done,
            "files": (
                FileOffer("tables"), FileOffer("code:0", "py"), FileOffer("code:2", "sql", 2),
                FileOffer("codes"),
            ),
        },
        "a beginning, with a file that comes": {
            **done,
            "remainder": cards.Remainder(90_000, "19500"),
            "files": (
                FileOffer("whole", is_sent=True, contents=("Overview", "Plans", "…")),
                FileOffer("tables", is_sent=True),
            ),
            "asides": (Notice("whole_as_file"), Notice("tables_as_file")),
        },
        "with pictures that were lost": {
            **done,
            "asides": (
                Notice("pictures_lost", {"count": "2"}),
                Notice("pictures_scope_missing", {"scope": "im:resource"}),
            ),
        },
        "cut": {**done, "notice": Notice("cut"), "can_continue": True},
        "broken": {
            **done,
            "notice": Notice("stream_broken", {"request_id": "req-0123456789"}),
            "can_continue": True,
        },
        "broken, for the admins": {**done, "notice": lost, "admins": (BOSS.open_id, "ou_2")},
        "failed, without admins": {
            "text": "", "streaming": False, "notice": lost, "admins": (), "can_regenerate": True
        },
        "with things unread": {**done, "asides": (quoted, unread)},
        "filtered": {**done, "notice": Notice("filtered_partly")},
        "stopped": {**done, "notice": Notice("stopped")},
        "begun afresh after a rest": {
            **done, "resumable": Resumable("12", Notice("expired_hours", {"count": "13"}))
        },
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
        localizer = Localizer(TEXTS[language])
        for family, members in core_cards(language).items():
            for name, shown in members.items():
                group = built.setdefault(family, {}).setdefault(name, {})
                group[language] = _render(shown, localizer, ())
                if language == "zh":
                    group["group"] = _render(shown, Localizer(TEXTS["zh"], _ALL), _ALL)
    built["notices"] = {
        name: _each(notice_card, notice=n, admins=(BOSS.open_id,)) for name, n in notices().items()
    }
    built["alerts"] = {
        kind: {
            language: alert_card(texts, Alert(kind=kind, params=PARAMS), Tally(12, NOON))
            for language, texts in {**TEXTS, "group": TEXTS["zh"]}.items()
        }
        for kind in ("scope_missing", "feishu_quota", *APP_CAUSES, *sorted(MODEL_CAUSES))
    }
    built["answers"] = {
        name: _each(cards.answer_card, **state) for name, state in answers().items()
    }
    return built


_ALL = tuple(TEXTS.values())


def _render(shown: Shown, localizer: Localizer, others: tuple[Catalog, ...]) -> CardJson:
    if isinstance(shown, Card):
        return render_card(localizer, shown)
    return notice_card(localizer.texts, shown, others)


def _each(build: Callable[..., CardJson], **options: Any) -> dict[str, CardJson]:
    return {
        "zh": build(TEXTS["zh"], **options),
        "en": build(TEXTS["en"], **options),
        "group": build(TEXTS["zh"], others=_ALL, **options),
    }
