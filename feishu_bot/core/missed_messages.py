"""Messages that come long after they were written: the bot was away, and Feishu kept them.

Whoever wrote one has found another way by then, or forgotten it. Answers to all of them at once
would be noise, and cost; so each is named, and answered when that is still wanted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from feishu_bot.core.cards import Button, Buttons, Card, Paragraph, Text
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.tasks import AskQuestion, OfferMissed, Task

# Feishu repeats what wasn't taken in after 15 s, 5 min, 1 h and 6 h ("Event subscription"). After
# the second people may still be waiting, after the third nobody is.
LATE_SECONDS = 600.0
# So much of a message has room on a button, as the card has it, below the 30 KB of a card.
MOST_BYTES = 20_000


@dataclass(frozen=True)
class MissedMessages:
    """Tells which messages come too late. `now` is Feishu's time, as that of messages is.

    A clock of ours that is wrong would make every message late.
    """

    now: Callable[[], float]

    def is_late(self, created_at: float) -> bool:
        """Whether something of that time, 0 for unknown, is too old to be done unasked."""
        return created_at > 0 and self.now() - created_at > LATE_SECONDS


def offer(task: Task, message: IncomingMessage | None) -> OfferMissed:
    """What is done with a late task instead."""
    return OfferMissed(message=message, is_question=isinstance(task, AskQuestion))


def missed_card(missed: OfferMissed) -> Card:
    """Says that a message was missed, and offers to answer it now."""
    value = _packed(missed)
    words = Text("missed_question") if value else Text("missed_other")
    blocks: tuple[Paragraph | Buttons, ...] = (Paragraph(words),)
    if value:
        label = Text("button_answer_missed")
        button = Button.of(label, "answer_missed", style="primary", message=value)
        blocks += (Buttons((button,)),)
    return Card(title=Text("missed_title"), icon="📮", colour="grey", blocks=blocks)


def unpacked(value: str) -> IncomingMessage | None:
    """The message on a button; None where it is no message."""
    try:
        return IncomingMessage.from_json(json.loads(value))
    except (KeyError, TypeError, ValueError):
        return None


def _packed(missed: OfferMissed) -> str:
    """The message for a button; empty where it can't be answered from there."""
    # A command has its effect when it is meant: nobody wants a /clear of this morning.
    if missed.message is None or not missed.is_question:
        return ""
    value = json.dumps(asdict(missed.message), ensure_ascii=False, separators=(",", ":"))
    return value if len(json.dumps(value, ensure_ascii=False).encode()) <= MOST_BYTES else ""
