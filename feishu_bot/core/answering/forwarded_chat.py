"""A forwarded chat: who said what and when, with the pictures and files in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from feishu_bot.core.answering.attached_files import AttachedFiles
from feishu_bot.core.answering.contact_cards import ContactCards
from feishu_bot.core.answering.message_kinds import READ_KINDS, is_shown
from feishu_bot.core.answering.modalities import Modalities
from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.answering.question_context import QuestionContext, tagged
from feishu_bot.core.answering.shown_pictures import MOST_PICTURES, picture_tags
from feishu_bot.core.answering.transcript import Transcript, transcribe, unread_kinds
from feishu_bot.core.answering.unread import label_for, shared_kind
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.fetched_messages import FetchedMessage
from feishu_bot.core.messages import Attachment
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import UserDirectory

# Each takes a statement of the database, or a call that may take half a second.
MOST_LOOKUPS = 8
# Nobody misses these.
_WORDLESS = frozenset({"sticker", "hongbao", "system", "merge_forward"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardedChats:
    """Writes forwarded chats down. `tokens` is how many words of one may cost."""

    conversations: Conversations
    names: UserDirectory
    cards: ContactCards
    files: AttachedFiles
    tokens: int

    def of(self, forward: FetchedMessage, modalities: Modalities, *, tag: str) -> QuestionContext:
        """What stands before a question for a forward with parts, under this tag."""
        said = transcribe(
            self._completed(forward.parts),
            room=self.tokens,
            cost=estimate_tokens,
            read=lambda message: READ_KINDS,
            name_of=self._namer(),
            is_timed=True,
        )
        # What is in a forward is given out by the id of the outermost one.
        attachments = [
            replace(item, inner_id=message.message_id)
            for message in said.messages
            for item in message.attachments
        ]
        pictures = [item for item in attachments if is_shown(item) and item.kind != "file"]
        head = label_for("merge_forward", is_read=True)
        context = QuestionContext(
            tagged(tag, f"{head}\n\n{said.text}"), tuple(_notices(forward, said, pictures))
        )
        # One more than are shown, so that it is said that there are more.
        tags = picture_tags(forward.message_id, pictures[: MOST_PICTURES + 1])
        context += QuestionContext(tags)
        return context + self.files.read(forward.message_id, attachments, modalities)

    def _completed(self, parts: Iterable[FetchedMessage]) -> Iterator[FetchedMessage]:
        """The messages with what only we know of them."""
        lookups = MOST_LOOKUPS
        for part in parts:
            if part.text or part.attachments or not lookups:
                yield part
            elif part.is_own:
                # Feishu doesn't give out what an answer's card says.
                lookups -= 1
                turn = self.conversations.turn_of(part.message_id)
                yield replace(part, text=turn.answer) if turn else part
            elif part.subject:
                lookups -= 1
                yield replace(part, text=self.cards.text(part.kind, part.subject))
            else:
                yield part

    def _namer(self) -> Callable[[FetchedMessage], str]:
        known: dict[str, str] = {}

        def name_of(message: FetchedMessage) -> str:
            sender = message.sender
            if message.name or not sender.startswith("ou_"):
                return message.name
            if sender not in known and len(known) < MOST_LOOKUPS:
                known[sender] = self.names.of(sender)
            return known.get(sender, "")

        return name_of


def _notices(
    forward: FetchedMessage, said: Transcript, pictures: list[Attachment]
) -> Iterator[Notice]:
    total = len(forward.parts) + forward.left_out
    count = {"count": str(len(said.messages)), "total": str(total)}
    if len(said.messages) < total:
        yield Notice("forward_cut", count)
    elif pictures:
        yield Notice("forward_pictures", {**count, "pictures": str(len(pictures))})
    else:
        yield Notice("forward_read", count)
    kinds = {
        kind
        for message in said.messages
        if not message.is_own
        for kind in unread_kinds(message) - _WORDLESS - READ_KINDS
    }
    if kinds:
        yield Notice("forward_unread", {"kind": shared_kind(kinds)})
