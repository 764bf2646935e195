"""Who said what, where several people talk: the model is shown a name before each question."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from feishu_bot.core.answering.question_context import TAG_NAMES, context_of
from feishu_bot.core.conversations import Turn
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.people import UserDirectory
from feishu_bot.core.text import indented, with_plain_breaks

# Told to the model behind the system prompt.
SPEAKER_INSTRUCTION = (
    "This is a group chat. Each message begins with the name of who wrote it and a colon; "
    'a name like "Colleague A" stands for somebody whose name is not known: don\'t address '
    "them by it. Indented lines belong to the message above them. Begin your own messages "
    "without a name."
)
UNKNOWN_NAME = "Colleague"
NAME_CHARS = 40

# Line breaks and other control characters could pass for another message, a colon for its name;
# marks of direction turn what follows around.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\s:：﹕︰∶꞉<>＜＞]+"
)
# The names of roles, and those that stand for somebody: whoever bears one would speak for them.
_RESERVED = re.compile(
    r"(the )?(assistant|system|user|human|tool|function|developer|model|ai|bot|chatgpt|gpt|"
    r"助手|助理|系统|系統|用户|用戶|用户端|开发者|模型|机器人)( \w)?|(colleague|person) ?\w{1,3}|"
    rf"[ _]*({TAG_NAMES})[ _]*"
)
# What a line that begins with a name looks like.
_NAMED_LINE = re.compile(r"\n[^\S\n]*+[^\s:：﹕︰∶꞉][^\n:：﹕︰∶꞉]{0,60}+[:：﹕︰∶꞉]")


@dataclass(frozen=True)
class Speakers:
    """Names for the people of group chats."""

    names: UserDirectory

    def learn(self, message: IncomingMessage) -> None:
        """Note what the people are called who are mentioned in a group's message."""
        for mention in message.mentions:
            self.names.learn(mention.open_id, safe_name(mention.name))

    def name_of(self, open_id: str, turns: Sequence[Turn]) -> str:
        """What to call a person in a conversation of these turns.

        Somebody whose name isn't known keeps the same letter as long as their turns are there.
        Takes a second at most.
        """
        return safe_name(self.names.of(open_id)) or _letter_for(open_id, turns)


def safe_name(name: str) -> str:
    """A name on one line, without what would end it, and not too long.

    Empty where it is the name of somebody else in a prompt, such as "assistant".
    """
    shown = _UNSAFE.sub(" ", name).strip()[:NAME_CHARS].rstrip()
    plain = re.sub(r"[^\w ]", "", unicodedata.normalize("NFKC", shown)).casefold().strip()
    return "" if _RESERVED.fullmatch(plain) else shown


def with_speaker(speaker: str, text: str) -> str:
    """A question as the model is shown it; none of its lines can pass for another message.

    What stands before it between tags is left as it is.
    """
    if not speaker:
        return text
    context = context_of(text)
    said = with_plain_breaks(text[len(context) :])
    return f"{speaker}: {context}{indented(said) if _NAMED_LINE.search(said) else said}"


def _letter_for(person: str, turns: Sequence[Turn]) -> str:
    taken = {turn.speaker: turn.asker for turn in turns if turn.speaker.startswith(UNKNOWN_NAME)}
    for speaker, asker in taken.items():
        if asker == person:
            return speaker
    letters = (f"{UNKNOWN_NAME} {letter}" for letter in string.ascii_uppercase)
    return next((name for name in letters if name not in taken), UNKNOWN_NAME)
