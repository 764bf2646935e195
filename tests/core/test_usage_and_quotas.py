"""Answers are counted, and limited in a day; /usage and /grant."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator

import pytest

from feishu_bot.core import days
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.cards import Card, Chart, Point, Select, Text
from feishu_bot.core.chat_model import StreamEnd, StreamStart, TextDelta
from feishu_bot.core.commands import usage_report
from feishu_bot.core.formatting import format_money
from feishu_bot.core.limits import FixedLimits, Limit, Quota, Spending
from feishu_bot.core.messages import IncomingMessage, Mention
from feishu_bot.core.messenger import File
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.tasks import RunCommand
from tests.builders import ALICE, BOB, BOSS, BotWorld, daily, job, message, usage
from tests.core.card_parts import all_buttons, field_rows, first, paragraphs
from tests.core.fakes import FakePrices, FakeUserDirectory
from tests.polling import Clock

# A Sunday in Shanghai, at 13:00.
NOON = 1_795_323_600.0
HOUR = 3600.0


@pytest.fixture(autouse=True)
def _shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Days begin at midnight in Shanghai."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


class UsageWorld(BotWorld):
    """Alice and Bob ask; each answer takes 30 tokens and costs half a yuan."""

    def __init__(
        self,
        person: Quota | None = None,
        chat: Quota | None = None,
        currency: str = "¥",
        more: tuple[Limit, ...] = (),
    ) -> None:
        limits = daily(person=person or Quota(), chat=chat or Quota()) + more
        self.clock = Clock(NOON)
        super().__init__(
            ports={
                "names": FakeUserDirectory(ou_alice="Alice", ou_bob="Bob"),
                "prices": FakePrices(currency),
            },
            policy=AccessPolicy(admins=("ou_boss",), blocked_users=("ou_listed",)),
            limits=limits,
            clock=self.clock,
        )
        self.quotas = QuotaChecker(
            self.reservations,
            limits=FixedLimits(limits),
            currency=lambda: currency,
            clock=self.clock,
        )

    def use(self, times: int = 1, **changes: object) -> None:
        """So many answers are given."""
        values = {"model": "gpt", "cost": 0.5, "created_at": self.clock.now}
        self.usage.used += [usage(**values | changes)] * times

    def refusal(self, asked: IncomingMessage | None = None) -> Notice | None:
        """Why somebody who isn't an admin may not ask."""
        return self.reserve(asked, number=0)

    def reserve(
        self, asked: IncomingMessage | None = None, *, number: int, **expected: float
    ) -> Notice | None:
        """Why a question is refused that is expected to take so much."""
        question = job(asked, id=number)
        refusal = self.quotas.reserve(
            question, lambda: Spending(**{"questions": 1} | expected), is_admin=False
        )
        if not number:
            self.reservations.reserved.pop(0, None)
        return refusal

    def card(self, **changes: object) -> Card:
        """The card of /usage."""
        return self.run("/usage", **changes)

    def grant(self, argument: str, **changes: object) -> Card | Notice:
        """What the admin's /grant comes to."""
        return self.run(f"/grant {argument}", sender=BOSS, **changes)


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


class UntouchedUsage:
    """Fails when anything is asked of it."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError("the database was asked")


def test_without_limits_the_database_is_not_asked():
    quotas = QuotaChecker(UntouchedUsage())

    assert quotas.reserve(job(), UntouchedUsage(), is_admin=False) is None


@pytest.mark.parametrize(
    ("quota", "kind", "used", "limit"),
    [
        (Quota(questions=3), "limit_person_questions", "3", "3"),
        (Quota(tokens=90), "limit_person_tokens", "90", "90"),
        (Quota(cost=1.5), "limit_person_cost", "¥1.50", "¥1.50"),
    ],
)
def test_a_person_is_told_which_limit_and_how_much_and_when_it_ends(quota, kind, used, limit):
    world = UsageWorld(person=quota)
    world.use(2)
    assert world.refusal() is None
    world.use()

    assert world.refusal() == Notice(
        kind, {"date": "2026-11-23", "zone": "UTC+8", "used": used, "limit": limit}
    )
    assert world.refusal(message(sender=BOB)) is None
    world.clock.tick(11 * HOUR)
    assert world.refusal() is None


def test_a_group_has_a_limit_for_all_together_and_a_private_chat_has_none():
    world = UsageWorld(chat=Quota(questions=2))
    world.use()
    world.use(open_id="ou_bob")

    assert world.refusal(message(chat_type="group")).kind == "limit_chat_questions"
    assert world.refusal(message(chat_type="group", chat_id="oc_2")) is None

    alone = UsageWorld(chat=Quota(tokens=2))
    alone.use(5)
    assert alone.refusal() is None
    assert alone.refusal(message(chat_type="group")).kind == "limit_chat_tokens"


def test_admins_are_not_limited():
    world = UsageWorld(person=Quota(questions=1))
    world.use(5)

    assert world.quotas.reserve(job(), Spending, is_admin=True) is None


def test_questions_that_are_being_answered_count_already():
    world = UsageWorld(person=Quota(questions=2))
    world.use()

    assert world.reserve(number=1) is None

    refused = world.refusal()
    assert refused == Notice("limit_person_reserved", {"used": "1", "limit": "2"})
    assert world.refusal(message(sender=BOB)) is None
    world.inbox.finished[1] = ("answered", None, None)
    assert world.refusal() is None


def test_notices_and_what_was_stopped_before_the_model_was_asked_are_no_questions():
    world = UsageWorld(person=Quota(questions=1))
    world.use(outcome="noticed")
    world.use(outcome="failed")
    world.use(outcome="stopped", prompt_tokens=0, completion_tokens=0)
    assert world.refusal() is None

    world.use(outcome="stopped")

    assert world.refusal() is not None


def test_a_month_and_the_company_have_limits_of_their_own():
    month = Limit(whose="person", period="month", quota=Quota(questions=3))
    company = Limit(whose="company", period="month", quota=Quota(tokens=180))
    world = UsageWorld(more=(month, company))
    world.use(2, created_at=NOON - 5 * 24 * HOUR)
    world.use(9, created_at=NOON - 30 * 24 * HOUR)
    assert world.refusal() is None

    world.use()
    renewal = {"date": "2026-12-01", "zone": "UTC+8"}
    spent = {"used": "3", "limit": "3"}
    assert world.refusal() == Notice("limit_person_month_questions", spent | renewal)
    assert world.refusal(message(sender=BOB)) is None

    world.use(3, open_id="ou_cleo", chat_id="oc_7")
    spent = {"used": "180", "limit": "180"}
    assert world.refusal(message(sender=BOB)) == Notice(
        "limit_company_month_tokens", spent | renewal
    )
    world.clock.tick(9 * 24 * HOUR)
    assert world.refusal() is None


def test_what_the_month_counts_isnt_forgotten_before_it_is_over():
    assert UsageWorld(person=Quota(questions=1)).quotas.keeps_since == days.day_start(NOON)
    month = Limit(whose="chat", period="month", quota=Quota(questions=3))
    assert UsageWorld(more=(month,)).quotas.keeps_since == days.month_start(NOON)


def test_a_question_that_is_expected_to_take_the_rest_lets_no_other_begin():
    world = UsageWorld(person=Quota(tokens=1_000))
    world.use()

    assert world.reserve(number=1, tokens=990) is None

    refused = world.refusal()
    assert refused == Notice("limit_person_reserved", {"used": "30", "limit": "1,000"})


def test_what_was_stopped_before_its_first_word_is_a_question_and_costs_its_prompt():
    world = BotWorld(
        limits=daily(person=Quota(questions=1)),
        ports={"prices": FakePrices("¥", each=0.1)},
        clock=lambda: 2_000.0,
    )
    world.receive("word " * 600)
    control = JobControl()
    control.stop()
    world.model.enqueue(StreamStart("gpt-x"), TextDelta("Hi"))
    (asked,) = world.inbox.claim(1)

    world.bot.work(asked, control)

    spent = world.inbox.finished[1][2]
    assert (spent.outcome, spent.completion_tokens) == ("stopped", 0)
    assert spent.prompt_tokens > 900
    assert spent.cost == pytest.approx(spent.prompt_tokens * 0.1)
    world.usage.used.append(spent)
    world.say("again", "om_2")
    assert world.messenger.notice_kinds == ["limit_person_questions"]


# What an answer cost


@pytest.mark.parametrize(
    ("draft", "spent"),
    [
        (Draft(text="hello", prompt_tokens=30, completion_tokens=12), (30, 12)),
        (Draft(text="a" * 300, estimated_tokens=50), (50, 104)),
        (Draft(reasoning="a" * 300, estimated_tokens=50), (50, 104)),
        (Draft(estimated_tokens=50, notice="stopped"), (0, 0)),
        (Draft(estimated_tokens=50, notice="stopped", is_asked=True), (50, 0)),
        (Draft(estimated_tokens=50, notice="gateway_busy", is_asked=True), (0, 0)),
    ],
)
def test_where_the_gateway_tells_nothing_the_estimate_counts(draft, spent):
    assert draft.spent() == spent


def test_the_cost_of_an_answer_is_stored_with_it():
    world = BotWorld(ports={"prices": FakePrices("¥", each=0.1)})
    world.model.enqueue(StreamStart("gpt-x"), TextDelta("Hi"), StreamEnd("stop", 30, 12))

    world.say()

    assert world.inbox.finished[1][2].cost == pytest.approx(4.2)


# /usage


def test_a_person_sees_today_the_last_days_and_what_is_left():
    world = UsageWorld(person=Quota(questions=10, tokens=100, cost=5.0))
    world.use(2)
    world.use(created_at=NOON - 20 * HOUR)
    world.use(open_id="ou_bob")

    card = world.card()

    assert field_rows(card) == [
        ("usage_today", "usage_spent_cost", {"questions": "2", "tokens": "60", "cost": "¥1.00"}),
        ("usage_days", "usage_spent_cost", {"questions": "3", "tokens": "90", "cost": "¥1.50"}),
        ("usage_left", "usage_left_questions", {"left": "8", "limit": "10", "granted": "0"}),
        ("usage_left", "usage_left_tokens", {"left": "40", "limit": "100"}),
        ("usage_left", "usage_left_cost", {"left": "¥4.00", "limit": "¥5.00"}),
    ]
    assert paragraphs(card) == ["usage_anew", "usage_id"]


def test_without_prices_and_limits_there_are_none_on_the_card():
    world = UsageWorld(currency="")
    world.use()

    kinds = [kind for _, kind, _ in field_rows(world.card())]

    assert kinds == ["usage_spent", "usage_spent", "usage_unlimited"]


def test_admins_see_everyone_by_name_and_by_model():
    world = UsageWorld()
    world.use(2)
    world.use(open_id="ou_bob", model="o1")
    world.use(open_id="ou_1234567890", completion_tokens=90)
    world.use(3, open_id="ou_bob", created_at=NOON - 20 * HOUR)

    def shown(card: Card) -> list[tuple[str, str]]:
        return [(name, params["questions"]) for name, _, params in field_rows(card)[3:]]

    card = world.card(sender=BOSS)
    assert shown(card) == [
        ("usage_all", "4"),
        *[("gpt", "3"), ("o1", "1")],
        *[("ou_1234567890", "1"), ("ou_alice", "2"), ("ou_bob", "1")],
    ]
    # Whole, so that they can be given to /block.
    assert "ou_1234567890" in paragraphs(card)
    assert first(card, Chart).points == (Point("gpt", "gpt", 3), Point("o1", "o1", 1))

    world.people.meet("ou_boss", "oc_1")
    world.bind("om_card")
    card = world.choose(first(card, Select), "7", operator=BOSS).card
    assert shown(card) == [
        ("usage_all", "7"),
        *[("gpt", "6"), ("o1", "1")],
        *[("ou_bob", "4"), ("ou_1234567890", "1"), ("ou_alice", "2")],
    ]
    points = first(card, Chart).points
    assert [point.amount for point in points if point.series == "gpt"] == [0, 0, 0, 0, 0, 3, 3]
    assert [point.amount for point in points if point.series == "o1"] == [0, 0, 0, 0, 0, 0, 1]


def test_nobody_but_an_admin_in_private_gets_everyones_usage():
    world = UsageWorld()
    world.use(open_id="ou_bob")
    world.bind("om_card")

    for operator in (ALICE, BOSS):
        for act in ("usage_days", "usage_export", "feedback_days", "feedback_export"):
            response = world.click(act, operator=operator, option="7", days="7")
            assert (response.card, response.toast.notice.kind) == (None, "admins_only_short"), act
    data = {"export": "yes", "days": "7"}
    for name in ("usage", "feedback"):
        command = RunCommand(name=name, data=data)
        asked = message(f"/{name}", sender=ALICE)
        shown = world.bot.runner.run(job(asked, task=command), command)
        assert not isinstance(shown, File)


def test_everyones_usage_comes_as_a_table():
    world = UsageWorld()
    world.use(2)
    world.use(open_id="ou_bob", model="=o1", created_at=NOON - 20 * HOUR)
    world.people.meet("ou_boss", "oc_1")
    world.bind("om_card")

    pressed = world.click("usage_export", operator=BOSS, days="7")
    world.work()

    assert pressed.toast.notice.kind == "export_started"
    ((name, data),) = world.messenger.files
    assert name.startswith("用量-")
    assert data.startswith(b"\xef\xbb\xbf")
    head, first_row, second_row = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert head[:5] == ["日期", "用户 ID", "会话 ID", "模型", "姓名"]
    # What a spreadsheet would calculate is a text.
    assert first_row[1:6] == ["ou_bob", "oc_1", "'=o1", "Bob", "1"]
    assert second_row[1:6] == ["ou_alice", "oc_1", "gpt", "Alice", "2"]


def test_what_others_use_is_not_shown_where_others_may_read_along():
    world = UsageWorld()
    world.use(open_id="ou_bob")

    card = world.card(sender=BOSS, chat_type="group")

    assert "usage_in_private" in paragraphs(card)
    assert "ou_bob" not in str(card)
    # For ALLOWED_CHATS.
    assert "oc_1" in str(card)
    assert "oc_1" not in str(world.card(chat_type="group"))


def test_a_table_that_is_too_long_says_so(monkeypatch):
    monkeypatch.setattr(usage_report, "MAX_ROWS", 1)
    world = UsageWorld()
    world.use()
    world.use(open_id="ou_bob")
    world.people.meet("ou_boss", "oc_1")
    world.bind("om_card")

    world.click("usage_export", operator=BOSS, days="7")
    world.work()

    ((_, data),) = world.messenger.files
    *_, last = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert last == ["只列出了 1 行；在服务器上可以导出全部。"]


def test_a_line_for_each_limit_that_holds_where_one_asks():
    limits = tuple(
        Limit(whose=whose, period=period, quota=Quota(questions=10))
        for whose in ("person", "chat", "company")
        for period in ("day", "month")
    )
    world = UsageWorld(more=limits)
    world.use(2)

    def lines(**changes: object) -> list[str]:
        card = world.card(**changes)
        rows = [(name, kind) for name, kind, _ in field_rows(card) if name.startswith("usage_left")]
        return [name.removeprefix("usage_left") for name, kind in rows if kind != "usage_unlimited"]

    assert lines() == ["", "_month", "_company", "_company_month"]
    everywhere = ["", "_month", "_chat", "_chat_month", "_company", "_company_month"]
    assert lines(chat_type="group") == everywhere
    assert lines(sender=BOSS) == ["_company", "_company_month"]
    assert paragraphs(world.card()) == ["usage_anew", "usage_anew_month", "usage_id"]


# Asking for more


class AskingWorld(UsageWorld):
    """Alice has used up her day, and presses the button that her notice has."""

    def __init__(self, **quota: float) -> None:
        super().__init__(person=Quota(**quota or {"questions": 5}))
        self.use(5)
        self.bind("om_notice")

    def ask(self, **changes: object) -> str:
        """What she is told at once."""
        response = self.click("ask_more", on="om_notice", **changes)
        return response.toast.notice.kind

    def asked_card(self) -> Card:
        """What the admin gets."""
        self.work()
        (_, card, _) = self.messenger.cards[-1]
        return card


@pytest.mark.parametrize(
    ("quota", "label", "amount"),
    [
        ({"questions": 5}, "button_grant_questions", "3"),
        ({"tokens": 150}, "button_grant_tokens", "75"),
        ({"cost": 2.5}, "button_grant_cost", "¥1.25"),
    ],
)
def test_the_admins_get_a_card_whose_button_grants_once(quota, label, amount):
    world = AskingWorld(**quota)
    assert world.ask() == "extra_asked"
    assert world.ask() == "extra_known"

    card = world.asked_card()
    assert len(world.messenger.cards) == 1
    assert field_rows(card)[0][0] == "ou_alice"
    (button,) = all_buttons(card)
    assert button.label == Text(label, {"amount": amount})
    assert world.refusal() is not None
    refused = world.click(**button.value, operator=BOB)
    assert refused.toast.notice.kind == "admins_only_short"

    done = [world.click(**button.value, operator=BOSS).toast.notice.kind for _ in range(2)]
    world.work()

    assert done == ["extra_granted", "extra_granted_before"]
    assert world.refusal() is None
    (unit,) = quota
    assert world.messenger.notices[-1][1].kind == f"extra_given_{unit}"
    assert len(world.messenger.notices) == 1


def test_it_can_be_asked_for_again_once_it_was_granted_and_used():
    world = AskingWorld()
    world.ask()
    (button,) = all_buttons(world.asked_card())
    world.click(**button.value, operator=BOSS)
    assert world.ask() == "extra_needless"

    world.use(3)

    assert world.ask() == "extra_asked"
    world.clock.tick(24 * HOUR)
    assert world.click(**button.value, operator=BOSS).toast.notice.kind == "extra_over"


def test_who_has_something_left_or_nobody_to_ask_is_told_so():
    world = AskingWorld()
    assert world.ask(operator=BOB) == "extra_needless"

    alone = BotWorld(limits=daily(person=Quota(questions=1)))
    alone.bind("om_notice")
    assert alone.click("ask_more", on="om_notice").toast.notice.kind == "extra_nobody"


def test_an_amount_that_no_card_was_built_with_grants_nothing():
    world = AskingWorld()
    world.ask()
    (button,) = all_buttons(world.asked_card())

    for odd in ({"amount": "nan"}, {"amount": "-5"}, {"unit": "days"}, {"period": "year"}):
        pressed = world.click(**{**button.value, **odd}, operator=BOSS)
        assert pressed.toast.notice.kind == "action_unknown", odd
    assert not world.usage.grants


# /grant


def test_a_grant_adds_to_todays_questions_and_says_what_holds():
    world = UsageWorld(person=Quota(questions=2))
    world.use(2)
    assert world.refusal() is not None

    world.grant("ou_alice 5", message_id="om_7")
    card = world.grant("@Al 2 50", mentions=(Mention("ou_alice", "Al 2"),))

    assert field_rows(card) == [
        ("grant_today", "grant_holds", {"limit": "57", "granted": "55"}),
        ("usage_left", "grant_left", {"left": "55"}),
    ]
    assert world.refusal() is None
    left = field_rows(world.card())[2]
    assert left == (
        "usage_left",
        "usage_left_granted",
        {"left": "55", "limit": "57", "granted": "55"},
    )
    world.clock.tick(24 * HOUR)
    assert world.quotas.of_person("ou_alice", "day").granted == Spending()


def test_the_same_message_grants_once_however_often_it_is_tried():
    world = UsageWorld(person=Quota(questions=2))

    for _ in range(3):
        world.grant("ou_alice 5")

    assert world.quotas.of_person("ou_alice", "day").granted.questions == 5


@pytest.mark.parametrize(
    "text", ["", "50", "ou_alice", "ou_alice 0", "ou_alice 10001", "ou_alice ou_bob 5", "Alice 5"]
)
def test_a_grant_needs_one_person_and_a_number(text):
    world = UsageWorld(person=Quota(questions=2))

    assert world.grant(text).kind == "grant_how"
    assert not world.usage.grants


def test_nothing_is_granted_where_nothing_is_limited():
    assert UsageWorld().grant("ou_alice 5").kind == "grant_needless"
    limited = UsageWorld(person=Quota(questions=2))
    assert limited.grant("ou_boss 5").kind == "grant_admin"
