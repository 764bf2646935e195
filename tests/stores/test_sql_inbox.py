from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.jobs import Job
from feishu_bot.core.queue.concurrency_limits import Askers
from feishu_bot.core.queue.inbox import Renewal
from feishu_bot.core.tasks import (
    AskQuestion,
    MakeTitle,
    MarkRatings,
    MarkRecalled,
    ShowFollowUps,
    SuggestFollowUps,
)
from feishu_bot.core.usage import Usage
from feishu_bot.errors import LeaseLost
from feishu_bot.stores import Database, SqlConversations, SqlInbox, SqlUsage, WorkerId
from feishu_bot.stores.inbox_rows import FORGIVEN_CRASHES
from feishu_bot.stores.schema import inbox as table
from tests.open_jobs import open_jobs
from tests.polling import Clock

LEASE = 30.0


def message_ids(jobs) -> list[str]:
    return [job.target.message_id for job in jobs]


def renewal(*, lost=(), stopped=(), kept=()) -> Renewal:
    return Renewal(lost=frozenset(lost), stopped=frozenset(stopped), kept=frozenset(kept))


def turn_of(job, **changes: Any) -> Turn:
    question = job.message
    turn = Turn(question=question.text, answer="yes", question_id=question.message_id)
    return replace(turn, **changes)


def let_lease_end(by: SqlInbox, clock) -> None:
    """Nobody renews what is running, as this process sees for longer than a lease."""
    by.renew()
    clock.tick(LEASE + 1)
    by.renew()


def only_row(database: Database) -> sa.Row[Any]:
    with database.read() as connection:
        return connection.execute(sa.select(table)).one()


class TestInbox:
    @pytest.fixture
    def inbox(self, database: Database, clock) -> SqlInbox:
        return SqlInbox(database, worker=WorkerId(), lease_seconds=LEASE, clock=clock, timer=clock)

    @pytest.fixture
    def other(self, other_database: Database, clock) -> SqlInbox:
        """The inbox of a second process."""
        return SqlInbox(
            other_database, worker=WorkerId(), lease_seconds=LEASE, clock=clock, timer=clock
        )

    @pytest.fixture
    def conversations(self, database: Database, clock) -> SqlConversations:
        return SqlConversations(database, ttl_seconds=3600.0, clock=clock)

    def test_who_has_their_share_is_left_out_but_not_what_a_dead_process_has_begun(
        self, inbox, other, make_task, clock
    ) -> None:
        for number in (1, 2):
            inbox.put(make_task(number, root=f"om_root_{number}"))
        assert len(inbox.claim(1)) == 1

        for askers in (
            Askers(people=frozenset({"ou_1"})),
            Askers(chats=frozenset({"oc_1"}), people=frozenset({"ou_2", "ou_3"})),
        ):
            assert other.claim(9, but=askers) == []
        other.renew()
        clock.tick(LEASE + 1.0)
        other.renew()
        (taken,) = other.claim(9, but=askers)
        assert taken.fencing_token == 2
        (waited,) = other.claim(9, but=Askers(people=frozenset({"ou_2"})))
        assert waited.attempt == 1

    # What goes in, and what becomes of it before its turn

    def test_what_waits_is_replaced_and_what_has_begun_is_not(self, inbox, make_task) -> None:
        first, second = make_task(1), make_task(2)
        changed = replace(second, event_id="ev_edit", task=AskQuestion(text="edited"))
        for task in (first, second):
            inbox.put(task)

        assert inbox.replace(changed)
        assert inbox.open_task(second.dedupe_id).task.text == "edited"

        (running,) = inbox.claim(5)
        assert not inbox.replace(replace(first, task=changed.task))
        inbox.finish(running, "answered", None, None)
        (job,) = inbox.claim(5)
        assert (job.task.text, job.event_id) == ("edited", second.event_id)

    def test_what_another_process_has_begun_to_show_is_not_replaced(self, inbox, make_task) -> None:
        task = make_task(1)
        inbox.put(task)
        (job,) = inbox.claim(1)
        inbox.checkpoint(job, {"card": {}})
        inbox.release([job])

        assert not inbox.replace(task)

    def test_a_click_is_taken_once_and_may_still_ask_for_something(self, inbox, make_task) -> None:
        click = replace(make_task(1), event_id="ev_click", dedupe_id="click:ev_click")

        assert [inbox.take_click("ev_click") for _ in range(2)] == [True, False]
        assert inbox.put(click)
        assert inbox.take_click("ev_other")
        assert [job.event_id for job in inbox.claim(5)] == ["ev_click"]

    def test_what_is_recalled_before_it_comes_is_not_done(self, inbox, make_task) -> None:
        task = make_task(1)
        inbox.stop(task.target.message_id)

        assert not inbox.put(task)
        assert inbox.claim(5) == []

    def test_a_task_is_known_after_its_end(self, inbox, make_task) -> None:
        task = make_task(1)
        assert not inbox.is_known(task.dedupe_id)
        inbox.put(task)
        (job,) = inbox.claim(1)
        assert inbox.open_task(task.dedupe_id) == task

        inbox.finish(job, "answered", None, None)

        assert inbox.is_known(task.dedupe_id)
        assert inbox.open_task(task.dedupe_id) is None
        assert not inbox.replace(task)

    def test_a_claimed_job_carries_its_event(self, inbox, make_task) -> None:
        event = make_task(1)
        inbox.put(event)

        (job,) = inbox.claim(5)

        assert job == Job.of(event, id=job.id, attempt=1, checkpoint={})

    def test_any_text_comes_back_as_it_was(self, inbox, make_task) -> None:
        event = make_task(1)
        text = "你好 \0 \ud83d 🙂 ' \" \\"
        event = replace(event, task=replace(event.task, text=text))
        inbox.put(event)

        assert inbox.claim(1)[0].task.text == text

    @pytest.mark.parametrize(
        ("outcome", "unanswered"),
        [("answered", False), ("stopped", False), ("noticed", True), ("failed", True)],
    )
    def test_it_is_known_what_came_to_no_answer(
        self, inbox, make_task, outcome, unanswered
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        assert not inbox.ended_unanswered(job.dedupe_id)

        inbox.finish(job, outcome, None, None)

        assert inbox.ended_unanswered(job.dedupe_id) is unanswered
        assert not inbox.ended_unanswered("om_unknown")

    def test_an_event_id_is_taken_in_once(self, inbox, make_task) -> None:
        assert inbox.put(make_task(1))
        assert not inbox.put(replace(make_task(2), event_id="ev_1"))

    def test_a_message_under_another_event_id_is_taken_in_once(self, inbox, make_task) -> None:
        assert inbox.put(make_task(1))
        assert not inbox.put(replace(make_task(1), event_id="ev_2"))

    @pytest.mark.parametrize("same", ["event_id", "dedupe_id"])
    def test_of_sixteen_deliveries_at_once_one_is_taken_in(
        self, inbox, other, database, make_task, same
    ) -> None:
        start = threading.Barrier(16)

        def put(number: int) -> bool:
            event = replace(make_task(number), **{same: "the same"})
            start.wait()
            return (inbox, other)[number % 2].put(event)

        with ThreadPoolExecutor(16) as pool:
            taken = list(pool.map(put, range(16)))

        assert taken.count(True) == 1
        assert open_jobs(database) == 1

    def test_a_repeat_of_a_done_event_is_known(self, inbox, make_task) -> None:
        inbox.put(make_task(1))
        inbox.finish(inbox.claim(1)[0], "answered", None, None)

        assert not inbox.put(make_task(1))
        assert inbox.claim(1) == []

    # Order

    def test_the_oldest_message_comes_first(self, inbox, make_task) -> None:
        for number in (3, 1, 2):
            inbox.put(make_task(number, root=f"om_{number}"))

        assert message_ids(inbox.claim(2)) == ["om_1", "om_2"]
        assert message_ids(inbox.claim(2)) == ["om_3"]

    def test_messages_of_the_same_time_come_as_they_were_put(self, inbox, make_task) -> None:
        for number in (2, 1):
            inbox.put(make_task(number, root=f"om_{number}", at=5.0))

        assert message_ids(inbox.claim(2)) == ["om_2", "om_1"]

    def test_a_conversation_has_one_job_at_a_time(self, inbox, other, make_task) -> None:
        for number in (1, 2):
            inbox.put(make_task(number))

        assert message_ids(inbox.claim(2)) == ["om_1"]
        assert other.claim(2) == []

    @pytest.mark.parametrize("outcome", ["answered", "noticed", "stopped", "failed"])
    def test_an_ended_job_frees_its_conversation(self, inbox, make_task, outcome) -> None:
        for number in (1, 2):
            inbox.put(make_task(number))

        inbox.finish(inbox.claim(1)[0], outcome, None, None)

        assert message_ids(inbox.claim(1)) == ["om_2"]

    def test_a_late_older_message_waits_for_the_running_one(self, inbox, make_task) -> None:
        inbox.put(make_task(2))
        (running,) = inbox.claim(1)
        inbox.put(make_task(1))

        assert inbox.claim(1) == []

        inbox.finish(running, "answered", None, None)

        assert message_ids(inbox.claim(1)) == ["om_1"]

    def test_two_processes_answer_everything_in_order(
        self, inbox, other, database, make_task
    ) -> None:
        roots = [f"om_root_{number}" for number in range(6)]
        total = 20 * len(roots)
        answered: dict[str, list[float]] = defaultdict(list)
        running: set[str] = set()
        overlaps: list[str] = []
        lock = threading.Lock()

        def put(root: str) -> None:
            for number in range(1, 21):
                event = make_task(number, root=root)
                taken_in = replace(event, event_id=f"{root} {number}", dedupe_id=f"{root} {number}")
                assert inbox.put(taken_in)

        def work(number: int) -> None:
            mine = (inbox, other)[number % 2]
            while True:
                jobs = mine.claim(2)
                with lock:
                    for job in jobs:
                        root = job.key.root
                        overlaps.extend({root} & running)
                        running.add(root)
                        answered[root].append(job.created_at)
                for job in jobs:
                    with lock:
                        running.discard(job.key.root)
                    mine.finish(job, "answered", turn_of(job), None)
                if sum(map(len, answered.values())) == total:
                    return

        with ThreadPoolExecutor(len(roots) + 8) as pool:
            waiting = [pool.submit(put, root) for root in roots]
            waiting += [pool.submit(work, number) for number in range(8)]
            for future in waiting:
                future.result()

        assert overlaps == []
        assert answered == {root: [float(number) for number in range(1, 21)] for root in roots}
        assert open_jobs(database) == 0

    def test_two_real_processes_answer_everything_once(
        self, inbox, make_task, url, start_process
    ) -> None:
        for number in range(60):
            inbox.put(make_task(number, root=f"om_root_{number % 7}"))
        processes = [start_process("drain", url) for _ in range(2)]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2

        for process in processes:
            process.go()
        answered = [process.rest().split() for process in processes]

        assert sorted(answered[0] + answered[1]) == sorted(f"om_{number}" for number in range(60))
        assert [process.poll() for process in processes] == [0, 0]

    # Leases

    def test_a_running_job_is_not_claimed_again(self, inbox, other, make_task, clock) -> None:
        inbox.put(make_task(1))
        inbox.claim(1)

        clock.tick(LEASE - 1)

        assert other.claim(1) == []

    def test_a_lease_that_has_ended_is_taken_over(self, inbox, other, make_task, clock) -> None:
        inbox.put(make_task(1))
        inbox.checkpoint(inbox.claim(1)[0], {"card_id": "card"})

        let_lease_end(other, clock)
        (job,) = other.claim(1)

        assert (job.fencing_token, job.checkpoint) == (2, {"card_id": "card"})

    def test_a_renewed_lease_is_kept(self, inbox, other, make_task, clock) -> None:
        inbox.put(make_task(1))
        inbox.claim(1)
        clock.tick(LEASE - 1)

        assert inbox.renew() == renewal(kept=[1])

        clock.tick(LEASE - 1)
        assert other.claim(1) == []

    def test_a_process_that_slept_takes_its_own_jobs_back(
        self, inbox, other, make_task, clock
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)

        clock.tick(LEASE * 10)

        assert inbox.claim(1) == []
        assert other.claim(1) == []
        inbox.finish(job, "answered", None, None)

    def test_a_claim_that_never_arrived_comes_to_an_end(
        self, inbox, database, make_task, clock
    ) -> None:
        worker = WorkerId()
        inbox.put(make_task(1))
        # The answer to the first claim was lost on its way: the process knows nothing of the job.
        SqlInbox(database, worker=worker, lease_seconds=LEASE, clock=clock, timer=clock).claim(1)
        survivor = SqlInbox(database, worker=worker, lease_seconds=LEASE, clock=clock, timer=clock)

        let_lease_end(survivor, clock)

        assert message_ids(survivor.claim(1)) == ["om_1"]

    def test_a_lost_job_is_named_once(self, inbox, other, make_task, clock) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        let_lease_end(other, clock)
        other.claim(1)

        assert inbox.renew() == renewal(lost=[job.id])
        assert inbox.renew() == renewal()

    def test_a_finished_job_is_not_lost(self, inbox, make_task) -> None:
        inbox.put(make_task(1))
        inbox.finish(inbox.claim(1)[0], "answered", None, None)

        assert inbox.renew() == renewal()

    def test_a_lost_job_cannot_be_checkpointed(self, inbox, other, make_task, clock) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        let_lease_end(other, clock)
        other.claim(1)

        with pytest.raises(LeaseLost):
            inbox.checkpoint(job, {"card_id": "card"})

    def test_a_lost_job_cannot_be_finished(
        self, inbox, other, conversations, make_task, clock
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        let_lease_end(other, clock)
        (taken_over,) = other.claim(1)

        with pytest.raises(LeaseLost):
            inbox.finish(job, "answered", turn_of(job, answer="mine"), None)

        other.finish(taken_over, "answered", turn_of(job, answer="theirs"), None)
        turns = conversations.load(job.key).turns
        assert [turn.answer for turn in turns] == ["theirs"]

    def test_a_job_is_finished_once(self, inbox, make_task) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.finish(job, "answered", None, None)

        with pytest.raises(LeaseLost):
            inbox.finish(job, "answered", None, None)

    @pytest.mark.parametrize("how", ["renewal", "start"])
    def test_the_job_of_a_killed_process_is_taken_over_at_once(
        self, inbox, make_task, url, start_process, how
    ) -> None:
        inbox.put(make_task(1))
        if how == "renewal":
            assert inbox.claim(0) == []
        process = start_process("hold", url)
        job_id = int(process.stdout.readline())
        if how == "renewal":
            assert inbox.renew() == renewal()
            assert inbox.claim(1) == []

        process.kill()
        process.wait()
        if how == "renewal":
            inbox.renew()
        (job,) = inbox.claim(1)

        assert (job.id, job.fencing_token, job.checkpoint) == (job_id, 2, {"card_id": "card"})
        assert job.attempt == 1

    def test_what_kills_its_process_again_and_again_comes_to_an_end(
        self, inbox, other, make_task, clock
    ) -> None:
        inbox.put(make_task(1))
        both = itertools.cycle((inbox, other))
        attempts = []
        for _ in range(FORGIVEN_CRASHES + 3):
            holder = next(both)
            attempts += [job.attempt for job in holder.claim(1)]
            let_lease_end(other if holder is inbox else inbox, clock)

        assert attempts == [1] * (FORGIVEN_CRASHES + 1) + [2, 3]

    @pytest.mark.parametrize("jump", [-3600.0, 3600.0])
    def test_a_clock_that_is_set_takes_no_lease_away(self, database, make_task, jump) -> None:
        clock, timer = Clock(1_700_000_000.0), Clock()
        both = [
            SqlInbox(database, worker=WorkerId(), lease_seconds=LEASE, clock=clock, timer=timer)
            for _ in range(2)
        ]
        both[0].put(make_task(1))
        (job,) = both[0].claim(1)
        both[1].renew()

        clock.tick(jump)
        for _ in range(2):
            timer.tick(LEASE - 1)
            both[1].renew()
            assert both[1].claim(1) == []
            assert both[0].renew().kept == {job.id}

        # It lasts as long as ever after its last renewal.
        both[1].renew()
        timer.tick(LEASE + 1)
        both[1].renew()
        assert message_ids(both[1].claim(1)) == ["om_1"]

    @pytest.mark.parametrize("jump", [-3600.0, 3600.0])
    def test_a_clock_that_is_set_delays_nothing_that_is_put_off(
        self, inbox, make_task, clock, jump
    ) -> None:
        inbox.put(make_task(1))
        inbox.postpone(inbox.claim(1)[0], 10.0)

        clock.tick(jump)

        assert message_ids(inbox.claim(1)) == ["om_1"]

    # Progress

    def test_what_was_written_is_there_for_the_next_process(
        self, inbox, other, make_task, clock
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.keep_progress([(job, "first\n")])
        inbox.renew([(job, "seco\0nd\n")])

        let_lease_end(other, clock)
        (again,) = other.claim(1)

        assert again.progress == "first\nsecond\n"

    def test_a_lost_job_keeps_what_its_new_holder_writes(
        self, inbox, other, make_task, clock
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        let_lease_end(other, clock)
        (again,) = other.claim(1)

        inbox.keep_progress([(job, "late\n")])
        assert inbox.renew([(job, "late\n")]).lost == {job.id}
        other.release([again])

        assert other.claim(1)[0].progress == ""

    def test_a_done_job_keeps_nothing_of_the_answer(self, inbox, database, make_task) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.renew([(job, "secret\n")])

        inbox.finish(job, "answered", None, None)

        assert only_row(database).progress is None

    # Handing back

    def test_a_released_job_is_claimed_at_once_with_its_checkpoint(
        self, inbox, other, make_task
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.checkpoint(job, {"card_id": "card"})

        inbox.release([job])
        (again,) = other.claim(1)

        assert (again.id, again.attempt, again.checkpoint) == (job.id, 1, {"card_id": "card"})
        assert again.fencing_token == 2
        assert inbox.renew() == renewal()

    def test_a_released_job_is_still_the_first_of_its_conversation(self, inbox, make_task) -> None:
        for number in (1, 2):
            inbox.put(make_task(number))
        inbox.release(inbox.claim(1))

        assert message_ids(inbox.claim(2)) == ["om_1"]

    def test_a_lost_job_is_not_released(self, inbox, other, make_task, clock) -> None:
        inbox.put(make_task(1))
        jobs = inbox.claim(1)
        let_lease_end(other, clock)
        (taken_over,) = other.claim(1)

        inbox.release(jobs)

        assert inbox.claim(1) == []
        other.finish(taken_over, "answered", None, None)

    def test_nothing_can_be_released(self, inbox) -> None:
        inbox.release([])

        assert inbox.renew() == renewal()

    # Putting off

    def test_a_postponed_job_can_be_claimed_when_its_time_has_come(
        self, inbox, other, make_task, clock
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.checkpoint(job, {"card_id": "card"})

        inbox.postpone(job, 100.0)

        clock.tick(99)
        assert inbox.renew() == renewal()
        assert inbox.claim(1) == other.claim(1) == []
        clock.tick(2)
        (again,) = other.claim(1)
        assert (again.id, again.attempt, again.checkpoint) == (job.id, 2, {"card_id": "card"})

    def test_nothing_overtakes_a_postponed_job(self, inbox, make_task) -> None:
        for number in (1, 2):
            inbox.put(make_task(number))

        inbox.postpone(inbox.claim(1)[0], 100.0)

        assert inbox.claim(2) == []

    def test_a_postponed_job_can_be_stopped(self, inbox, make_task) -> None:
        for number in (1, 2):
            inbox.put(make_task(number))
        inbox.postpone(inbox.claim(1)[0], 100.0)

        inbox.stop("om_1")

        assert message_ids(inbox.claim(2)) == ["om_2"]

    def test_a_lost_job_is_not_postponed(self, inbox, other, make_task, clock) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        let_lease_end(other, clock)
        (taken_over,) = other.claim(1)

        inbox.postpone(job, 100.0)

        other.finish(taken_over, "answered", None, None)

    # Stopping

    def test_a_waiting_job_that_is_stopped_is_done(self, inbox, database, make_task) -> None:
        inbox.put(make_task(1))

        inbox.stop("om_1")

        assert inbox.claim(1) == []
        assert only_row(database).outcome == "stopped"

    def test_a_running_job_that_is_stopped_is_named_to_its_process(
        self, inbox, other, make_task
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)

        other.stop("om_1")

        assert other.renew() == renewal()
        assert inbox.renew() == renewal(stopped=[job.id], kept=[job.id])
        inbox.finish(job, "stopped", None, None)

    def test_a_handed_back_job_with_a_card_is_stopped_by_who_claims_it(
        self, inbox, other, make_task
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.checkpoint(job, {"card_id": "card"})
        inbox.release([job])

        inbox.stop("om_1")
        (again,) = other.claim(1)

        assert again.checkpoint == {"card_id": "card"}
        assert other.renew() == renewal(stopped=[job.id], kept=[job.id])

    def test_an_answered_question_that_is_recalled_is_forgotten(
        self, inbox, conversations, make_task
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.finish(job, "answered", turn_of(job), None)

        inbox.stop("om_1")

        assert conversations.load(job.key).turns == ()

    def test_a_question_recalled_while_it_was_answered_is_forgotten(
        self, inbox, conversations, make_task
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.stop("om_1")

        assert inbox.finish(job, "stopped", turn_of(job), None)

        assert conversations.load(job.key).turns == ()

    def test_the_end_of_any_other_job_speaks_of_no_recall(self, inbox, make_task) -> None:
        for number in (1, 2):
            inbox.put(make_task(number, root=f"om_{number}"))
        first, second = inbox.claim(2)
        inbox.stop_event("ev_2")

        assert not inbox.finish(first, "answered", turn_of(first), None)
        assert not inbox.finish(second, "stopped", turn_of(second), None)

    def test_stopping_an_unknown_message_does_nothing(self, inbox, make_task) -> None:
        inbox.put(make_task(1))

        inbox.stop("om_2")

        assert message_ids(inbox.claim(1)) == ["om_1"]

    def test_a_waiting_event_that_is_stopped_is_done(self, inbox, database, make_task) -> None:
        inbox.put(make_task(1))

        assert inbox.stop_event("ev_1")

        assert inbox.claim(1) == []
        assert (only_row(database).outcome, only_row(database).payload) == ("stopped", None)

    def test_an_event_stopped_while_it_was_answered_keeps_its_turn(
        self, inbox, other, conversations, make_task
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)

        assert other.stop_event("ev_1")

        assert inbox.renew() == renewal(stopped=[job.id], kept=[job.id])
        inbox.finish(job, "stopped", turn_of(job, answer="what there is"), None)
        (turn,) = conversations.load(job.key).turns
        assert turn.answer == "what there is"

    @pytest.mark.parametrize("first", ["stopped", "recalled"])
    def test_a_recalled_question_leaves_no_turn_though_its_event_was_stopped(
        self, inbox, conversations, make_task, first
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        stops = [lambda: inbox.stop_event("ev_1"), lambda: inbox.stop("om_1")]

        for stop in stops if first == "stopped" else reversed(stops):
            stop()

        assert inbox.renew() == renewal(stopped=[job.id], kept=[job.id])
        inbox.finish(job, "stopped", turn_of(job), None)
        assert conversations.load(job.key).turns == ()

    def test_a_handed_back_event_with_a_card_is_stopped_by_who_claims_it(
        self, inbox, other, make_task
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.checkpoint(job, {"card_id": "card"})
        inbox.release([job])

        assert inbox.stop_event("ev_1")

        assert message_ids(other.claim(1)) == ["om_1"]
        assert other.renew() == renewal(stopped=[job.id], kept=[job.id])

    def test_only_the_named_event_is_stopped(self, inbox, make_task) -> None:
        inbox.put(make_task(1))
        inbox.put(make_task(2, root="om_else"))

        inbox.stop_event("ev_2")

        assert message_ids(inbox.claim(2)) == ["om_1"]

    def test_an_event_that_is_over_or_unknown_is_not_stopped(self, inbox, make_task) -> None:
        inbox.put(make_task(1))
        inbox.finish(inbox.claim(1)[0], "answered", None, None)

        assert not inbox.stop_event("ev_1")
        assert not inbox.stop_event("ev_2")

    # What runs

    def test_what_runs_in_a_conversation_is_seen_by_every_process(
        self, inbox, other, make_task
    ) -> None:
        event = make_task(1)
        for item in (event, make_task(2), make_task(3, root="om_else")):
            inbox.put(item)

        assert inbox.running(event.key) is None

        inbox.claim(1)
        assert inbox.running(event.key) == other.running(event.key) == event

    def test_a_postponed_event_still_runs(self, inbox, make_task) -> None:
        event = make_task(1)
        inbox.put(event)
        inbox.postpone(inbox.claim(1)[0], 100.0)

        assert inbox.running(event.key) == event

    def test_an_ended_event_does_not_run(self, inbox, make_task) -> None:
        event = make_task(1)
        inbox.put(event)
        inbox.finish(inbox.claim(1)[0], "answered", None, None)

        assert inbox.running(event.key) is None

    def test_what_runs_for_a_person_is_found_in_all_conversations_of_a_chat(
        self, inbox, other, make_task
    ) -> None:
        events = [make_task(1), make_task(2, root="om_else"), make_task(3, root="om_third")]
        for event in events:
            inbox.put(event)
        inbox.claim(2)
        asker, chat = events[0].message.sender.open_id, events[0].key.chat_id

        assert list(other.running_of(asker, chat)) == events[:2]
        assert other.running_of("ou_nobody", chat) == ()
        assert other.running_of(asker, "oc_nowhere") == ()

    def test_what_nobody_waits_for_is_nothing_to_stop(self, inbox, other, make_task) -> None:
        event = make_task(1)
        tasks = [
            SuggestFollowUps(answer_id="om_a"),
            ShowFollowUps(answer_id="om_a", questions=("x?",)),
            MarkRatings(answer_id="om_a"),
            MarkRecalled(answer_id="om_a"),
            MakeTitle(answer_id="om_a"),
        ]
        for number, task in enumerate(tasks):
            key = ConversationKey(event.key.chat_id, f"beside:{number}")
            name = f"ev_{number}"
            inbox.put(replace(event, event_id=name, dedupe_id=name, key=key, task=task))
        assert len(inbox.claim(10)) == len(tasks)

        assert other.running_of(event.message.sender.open_id, event.key.chat_id) == ()

    # The end of a job

    def test_finishing_stores_turn_and_usage(
        self, inbox, database, conversations, make_task, clock
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        usage = Usage(
            open_id="ou_1",
            chat_id="oc_1",
            model="gpt",
            outcome="answered",
            seconds=1.0,
            completion_tokens=1,
        )
        drawn = replace(usage, model="draws", outcome="noticed", completion_tokens=0, pictures=2)

        inbox.finish(job, "answered", turn_of(job), usage, drawn)

        (turn,) = conversations.load(job.key).turns
        assert turn == turn_of(job, id=turn.id, created_at=clock.now)
        totals = SqlUsage(database).totals(0.0, open_id="ou_1")
        assert [(total.name, total.answers, total.pictures) for total in totals] == [
            ("draws", 0, 2),
            ("gpt", 1, 0),
        ]

    @pytest.mark.parametrize("broken", ["turn", "usage"])
    def test_finishing_is_all_or_nothing(
        self, inbox, other, conversations, make_task, clock, broken
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        turn = turn_of(job, model=None if broken == "turn" else "gpt")
        usage = Usage(
            open_id="ou_1",
            chat_id="oc_1",
            model=None if broken == "usage" else "gpt",  # type: ignore[arg-type]
            outcome="answered",
            seconds=1.0,
        )

        with pytest.raises(IntegrityError):
            inbox.finish(job, "answered", turn, usage)

        assert conversations.load(job.key).turns == ()
        assert not conversations.exists(job.key)
        clock.tick(LEASE - 1)
        assert inbox.renew() == renewal(kept=[job.id])
        assert other.claim(1) == []
        inbox.finish(job, "failed", None, None)

    def test_a_done_job_keeps_no_words(self, inbox, database, make_task) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.checkpoint(job, {"text": "an answer"})

        inbox.finish(job, "answered", None, None)

        row = only_row(database)
        assert (row.state, row.sender, row.payload, row.checkpoint) == ("done", "", None, None)

    def test_only_what_was_done_long_ago_is_swept(self, inbox, make_task, clock) -> None:
        for number in (1, 2, 3):
            inbox.put(make_task(number, root=f"om_{number}"))
        first, second = inbox.claim(2)
        inbox.finish(first, "answered", None, None)
        clock.tick(100)
        inbox.finish(second, "answered", None, None)

        assert inbox.sweep(before=clock.now) == 1

        taken_in = [inbox.put(make_task(number)) for number in (1, 2, 3)]
        assert taken_in == [True, False, False]
