"""Stand-ins for the ports of the core. They remember what they were told."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, NoReturn

from feishu_bot.core.administration.audit import Change
from feishu_bot.core.administration.overrides import Override
from feishu_bot.core.administration.sessions import Session
from feishu_bot.core.alerts import Alert
from feishu_bot.core.balance import KeyBalance
from feishu_bot.core.cards import Card
from feishu_bot.core.chat_model import (
    ChatMessage,
    Prompt,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
)
from feishu_bot.core.chats import ChatSettings
from feishu_bot.core.conversations import Conversation, ConversationKey, Turn
from feishu_bot.core.doctor import Finding, Report
from feishu_bot.core.feedback import DailyRatings, Feedback, Ratings
from feishu_bot.core.fetched_messages import FetchedMessage
from feishu_bot.core.history import PastConversation
from feishu_bot.core.jobs import Job, QueuedTask
from feishu_bot.core.limits import Spending, Window, WindowState
from feishu_bot.core.messages import BotIdentity, Sender, SentMessages
from feishu_bot.core.messenger import UNENDING, AnswerEdit, FinalAnswer
from feishu_bot.core.notices import Notice
from feishu_bot.core.own_roles import Kept, OwnRole
from feishu_bot.core.people import ErasureReport, Person
from feishu_bot.core.queue.admission import Admission
from feishu_bot.core.queue.concurrency_limits import NOBODY, Askers
from feishu_bot.core.queue.inbox import Renewal
from feishu_bot.core.quotas import sum_usage
from feishu_bot.core.roles import Role
from feishu_bot.core.usage import Usage, UsageRow, UsageTotal
from feishu_bot.errors import LeaseLost, TargetGone


def refuse(exc: Exception) -> Callable[..., NoReturn]:
    """A method of a port that fails, whatever it is given."""

    def call(*_: object, **__: object) -> NoReturn:
        raise exc

    return call


class FakeInbox:
    """An inbox in memory: one process, leases that never end unless `taken_over`."""

    def __init__(self) -> None:
        self.tasks: list[QueuedTask] = []
        self.clicks: set[str] = set()
        self.jobs: list[Job] = []
        self.checkpoints: dict[int, dict] = {}
        self.is_together = False
        self.progress: dict[int, str] = {}
        self.finished: dict[int, tuple] = {}
        self.released: list[Job] = []
        self.postponed: list[tuple[Job, float]] = []
        self.stopped: list[str] = []
        self.dropped: list[int] = []
        self.further: dict[int, tuple[Usage, ...]] = {}
        self.taken_over: set[int] = set()
        self.recalled: set[int] = set()
        self.to_stop: set[int] = set()
        self.refused: list[QueuedTask] = []
        self.waiting_cards: set[int] = set()
        self.doing: dict[ConversationKey, QueuedTask] = {}
        self._lock = threading.Lock()

    def put(self, task) -> bool:
        with self._lock:
            if any(task.dedupe_id == known.dedupe_id for known in self.tasks):
                return False
            self.tasks.append(task)
            self.jobs.append(Job.of(task, id=len(self.tasks), attempt=1, checkpoint={}))
            return True

    def put_if_room(self, task, most) -> Admission:
        own = [known for known in self.tasks if known.target.sender == task.target.sender]
        if len(own) >= most.person:
            return Admission.PERSON_FULL
        return Admission.TAKEN if self.put(task) else Admission.KNOWN

    def note_refused(self, task) -> None:
        self.refused.append(task)

    def open_task(self, dedupe_id):
        tasks = self.doing.values()
        return next((task for task in tasks if task.dedupe_id == dedupe_id), None)

    def claim_one(self, task_id: int) -> Job | None:
        with self._lock:
            found = next((job for job in self.jobs if job.id == task_id), None)
            self.jobs = [job for job in self.jobs if job is not found]
            return found

    def claim(self, limit: int, *, but: Askers = NOBODY, only_with_card: bool = False) -> list[Job]:
        with self._lock:
            jobs = [
                job
                for job in self.jobs
                if (job.has_waiting_card or not only_with_card)
                and job.target.sender.open_id not in but.people
                and job.key.chat_id not in but.chats
            ][:limit]
            self.jobs = [job for job in self.jobs if job not in jobs]
            return jobs

    def renew(self, progress=()) -> Renewal:
        self.keep_progress(progress)
        kept = frozenset(range(len(self.tasks) + 1)) - self.taken_over
        return Renewal(frozenset(self.taken_over), frozenset(self.to_stop), kept)

    def keep_progress(self, progress) -> None:
        for job, more in progress:
            self.progress[job.id] = self.progress.get(job.id, "") + more

    @contextmanager
    def together(self):
        self.is_together = True
        try:
            yield
        finally:
            self.is_together = False

    def checkpoint(self, job, state, *, is_waiting_card=False) -> None:
        if job.id in self.taken_over:
            raise LeaseLost
        self.checkpoints[job.id] = dict(state)
        self.waiting_cards.add(job.id) if is_waiting_card else self.waiting_cards.discard(job.id)

    def take_click(self, event_id) -> bool:
        is_new = event_id not in self.clicks
        self.clicks.add(event_id)
        return is_new

    def is_known(self, dedupe_id) -> bool:
        return any(dedupe_id == known.dedupe_id for known in self.tasks)

    def finish(self, job, outcome, turn, usage, *further) -> bool:
        if job.id in self.taken_over:
            raise LeaseLost
        self.finished[job.id] = (outcome, turn, usage)
        self.further[job.id] = further
        return job.id in self.recalled

    def release(self, jobs) -> None:
        with self._lock:
            self.released.extend(jobs)
            self.jobs = [job for job in jobs if job.id not in self.finished] + self.jobs

    def drop(self, job) -> None:
        self.dropped.append(job.id)

    def postpone(self, job, seconds) -> None:
        self.postponed.append((job, seconds))

    def stop(self, message_id) -> None:
        self.stopped.append(message_id)

    def running(self, key):
        return self.doing.get(key)

    def running_of(self, open_id, chat_id):
        return tuple(
            task
            for task in self.doing.values()
            if (task.target.sender.open_id, task.key.chat_id) == (open_id, chat_id)
        )

    def stop_event(self, event_id) -> bool:
        self.stopped.append(event_id)
        return True

    def ended_unanswered(self, dedupe_id) -> bool:
        return any(
            outcome in ("noticed", "failed")
            for number, (outcome, _, _) in self.finished.items()
            if self.tasks[number - 1].dedupe_id == dedupe_id
        )

    def sweep(self, before) -> int:
        return 0


class FakeConversations:
    """Conversations by key; `bound` is what the bot said where."""

    def __init__(self) -> None:
        self.stored: dict[ConversationKey, Conversation] = {}
        self.bound: list[tuple[ConversationKey, SentMessages]] = []
        self.shown_more: dict[str, int] = {}
        self.cleared: list[ConversationKey] = []
        self.heads: dict[ConversationKey, int] = {}
        # Turns that were cleared, or ended by themselves.
        self.reachable: set[int] = set()

    def resolve(self, message) -> ConversationKey:
        return ConversationKey(
            message.chat_id, message.root_id or message.thread_id or message.message_id
        )

    def exists(self, key) -> bool:
        return key in self.stored

    def key_of(self, message_id) -> ConversationKey | None:
        return next((key for key, sent in self.bound if message_id in sent.message_ids), None)

    def load(self, key, parent_id="") -> Conversation:
        return self.stored.get(key, Conversation(key=key))

    def clear(self, key) -> None:
        self.cleared.append(key)

    def turn_of(self, message_id) -> Turn | None:
        turns = (turn for one in self.stored.values() for turn in one.turns)
        number = self.shown_more.get(message_id)
        return next(
            (t for t in turns if message_id in (*t.answer_ids, t.question_id) or t.id == number),
            None,
        )

    def answers_to(self, question_id) -> tuple[str, ...]:
        turns = (turn for one in self.stored.values() for turn in one.turns)
        return tuple(t.answer_ids[-1] for t in turns if t.question_id == question_id)

    def card_of(self, message_id) -> str:
        cards = (sent.card_ids.get(message_id, "") for _, sent in self.bound)
        return next(filter(None, cards), "")

    def tree(self, key, *, whole=False) -> tuple[Turn, ...]:
        return self.load(key).turns

    def newest(self, chat_id) -> ConversationKey | None:
        keys = (key for key, one in self.stored.items() if one.turns and key.chat_id == chat_id)
        return max(keys, key=lambda key: self.stored[key].turns[-1].id, default=None)

    def go_on_from(self, key, turn_id) -> bool:
        if turn_id not in self.reachable.union(turn.id for turn in self.load(key).turns):
            return False
        self.heads[key] = turn_id
        return True

    def save_settings(self, key, **settings) -> None:
        given = {name: value for name, value in settings.items() if value is not None}
        self.stored[key] = replace(self.load(key), **given)

    def set_kind(self, key, kind) -> None:
        self.stored[key] = replace(self.load(key), kind=kind)

    def bind(self, key, sent, turn=None) -> None:
        self.bound.append((key, sent))
        self.shown_more.update((message_id, turn) for message_id in sent.message_ids if turn)

    def sweep(self, before) -> int:
        return 0


class FakeChats:
    """Settings of chats in memory."""

    def __init__(self) -> None:
        self.stored: dict[str, ChatSettings] = {}

    def settings(self, chat_id) -> ChatSettings:
        return self.stored.get(chat_id, ChatSettings())

    def save(self, chat_id, **settings) -> None:
        given = {name: value for name, value in settings.items() if value is not None}
        self.stored[chat_id] = replace(self.settings(chat_id), **given)


class FakePeople:
    """People in memory."""

    def __init__(self) -> None:
        self.stored: dict[str, Person] = {}
        self.met: set[str] = set()
        self.forgotten: list[tuple[str, float]] = []

    def get(self, open_id) -> Person:
        return self.stored.get(open_id, Person(open_id=open_id))

    def set_language(self, open_id, language) -> None:
        self.stored[open_id] = replace(self.get(open_id), language=language)

    def set_favourite(self, open_id, model) -> None:
        self.stored[open_id] = replace(self.get(open_id), favourite=model)

    def block(self, open_id, *, blocked) -> None:
        self.stored[open_id] = replace(self.get(open_id), is_blocked=blocked)

    def meet(self, open_id, private_chat="") -> bool:
        is_new = open_id not in self.met
        self.met.add(open_id)
        if private_chat:
            self.stored[open_id] = replace(self.get(open_id), private_chat=private_chat)
        return is_new

    def forget(self, open_id, *, keep_usage_since) -> ErasureReport:
        self.forgotten.append((open_id, keep_usage_since))
        return ErasureReport(turns=2, usage=3, feedback=1)


class FakeUsage:
    """Usages to sum up, and grants by person and day."""

    def __init__(self) -> None:
        self.used: list[Usage] = []
        self.grants: dict[tuple[str, str], Spending] = {}
        self.granting: set[str] = set()

    def totals(self, since, *, open_id=None, chat_id=None) -> list[UsageTotal]:
        used = [
            item
            for item in self.used
            if item.created_at >= since
            and open_id in (None, item.open_id)
            and chat_id in (None, item.chat_id)
        ]
        return sorted(_totals(used, lambda item: item.model), key=lambda total: total.name)

    def people(self, since, limit) -> list[UsageTotal]:
        used = [item for item in self.used if item.created_at >= since]
        totals = _totals(used, lambda item: item.open_id)
        return sorted(totals, key=lambda total: (-total.tokens, total.name))[:limit]

    def count_people(self, since) -> int:
        return len({item.open_id for item in self.used if item.created_at >= since})

    def grouped(self, starts, by, limit) -> list[UsageRow]:
        def group(item: Usage) -> tuple:
            day = sum(item.created_at >= start for start in starts[1:])
            names = {
                "day": day, "person": item.open_id, "chat": item.chat_id, "model": item.model,
            }  # fmt: skip
            return tuple((one, names[one]) for one in by)

        used = [item for item in self.used if item.created_at >= starts[0]]
        totals = [(total.name, replace(total, name="")) for total in _totals(used, group)]
        rows = [UsageRow(total=total, **dict(names)) for names, total in totals]
        return sorted(rows, key=lambda row: (row.day, -row.total.tokens))[:limit]

    def grant(self, subject, period, more, granted_by, *, message_id) -> bool:
        if message_id in self.granting:
            return False
        self.granting.add(message_id)
        self.grants[subject, period] = self.granted(subject, period) + more
        return True

    def granted(self, subject, period) -> Spending:
        return self.grants.get((subject, period), Spending())


class FakeReservations:
    """What jobs have reserved, over what `usage` tells; `ended` jobs have nothing reserved."""

    def __init__(self, usage: FakeUsage, ended: Callable[[], Any] = tuple) -> None:
        self.usage = usage
        self.reserved: dict[int, tuple[Job, Spending]] = {}
        self._ended = ended

    def reserve(self, job, expected, windows) -> tuple[WindowState, ...]:
        self.reserved.pop(job.id, None)
        states = self.states(windows)
        if any(state.spoken_for for state in states):
            return states
        self.reserved[job.id] = (job, expected)
        return ()

    def states(self, windows) -> tuple[WindowState, ...]:
        return tuple(map(self._state, windows))

    def _state(self, window: Window) -> WindowState:
        which = {"person": "open_id", "chat": "chat_id"}.get(window.limit.whose)
        subject = {which: window.subject} if which else {}
        reserved = Spending()
        for number, (job, expected) in self.reserved.items():
            own = {"person": job.target.sender.open_id, "chat": job.target.chat_id}
            if number not in self._ended() and own.get(window.limit.whose) in (
                None,
                window.subject,
            ):
                reserved += expected
        return WindowState(
            window=window,
            spent=sum_usage(self.usage.totals(window.since, **subject)),
            reserved=reserved,
            granted=self.usage.granted(window.subject, window.name),
        )


def _totals(used: list[Usage], name_of: Callable[[Usage], Any]) -> list[UsageTotal]:
    # A test that wants many answers lists the same one many times: look at it once.
    times = Counter(map(id, used))
    used_by_name: dict[Any, list[tuple[int, Usage]]] = {}
    for item in {id(item): item for item in used}.values():
        used_by_name.setdefault(name_of(item), []).append((times[id(item)], item))
    return [
        UsageTotal(
            name=name,
            answers=sum(
                count
                for count, item in items
                if item.outcome in ("answered", "stopped")
                and item.prompt_tokens + item.completion_tokens + item.pictures
            ),
            prompt_tokens=sum(count * item.prompt_tokens for count, item in items),
            completion_tokens=sum(count * item.completion_tokens for count, item in items),
            cost=sum(count * item.cost for count, item in items),
            pictures=sum(count * item.pictures for count, item in items),
            audio_seconds=sum(count * item.audio_seconds for count, item in items),
            files=sum(count * item.files for count, item in items),
        )
        for name, items in used_by_name.items()
    ]


class FakeFeedback:
    """What people said, by answer and person; `clock` dates it."""

    def __init__(self, clock: Callable[[], float] = lambda: 1_000.0) -> None:
        self.kept: dict[tuple[str, str], Feedback] = {}
        self.clock = clock

    @property
    def stored(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Verdict and comment by answer and person."""
        return {which: (one.verdict, one.comment) for which, one in self.kept.items()}

    def save(self, answer, open_id, verdict, comment="") -> None:
        self.kept[answer.message_id, open_id] = Feedback(
            answer=answer,
            open_id=open_id,
            verdict=verdict,
            comment=comment,
            created_at=self.clock(),
        )

    def toggle(self, answer, open_id, verdict) -> bool:
        which = (answer.message_id, open_id)
        if which in self.kept and self.kept[which].verdict == verdict:
            del self.kept[which]
            return False
        self.save(answer, open_id, verdict)
        return True

    def ratings(self, message_id) -> Ratings:
        said = [one.verdict for one in self.kept.values() if one.answer.message_id == message_id]
        return Ratings(up=said.count("up"), down=said.count("down"))

    def by_day(self, starts) -> list[DailyRatings]:
        found: dict[tuple[int, str], list[str]] = {}
        for one in self.newest(starts[0], len(self.kept)):
            day = sum(one.created_at >= start for start in starts[1:])
            found.setdefault((day, one.answer.model), []).append(one.verdict)
        return [
            DailyRatings(
                day=day, model=model, ratings=Ratings(up=said.count("up"), down=said.count("down"))
            )
            for (day, model), said in sorted(found.items())
        ]

    def newest(self, since, limit, *, comments_only=False) -> list[Feedback]:
        found = [
            one
            for one in self.kept.values()
            if one.created_at >= since and (one.comment or not comments_only)
        ]
        return sorted(found, key=lambda one: -one.created_at)[:limit]


class FakeOwnRoles:
    """Own roles, by person and id."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, int], OwnRole] = {}
        # What was kept once: here every prompt may still be played.
        self.given_up: set[str] = set()
        self._ids = itertools.count(1)

    def of(self, open_id) -> tuple[OwnRole, ...]:
        return tuple(role for (person, _), role in self.stored.items() if person == open_id)

    def find(self, open_id, role_id) -> OwnRole | None:
        return self.stored.get((open_id, role_id))

    def save(self, open_id, name, prompt, *, most) -> Kept:
        known = next((role for role in self.of(open_id) if role.name == name), None)
        if known is None and len(self.of(open_id)) >= most:
            return "full"
        role_id = known.id if known else next(self._ids)
        self.stored[open_id, role_id] = OwnRole(id=role_id, name=name, prompt=prompt)
        return "replaced" if known else "saved"

    def change(self, open_id, role_id, name, prompt) -> bool:
        others = [role.name for role in self.of(open_id) if role.id != role_id]
        if (open_id, role_id) not in self.stored or name in others:
            return False
        self.given_up.add(self.stored[open_id, role_id].prompt)
        self.stored[open_id, role_id] = OwnRole(id=role_id, name=name, prompt=prompt)
        return True

    def delete(self, open_id, role_id) -> bool:
        gone = self.stored.pop((open_id, role_id), None)
        if gone:
            self.given_up.add(gone.prompt)
        return gone is not None

    def keepers(self, prompt) -> frozenset[str]:
        keepers = {who for (who, _), role in self.stored.items() if role.prompt == prompt}
        return frozenset(keepers | {""} if prompt in self.given_up else keepers)


class FakeHistory:
    """The conversations of people, newest first, as they are put in."""

    def __init__(self) -> None:
        self.stored: dict[str, list[PastConversation]] = {}
        self.searched: list[tuple[str, ...]] = []
        self.titles: dict[int, str] = {}

    def newest(self, open_id, *, chat_id="", limit, skip=0) -> list[PastConversation]:
        theirs = self.stored.get(open_id, [])
        there = [one for one in theirs if chat_id in ("", one.key.chat_id)]
        return there[skip : skip + limit]

    def search(self, open_id, words, *, chat_id="", limit, skip=0) -> list[PastConversation]:
        self.searched.append(tuple(words))
        return [
            replace(one, found=one.asked)
            for one in self.newest(open_id, chat_id=chat_id, limit=10_000)
            if all(word in one.asked.question for word in words)
        ][skip : skip + limit]

    def find(self, open_id, origin, *, chat_id="") -> PastConversation | None:
        there = self.newest(open_id, chat_id=chat_id, limit=10_000)
        return next((one for one in there if one.origin == origin), None)

    def set_title(self, turn_id, title) -> None:
        self.titles[turn_id] = title


class RecordedAnswer:
    """An answer on an imaginary screen."""

    def __init__(self, checkpoint, failure: Exception | None) -> None:
        self.checkpoint = checkpoint
        self.text = ""
        self.reasoning = ""
        self.pictures: dict[str, str] = {}
        self.ending: FinalAnswer | None = None
        self.abandoned = self.is_held = False
        self.waiting = 0
        self.drawing: list[int] = []
        self.on_write: Callable[[], None] = lambda: None
        self._failure = failure

    def write(self, text: str = "", reasoning: str = "") -> None:
        self.text += text
        self.reasoning += reasoning
        self.on_write()

    def rewrite(self, text: str = "", reasoning: str = "") -> None:
        self.text, self.reasoning = text, reasoning
        self.on_write()

    def add_picture(self, target: str, key: str) -> None:
        self.pictures[target] = key

    def tell_waiting(self, messages: int) -> None:
        self.waiting = messages

    def tell_drawing(self, seconds: int) -> None:
        self.drawing.append(seconds)

    def tell_heard(self, text) -> None:
        self.heard = text

    def hold(self) -> None:
        self.is_held = True

    def finish(self, ending: FinalAnswer) -> SentMessages:
        if self._failure:
            raise self._failure
        self.ending = ending
        return SentMessages(("om_answer",), "omt_1")

    def abandon(self) -> None:
        self.abandoned = True

    @property
    def is_over(self) -> bool:
        return isinstance(self._failure, TargetGone)


class RecordingMessenger:
    """Remembers all that is sent; `failure` is raised instead."""

    def __init__(self) -> None:
        self.answers: list[RecordedAnswer] = []
        self.notices: list[tuple[str, Notice, str]] = []
        self.cards: list[tuple[str, Card, str]] = []
        self.files: list[tuple[str, bytes]] = []
        self.voices: list[tuple[bytes, int]] = []
        self.pictures: list[bytes] = []
        self.edits: list[tuple[str, str, AnswerEdit]] = []
        self.failure: Exception | None = None
        self.bot = BotIdentity("cli_1", "ou_bot", "Bot")
        self.on_write: Callable[[RecordedAnswer], None] = lambda answer: None

    def open_answer(
        self,
        target,
        *,
        key,
        reference,
        checkpoint,
        save,
        position="",
        has_text=False,
        lease=UNENDING,
    ) -> RecordedAnswer:
        answer = RecordedAnswer(checkpoint, self.failure)
        answer.position, answer.has_text = position, has_text
        answer.on_write = lambda: self.on_write(answer)
        self.answers.append(answer)
        save({"cards": [{"card_id": "c1"}]}, SentMessages(("om_answer",), "omt_1"))
        return answer

    def notify(self, target, notice, *, key, reference) -> SentMessages:
        if self.failure:
            raise self.failure
        self.notices.append((target.message_id, notice, reference))
        return SentMessages(("om_notice",))

    def show(self, target, card, *, key, reference) -> SentMessages:
        if self.failure:
            raise self.failure
        self.cards.append((target.message_id, card, reference))
        return SentMessages(("om_card",))

    def send_file(self, target, name, data, *, reference) -> SentMessages:
        if self.failure:
            raise self.failure
        self.files.append((name, data))
        return SentMessages(("om_file",))

    def send_voice(self, target, data, milliseconds, *, reference) -> SentMessages:
        if self.failure:
            raise self.failure
        self.voices.append((data, milliseconds))
        return SentMessages(("om_voice",))

    def upload_picture(self, data, *, patience=120.0) -> str:
        if self.failure:
            raise self.failure
        self.pictures.append(data)
        return f"img_{len(self.pictures)}"

    def edit_answer(self, target, message_id, card_id, edit, *, key) -> None:
        if self.failure:
            raise self.failure
        self.edits.append((message_id, card_id, edit))

    def identity(self) -> BotIdentity:
        return self.bot

    @property
    def notice_kinds(self) -> list[str]:
        """What was said in notices, in order."""
        return [notice.kind for _, notice, _ in self.notices]

    @property
    def last_card(self) -> Card:
        """The card that was shown last."""
        return self.cards[-1][1]


class FakeRoles:
    """A list of two categories; titles differ by language, ids don't."""

    CATEGORIES: ClassVar = {"zh": ("写作", "生活"), "en": ("Writing", "Life")}

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.long = "x"

    def categories(self, language) -> tuple[str, ...]:
        return self.CATEGORIES[language]

    def of(self, category, language) -> tuple[Role, ...]:
        ids = dict(zip(self.CATEGORIES[language], (("poet", "critic"), ("cook",)), strict=True))
        found = (self.find(role_id, language) for role_id in ids.get(category, ()))
        return tuple(role for role in found if role)

    def find(self, role_id, language) -> Role | None:
        place = {"poet": 0, "critic": 0, "cook": 1}.get(role_id)
        if place is None or role_id in self.gone:
            return None
        content = self.long if role_id == "critic" else f"You are a {role_id}, in {language}."
        example = "" if role_id == "cook" else f"Example for a {role_id}"
        return Role(
            id=role_id,
            title=f"{role_id}-{language}",
            content=content,
            category=self.CATEGORIES[language][place],
            example=example,
        )


class FakeModels:
    """What a gateway offers, or `failure`."""

    def __init__(self, *names: str) -> None:
        self.names = names or ("gpt-a", "gpt-b", "deepseek-c")
        self.failure: Exception | None = None

    def offered(self) -> tuple[str, ...]:
        if self.failure:
            raise self.failure
        return self.names

    def default(self) -> str:
        return self.offered()[0]

    def allows(self, name) -> bool:
        return name in self.names

    def known(self, name) -> str:
        return name if name in self.names else ""


class ScriptedModel:
    """Answers as it is told, in order; an exception in a script is raised at its place."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        self._scripts: list[list[StreamEvent | Exception]] = []

    def enqueue(self, *events: StreamEvent | Exception) -> None:
        self._scripts.append(list(events))

    def enqueue_text(self, *texts: str) -> None:
        end = StreamEnd("stop", prompt_tokens=30, completion_tokens=12)
        self.enqueue(StreamStart("gpt-x", "req-1"), *map(TextDelta, texts), end)

    def stream(self, prompt: Prompt, is_cancelled=lambda: False) -> Iterator[StreamEvent]:
        self.prompts.append(prompt)
        for event in self._scripts.pop(0):
            if isinstance(event, Exception):
                raise event
            yield event

    @property
    def last_messages(self) -> tuple[ChatMessage, ...]:
        return self.prompts[-1].messages


class FakeUserDirectory:
    """Names that are known, and those that are learned."""

    def __init__(self, **known: str) -> None:
        self.known = known
        self.learned: dict[str, str] = {}

    def of(self, open_id) -> str:
        return self.known.get(open_id) or self.learned.get(open_id, "")

    def learn(self, open_id, name) -> None:
        self.learned[open_id] = name


class FakeReader:
    """Messages that Feishu keeps, all in one thread; `asked` is what was looked for."""

    def __init__(self, *messages: FetchedMessage) -> None:
        self.chat_names: dict[str, str] = {}
        self.messages = messages
        self.asked: list[str] = []

    def quoted(self, message_id) -> FetchedMessage | None:
        self.asked.append(message_id)
        return next((one for one in self.messages if one.message_id == message_id), None)

    def chat_name(self, chat_id) -> str:
        return self.chat_names.get(chat_id, "")

    def thread(self, thread_id) -> tuple[FetchedMessage, ...]:
        self.asked.append(thread_id)
        return self.messages


class FakeBalance:
    """Whatever keys there are."""

    def __init__(self, *keys: KeyBalance) -> None:
        self.keys = keys

    def of_keys(self) -> tuple[KeyBalance, ...]:
        return self.keys


class FakeDoctor:
    """Finds what it is told to."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        self.times = 0

    def examine(self) -> Report:
        self.times += 1
        return Report(version="1.0", at=1_000.0, findings=self.findings)


class FakePrices:
    """A currency, and one price for every token, picture and second of speech."""

    def __init__(self, currency: str = "", each: float = 0.0) -> None:
        self.currency = currency
        self.each = each

    def cost(self, model, prompt_tokens, completion_tokens) -> float:
        return self.each * (prompt_tokens + completion_tokens)

    def picture_cost(self, model, pictures, prompt_tokens=0, completion_tokens=0) -> float:
        return self.each * (pictures + prompt_tokens + completion_tokens)

    def audio_cost(self, model, seconds) -> float:
        return self.each * seconds


class FakeAlerts:
    """What was noted for the admins, and who had read it."""

    def __init__(self) -> None:
        self.noted: list[tuple[Alert, Sender | None]] = []

    def note(self, alert, *, seen_by=None) -> None:
        self.noted.append((alert, seen_by))


class FakeAuditLog:
    """Every change, in the order in which they were made."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def add(self, change) -> None:
        self.changes.append(change)

    def newest(self, limit, *, skipped=0):
        return tuple(self.changes[::-1][skipped : skipped + limit])


class FakeSessions:
    """Sessions and links, in memory."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        # The ids of each link, when it was made, and whether it was used.
        self.links: dict[str, tuple[tuple[str, ...], float, bool]] = {}

    def add(self, token_hash, session) -> None:
        self.sessions[token_hash] = session

    def find(self, token_hash):
        return self.sessions.get(token_hash)

    def touch(self, token_hash, now) -> None:
        self.sessions[token_hash] = replace(self.sessions[token_hash], seen_at=now)

    def end(self, token_hash) -> None:
        self.sessions.pop(token_hash, None)

    def end_all(self) -> None:
        self.sessions.clear()
        self.links.clear()

    def add_link(self, token_hash, ids, now) -> None:
        self.links[token_hash] = ids, now, False

    def take_link(self, token_hash, since, now):
        ids, made_at, is_used = self.links.get(token_hash, ((), 0.0, True))
        if is_used or made_at < since:
            return None
        self.links[token_hash] = ids, made_at, True
        return ids

    def has_links(self, since) -> bool:
        return any(made_at >= since for _, made_at, _ in self.links.values())


class FakeOverrides:
    """What was changed, by section and name; the changes go to `audit`."""

    def __init__(self, audit=None) -> None:
        self.audit = audit or FakeAuditLog()
        self.sections: dict[str, dict[str, Override]] = {}
        self.watching: list[Callable[[], None]] = []

    def of(self, section):
        return self.sections.setdefault(section, {})

    def watch(self, take) -> None:
        self.watching.append(take)
        take()

    def put(self, section, name, value, change) -> None:
        held = dict(self.of(section))
        held.pop(name, None)
        if value is not None:
            held[name] = Override(value=value, changed_by=change.actor)
        self.sections[section] = held
        self.audit.add(change)
        for take in self.watching:
            take()
