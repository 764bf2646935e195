"""A message in its chat, and the history of its visible text."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from feishu_simulator import card_view
from feishu_simulator.events import Callback, Delivery, Event
from feishu_simulator.people import Chat, Person

if TYPE_CHECKING:
    from feishu_simulator.card_entities import CardEntity

RECALLED = "This message was recalled"


class History:
    """The texts a message has shown; a text that the next one extends is kept as a length."""

    def __init__(self) -> None:
        self._frames: list[tuple[float, str | int]] = []

    def add(self, at: float, text: str) -> None:
        """Append a text, unless it is the newest one."""
        if self._frames:
            last_at, last = self._frames[-1]
            if last == text:
                return
            if isinstance(last, str) and text.startswith(last):
                self._frames[-1] = last_at, len(last)
        self._frames.append((at, text))

    def frames(self) -> list[tuple[float, str]]:
        """(time, text) of every change, oldest first."""
        whole: list[tuple[float, str]] = []
        following = ""
        for at, kept in reversed(self._frames):
            following = kept if isinstance(kept, str) else following[:kept]
            whole.append((at, following))
        return whole[::-1]


@dataclass(slots=True, eq=False, kw_only=True)
class Message:
    """Changed only under the platform's lock; its content is replaced, never modified in place."""

    message_id: str
    chat: Chat
    sender: Person | None
    message_type: str
    content: dict[str, Any]
    created_ms: int
    said_at: float
    root_id: str = ""
    parent_id: str = ""
    thread_id: str = ""
    replied_to: str = ""
    mentions: list[dict[str, Any]] = field(default_factory=list)
    entity: CardEntity | None = None
    event: Event | None = None
    # Why its event doesn't go to the bot, as in a group without a mention; "" if it does.
    unheard: str = ""
    deleted: bool = False
    updated_ms: int = 0
    edits: int = 0
    reactions: dict[str, str] = field(default_factory=dict)
    # The open_id of each reaction's author; the bot's reactions have none.
    reacted_by: dict[str, str] = field(default_factory=dict)
    callbacks: list[Callback] = field(default_factory=list)
    # Events about it after its own: its recall, people's reactions.
    later_events: list[Event] = field(default_factory=list)
    # Grows with every change, so that a reader knows which messages to draw again.
    revision: int = 0
    files: set[str] = field(default_factory=set)
    seen: History = field(default_factory=History)

    @property
    def card(self) -> dict[str, Any] | None:
        """The card as it is now, or None for any other kind of message."""
        if self.message_type != "interactive":
            return None
        return self.entity.card if self.entity else self.content

    @property
    def text(self) -> str:
        """The visible text, without collapsed panels and labels of controls."""
        if self.deleted:
            return RECALLED
        card = self.card
        if card is not None:
            return card_view.text_of(card)
        return _text_of(self.message_type, self.content, self.mentions)

    @property
    def panels(self) -> list[tuple[str, str]]:
        """Title and text of the card's collapsible panels."""
        return card_view.panels_of(self.card or {})

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The card's buttons, in reading order."""
        return card_view.buttons_of(self.card or {})

    @property
    def summary(self) -> str:
        """The card's summary, shown in lists of chats."""
        return card_view.summary_of(self.card or {})

    @property
    def title(self) -> str:
        return card_view.title_of(self.card or {})

    @property
    def streaming(self) -> bool:
        """Whether the card is in streaming mode."""
        return self.entity is not None and self.entity.is_streaming

    @property
    def history(self) -> list[tuple[float, str]]:
        """(monotonic time, text) of every visible change."""
        return self.seen.frames()

    @property
    def deliveries(self) -> list[Delivery]:
        """The pushes of its own event."""
        return self.event.deliveries if self.event else []

    @property
    def pushed(self) -> bool:
        """Whether its event goes to the bot."""
        return self.event is not None and not self.unheard

    @property
    def is_from_bot(self) -> bool:
        """Whether the bot sent it: then it has no sender."""
        return self.sender is None

    def note_change(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Count a change and keep the visible text in the history."""
        self.revision += 1
        self.seen.add(clock(), self.text)


def _text_of(message_type: str, content: dict[str, Any], mentions: list[dict[str, Any]]) -> str:
    if message_type == "text":
        text = str(content.get("text", ""))
        for mention in mentions:
            text = re.sub(rf"{re.escape(mention['key'])}(?!\d)", f"@{mention['name']}", text)
        return re.sub(r"<at user_id=[^>]*>([^<]*)</at>", r"@\1", text)
    if message_type == "post":
        return _post_text(content)
    name = content.get("file_name")
    return f"[{message_type}: {name}]" if name else f"[{message_type}]"


def _post_text(content: dict[str, Any]) -> str:
    if "content" not in content:
        content = next((part for part in content.values() if isinstance(part, dict)), {})
    lines = [str(content.get("title") or "")]
    lines += [
        "".join(_run_text(run) for run in paragraph if isinstance(run, dict))
        for paragraph in content.get("content") or []
    ]
    return "\n".join(line for line in lines if line)


def _run_text(run: dict[str, Any]) -> str:
    if run.get("tag") == "at":
        return f"@{run.get('user_name') or run.get('user_id', '')} "
    return str(run.get("text", "") or "")
