"""What people ask and what the model says: every word of an answer tells whose it is. Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_QUESTION = re.compile(r"\bquestion (\d+)-(\d+)\b")


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """The question of this person with this number."""

    person: int
    number: int

    @property
    def text(self) -> str:
        """What the person writes."""
        return f"This is question {self.person}-{self.number}."

    def answer(self, words: int) -> list[str]:
        """The chunks of its answer: in plain words that no Markdown renderer changes."""
        return [f"w{self.person}x{self.number}x{at} " for at in range(words)]


@dataclass(frozen=True, slots=True)
class Asking:
    """A question and when it is asked, in seconds from the beginning."""

    at: float
    name: Name


def askings(seed: int, questions: int, people: int, seconds: float) -> list[Asking]:
    """At random times, by random people; some ask twice before they have an answer."""
    source = random.Random(f"{seed} asked")
    numbers = [0] * people
    found = []
    for at in sorted(source.uniform(0.0, seconds) for _ in range(questions)):
        person = source.randrange(people)
        found.append(Asking(at, Name(person, numbers[person])))
        numbers[person] += 1
    return found


@dataclass(frozen=True, slots=True)
class Request:
    """What a request asks for: a question, from this word of its answer on; what was said before.

    `said` are the texts of people and of the model.
    """

    name: Name
    begun: int
    is_continued: bool
    said: tuple[str, ...]


def read_request(body: Mapping[str, Any]) -> Request | None:
    """None for what is no question of these, such as a title."""
    said = [
        (str(message.get("role")), str(message.get("content")))
        for message in body.get("messages") or ()
        if message.get("role") != "system"
    ]
    asked = [at for at, (role, text) in enumerate(said) if role == "user" and name_in(text)]
    if not asked:
        return None
    name = name_in(said[asked[-1]][1])
    assert name is not None
    after = said[asked[-1] + 1 :]
    # Told to go on: what it had said stands behind its question.
    begun = sum(len(words_of(name, text)) for role, text in after if role == "assistant")
    return Request(name, begun, bool(after), tuple(text for _, text in said[: asked[-1]]))


def name_in(text: str) -> Name | None:
    """The question that a text is."""
    found = _QUESTION.search(text)
    return Name(int(found[1]), int(found[2])) if found else None


def words_of(name: Name, text: str) -> list[int]:
    """The numbers of the words of its answer that a text has, in their order."""
    return [int(at) for at in re.findall(rf"\bw{name.person}x{name.number}x(\d+)\b", text)]


def is_whole(name: Name, text: str, words: int) -> bool:
    """Whether a text has all words of its answer, each once and in their order."""
    return words_of(name, text) == list(range(words))


def has_whole(name: Name, texts: Sequence[str], words: int) -> bool:
    """Whether one of these texts is the whole answer."""
    return any(is_whole(name, text, words) for text in texts)
