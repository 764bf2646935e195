"""What is put before a question: quoted messages, threads and documents, each between two tags.

Every model understands the tags, whatever language is spoken, and they are taken off again where
people read the question. Nothing that people write or send can pass for one of them: what stands
in a tag may lead to somebody's file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from feishu_bot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class QuestionContext:
    """`text` is put before the question; `notices` tell the reader what was and wasn't read.

    `failure` is set where something was sent and nothing of it could be read.
    """

    text: str = ""
    notices: tuple[Notice, ...] = ()
    failure: Notice | None = None

    def __add__(self, other: QuestionContext) -> QuestionContext:
        return QuestionContext(
            self.text + other.text,
            (*self.notices, *other.notices),
            self.failure or other.failure,
        )


@dataclass(frozen=True, slots=True)
class ContextTag:
    """A tag with its attributes, and what stands in it."""

    name: str
    attributes: Mapping[str, str]
    text: str


ATTRIBUTE_CHARS = 120

_TAGS = "quoted_message|earlier_messages|attachments|document|picture"
_ATTRIBUTES = r'(?: [a-z]+="[^"<>\n]*")*'
_BACKGROUND = re.compile(rf"\A(?:<({_TAGS}){_ATTRIBUTES}>\n.*?\n</\1>\n\n)+", re.DOTALL)
_ONE = re.compile(rf"<({_TAGS})({_ATTRIBUTES})>\n(.*?)\n</\1>\n\n", re.DOTALL)
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"<>\n]*)"')
_TAG = re.compile(rf"<(?=/?(?:{_TAGS})\b)")
_REFERENCE = re.compile(
    rf'^(<(?:{_TAGS})(?: [a-z]+="[^"<>\n]*")*?) message="[^"]*" key="[^"]*">$', re.MULTILINE
)
# What would end an attribute, a tag or a line, and marks of direction.
_UNSAFE = re.compile(r'["<>&\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\s]+')


def tagged(tag: str, text: str, **attributes: str) -> str:
    """A tag with what stands in it; attributes that are empty are left out."""
    cleaned = {name: _UNSAFE.sub(" ", value).strip() for name, value in attributes.items()}
    shown = "".join(
        f' {name}="{value[:ATTRIBUTE_CHARS]}"' for name, value in cleaned.items() if value
    )
    return f"<{tag}{shown}>\n{_TAG.sub('&lt;', text)}\n</{tag}>\n\n"


def without_context(question: str) -> str:
    """The question as it was written."""
    return _BACKGROUND.sub("", question, count=1)


def context_of(question: str) -> str:
    """What stands before the question."""
    return question[: len(question) - len(without_context(question))]


def as_written(text: str) -> str:
    """A question by a person, which doesn't begin with a tag: those are the bot's."""
    return _TAG.sub("&lt;", text, count=1) if _TAG.match(text) else text


def tags_in(question: str, name: str) -> Iterator[ContextTag]:
    """The tags of this name before a question, from the first to the last."""
    for tag, attributes, text in _ONE.findall(context_of(question)):
        if tag == name:
            yield ContextTag(name, dict(_ATTRIBUTE.findall(attributes)), text)


def without_references(question: str) -> str:
    """The question as a model reads it: what leads to a file is of no use to it."""
    context = context_of(question)
    return _REFERENCE.sub(r"\1>", context) + question[len(context) :]
