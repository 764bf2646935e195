"""What a line of Markdown is, and how a line of prose is made safe for a card.

A card's Markdown is CommonMark with tables and with Feishu's own tags ("Rich text (Markdown)
component"). What we take for code must be what Feishu takes for code, otherwise a tag could hide
there: so code spans end on their line, and every backtick that belongs to none becomes an entity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BREAKS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_FENCE = re.compile(
    r"(?P<lead>[ \t]*(?:>[ \t]?)*[ \t]*)(?:(?P<item>[-*+]|\d{1,9}[.)])[ \t]+)?"
    r"(?P<marks>`{3,}|~{3,})(?P<info>.*)$"
)
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")
_CELL = re.compile(r":?-+:?")
_TICKS = re.compile(r"(`+)")

_BADGE = re.compile(r"\[!\[([^\[\]]*)\]\([^\s()]*\)\]\(")
_IMAGE = re.compile(r"(?<!\\)(\\*)!(?=\[[^\[\]]*\][(\[])")
_BANG = re.compile(r"(?<!\\)(\\*)!(?=\[)")
_LINK = re.compile(
    r"\[([^\[\]]*)\]\([ \t]*+<?([^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+)>?"
    r"(?:[ \t]++(?:\"[^\"]*+\"|'[^']*+'))?+[ \t]*+\)"
)
_WEB = re.compile(r"https?://\S", re.IGNORECASE)
_OTHER_TARGET = re.compile(r"\]\((?!https?://[^\s<])", re.IGNORECASE)
_OTHER_DEFINITION = re.compile(r"\A([\s>]*\[[^\[\]]*\]):(?!\s*https?://)", re.IGNORECASE)
_AUTOLINK = re.compile(r"<(https?://[^\s<>]+)>")
_LESS = re.compile(r"<(?!br ?/?>)", re.IGNORECASE)
_AT = re.compile(r"<(?=\s*/?\s*at\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fence:
    """The opening line of a code block."""

    indent: int
    quotes: int
    item: str
    marks: str
    language: str

    @property
    def closing(self) -> str:
        return f"{'> ' * self.quotes}{' ' * self.indent}{self.marks}"

    @property
    def opening(self) -> str:
        return f"{self.closing}{self.language}"


def normalised(text: str) -> str:
    """Text with `\\n` as its only line end, without NULs and halves of characters."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # A gateway that cuts between the halves of an emoji leaves two surrogates: rejoin.
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _BREAKS.sub("\n", text).replace("\x00", "\ufffd")


def fence_at(line: str) -> Fence | None:
    """The code block this line opens, wherever it stands: indented, quoted or in a list."""
    if "```" not in line and "~~~" not in line:
        return None
    match = _FENCE.match(line)
    if match is None or (match["marks"][0] == "`" and "`" in match["info"]):
        return None
    language = _LANGUAGE.match(match["info"].strip().strip("{.}"))
    lead, item = match["lead"], match["item"] or ""
    return Fence(
        indent=_width(lead[lead.rfind(">") + 1 :]) + (len(item) + 1 if item else 0),
        quotes=lead.count(">"),
        item=item,
        marks=match["marks"],
        language=language[0] if language else "",
    )


def closes(line: str, fence: Fence) -> bool:
    """Whether the line, already out of its quotes, ends the code block."""
    if fence.marks not in line:
        return False
    return not line.strip().strip(fence.marks[0]) and indent_of(line) <= fence.indent + 3


def unquoted(line: str, depth: int) -> str:
    """The line without its first `depth` quote marks."""
    for _ in range(depth):
        stripped = line.lstrip(" \t")
        if not stripped.startswith(">"):
            break
        line = stripped[2:] if stripped[1:2] in (" ", "\t") else stripped[1:]
    return line


def starts_table(line: str, following: str) -> bool:
    """Whether these two lines are a table's head and the rule under it (GFM)."""
    return "|" in line and is_table_rule(following)


def is_table_rule(line: str) -> bool:
    """Whether the line may stand under a table's head: `|---|:-:|`."""
    if "-" not in line or not ("|" in line or ":" in line):
        return False
    cells = line.lstrip("> \t").rstrip().removeprefix("|").removesuffix("|").split("|")
    return all(_CELL.fullmatch(cell.strip()) for cell in cells)


def indent_of(line: str) -> int:
    """How far the line is indented, in columns."""
    return _width(line[: len(line) - len(line.lstrip(" \t"))])


def dedented(line: str, columns: int) -> str:
    """The line moved to the left by up to `columns`."""
    return " " * max(indent_of(line) - columns, 0) + line.lstrip(" \t")


def _width(blanks: str) -> int:
    return len(blanks.expandtabs(4)) if "\t" in blanks else len(blanks)


def safe_code(text: str) -> str:
    """Code as it is, but that an at-tag gets an invisible blank.

    CommonMark interprets nothing in code, and Feishu says it follows CommonMark. It doesn't say
    whether its check of the ids in at-tags (100290) knows what code is, and a mistake would ping
    everyone; no other tag can do harm.
    """
    return _AT.sub("<\u200b", text) if "<" in text else text


def safe_line(line: str) -> str:
    """One line of prose in which no tag, image or foreign link is left."""
    if "]:" in line:
        line = _OTHER_DEFINITION.sub(r"\1&#58;", line)
    if "`" not in line:
        return _safe_prose(line) if "<" in line or "](" in line or "![" in line else line
    if "``" not in line and "\\" not in line:
        parts = line.split("`")
        if len(parts) % 2:  # every backtick has its other half, as nearly always
            parts[::2] = map(_safe_prose, parts[::2])
            parts[1::2] = [_safe_in_span(code) if "<" in code else code for code in parts[1::2]]
            return "`".join(parts)
    return _safe_spans(_TICKS.split(line))


def _safe_spans(parts: list[str]) -> str:
    """Prose and runs of backticks in turn: runs of one length enclose a code span."""
    out: list[str] = []
    unmatched: set[str] = set()
    marks = ""
    index = 0
    while index < len(parts):
        prose = parts[index]
        run = parts[index + 1] if index + 1 < len(parts) else ""
        escaped = (len(prose) - len(prose.rstrip("\\"))) % 2 == 1
        close = 0
        if run and not escaped and run not in unmatched:
            candidates = range(index + 3, len(parts), 2)
            close = next((at for at in candidates if parts[at] == run), 0)
            inner = parts[index + 3 : close : 2]
            # Three backticks could be taken for a fence, so we write one or two.
            marks = "`" if "`" not in inner else "``" if "``" not in inner else ""
            close = close if marks else 0
        out.append(_safe_prose(prose[:-1] if run and escaped else prose))
        if close:
            code = "".join(parts[index + 2 : close])
            out.append(f"{marks}{_safe_in_span(code)}{marks}")
            index = close + 1
            continue
        if not escaped:
            unmatched.add(run)
        out.append("&#96;" * len(run))
        index += 2
    return "".join(out)


def _safe_in_span(code: str) -> str:
    # A table is cut into cells before code is looked for, so this span may turn out to be prose.
    return code.replace("<", "&#60;") if "|" in code else safe_code(code)


def _safe_prose(text: str) -> str:
    if "<http" in text:
        text = _AUTOLINK.sub(_autolink, text)
    if "![" in text:
        text = _BADGE.sub(r"[\1](", text)
        text = _BANG.sub(_plain_bang, _IMAGE.sub(_no_bang, text))
    if "](" in text:
        text = _OTHER_TARGET.sub("] (", _LINK.sub(_link, text))
    if "<" in text:
        text = _LESS.sub("&#60;", text)
    return text


def _no_bang(match: re.Match[str]) -> str:
    return _plain_bang(match) if len(match[1]) % 2 else match[1]


def _plain_bang(match: re.Match[str]) -> str:
    """The mark as an entity, without the backslash that escaped it if there was one."""
    backslashes = match[1]
    return f"{backslashes[len(backslashes) % 2 :]}&#33;"


def _link(match: re.Match[str]) -> str:
    label, target = match[1].strip(), match[2]
    if _WEB.match(target):
        return f"[{label or '🔗'}]({target})"
    # An anchor leads nowhere in a card, and nobody wants to read a picture's bytes.
    if not target or label == target or target[0] == "#" or target[:5].lower() == "data:":
        return label
    return f"{label} ({target})" if label else target


def _autolink(match: re.Match[str]) -> str:
    url = match[1]
    label = url.replace("[", "%5B").replace("]", "%5D")
    return f"[{label}]({label.replace('(', '%28').replace(')', '%29')})"
