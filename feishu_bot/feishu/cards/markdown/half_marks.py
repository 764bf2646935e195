"""The end of a text of which more is to come, or was to come: no half of a mark is shown."""

from __future__ import annotations

import re

from feishu_bot.feishu.cards.markdown.formulas import formula_at

# So long a growing text waits for the end of what has begun. Longer bold is shown as bold so far.
HELD_CHARS = 80
HELD_ADDRESS = 600
HELD_FORMULA = 300

_MARKS = re.compile(
    r"(?P<escape>\\[!-'*-/:-@^_`{-~])|(?P<math>\$+|\\)|(?P<ticks>`+)|(?P<link>!?\[)|(?P<tag><)"
    r"|(?P<run>\*+|~+|_+)"
)
# What a mark begins with: in prose it is sought thirty times as fast.
_BEGINS_MARK = re.compile(r"[\\$`!\[<*~_]")
_LINK = re.compile(
    r"!?\[(?:[^\[\]\\]|\\.|\[[^\[\]]*\]){0,500}\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s++[^()\n]*+)?\)|(?=[^(\[])|\[[^\[\]]*\])",
    re.DOTALL,
)
_HALF_LINK = re.compile(r"!?\[[^\[\]]*(?:\](?:[(\[][^)\]\s]*)?)?\Z")
_HALF_WEB_LINK = re.compile(r"!?\[[^\[\]]*\]\(https?://[!-~]*\Z")
_HALF_TAG = re.compile(r"<(?:/?[A-Za-z][^<>\n]*)?\Z|<su[bp]>[^<\n]*(?:<[^<>\n]*)?\Z", re.IGNORECASE)
_HALF_COMMAND = re.compile(r"\\(?:[A-Za-z]*(?:\{[^\n]{0,300})?(?:[_^]\{?[\w+-]{0,40})?)?\Z")
_COMMANDS = re.compile(r"\\[A-Za-z]+\s*(?:\{[^{}]*\}?)?")
# Behind a dollar, this shows that it is a price or a variable.
_PROSE = re.compile(
    r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]|(?<![A-Za-z])[A-Za-z]{3,}+[,.]?\s|\n|\A\s"
    r"|(?<![A-Za-z])[A-Za-z]{2,}+\s++[A-Za-z]{2}|\d\s++[A-Za-z]{2}"
)
# Without going back: `\a` is one sign or two, and thirty of them could be read in 2³⁰ ways.
_HALF_DOLLARS = re.compile(r"\$(?:[^$\\\n`]|\\.?){0,300}+\$?\Z")


def held_back(content: str) -> str:
    """The content of a growing paragraph without what has only begun at its end."""
    if not _BEGINS_MARK.search(content):
        return content
    ends = _open_marks(content)
    kept: list[str] = []
    for at, mark in ends:
        if len(content) - at <= _patience(content[at:], mark):
            return _closed(content[:at], kept, at_cut=False)
        if mark in _EMPHASIS or mark[0] == "`":
            kept.append(mark)
    return _closed(content, kept, at_cut=False) if kept else content


def closed(content: str) -> str:
    """The content of a paragraph that breaks off: what is open there is closed, or left out."""
    if not _BEGINS_MARK.search(content):
        return content
    kept: list[str] = []
    for at, mark in _open_marks(content):
        rest = content[at:]
        if not rest.strip("*_~`![$\\( "):
            return _closed(content[:at], kept, at_cut=True)
        if mark == "[":
            return _closed(content[:at] + _without_target(rest), kept, at_cut=True)
        if mark == "$":
            code = "" if "`" in rest else f" `{rest.strip()}`"
            return _closed(content[:at], kept, at_cut=True) + code
        if mark == "<":
            return _closed(content[:at], kept, at_cut=True)
        kept.append(mark)
    return _closed(content, kept, at_cut=True) if kept else content


def _without_target(link: str) -> str:
    """The words of a link whose address is incomplete; nothing of a picture."""
    label, has_target, _ = link.partition("](")
    if link.endswith("]") and not has_target:
        return link
    return "" if link.startswith("!") else label.removeprefix("[")


_EMPHASIS = frozenset({"*", "**", "***", "~~", "_", "__", "___"})


def _patience(rest: str, mark: str) -> int:
    """How many characters are waited for the end of what begins with the rest's mark."""
    if mark == "[" and _HALF_WEB_LINK.match(rest):
        return HELD_ADDRESS
    return patience_with_formula(rest) if mark == "$" else HELD_CHARS


def patience_with_formula(source: str) -> int:
    """How many characters are waited for a formula's end; few where it is probably none."""
    inner = source[2:] if source[:2] in ("\\(", "\\[", "$$") else source.removeprefix("$")
    is_bare = inner is source and not source.startswith("\\begin")
    is_prose = _is_prose(" ".join(inner.split()))
    return HELD_CHARS if is_bare or is_prose else HELD_FORMULA


def _is_prose(text: str) -> bool:
    return bool(_PROSE.search(_COMMANDS.sub("", text)))


def _closed(content: str, marks: list[str], *, at_cut: bool) -> str:
    content = content.rstrip(" ")
    for mark in reversed(marks):
        bare = content.rstrip(mark[0]) if at_cut else content
        if at_cut and not bare.strip():
            return bare
        if bare != content and not bare.endswith("\\"):
            content = bare.rstrip(" ")
        content += mark
    return content


def _open_marks(content: str) -> list[tuple[int, str]]:
    """What is open at the content's end, from the outside in: where it begins, and its mark."""
    open_marks: list[tuple[int, str]] = []
    at = 0
    while begin := _BEGINS_MARK.search(content, at):
        match = _MARKS.match(content, begin.start())
        if match is None:  # an exclamation mark
            at = begin.end()
            continue
        start, at = match.span()
        if match["run"]:
            _note_run(open_marks, content, start, at)
        elif not match["escape"]:
            end, mark = _skip(content, match)
            if mark:
                return [*open_marks, (start, mark)]
            at = end
    return open_marks


def _skip(content: str, match: re.Match[str]) -> tuple[int, str]:
    """Where the code, link, tag or formula ends that begins here; its mark if it has no end."""
    start, at = match.span()
    match match.lastgroup:
        case "ticks":
            end = _end_of_code(content, match["ticks"], at)
            return end, match["ticks"] if end < 0 else ""
        case "link":
            if link := _LINK.match(content, start):
                return link.end(), ""
            return at, "[" if _HALF_LINK.match(content, start) else ""
        case "tag":
            is_near = len(content) - start <= HELD_CHARS
            return at, "<" if is_near and _HALF_TAG.match(content, start) else ""
        case _:
            formula = formula_at(content, start, len(content))
            end = start + len(formula.source) if formula else 0
            # A dollar at the very end may yet be followed by a digit.
            if formula and (end < len(content) or not content.endswith("$")):
                return end, ""
            return at, "$" if _is_half_formula(content, start) else ""


def _end_of_code(content: str, ticks: str, at: int) -> int:
    for run in re.finditer("`+", content[at:]):
        if run[0] == ticks:
            return at + run.end()
    return -1


def _is_half_formula(content: str, start: int) -> bool:
    rest = content[start:]
    if rest[:2] in ("\\(", "\\[", "$$"):
        return len(rest) <= HELD_FORMULA and "\n\n" not in rest
    before = content[start - 1 : start]
    if rest[0] == "\\":
        return len(rest) == 1 or (
            not re.match(r"[\w:\\/.]", before) and bool(_HALF_COMMAND.match(rest))
        )
    if before.isascii() and before.isalnum():
        return False
    return bool(_HALF_DOLLARS.match(rest)) and not _is_prose(rest[1:])


def _note_run(open_marks: list[tuple[int, str]], content: str, start: int, end: int) -> None:
    run = content[start:end]
    before = content[start - 1 : start] or " "
    after = content[end : end + 1]
    if run[0] == "~" and (len(run) != 2 and after):
        return
    if run[0] == "_" and before.isalnum() and after.isalnum():
        return
    if not before.isspace():
        for index in range(len(open_marks) - 1, -1, -1):
            if open_marks[index][1] == run:
                del open_marks[index:]
                return
            if open_marks[index][1][0] == run[0] and len(run) > len(open_marks[index][1]):
                run = run[len(open_marks[index][1]) :]
                del open_marks[index:]
    if len(run) <= 3 and not after.isspace():
        open_marks.append((start, run))
