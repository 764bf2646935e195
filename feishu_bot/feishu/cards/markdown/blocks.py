"""Block tokens, written as the pieces of a card."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from markdown_it.token import Token

from feishu_bot.feishu.cards.markdown.again import (
    definition_again,
    table_again,
    text_again,
)
from feishu_bot.feishu.cards.markdown.chunks import CHUNK_CHARS, chunks
from feishu_bot.feishu.cards.markdown.code_blocks import code_of, language_of
from feishu_bot.feishu.cards.markdown.formulas import Formula
from feishu_bot.feishu.cards.markdown.inline import InlineWriter, safe_line_start, write_inline
from feishu_bot.feishu.cards.markdown.parser import References
from feishu_bot.feishu.cards.markdown.pieces import Container, Kind, Piece, Unit
from feishu_bot.feishu.cards.markdown.tables import Table

_TASK = re.compile(r"\[([ xX])\](?= )")


class BlockWriter:
    """Writes the tokens of a source that begins with this line of the answer.

    `number` is that of the list item before, when the source begins within a list. `at_end` makes
    the content good with which the source ends, where half of it may be missing. `pictures` has
    the keys of those that the text may show.
    """

    def __init__(
        self,
        lines: Sequence[str],
        references: References,
        used: set[str],
        *,
        first_line: int,
        after_blank: bool,
        is_list: bool = False,
        number: int = -1,
        at_end: Callable[[str], str] | None = None,
        pictures: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._lines = lines
        self._first_line = first_line
        self._references = references
        self._used = used
        self._after_blank = after_blank
        self._is_list = is_list
        self._stack: list[Container] = []
        self._pending: list[Container] = []  # items whose mark is not written yet
        self._item_tokens: list[Token] = []
        self._numbers: list[int] = []
        self._number = number
        self._at_end = at_end
        self._pictures = pictures
        self._last: Token | None = None
        self._is_first = False
        self._units: list[Unit] = []
        self._keeps_unit = False

    def write(self, tokens: Sequence[Token]) -> list[Unit]:
        """The units of the source, in order."""
        if self._at_end:
            self._last = next((one for one in reversed(tokens) if one.nesting >= 0), None)
        index = 0
        while index < len(tokens):
            token = tokens[index]
            if token.level == 0 and token.nesting >= 0 and token.map:
                self._begin_block(token)
            index = self._write(tokens, index)
        return self._units

    def _begin_block(self, token: Token) -> None:
        line = token.map[0] if token.map else 0
        continues_list = self._is_list and not self._units
        self._is_first = not continues_list
        # A formula without an end may yet be text, which continues the paragraph above.
        keeps_unit = self._keeps_unit or (bool(self._units) and _is_open_formula(token))
        if not keeps_unit or self._is_blank(line - 1):
            self._units.append(Unit(line, frozenset(self._used)))
        # A definition may yet take a title from the line below it.
        self._keeps_unit = token.type == "definition"

    def _write(self, tokens: Sequence[Token], index: int) -> int:
        """Write one token or leaf; the index of what comes next."""
        token = tokens[index]
        match token.type:
            case "paragraph_open" | "heading_open":
                self._write_text(token, tokens[index + 1])
                return index + 3
            case "fence" | "code_block" | "math_block":
                self._write_code(token)
            case "table_open":
                end = next(i for i in range(index, len(tokens)) if tokens[i].type == "table_close")
                self._write_table(token, tokens[index:end])
                return end + 1
            case "hr":
                line = self._lines[token.map[0]] if token.map else ""
                self._add("rule", token, text="***" if self._stack else line.strip())
            case "definition":
                self._write_definition(token)
            case "blockquote_open":
                self._stack.append(self._container(token, ">"))
            case "blockquote_close":
                self._stack.pop()
            case "bullet_list_open" | "ordered_list_open":
                within = self._is_list and len(self._units) == 1 and not self._units[0].pieces
                self._numbers.append(self._number if within and not self._stack else -1)
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case "list_item_open":
                self._open_item(token)
            case "list_item_close":
                self._close_item()
        return index + 1

    def _open_item(self, token: Token) -> None:
        mark = token.markup
        is_next = self._numbers[-1] >= 0
        self._numbers[-1] += 1
        if token.info:
            self._numbers[-1] = max(int(token.info), self._numbers[-1])
            mark = f"{self._numbers[-1]}{mark}"
        if token.level == 1 and token.map:
            if self._units[-1].pieces:
                self._units.append(Unit(token.map[0], frozenset(self._used)))
            self._units[-1].number = self._numbers[-1]
            self._units[-1].continues = is_next
        item = self._container(token, mark)
        self._stack.append(item)
        self._pending.append(item)
        self._item_tokens.append(token)

    def _container(self, token: Token, mark: str) -> Container:
        line = self._first_line + (token.map[0] if token.map else 0)
        return Container(mark, line, token.level, max(4, len(mark) + 1))

    def _close_item(self) -> None:
        item, token = self._stack[-1], self._item_tokens.pop()
        if item in self._pending:
            if not self._holds_code(item) or item.mark[-1] in ".)":
                self._add("text", token)
            else:
                self._pending.remove(item)
        self._stack.pop()

    def _holds_code(self, item: Container) -> bool:
        return any(item in piece.inside for piece in self._units[-1].pieces)

    def _write_text(self, token: Token, last: Token) -> None:
        kind: Kind = "text"
        head = ""
        content = last.content
        if token.type == "heading_open":
            kind, head = "heading", "#" * int(token.tag[1]) + " "
        elif self._pending and content[:1] == "[":
            content = _TASK.sub(lambda found: "☐" if found[1] == " " else "☑", content, count=1)
        if len(content) <= CHUNK_CHARS or head:
            if last is self._last and self._at_end:
                content = self._at_end(content)
            self._add_inline(kind, token, content, head, "")
            return
        parts = list(chunks(content))
        if last is self._last and self._at_end:
            chunk, continues = parts[-1]
            parts[-1] = self._at_end(chunk), continues
        for chunk, continues in parts:
            self._add_inline(kind, token, chunk, head, continues)

    def _write_formula(self, token: Token, formula: Formula) -> None:
        """A formula on lines of its own: in Unicode, or as code."""
        if formula.text is None:
            self._add("code", token, text=formula.source, language="latex")
            return
        self._write_signs(token, formula)

    def _write_signs(self, token: Token, formula: Formula) -> None:
        written = InlineWriter({}, set()).formula(formula)
        lines = map(safe_line_start, written.split("\n"))
        self._add("text", token, text="\n".join(lines))

    def _add_inline(
        self, kind: Kind, token: Token, content: str, head: str, continues: str
    ) -> None:
        text = write_inline(self._references, self._used, content, head, self._pictures)
        piece = self._add(kind, token, text=text, continues=continues)
        if "[" in content:
            again = partial(
                text_again, piece=piece, content=content, head=head, pictures=self._pictures
            )
            self._units[-1].pieces[-1] = replace(piece, again=again)

    def _write_code(self, token: Token) -> None:
        if token.type == "math_block":
            if token.meta["formula"]:
                self._write_formula(token, token.meta["formula"])
            elif token.content:
                self._write_signs(token, Formula(token.content, token.content, is_math=False))
            return
        self._add("code", token, text=code_of(token, self._lines), language=language_of(token))

    def _write_table(self, token: Token, tokens: Sequence[Token]) -> None:
        first, last = token.map or [0, 0]
        table = Table.of(tokens, self._lines)
        if self._at_end and last == len(self._lines):
            table = table.with_half_cell(self._at_end)
        head, rows = table.write(self._references, self._used)
        raw = table.raw(self._lines[first:last])
        piece = self._add("table", token, head=head, rows=rows, raw=raw)
        if table.may_have_references:
            again = partial(table_again, piece=piece, table=table)
            self._units[-1].pieces[-1] = replace(piece, again=again)

    def _write_definition(self, token: Token) -> None:
        """A link definition that no text before it used: it is shown, not lost."""
        first, last = token.map or [0, 0]
        lines = [line.strip(" \t>") for line in self._lines[first:last]]
        content = "\n".join([lines[0][max(lines[0].find("["), 0) :], *lines[1:]])
        text = write_inline({}, set(), content)
        if token.meta["id"] in self._used:
            piece = self._add("hidden", token, text=text)
        else:
            piece = self._add("text", token, text=text)
        again = partial(definition_again, piece=piece, label=token.meta["id"])
        self._units[-1].pieces[-1] = replace(piece, again=again)

    def _add(
        self,
        kind: Kind,
        token: Token,
        *,
        text: str = "",
        continues: str = "",
        language: str = "",
        head: tuple[str, ...] = (),
        rows: tuple[str, ...] = (),
        raw: tuple[str, ...] = (),
    ) -> Piece:
        opens: tuple[Container, ...] = ()
        line = token.map[0] if token.map else 0
        is_below = bool(continues)
        if kind in ("code", "table") and self._pending:
            # "Rich text (Markdown) component": the fence begins its line, so it is in no list. A
            # number stands above it; a bullet waits for the item's first text.
            if self._pending[-1].mark[-1] in ".)":
                self._add("text", token)
                is_below = True
        elif self._pending and kind != "hidden":
            opens = self._opened()
        elif kind == "text" and not text:
            kind = "hidden"
        piece = Piece(
            kind=kind,
            text=text,
            inside=tuple(self._stack),
            opens=opens,
            after_blank=not is_below and self._is_blank(line - 1),
            is_first=self._is_first,
            continues=continues,
            language=language,
            head=head,
            rows=rows,
            raw=raw,
        )
        self._is_first = False
        self._units[-1].pieces.append(piece)
        return piece

    def _opened(self) -> tuple[Container, ...]:
        """The items that begin here. Where two begin in one line, the inner one decides."""
        opens = tuple(self._pending)
        self._pending.clear()
        narrowed = {item: replace(item, width=len(item.mark) + 1) for item in opens[:-1]}
        if narrowed:
            self._stack = [narrowed.get(item, item) for item in self._stack]
        return tuple(narrowed.get(item, item) for item in opens)

    def _is_blank(self, line: int) -> bool:
        if line < 0:
            return self._after_blank
        return not self._lines[line].strip(" \t>")


def _is_open_formula(token: Token) -> bool:
    return token.type == "math_block" and token.meta["formula"] is None
