"""What is put before a question: quoted messages, threads and documents, each between two tags.

Every model understands the tags, whatever language is spoken, and they are taken off again where
people read the question. Nothing that people write or send can pass for one of them: what stands
in a tag may lead to somebody's file.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

from feishu_bot.core.notices import Notice
from feishu_bot.core.pictures import Picture
from feishu_bot.core.usage import MediaUse


@dataclass(frozen=True, slots=True)
class QuestionContext:
    """`text` is put before the question; `notices` tell the reader what was and wasn't read.

    `failure` is the first of them that says why something wasn't read. `pictures` are those that
    were made while it was read, by their references; `files` is how many files were read, and
    `media` what models took for it.
    """

    text: str = ""
    notices: tuple[Notice, ...] = ()
    failure: Notice | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    files: int = 0
    media: tuple[MediaUse, ...] = ()

    def __add__(self, other: QuestionContext) -> QuestionContext:
        return QuestionContext(
            self.text + other.text,
            (*self.notices, *other.notices),
            self.failure or other.failure,
            {**self.pictures, **other.pictures},
            self.files + other.files,
            (*self.media, *other.media),
        )


@dataclass(frozen=True, slots=True)
class ContextTag:
    """A tag with its attributes, and what stands in it."""

    name: str
    attributes: Mapping[str, str]
    text: str

    @property
    def reference(self) -> str:
        """What leads to a picture: its key, for a page of a file with its number; may be empty."""
        return picture_reference(self.attributes)


ATTRIBUTE_CHARS = 120

TAG_NAMES = (
    "quoted_message|earlier_messages|forwarded_chat|sent_message|attachments|document|picture|"
    "recording"
)
_ATTRIBUTES = r'(?: [a-z]+="[^"<>\n]*")*'
_BACKGROUND = re.compile(rf"\A(?:<({TAG_NAMES}){_ATTRIBUTES}>\n.*?\n</\1>\n\n)+", re.DOTALL)
_ONE = re.compile(rf"<({TAG_NAMES})({_ATTRIBUTES})>\n(.*?)\n</\1>\n\n", re.DOTALL)
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"<>\n]*)"')
# However it is written: a model takes all of these for the tag. What isn't seen may stand anywhere
# in it. Nothing is tried twice (`*+`), since a file may have a million blanks behind a "<".
_UNSEEN = r"\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_BLANKS = rf"[\s{_UNSEEN}]*+"


def _opens(names: str) -> re.Pattern[str]:
    """The bracket that begins a tag of one of these names, or ends one."""
    written = "|".join(map(_as_anybody_writes, names.split("|")))
    return re.compile(
        rf"[<＜﹤‹〈⟨](?={_BLANKS}(?:[/／]{_BLANKS})?+(?:{written})\b)", re.IGNORECASE
    )


def _as_anybody_writes(name: str) -> str:
    # "_" comes as a blank, too, or not at all; letters also in full width.
    letters = (
        rf"[_\-\s＿{_UNSEEN}]*+" if letter == "_" else f"[{letter}{chr(ord(letter) + 0xFEE0)}]"
        for letter in name
    )
    return f"[{_UNSEEN}]*+".join(letters)


_TAG = _opens(TAG_NAMES)
_EXCERPT_TAG = _opens("question|answer")
_REFERENCE = frozenset({"message", "inner", "key"})
# What would end an attribute, a tag or a line, and marks of direction.
_UNSAFE = re.compile(r'["<>&＂＜＞\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\s]+')


def tagged(tag: str, text: str, **attributes: str) -> str:
    """A tag with what stands in it; attributes that are empty are left out."""
    cleaned = {name: _UNSAFE.sub(" ", value).strip() for name, value in attributes.items()}
    kept = {name: value[:ATTRIBUTE_CHARS] for name, value in cleaned.items() if value}
    return _written(tag, kept, _TAG.sub("&lt;", text))


def excerpt_of(question: str, answer: str) -> str:
    """A question and its answer between tags, of which neither can leave its own."""
    inner = (_EXCERPT_TAG.sub("&lt;", text) for text in (question, answer))
    return "<question>\n{}\n</question>\n\n<answer>\n{}\n</answer>".format(*inner)


def without_context(question: str) -> str:
    """The question as it was written."""
    return _BACKGROUND.sub("", question, count=1)


def context_of(question: str) -> str:
    """What stands before the question."""
    return question[: len(question) - len(without_context(question))]


def as_written(text: str) -> str:
    """A question by a person, which doesn't begin with a tag: those are the bot's."""
    return _TAG.sub("&lt;", text, count=1) if _TAG.match(text) else text


def tags_in(question: str, name: str = "") -> Iterator[ContextTag]:
    """The tags before a question, from the first to the last, or only those of a name."""
    if not question.startswith("<"):
        return
    for tag, attributes, text in _ONE.findall(context_of(question)):
        if not name or tag == name:
            yield ContextTag(tag, dict(_ATTRIBUTE.findall(attributes)), text)


def for_model(question: str, shown: Container[str] = ()) -> str:
    """The question as a model reads it; `shown` leads to the pictures that come with it.

    What leads to a file is of no use to it.
    """
    context = context_of(question)
    if not context:
        return question

    def told(found: re.Match[str]) -> str:
        tag, attributes, text = found[1], dict(_ATTRIBUTE.findall(found[2])), found[3]
        if tag == "recording" and not text:
            # The question itself was said: its words are all there is to it.
            return ""
        if tag == "picture" and picture_reference(attributes) not in shown:
            text = "(a picture that isn't shown here)"
        kept = {name: value for name, value in attributes.items() if name not in _REFERENCE}
        return _written(tag, kept, text)

    return _ONE.sub(told, context) + question[len(context) :]


def pictures_in(question: str) -> tuple[str, ...]:
    """What leads to the pictures before a question."""
    references = (tag.reference for tag in tags_in(question, "picture"))
    return tuple(dict.fromkeys(filter(None, references)))


def picture_reference(attributes: Mapping[str, str]) -> str:
    """What leads to a picture, by the attributes of its tag."""
    key, page = attributes.get("key", ""), attributes.get("page", "")
    return f"{key}#{page}" if key and page else key


def _written(tag: str, attributes: Mapping[str, str], text: str) -> str:
    shown = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{shown}>\n{text}\n</{tag}>\n\n"
