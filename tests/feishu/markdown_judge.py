"""What GitHub's own renderer shows of a Markdown text: the judge of what our cards show."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm

BLOCKS = {"p", "li", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "br", "hr"}
BLOCKS |= {"ul", "ol", "table", "blockquote"}


@dataclass
class Shown:
    """`words` are (word, kind): kind is `code`, `heading` or `text`."""

    lines: list[str] = field(default_factory=list)
    words: list[tuple[str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def own_lines(self) -> list[str]:
        return [line.strip() for line in self.text.split("\n") if line.strip()]

    def count(self, *tags: str) -> int:
        return sum(tag in tags for tag in self.tags)

    @property
    def letters(self) -> list[tuple[str, str]]:
        """Each letter and digit, and whether it is code or a heading."""
        return [(sign, kind) for word, kind in self.words for sign in word if sign.isalnum()]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown = Shown(lines=[""])
        self._open: list[str] = []
        self._items: list[int] = []  # those that are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shown.tags.append(tag)
        if tag in BLOCKS and tag not in ("td", "th"):
            self.shown.lines.append("")
        if tag == "a":
            self.shown.links.append(dict(attrs).get("href") or "")
        if tag == "li":
            self._items.append(len(self.shown.items))
            self.shown.items.append("")
        if tag == "pre":
            self.shown.code.append("")
        if tag not in ("br", "hr", "img", "input"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "li":
            self._items.pop()
        if tag in BLOCKS and tag not in ("td", "th"):
            self.shown.lines.append("")

    def handle_comment(self, data: str) -> None:
        self.shown.tags.append("html")  # in its place GitHub leaves a comment

    def handle_data(self, data: str) -> None:
        self.shown.lines[-1] += data
        kind = "code" if "code" in self._open else "text"
        if any(tag in self._open for tag in ("h1", "h2", "h3", "h4", "h5", "h6")):
            kind = "heading" if kind == "text" else kind
        self.shown.words.append((data, kind))
        if self._items and not {"pre", "table"} & set(self._open):
            self.shown.items[self._items[-1]] += data
        if "pre" in self._open and self.shown.code:
            self.shown.code[-1] += data


def shown(markdown: str) -> Shown:
    """What is shown of the text. HTML in it is left out, as GitHub does."""
    page = cmarkgfm.github_flavored_markdown_to_html(markdown)
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.shown


def is_within(parts: list[tuple[str, str]], whole: list[tuple[str, str]]) -> bool:
    """Whether all parts occur in the whole, in order."""
    rest = iter(whole)
    return all(part in rest for part in parts)
