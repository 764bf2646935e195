"""The content of a paragraph, a heading or a cell, written so that nothing harmful gets out.

"Rich text (Markdown) component": links lead to http and https only, a picture must be an image
key or the whole card is refused (200570), and a character that Markdown or a tag would read is
written as an HTML entity. A backslash before it would do in CommonMark, but the page doesn't name
backslashes. The only tag that is ever written is `<br>`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote

from markdown_it.token import Token

from feishu_bot.feishu.cards.markdown.formulas import Formula
from feishu_bot.feishu.cards.markdown.parser import References, parse_inline

# A text that names one long address again and again would fill card after card with it.
MAX_TARGETS = 4_000

# Without one of these, content is plain text and needs no parser.
_MARKED = re.compile(r"[\\`*_~\[\]<&!|$]|://")
_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_AT = re.compile(r"<(?=\s*+(?:/\s*+)?at\b)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?<=ftp):(?=//)", re.IGNORECASE)
_TICKS = re.compile(r"`+")

# Stars and underscores between spaces, and underscores within a word, are only characters.
_SPECIAL = re.compile(
    r"[<`]|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_(?!\s)|(?<!\s)_(?![^\W_])|!(?=\[)|\](?=\()|(?<=\]):"
    r"|&(?=#?\w{1,32};)|\\(?=[!-/:-@\[-`{-~]|$)",
)
_MAY_BE_SPECIAL = re.compile(r"[<`*_!\]&\\]")
_SPECIAL_IN_LABEL = re.compile(_SPECIAL.pattern + r"|[\[\]]")
# What would begin another block, or make one of the line above.
_BLOCK_START = re.compile(
    r"(?P<number>\d{1,9})(?P<dot>[.)])(?=\s|$)|(?P<mark>[-+*])(?=\s|$)|(?P<hash>#)(?=#{0,5}(?:\s|$))"
    r"|(?P<more>>)|(?P<under>[-=_*])(?=[-=_*\s]*$)|(?P<rule>[|:-])(?=[-:|\s]*$)"
)
_MAY_BEGIN_BLOCK = frozenset("0123456789-+*#>=_|:")

# What a picture is called that the model made; without its key there is none to be shown.
_OWN_PICTURE = "picture:"
# Escapes that models write for LaTeX and not for Markdown: these keep their backslash.
_LATEX_ESCAPES = frozenset("\"%&'(),/:;=?@[\\]^{}")


@dataclass(slots=True)
class InlineWriter:
    """Writes one paragraph's content. `used` collects the link definitions it made use of."""

    references: References
    used: set[str]
    in_cell: bool = False
    in_line: bool = False  # in a heading or a cell, which have one line only
    pictures: Mapping[str, str] = field(default_factory=dict)  # keys by what the text calls them
    _spent: int = 0  # characters of targets that were written elsewhere
    _escapes_links: bool = False  # whether brackets are escaped so that they make no link
    _strikes: bool = False  # whether two tildes could strike out what is between them

    def write(self, content: str) -> str:
        """Markdown in which each line break is one that is meant."""
        if not _MARKED.search(content):
            if "\n" not in content:
                content = content.strip()
                return content if self.in_line else safe_line_start(content)
            return self._joined([line.strip() for line in content.split("\n")])
        self._escapes_links = "\\](" in content
        self._strikes = content.count("~") > 1 or "&#" in content
        text = self._write(parse_inline(content, self.references), in_label=False)
        if "\n" not in text:
            text = text.strip()
            return text if self.in_line else safe_line_start(text)
        return self._joined([line.strip() for line in text.split("\n")])

    def _joined(self, lines: list[str]) -> str:
        if self.in_line:
            return "<br>".join(filter(None, lines))
        return "\n".join(safe_line_start(line) for line in lines if line)

    def _write(self, tokens: list[Token], *, in_label: bool) -> str:
        out: list[str] = []
        text = ""  # what is text has to be escaped as a whole
        index = 0
        while index < len(tokens):
            token = tokens[index]
            kind = token.type
            if kind == "text":
                text += token.content
            elif kind == "text_special":
                text += self._meant(token)
            else:
                if text:
                    out.append(self._text(text, in_label=in_label))
                    text = ""
                    if kind in ("link_open", "address", "image") and out[-1].endswith("!"):
                        out[-1] = f"{out[-1][:-1]}&#33;"
                if kind == "link_open":
                    end = _end_of_link(tokens, index)
                    before = out[-1][-1:] if out else ""
                    out.append(self._link(token, tokens[index + 1 : end], before))
                    index = end
                else:
                    out.append(self._write_one(token, in_label=in_label))
            index += 1
        if text:
            out.append(self._text(text, in_label=in_label))
        return "".join(out)

    def _meant(self, token: Token) -> str:
        """An escaped character or an entity, as it is meant to be read."""
        if token.info != "escape" or token.content not in _LATEX_ESCAPES:
            return token.content
        is_link = self._escapes_links and token.content in ("[", "]")
        return token.content if is_link else token.markup

    def _write_one(self, token: Token, *, in_label: bool) -> str:
        match token.type:
            case "softbreak" | "hardbreak":
                return " " if in_label else "\n"
            case "code_inline":
                return self._code(token.content)
            case "image":
                return self._image(token, in_label=in_label)
            case "address":
                label = self._text(token.content, in_label=True)
                return f"[{label}]({_target(token.content)})"
            case "math":
                return self.formula(token.meta["formula"], in_label=in_label)
            case _:  # emphasis
                return token.markup

    def formula(self, formula: Formula, *, in_label: bool = False) -> str:
        """In Unicode, as code, or letter by letter where it is none."""
        text = formula.text if formula.is_math else formula.source
        if text is None:
            return self._code(" ".join(formula.source.split()))
        if in_label:
            text = text.replace("\n", " ")
        return "\n".join(self._text(line, in_label=in_label) for line in text.split("\n"))

    def _text(self, text: str, *, in_label: bool) -> str:
        if in_label:
            text = _SPECIAL_IN_LABEL.sub(_entity_of, text)
        elif _MAY_BE_SPECIAL.search(text):
            text = _SPECIAL.sub(_entity_of, text)
        if self._strikes:
            text = text.replace("~", "&#126;")
        if "://" in text:
            text = _OTHER_SCHEME.sub("&#58;", text)
        return text.replace("|", "&#124;") if self.in_cell else text

    def _code(self, code: str) -> str:
        runs = set(map(len, _TICKS.findall(code)))
        marks = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
        if code.startswith("`") or code.endswith("`") or _is_padded(code):
            code = f" {code} "
        if self.in_cell:
            # GFM cuts a row into cells before it looks for code.
            code = code.replace("|", "\\|")
        return f"{marks}{safe_code(code)}{marks}"

    def _link(self, token: Token, children: list[Token], before: str) -> str:
        target = str(token.attrs.get("href", "")).strip()
        if "label" in token.meta:
            self.used.add(token.meta["label"])
            self._spent += len(target)
        label = self._write(children, in_label=True).strip()
        if target in self.pictures:
            return f"![{label}]({self.pictures[target]})"
        if self._spent > MAX_TARGETS:
            return label
        if _WEB.match(target):
            return f"[{label or '🔗'}]({_target(target)})"
        is_call = before.isascii() and (before.isalnum() or before in (")", "]", "_"))
        if before and is_call and "label" not in token.meta:
            return f"&#91;{label}&#93;&#40;{self._text(target, in_label=True)}&#41;"
        return self._as_text(label, target)

    def _image(self, token: Token, *, in_label: bool) -> str:
        label = self._text(plain_text_of(token.children or []).strip(), in_label=True)
        target = str(token.attrs.get("src", "")).strip()
        if in_label:
            return label
        if "label" in token.meta:
            self.used.add(token.meta["label"])
        if target in self.pictures:
            return f"![{label}]({self.pictures[target]})"
        if _WEB.match(target):
            return f"[{label or '🔗'}]({_target(target)})"
        if target.startswith(_OWN_PICTURE):
            return f"🖼 {label}".rstrip()
        return self._as_text(label, target)

    def _as_text(self, label: str, target: str) -> str:
        """A link that leads nowhere in Feishu: an anchor, a file, or the bytes of a picture."""
        shown = self._text(target, in_label=True)
        if shown.startswith("("):
            shown = f"&#40;{shown[1:]}"
        is_nowhere = target[:1] == "#" or target[:5].lower() == "data:"
        if not target or label == shown or is_nowhere or target.startswith(_OWN_PICTURE):
            return label
        return f"{label} ({shown})" if label else shown


def write_inline(
    references: References,
    used: set[str],
    content: str,
    head: str = "",
    pictures: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Content behind a `head` such as `## `, in one line then."""
    writer = InlineWriter(references, used, in_line=bool(head), pictures=pictures)
    return head + writer.write(content)


def safe_code(code: str) -> str:
    """Code as it is, but that an at-tag gets an invisible space.

    CommonMark interprets nothing in code, and Feishu says it follows CommonMark. It doesn't say
    whether its check of the ids in at-tags (100290) knows what code is, and a mistake would ping
    everyone; no other tag can do harm.
    """
    return _AT.sub("<\u200b", code) if "<" in code else code


def safe_line_start(line: str) -> str:
    """The line, with its first mark as an entity if that would begin another block."""
    if line[:1] not in _MAY_BEGIN_BLOCK:
        return line
    match = _BLOCK_START.match(line)
    if match is None:
        return line
    if match["number"]:
        return f"{match['number']}{_entity(match['dot'])}{line[match.end() :]}"
    return _entity(line[0]) + line[1:]


def _end_of_link(tokens: list[Token], start: int) -> int:
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].nesting if tokens[index].tag == "a" else 0
        if not depth:
            return index
    return len(tokens)


def plain_text_of(tokens: list[Token]) -> str:
    """The words of inline tokens, without their marks."""
    parts = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.children:
            parts.append(plain_text_of(token.children))
        else:
            parts.append(token.content)
    return "".join(parts)


def _is_padded(code: str) -> bool:
    return code.startswith(" ") and code.endswith(" ") and bool(code.strip())


_UNSAFE_IN_TARGET = re.compile(r"[\s<>\\`|\[\]\x00-\x1f]|&(?=#?\w{1,32};)")


def _target(address: str) -> str:
    """The address as it may stand in the brackets of a link."""
    address = _UNSAFE_IN_TARGET.sub(lambda found: quote(found[0]), address)
    depth = 0
    for character in address:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    if depth:
        address = address.replace("(", "%28").replace(")", "%29")
    return address


def _entity(character: str) -> str:
    return f"&#{ord(character)};"


def _entity_of(match: re.Match[str]) -> str:
    return _entity(match[0])
