"""One try at one answer: its card, its saved state, its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from feishu_bot.core.answer_files import TABLES, WHOLE
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.progress import ShownText
from feishu_bot.core.jobs import Job, Outcome
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import AnswerStream, FileOffer, FinalAnswer, Messenger
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.inbox import JobStore
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.errors import (
    FeishuError,
    FeishuUnavailable,
    LeaseLost,
    StoreUnavailable,
    TargetGone,
)
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# What is said of files that come by themselves.
_SENT = {WHOLE: "whole_as_file", TABLES: "tables_as_file"}
T = TypeVar("T")

PAUSE_SECONDS = 0.5

# `AnswerRun.save`: keeps a part of the answer's state, by its name. Raises LeaseLost.
SaveState = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """What a person has seen, and the files of it; `sent` is None when nothing landed."""

    draft: Draft
    outcome: Outcome
    sent: SentMessages | None
    files: tuple[FileOffer, ...] = ()


class AnswerRun:
    """Shows an answer. `footer` names the parts of the small print, `on_sent` hears of messages.

    `complete` adds to a whole draft what can be had in a few seconds, and says whether it did.
    `offered` tells what files there are of an answer, by its text and whether it is complete.
    `position` is where the rest of an answer begins that was shown in part.
    """

    def __init__(
        self,
        job: Job,
        control: JobControl,
        *,
        jobs: JobStore,
        messenger: Messenger,
        footer: frozenset[str],
        seconds: Callable[[], float],
        on_sent: Callable[[SentMessages], None],
        complete: Callable[[Draft], bool] = lambda _: False,
        offered: Callable[[str, bool], tuple[FileOffer, ...]] = lambda *_: (),
        position: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._job = job
        self._control = control
        self._jobs = jobs
        self._messenger = messenger
        self._footer = footer
        self._seconds = seconds
        self._on_sent = on_sent
        self._complete = complete
        self._offered = offered
        self._position = position
        self._sleep = sleep
        self._state = dict(job.checkpoint)
        # The thread that draws and the one that reads both save their part.
        self._saving = threading.Lock()

    def show(self, write: Callable[[AnswerStream], Draft]) -> ShownAnswer | None:
        """Open the card, let `write` fill it, and end it. None when the job is lost.

        What an earlier try has written is shown without `write`. Raises FeishuUnavailable when
        the end could not be shown.
        """
        if self._job.has_waiting_card and not self._begin():
            return None
        stream = self._messenger.open_answer(
            self._job.target,
            key=self._job.key,
            reference=self._job.dedupe_id,
            checkpoint=self._state.get("card", {}),
            save=self._save_card,
            position=self._position,
            has_text=self._has_text(),
            lease=self._control.lease,
        )
        self._control.on_lost(stream.abandon)
        self._control.on_waiting(stream.tell_waiting)
        draft = Draft()
        try:
            saved = self._state.get("draft")
            draft = write(stream) if saved is None else Draft.from_json(saved)
            # What is whole on the screen must never be taken away again, so it comes there once it
            # is kept. From then on the model has been paid: a crash must not ask it again.
            stream.hold()
            self._keep(draft)
            if self._complete(draft):
                self._keep(draft)
            ending = draft.final_answer(self._footer, self._seconds(), self._job.event_id)
            files = self._offered(draft.text, draft.is_complete) if draft.text else ()
            sent = stream.finish(self._with_files(ending, files))
        except LeaseLost:
            stream.abandon()
            logger.info("answer taken over")
            return None
        except TargetGone as exc:
            logger.info("answer has no place", error=exc)
            return ShownAnswer(draft, "stopped", None)
        except FeishuUnavailable:
            stream.abandon()
            raise
        except FeishuError as exc:
            logger.error("answer refused", error=exc)  # noqa: TRY400 (its text says it all)
            return ShownAnswer(draft, "failed", None)
        except BaseException:
            stream.abandon()
            raise
        return ShownAnswer(draft, draft.outcome, sent, files)

    def _has_text(self) -> bool:
        """Whether an earlier process has shown some of it."""
        return "draft" in self._state or bool(ShownText.read(self._job.progress).text)

    def _begin(self) -> bool:
        """From here on its card says more than that it waits; False when the job is lost."""
        try:
            self.while_ours(lambda: self._jobs.checkpoint(self._job, self._state))
        except LeaseLost:
            logger.info("answer taken over")
            return False
        return True

    def _with_files(self, ending: FinalAnswer, files: tuple[FileOffer, ...]) -> FinalAnswer:
        if not files:
            return ending
        asides = ending.asides
        if not self._position:
            asides += tuple(Notice(_SENT[one.what]) for one in files if one.is_sent)
        return replace(ending, files=files, asides=asides)

    def _keep(self, draft: Draft) -> None:
        if self._control.lost:
            raise LeaseLost
        # It has all that was kept while it was written.
        self._control.progress = None
        self.save("draft", draft.as_json())

    def _save_card(self, card: Mapping[str, Any], sent: SentMessages) -> None:
        """Both at once: a person may reply or press a button before the job is stored."""

        def store() -> None:
            with self._jobs.together():
                self._jobs.checkpoint(self._job, self._state)
                if sent.message_ids:
                    self._on_sent(sent)

        with self._saving:
            self._state["card"] = card
            self.while_ours(store)

    def save(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep a part of the answer's state for the next process. Raises LeaseLost."""
        with self._saving:
            self._state[name] = value
            self.while_ours(lambda: self._jobs.checkpoint(self._job, self._state))

    def while_ours(self, action: Callable[[], T]) -> T:
        """Do something with the database until it works. Raises LeaseLost when the lease ends.

        An answer that is whole isn't asked for again because the database was restarted.
        """
        while True:
            try:
                return action()
            except StoreUnavailable as exc:
                if self._control.lost:
                    raise LeaseLost("the database was away for too long") from exc
                logger.info("waiting for the database", error=exc)
            self._sleep(PAUSE_SECONDS)
