"""The set-up on a page: what has been said so far, and the question that waits for an answer."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from feishu_bot.core.languages import Language, Words
from feishu_bot.setup.dialogue import GivenUp, Question, State

Status = Literal["waiting", "running", "failed", "done"]


@dataclass(slots=True)
class Step:
    """One step with what came of it."""

    name: str
    title: Words
    entries: list[tuple[State, Words, str]] = field(default_factory=list)


class PageDialogue:
    """Thread-safe: the set-up's thread writes, the page's requests read and answer.

    `end_seen` is set once a page has read that all is done.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._steps: list[Step] = []
        self._question: Question | None = None
        self._number = 0
        self._answers: list[str] = []
        self._has_given_up = False
        self._status: Status = "waiting"
        self.link = ""
        self.end_seen = threading.Event()

    def begin(self) -> bool:
        """Start, or start again after a failure; false while it runs or is done."""
        with self._changed:
            if self._status in ("running", "done"):
                return False
            self._status = "running"
            self._steps.clear()
            return True

    def end(self, status: Status) -> None:
        """The set-up's thread is at its end."""
        with self._changed:
            self._status, self._question, self.link = status, None, ""

    def give_up(self) -> None:
        """End whatever is waiting."""
        with self._changed:
            self._has_given_up = True
            self._changed.notify_all()

    def step(self, name: str, title: Words) -> None:
        """A new heading."""
        with self._changed:
            self._steps.append(Step(name, title))

    def tell(self, state: State, text: Words, link: str = "") -> None:
        """An entry below the newest heading."""
        with self._changed:
            if not self._steps:
                self._steps.append(Step("setup", Words("设置", "Set-up")))
            self._steps[-1].entries.append((state, text, link))

    def show_link(self, url: str) -> None:
        """The page draws the code."""
        with self._changed:
            self.link = url

    def hide_link(self) -> None:
        """The page takes the code away."""
        with self._changed:
            self.link = ""

    def ask(self, question: Question) -> str:
        """Wait for the page's answer. Raises GivenUp."""
        with self._changed:
            self._number += 1
            self._question = question
            self._answers.clear()
            self._changed.wait_for(lambda: self._answers or self._has_given_up)
            self._question = None
            if not self._answers:
                raise GivenUp("the set-up ends")
            return self._answers.pop()

    def answer(self, number: object, value: object) -> bool:
        """An answer to the question of this number; false for any other, or an impossible one."""
        with self._changed:
            question = self._question
            if question is None or number != self._number or not isinstance(value, str):
                return False
            value = value.strip() or question.default
            choices = [choice.value for choice in question.choices]
            # A setting is one line of a file.
            if not value.isprintable() or len(value) > 4000:
                return False
            if not value or (choices and value not in choices):
                return False
            self._answers.append(value)
            self._question = None
            self._changed.notify_all()
            return True

    def wait(self, seconds: float) -> bool:
        """Sleep, unless the set-up ends."""
        with self._changed:
            return self._changed.wait_for(lambda: self._has_given_up, seconds)

    def state(self, language: Language) -> dict[str, Any]:
        """All of it in one language; neither the link nor an answer is in it."""

        def said(text: Words | None) -> str:
            return text.of(language) if text else ""

        with self._changed:
            question = self._question
            if self._status == "done":
                self.end_seen.set()
            return {
                "status": self._status,
                "has_code": bool(self.link),
                "steps": [
                    {
                        "title": said(step.title),
                        "entries": [
                            {"state": state, "text": said(text), "link": link}
                            for state, text, link in step.entries
                        ],
                    }
                    for step in self._steps
                ],
                "question": question
                and {
                    "number": self._number,
                    "text": said(question.text),
                    "help": said(question.help),
                    "kind": question.kind,
                    "default": question.default if question.kind != "secret" else "",
                    "choices": [
                        {"value": one.value, "text": said(one.text)} for one in question.choices
                    ],
                },
            }
