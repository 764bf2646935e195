"""What the model has said so far, as it is kept while it speaks: a JSON object a line.

Each line says where its text begins, so that a line that is stored twice changes nothing: whoever
writes it may not hear that it was stored.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from feishu_bot.core.answering.prompt import estimate_tokens


@dataclass(slots=True)
class BrokenTry:
    """An earlier request for the same answer, whose process died or was cut off. In tokens."""

    model: str
    prompt_tokens: int
    completion_tokens: int = 0


@dataclass(slots=True)
class ShownText:
    """What earlier tries have shown of an answer; `pictures` as in `Draft`."""

    text: str = ""
    reasoning: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)
    tries: list[BrokenTry] = field(default_factory=list)

    @classmethod
    def read(cls, lines: str) -> ShownText:
        """What `Progress` gave. A line of another version ends it."""
        shown, number, began_at = cls(), 0, 0
        try:
            # A line may hold characters that `splitlines` takes for the end of one.
            for line in filter(None, lines.split("\n")):
                item = json.loads(line)
                if item["try"] != number:
                    number, began_at = item["try"], item["text"][0]
                    shown.tries.append(BrokenTry("", 0))
                shown._add(item)
                written = shown.text[began_at:] + shown.reasoning
                shown.tries[-1].completion_tokens = estimate_tokens(written) if written else 0
        except (KeyError, TypeError, ValueError, IndexError):
            return shown
        return shown

    def _add(self, item: Mapping[str, Any]) -> None:
        for name in ("text", "reasoning"):
            at, more = item[name]
            setattr(self, name, getattr(self, name)[:at] + more)
        self.pictures = item.get("pictures", self.pictures)
        last = self.tries[-1]
        last.model = item.get("model", last.model)
        last.prompt_tokens = item.get("prompt", last.prompt_tokens)


class Progress:
    """One more try at an answer of which this much was `shown` before.

    The thread that reads the model adds; another one asks for `news`, stores it and says that it
    is `kept`. Adding a delta takes no lock.
    """

    def __init__(self, shown: ShownText) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.before = shown
        self._number = len(shown.tries) + 1
        self._lock = threading.Lock()
        self._about: dict[str, Any] = {}
        self._kept_about: dict[str, Any] = {}
        self._kept_chars = {"text": 0, "reasoning": 0}
        self._offered: tuple[dict[str, Any], dict[str, int]] | None = None

    @property
    def whole_text(self) -> str:
        """All that the answer says by now."""
        return self.before.text + "".join(self.text)

    @property
    def whole_reasoning(self) -> str:
        """All reasoning by now; that of an earlier try only where its answer had begun."""
        return self._reasoning_before + "".join(self.reasoning)

    @property
    def _reasoning_before(self) -> str:
        return self.before.reasoning if self.before.text else ""

    @property
    def has_first_words(self) -> bool:
        """Whether this try has begun the answer itself, and nothing of that is kept."""
        return bool(self.text) and not self._kept_chars["text"]

    def ask(self, model: str, prompt_tokens: int) -> None:
        """The model is asked, with so many tokens."""
        with self._lock:
            self.text.clear()
            self.reasoning.clear()
            self._about = {"model": model, "prompt": prompt_tokens}
            self._begin_again()

    def note(self, **about: Any) -> None:
        """The `model` that answers, or the `pictures` so far."""
        with self._lock:
            self._about = {**self._about, **about}

    def take_back_text(self) -> None:
        """What was written as the answer in this try was thought."""
        with self._lock:
            self.reasoning[:] = ["".join([*self.reasoning, *self.text]).rstrip()]
            self.text.clear()
            self._begin_again()

    def _begin_again(self) -> None:
        """Of what stands there now nothing is kept, whatever is being stored just then."""
        self._kept_chars = {"text": 0, "reasoning": 0}
        self._offered = None

    def news(self) -> str:
        """What isn't kept yet, as a line; empty where there is nothing."""
        with self._lock:
            written = {"text": "".join(self.text), "reasoning": "".join(self.reasoning)}
            self._offered = self._about, {name: len(said) for name, said in written.items()}
            if self._offered == (self._kept_about, self._kept_chars) or not self._about:
                return ""
            before = {"text": self.before.text, "reasoning": self._reasoning_before}
            line: dict[str, Any] = {"try": self._number}
            for name, said in written.items():
                kept = self._kept_chars[name]
                line[name] = [len(before[name]) + kept, said[kept:]]
            if self._about != self._kept_about:
                line |= self._about
            return json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"

    def kept(self) -> None:
        """What `news` gave last is stored."""
        with self._lock:
            if self._offered:
                self._kept_about, self._kept_chars = self._offered
