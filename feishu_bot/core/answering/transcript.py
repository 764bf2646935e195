"""Messages of several people, one after the other, as a model reads them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from feishu_bot.core.answering.speakers import safe_name
from feishu_bot.core.answering.unread import label_for, names_of, shared_kind
from feishu_bot.core.fetched_messages import RECALLED, FetchedMessage
from feishu_bot.core.notices import Notice
from feishu_bot.core.text import indented, shorten

LINE_CHARS = 2_000
# Words alone don't tell what these are.
_LABELLED = frozenset(
    {"location", "todo", "vote", "video_chat", "share_calendar_event", "calendar",
     "general_calendar", "system"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said, in words; `messages` are those that had room, oldest first.

    `is_cut` tells whether anything was left out.
    """

    text: str
    messages: Sequence[FetchedMessage]
    is_cut: bool


def transcribe(
    messages: Iterable[FetchedMessage],
    *,
    room: int,
    cost: Callable[[str], int] = len,
    read: Callable[[FetchedMessage], Collection[str]] = lambda message: (),
    name_of: Callable[[FetchedMessage], str] = lambda message: "",
    is_timed: bool = False,
) -> Transcript:
    """`person 1: …`, `assistant: …`; the oldest are left out when all cost more than `room`.

    `read` is which kinds of a message's attachments are read. With `is_timed` each has its time.
    What is inside of another forward stands behind a `>`. Nobody can write a line that looks like
    that of somebody else: further lines of a message are indented.
    """
    people: dict[str, str] = {}
    said: list[tuple[FetchedMessage, str]] = []
    is_cut = False
    for message in messages:
        number = str(len(people) + 1)
        if message.is_own:
            who = "assistant"
        elif not (who := safe_name(name_of(message))):
            who = f"person {people.setdefault(message.sender, number)}"
        words = words_of(message, read(message))
        is_cut |= len(words) > LINE_CHARS
        when = f"[{shown_time(message.created_at)}] " if is_timed else ""
        line = f"{when}{who}: {indented(shorten(words, LINE_CHARS))}"
        mark = "> " * message.depth
        said.append((message, mark + line.replace("\n", f"\n{mark}")))
    kept: list[tuple[FetchedMessage, str]] = []
    for message, line in reversed(said):
        room -= cost(line)
        if room < 0 and kept:
            break
        kept.append((message, line))
    kept.reverse()
    texts = [line for _, line in kept]
    if len(kept) < len(said):
        texts.insert(0, "(earlier messages left out)")
        is_cut = True
    return Transcript(
        text="\n\n".join(texts), messages=[message for message, _ in kept], is_cut=is_cut
    )


def words_of(message: FetchedMessage, read_kinds: Collection[str] = ()) -> str:
    """Its words, and the names of what isn't words."""
    named = names_of(message.attachments, read_kinds=read_kinds)
    if message.text and message.kind in _LABELLED:
        return f"{label_for(message.kind, is_read=True)}\n{message.text}"
    if not (message.text or named):
        # What is in a forward inside of a forward follows.
        is_opened = message.kind == "merge_forward" and bool(message.forwarded_in)
        named = (label_for(message.kind, is_read=is_opened or message.kind == RECALLED),)
    return "\n".join(filter(None, (message.text, *named)))


def unread_among(messages: Iterable[FetchedMessage]) -> tuple[Notice, ...]:
    """What wasn't read of several; the bot knows its own."""
    kinds = {kind for message in messages if not message.is_own for kind in unread_kinds(message)}
    return (Notice("earlier_unread", {"kind": shared_kind(kinds)}),) if kinds else ()


def unread_kinds(message: FetchedMessage) -> frozenset[str]:
    """The kinds of what a message holds besides words."""
    if message.attachments:
        return frozenset(item.kind for item in message.attachments)
    if message.text or message.parts or message.kind == RECALLED:
        return frozenset()
    return frozenset({message.kind})


def shown_time(seconds: float) -> str:
    """Day and time, as the server's clock has it."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "?"
