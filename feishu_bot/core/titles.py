"""What a conversation is called: the first words of its question, or a title by the model."""

from __future__ import annotations

import re
import unicodedata

from feishu_bot.core.answering.question_context import without_context
from feishu_bot.core.history import PastConversation
from feishu_bot.core.text import shorten

TITLE_CHARS = 50
LINE_CHARS = 80
# What is read of a question for its first words.
READ_CHARS = 2_000

_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\s]{0,500}\)")
_LINE_MARK = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>+[ \t]?|[-*+][ \t]+|```[\w+-]{0,20}[ \t]*$)", re.MULTILINE
)
_INLINE_MARK = re.compile(r"\*\*|__|~~|`+")
_MENTION = re.compile(r"(?<![\w.])@[\w.·-]{1,40}")
_LABEL = re.compile(r"\A(?:title|name|标题|題目|题目|名称)\s*[:：]\s*", re.IGNORECASE)
_WRAPPING = " \t\"'“”‘’「」『』《》【】()（）。.!！;；,，:：、*_#`-–—"


def title_of(conversation: PastConversation) -> str:
    """The model's title, else the first words of the person; empty where there are none."""
    return conversation.title or first_words(conversation.asked.question)


def first_words(question: str) -> str:
    """How a question begins, on one line, without what it quotes, Markdown and mentions."""
    text = without_marks(without_context(question)[:READ_CHARS])
    return shorten(" ".join(_MENTION.sub(" ", text).split()) or " ".join(text.split()), TITLE_CHARS)


def first_line(answer: str) -> str:
    """How an answer begins, without Markdown."""
    lines = (" ".join(line.split()) for line in without_marks(answer[:READ_CHARS]).splitlines())
    return shorten(next(filter(None, lines), ""), LINE_CHARS)


def clean_title(text: str) -> str:
    """What a model gave for a title, whatever it is; empty when there is no word in it."""
    lines = (" ".join(line.split()) for line in without_marks(text).splitlines())
    line = next((line for line in lines if line.strip(_WRAPPING)), "")
    return shorten(_LABEL.sub("", line.strip(_WRAPPING)).strip(_WRAPPING), TITLE_CHARS)


def without_marks(text: str) -> str:
    """The words of a text without the signs of Markdown, and without what nobody sees."""
    seen = "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )
    return _INLINE_MARK.sub("", _LINE_MARK.sub("", _LINK.sub(r"\1", seen)))
