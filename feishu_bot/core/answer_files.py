"""What of an answer is good to have as a file: its tables, its long code, and the whole.

A card shows few tables and a screen little code, and nothing on it can be opened elsewhere. So
what is worth it gets a button; only what a card can't show is sent unasked.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

from feishu_bot.core import own_pictures
from feishu_bot.core.answering.question_context import without_context
from feishu_bot.core.conversations import Turn
from feishu_bot.core.languages import Language
from feishu_bot.core.messenger import File, FileOffer
from feishu_bot.core.tables import Table

# About what one card shows, in bytes of UTF-8.
CARD_BYTES: Final = 19_500
# A card takes three tables ("11310"); what is beyond is code there.
TABLES_IN_A_CARD: Final = 3
# What is worth a button: so many rows, or so many lines or characters of code.
MANY_ROWS: Final = 8
LONG_CODE_LINES: Final = 20
LONG_CODE_CHARS: Final = 1_500
# More blocks of code than this come in one archive: five buttons are what a phone has room for.
MOST_CODES: Final = 3
NAME_CHARS: Final = 30
# What of a long answer's headings a card tells.
CONTENTS_LINES: Final = 12
CONTENTS_CHARS: Final = 40

WHOLE, TABLES, ALL_CODE = "whole", "tables", "codes"

_ENDINGS: Mapping[str, str] = {
    "bash": "sh", "shell": "sh", "sh": "sh", "zsh": "sh", "console": "sh", "bat": "bat",
    "batch": "bat", "powershell": "ps1", "ps1": "ps1", "c": "c", "h": "h", "cpp": "cpp",
    "c++": "cpp", "csharp": "cs", "cs": "cs", "c#": "cs", "css": "css", "csv": "csv",
    "dart": "dart", "diff": "diff", "patch": "diff", "dockerfile": "dockerfile", "go": "go",
    "golang": "go", "graphql": "graphql", "groovy": "groovy", "hcl": "tf", "terraform": "tf",
    "html": "html", "ini": "ini", "java": "java", "javascript": "js", "js": "js", "jsx": "jsx",
    "json": "json", "jsonc": "json", "jsonl": "jsonl", "kotlin": "kt", "kt": "kt",
    "latex": "tex", "tex": "tex", "less": "less", "lua": "lua", "makefile": "mk", "make": "mk",
    "markdown": "md", "md": "md", "matlab": "m", "mermaid": "mmd", "nginx": "conf",
    "apex": "cls", "asm": "asm", "awk": "awk", "clojure": "clj", "cmake": "cmake", "conf": "conf",
    "cuda": "cu", "elixir": "ex", "env": "env", "erlang": "erl", "fish": "fish",
    "fortran": "f90", "fsharp": "fs", "haskell": "hs", "julia": "jl", "mdx": "mdx",
    "objc": "m", "ocaml": "ml", "pascal": "pas", "plsql": "sql", "pl/sql": "sql",
    "plantuml": "puml", "solidity": "sol", "svelte": "svelte", "systemverilog": "sv",
    "tsql": "sql", "vbnet": "vb", "verilog": "v", "vhdl": "vhd", "zig": "zig",
    "objective-c": "m", "perl": "pl", "php": "php", "properties": "properties",
    "proto": "proto", "protobuf": "proto", "python": "py", "py": "py", "python3": "py",
    "r": "r", "ruby": "rb", "rb": "rb", "rust": "rs", "rs": "rs", "sass": "sass",
    "scala": "scala", "scss": "scss", "sql": "sql", "mysql": "sql", "postgresql": "sql",
    "svg": "svg", "swift": "swift", "toml": "toml", "tsx": "tsx", "ts": "ts",
    "typescript": "ts", "vba": "bas", "vb": "vb", "vue": "vue", "xml": "xml", "yaml": "yaml",
    "yml": "yaml",
}  # fmt: skip
# What no file system, or no reader, takes in a name: also half characters, and what isn't seen,
# such as the marks of direction that turn "gpj.exe" round.
_UNSAFE = re.compile(
    r'[\\/:*?"<>|\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f'
    r"\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff0-\uffff\U000e0000-\U000e0fff]+"
)
# Names that Windows keeps for devices, with any ending.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?=\.|$)", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*(?:```|~~~)", re.MULTILINE)

Texts = Callable[..., str]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A block of code; `language` is the model's word for it, or empty."""

    language: str
    text: str

    @property
    def ending(self) -> str:
        """The ending of a file with it, without the dot."""
        return _ENDINGS.get(self.language.lower(), "txt")

    @property
    def is_long(self) -> bool:
        return self.text.count("\n") >= LONG_CODE_LINES or len(self.text) >= LONG_CODE_CHARS


@dataclass(frozen=True, slots=True)
class AnswerParts:
    """The tables, the code and the headings of an answer, in their order."""

    tables: tuple[Table, ...] = ()
    codes: tuple[CodeBlock, ...] = ()
    headings: tuple[str, ...] = ()


class AnswerParser(Protocol):
    """Reads Markdown."""

    def __call__(self, text: str) -> AnswerParts:
        """The parts of an answer, as they stand in its card."""


class SpreadsheetWriter(Protocol):
    """Writes spreadsheets."""

    def __call__(self, sheets: Sequence[tuple[str, Table]]) -> bytes:
        """A file of Excel with these tables on sheets of these names; nothing in it calculates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFiles:
    """An answer that takes more than `most_cards` comes as a file; 0 is no limit."""

    parse: AnswerParser
    write_spreadsheet: SpreadsheetWriter
    texts: Mapping[Language, Texts]
    most_cards: int

    def offered(self, text: str, is_complete: bool) -> tuple[FileOffer, ...]:
        """The files to be had of an answer; only of a complete one any comes by itself.

        The whole is offered by the card that shows a part of it.
        """
        offers = []
        is_too_long = is_complete and self._is_too_long(text)
        parts = self.parse(text) if is_too_long or _may_have_files(text) else AnswerParts()
        if is_too_long:
            offers.append(FileOffer(WHOLE, is_sent=True, contents=_contents(parts.headings)))
        if len(parts.tables) > TABLES_IN_A_CARD:
            offers.append(FileOffer(TABLES, is_sent=is_complete))
        elif sum(len(table.rows) for table in parts.tables) >= MANY_ROWS:
            offers.append(FileOffer(TABLES))
        codes = _long_codes(parts.codes)
        if len(codes) > MOST_CODES:
            codes = [FileOffer(ALL_CODE)]
        return (*offers, *codes)

    def file(self, turn: Turn, what: str, language: Language) -> File | None:
        """A file of an answer; None where it has no such thing: a click's values can be forged."""
        texts = self.texts[language]
        name = _name_of(turn) or texts("answer_file_name")
        if what == WHOLE:
            words = own_pictures.in_words(turn.answer.strip(), lambda shown: f"🖼 {shown}".rstrip())
            return File(f"{name}.md", _content(words))
        parts = self.parse(turn.answer)
        if what == TABLES and parts.tables:
            sheets = [
                (texts("answer_table_name", number=number), table)
                for number, table in enumerate(parts.tables, 1)
            ]
            return File(f"{name}.xlsx", self.write_spreadsheet(sheets))
        if what == ALL_CODE and parts.codes:
            return File(f"{name}.zip", _archive(parts.codes, texts("answer_code_name")))
        for offer in _long_codes(parts.codes):
            if what == offer.what:
                code = parts.codes[int(what.removeprefix("code:"))]
                ordinal = f"-{offer.number}" if offer.number else ""
                return File(f"{name}{ordinal}.{code.ending}", _content(code.text))
        return None

    def _is_too_long(self, text: str) -> bool:
        most = self.most_cards * CARD_BYTES
        # A character takes four bytes at most, so most answers needn't be encoded.
        return 0 < most < 4 * len(text) and most < len(text.encode("utf-8", "replace"))


def _long_codes(codes: Sequence[CodeBlock]) -> list[FileOffer]:
    """One for each block that is long, by its place among all of them."""
    long = [(place, code.ending) for place, code in enumerate(codes) if code.is_long]
    same = Counter(ending for _, ending in long)
    seen: Counter[str] = Counter()
    offers = []
    for place, ending in long:
        seen[ending] += 1
        number = seen[ending] if same[ending] > 1 else 0
        offers.append(FileOffer(f"code:{place}", ending=ending, number=number))
    return offers


def _may_have_files(text: str) -> bool:
    """Whether the answer is worth being parsed once more, which takes some milliseconds.

    A table that is offered has eight rows, or there are four tables of two lines at least.
    """
    if "|" in text and sum("|" in line for line in text.split("\n")) >= MANY_ROWS:
        return True
    if "```" not in text and "~~~" not in text:
        return False
    fences = [found.start() for found in _FENCE.finditer(text)]
    # With an odd one it isn't known which begin a block.
    blocks = list(pairwise([*fences, len(text)]))
    if len(fences) % 2 == 0:
        blocks = blocks[::2]
    return any(
        end - start >= LONG_CODE_CHARS or text.count("\n", start, end) >= LONG_CODE_LINES
        for start, end in blocks
    )


def _name_of(turn: Turn) -> str:
    """The beginning of the question, as a name of a file may be."""
    words = _UNSAFE.sub(" ", without_context(turn.question)[: 4 * NAME_CHARS])
    name = words.strip(" .")[:NAME_CHARS].strip(" .")
    return f"_{name}" if _DEVICE.match(name) else name


def _contents(headings: Sequence[str]) -> tuple[str, ...]:
    """What a card tells of a long answer; nothing where a line or two say nothing."""
    if len(headings) < 3:
        return ()
    lines = [
        heading if len(heading) <= CONTENTS_CHARS else f"{heading[: CONTENTS_CHARS - 1]}…"
        for heading in headings[:CONTENTS_LINES]
    ]
    return (*lines, "…") if len(headings) > CONTENTS_LINES else tuple(lines)


def _content(text: str) -> bytes:
    return f"{text}\n".encode("utf-8", "replace")


def _archive(codes: Sequence[CodeBlock], name: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, code in enumerate(codes, 1):
            archive.writestr(f"{name}-{number}.{code.ending}", _content(code.text))
    return written.getvalue()
