"""/export: the conversation as a Markdown file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace

from feishu_bot.core import own_pictures
from feishu_bot.core.answering.question_context import without_context
from feishu_bot.core.commands.exported_context import exported_context
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, command
from feishu_bot.core.commands.reload import continued_by, question_title
from feishu_bot.core.conversations import Conversations, Turn
from feishu_bot.core.languages import Language
from feishu_bot.core.messenger import File
from feishu_bot.core.notices import Notice

# "Upload file": 30 MB; whether an MB has 1,000 or 1,024 KB is not said.
MAX_FILE_BYTES = 30_000_000
ALL_WORDS = frozenset({"all", "全部"})

Texts = Callable[..., str]


@dataclass(frozen=True)
class ExportCommands(CommandGroup):
    """The way to here by default, or to where it was left when it ended by itself.

    With `all` every branch, and what was cleared as well.
    """

    conversations: Conversations
    words: Mapping[Language, Texts]
    _: KW_ONLY
    clock: Callable[[], float] = time.time
    most: int = MAX_FILE_BYTES

    @command("export", "/export", "导出", "/导出", targets_latest=True)
    def export(self, context: CommandContext) -> File | Notice:
        """Write the turns to a file."""
        is_whole = context.argument.lower() in ALL_WORDS
        if context.argument and not is_whole:
            return Notice("export_unknown", {"argument": context.argument})
        turns = self._turns(context, is_whole)
        if not turns:
            return Notice("export_empty")
        texts = self.words[context.language]
        now = time.localtime(self.clock())
        name = f"{texts('export_name')}-{time.strftime('%Y%m%d-%H%M', now)}.md"
        return File(name, self._document(texts, turns, time.strftime("%Y-%m-%d %H:%M", now)))

    def _turns(self, context: CommandContext, is_whole: bool) -> list[Turn]:
        if is_whole:
            turns = self.conversations.tree(context.key, whole=True)
        else:
            loaded = self.conversations.load(context.key, context.task.branch_point)
            turns = loaded.turns
            if loaded.expired_turn:
                # Nothing was answered since it ended by itself.
                turns = self.conversations.load(context.key, loaded.expired_turn.reference).turns
        return [turn for turn in turns if turn.answer]

    def _document(self, texts: Texts, turns: Sequence[Turn], now: str) -> bytes:
        head = [f"# {question_title(turns[0])}", texts("export_made", time=now, count=len(turns))]
        document = ("\n\n".join(head) + "\n").encode()
        left_out = f"\n---\n\n{texts('export_cut')}\n".encode()
        numbers: dict[int | None, int] = {}
        before: int | None = turns[0].parent
        for number, turn in enumerate(turns, 1):
            follows = numbers.get(turn.parent) if turn.parent != before else None
            if turn.question in continued_by(self.words):
                turn = replace(turn, question=texts("button_continue"))  # noqa: PLW2901
            part = "\n---\n\n" + _turn(texts, number, turn, follows)
            encoded = part.encode("utf-8", "replace")
            if len(document) + len(encoded) + len(left_out) > self.most:
                return document + left_out
            document += encoded
            numbers[turn.id] = number
            before = turn.id
        return document


def _turn(texts: Texts, number: int, turn: Turn, follows: int | None) -> str:
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(turn.created_at))
    title = " · ".join(filter(None, (str(number), at, turn.speaker)))
    question = without_context(turn.question).strip()
    quoted = "\n".join(f"> {line}".rstrip() for line in question.splitlines())
    parts = [
        f"## {title}",
        texts("export_follows", number=follows) if follows else "",
        exported_context(texts, turn.question),
        quoted,
        own_pictures.in_words(turn.answer.strip(), lambda shown: f"🖼 {shown}".rstrip()),
        f"*{turn.model}*" if turn.model else "",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"
