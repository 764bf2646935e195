"""What was used, what is left of the day, and what is left on the keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from feishu_bot.core import days
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.answering.answerer import Answerer
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.balance import KeyBalance
from feishu_bot.core.cards import Card, Collapsible, Field, Paragraph, Text
from feishu_bot.core.chat_model import StreamEnd, StreamStart, TextDelta
from feishu_bot.core.commands.admin import AdminCommands
from feishu_bot.core.commands.balance import BalanceCommands
from feishu_bot.core.commands.registry import CommandContext
from feishu_bot.core.commands.usage import UsageCommands
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.formatting import format_money
from feishu_bot.core.messages import IncomingMessage, Mention, Sender
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.job_control import JobControl
from feishu_bot.core.quotas import Quota, QuotaChecker
from feishu_bot.core.tasks import Job, QueuedTask
from feishu_bot.core.usage import Usage
from tests.core.fakes import (
    FakeChats,
    FakeConversations,
    FakeInbox,
    FakeLedger,
    FakePeople,
    RecordingMessenger,
    ScriptedModel,
    message,
)
from tests.polling import Clock

# A Sunday in Shanghai, at 13:00.
NOON = 1_795_323_600.0
HOUR = 3600.0
BOSS = Sender("ou_boss")


@pytest.fixture(autouse=True)
def shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


class FakeNames:
    def of(self, open_id: str) -> str:
        return {"ou_alice": "Alice", "ou_bob": "Bob"}.get(open_id, "")

    def learn(self, open_id: str, name: str) -> None:
        pass


class World:
    """Alice and Bob ask; each answer takes 30 tokens and costs half a yuan."""

    def __init__(self, person: Quota = Quota(), chat: Quota = Quota()) -> None:  # noqa: B008
        self.clock = Clock(NOON)
        self.ledger = FakeLedger()
        self.people = FakePeople()
        self.quotas = QuotaChecker(
            self.ledger, person=person, chat=chat, currency=lambda: "¥", clock=self.clock
        )
        policy = AccessPolicy(admins=("ou_boss",), blocked_users=("ou_listed",))
        self.admin = AdminCommands(
            self.ledger, self.people, self.quotas, policy, FakeNames(), clock=self.clock
        )

    def used(self, times: int = 1, **changes: object) -> None:
        usage = Usage(
            open_id="ou_alice",
            chat_id="oc_1",
            model="gpt",
            outcome="answered",
            seconds=1.0,
            prompt_tokens=10,
            completion_tokens=20,
            cost=0.5,
            created_at=self.clock.now,
        )
        self.ledger.used += [replace(usage, **changes)] * times

    def refusal(self, asked: IncomingMessage | None = None, **options: bool) -> Notice | None:
        with self.quotas.asking(asked or message(), is_admin=False, **options) as refusal:
            return refusal

    def card(self, asked: IncomingMessage | None = None, **options: object) -> Card:
        currency = str(options.pop("currency", "¥"))
        cards = UsageCommands(
            self.ledger, self.quotas, FakeNames(), currency=lambda: currency, clock=self.clock
        )
        return cards.usage(request(asked or message(), **options))

    def told(
        self, run: Callable[[CommandContext], Card | Notice], text: str, **changes: object
    ) -> Card | Notice:
        asked = message(text, sender=BOSS, **changes)
        return run(request(asked, argument=text, is_admin=True))


def request(asked: IncomingMessage, **changes: object) -> CommandContext:
    values: dict[str, object] = {
        "message": asked,
        "key": ConversationKey("oc_1", "om_1"),
        "argument": "",
        "language": "zh",
        "is_admin": False,
    }
    return CommandContext(**values | changes)  # type: ignore[arg-type]


def rows(view: Card) -> list[tuple[str, str, dict[str, str]]]:
    """Name, kind of the value and its params of each row, in folded parts too."""
    found = []
    for block in view.blocks:
        for part in block.blocks if isinstance(block, Collapsible) else (block,):
            if isinstance(part, Field):
                name = part.name.kind if isinstance(part.name, Text) else part.name
                said = part.value if isinstance(part.value, Text) else Text(part.value)
                found.append((name, said.kind, dict(said.params)))
    return found


def said(view: Card) -> list[str]:
    return [
        block.words.kind
        for block in view.blocks
        if isinstance(block, Paragraph) and isinstance(block.words, Text)
    ]


# Days and amounts


def test_a_day_begins_at_local_midnight():
    assert days.day_start(NOON) == NOON - 13 * HOUR
    assert days.day_start(NOON, 29) == NOON - 13 * HOUR - 29 * 24 * HOUR
    assert days.day_name(NOON) == "2026-11-22"
    assert days.zone(NOON) == "UTC+8"


@pytest.mark.parametrize(
    ("zone", "name"),
    [("UTC", "UTC+0"), ("America/St_Johns", "UTC-3:30"), ("Asia/Kolkata", "UTC+5:30")],
)
def test_the_zone_is_named_by_its_offset(monkeypatch, zone, name):
    monkeypatch.setenv("TZ", zone)
    time.tzset()

    assert days.zone(NOON) == name


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [
        ("$", 1234.5, "$1,234.50"),
        ("USD", 0.5, "USD 0.50"),
        ("¥", 0.0, "¥0.00"),
        ("¥", 0.0004, "< ¥0.01"),
    ],
)
def test_money_is_shown_with_two_decimals_and_never_as_nothing(currency, amount, text):
    assert format_money(currency, amount) == text


# Limits


class Untouched:
    def __getattr__(self, name: str) -> object:
        raise AssertionError("the database was asked")


def test_without_limits_the_database_is_not_asked():
    quotas = QuotaChecker(Untouched(), person=Quota(), chat=Quota())  # type: ignore[arg-type]

    with quotas.asking(message(), is_admin=False) as refusal:
        assert refusal is None


@pytest.mark.parametrize(
    ("quota", "kind", "used", "limit"),
    [
        (Quota(questions=3), "limit_person_questions", "3", "3"),
        (Quota(tokens=90), "limit_person_tokens", "90", "90"),
        (Quota(cost=1.5), "limit_person_cost", "¥1.50", "¥1.50"),
    ],
)
def test_a_person_is_told_which_limit_and_how_much_and_when_it_ends(quota, kind, used, limit):
    world = World(person=quota)
    world.used(2)
    assert world.refusal() is None
    world.used()

    assert world.refusal() == Notice(kind, {"zone": "UTC+8", "used": used, "limit": limit})
    assert world.refusal(message(sender=Sender("ou_bob"))) is None
    world.clock.tick(11 * HOUR)
    assert world.refusal() is None


def test_a_group_has_a_limit_for_all_together_and_a_private_chat_has_none():
    world = World(chat=Quota(questions=2))
    world.used()
    world.used(open_id="ou_bob")

    assert world.refusal(message(chat_type="group")).kind == "limit_chat_questions"
    assert world.refusal(message(chat_type="group", chat_id="oc_2")) is None

    alone = World(chat=Quota(tokens=2))
    alone.used(5)
    assert alone.refusal() is None
    assert alone.refusal(message(chat_type="group")).kind == "limit_chat_tokens"


def test_admins_are_not_limited():
    world = World(person=Quota(questions=1))
    world.used(5)

    with world.quotas.asking(message(), is_admin=True) as refusal:
        assert refusal is None


def test_questions_that_are_being_answered_count_already():
    world = World(person=Quota(questions=2))
    world.used()

    with world.quotas.asking(message(), is_admin=False) as first:
        second = world.refusal()
    third = world.refusal()

    assert (first, third) == (None, None)
    assert second.kind == "limit_person_questions"


def test_notices_and_what_was_stopped_before_its_first_word_are_no_questions():
    world = World(person=Quota(questions=1))
    world.used(outcome="noticed")
    world.used(outcome="failed")
    world.used(outcome="stopped", prompt_tokens=0, completion_tokens=0)
    assert world.refusal() is None

    world.used(outcome="stopped")

    assert world.refusal() is not None


# What an answer cost


@pytest.mark.parametrize(
    ("draft", "spent"),
    [
        (Draft(text="hello", prompt_tokens=30, completion_tokens=12), (30, 12)),
        (Draft(text="a" * 300, estimated_tokens=50), (50, 104)),
        (Draft(reasoning="a" * 300, estimated_tokens=50), (50, 104)),
        (Draft(estimated_tokens=50), (0, 0)),
    ],
)
def test_where_the_gateway_tells_nothing_the_estimate_counts(draft, spent):
    assert draft.spent() == spent


@dataclass
class TenthOfTokens:
    currency: str = "¥"

    def cost(self, model: str, prompt_tokens: int, completion_tokens: int) -> float:
        return (prompt_tokens + completion_tokens) / 10 if model == "gpt-x" else 0.0


def test_the_cost_of_an_answer_is_stored_with_it():
    inbox, model = FakeInbox(), ScriptedModel()
    answers = Answerer(
        inbox=inbox,
        conversations=FakeConversations(),
        chats=FakeChats(),
        model=model,
        messenger=RecordingMessenger(),
        system_prompt="",
        context_tokens=1000,
        footer=frozenset(),
        prices=TenthOfTokens(),
    )
    model.enqueue(StreamStart("gpt-x"), TextDelta("Hi"), StreamEnd("stop", 30, 12))

    answers.answer(_job(), "Hello?", JobControl())

    assert inbox.finished[1][2].cost == pytest.approx(4.2)


def _job() -> object:
    key = ConversationKey("oc_1", "om_1")
    event = QueuedTask(event_id="ev", dedupe_id="om_1", kind="message", key=key, message=message())
    return Job(id=1, event=event, attempt=1)


# /usage


def test_a_person_sees_today_the_last_days_and_what_is_left():
    world = World(person=Quota(questions=10, tokens=100, cost=5.0))
    world.used(2)
    world.used(created_at=NOON - 20 * HOUR)
    world.used(open_id="ou_bob")

    card = world.card()

    assert rows(card) == [
        ("usage_today", "usage_spent_cost", {"questions": "2", "tokens": "60", "cost": "¥1.00"}),
        ("usage_days", "usage_spent_cost", {"questions": "3", "tokens": "90", "cost": "¥1.50"}),
        ("usage_left", "usage_left_questions", {"left": "8", "limit": "10", "granted": "0"}),
        ("usage_left", "usage_left_tokens", {"left": "40", "limit": "100"}),
        ("usage_left", "usage_left_cost", {"left": "¥4.00", "limit": "¥5.00"}),
    ]
    assert said(card) == ["usage_anew", "usage_id"]


def test_without_prices_and_limits_there_are_none_on_the_card():
    world = World()
    world.used()

    kinds = [kind for _, kind, _ in rows(world.card(currency=""))]

    assert kinds == ["usage_spent", "usage_spent", "usage_unlimited"]


def test_admins_see_everyone_by_name_and_by_model():
    world = World()
    world.used(2)
    world.used(open_id="ou_bob", model="o1")
    world.used(open_id="ou_1234567890", completion_tokens=90)
    world.used(3, open_id="ou_bob", created_at=NOON - 20 * HOUR)

    shown = rows(world.card(is_admin=True))[3:]

    assert [(name, params["questions"]) for name, _, params in shown] == [
        ("usage_all_today", "4"),
        ("usage_all_days", "7"),
        *[("…567890", "1"), ("Alice", "2"), ("Bob", "1")],
        *[("Bob", "4"), ("…567890", "1"), ("Alice", "2")],
        *[("gpt", "6"), ("o1", "1")],
    ]


def test_what_others_use_is_not_shown_where_others_may_read_along():
    world = World()
    world.used(open_id="ou_bob")

    card = world.card(message(chat_type="group"), is_admin=True)

    assert "usage_in_private" in said(card)
    assert "Bob" not in str(card)


# /grant


def test_a_grant_adds_to_todays_questions_and_says_what_holds():
    world = World(person=Quota(questions=2))
    world.used(2)
    assert world.refusal() is not None

    world.told(world.admin.grant, "ou_alice 5", message_id="om_7")
    card = world.told(world.admin.grant, "@Al 2 50", mentions=(Mention("ou_alice", "Al 2"),))

    assert rows(card) == [
        ("grant_today", "grant_holds", {"limit": "57", "granted": "55"}),
        ("usage_left", "grant_left", {"left": "55"}),
    ]
    assert world.refusal() is None
    left = rows(world.card())[2]
    assert left == (
        "usage_left",
        "usage_left_granted",
        {"left": "55", "limit": "57", "granted": "55"},
    )
    world.clock.tick(24 * HOUR)
    assert world.quotas.day_of("ou_alice").granted == 0


def test_the_same_message_grants_once_however_often_it_is_tried():
    world = World(person=Quota(questions=2))

    for _ in range(3):
        world.told(world.admin.grant, "ou_alice 5")

    assert world.quotas.day_of("ou_alice").granted == 5


@pytest.mark.parametrize(
    "text", ["", "50", "ou_alice", "ou_alice 0", "ou_alice 10001", "ou_alice ou_bob 5", "Alice 5"]
)
def test_a_grant_needs_one_person_and_a_number(text):
    world = World(person=Quota(questions=2))

    assert world.told(world.admin.grant, text).kind == "grant_how"
    assert not world.ledger.grants


def test_nothing_is_granted_where_nothing_is_limited():
    assert World().told(World().admin.grant, "ou_alice 5").kind == "grant_needless"
    limited = World(person=Quota(questions=2))
    assert limited.told(limited.admin.grant, "ou_boss 5").kind == "grant_admin"


# /balance


class FakeBalance:
    def __init__(self, *balances: KeyBalance) -> None:
        self.balances = balances

    def of_keys(self) -> tuple[KeyBalance, ...]:
        return self.balances


def known(key: str, granted: float, used: float) -> KeyBalance:
    return KeyBalance(key=key, state="known", granted=granted, used=used)


def balance_card(*balances: KeyBalance) -> Card:
    return BalanceCommands(FakeBalance(*balances), for_admins=False).balance(request(message()))


def test_each_key_is_shown_and_figures_are_summed():
    card = balance_card(
        known("a", 10, 2.5),
        known("b", 5, 1),
        KeyBalance(key="c", state="used_up"),
        KeyBalance(key="d", state="unknown"),
    )

    assert rows(card) == [
        ("a", "balance_known", {"left": "$7.50", "granted": "$10.00", "used": "$2.50"}),
        ("b", "balance_known", {"left": "$4.00", "granted": "$5.00", "used": "$1.00"}),
        ("c", "balance_used_up", {}),
        ("d", "balance_unknown", {}),
        ("balance_total", "balance_left", {"left": "$11.50"}),
    ]


def test_keys_of_one_account_count_once_in_the_total():
    card = balance_card(
        known("a", 10, 2.5), known("b", 10, 2.5), known("c", 1, 0), known("d", 1, 0)
    )

    assert rows(card)[-1] == ("balance_total", "balance_left", {"left": "$9.50"})
    assert "balance_same_account" in said(card)


@pytest.mark.parametrize(
    "balances",
    [
        [known("a", 10, 2.5)],
        [known("a", 10, 2.5), known("b", 5, 1), KeyBalance(key="c", state="unlimited")],
        [KeyBalance(key="c", state="unknown"), KeyBalance(key="d", state="failed")],
    ],
)
def test_there_is_no_total_of_one_figure_or_beside_no_limit(balances):
    assert "balance_total" not in [name for name, _, _ in rows(balance_card(*balances))]


def test_an_admins_balance_is_not_shown_to_a_group():
    balances = BalanceCommands(FakeBalance(known("a", 10, 2.5)), for_admins=True)

    card = balances.balance(request(message(chat_type="group")))

    assert rows(card) == []
    assert card.blocks[0].words.kind == "balance_in_private"


@pytest.mark.parametrize(
    ("state", "colour"),
    [("known", "blue"), ("unlimited", "blue"), ("used_up", "red"), ("unknown", "orange")],
)
def test_the_colour_tells_how_it_stands(state, colour):
    assert balance_card(KeyBalance(key="k", state=state, granted=1)).colour == colour
