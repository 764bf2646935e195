"""Who said what, where several people talk: the model is shown a name before each question."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

from feishu_bot.core.conversations import Turn
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.people import UserDirectory

# Told to the model behind the system prompt.
SPEAKER_INSTRUCTION = (
    "This is a group chat. Each message begins with the name of who wrote it and a colon; "
    'a name like "Colleague A" stands for somebody whose name is not known: don\'t address '
    "them by it. Begin your own messages without a name."
)
UNKNOWN_NAME = "Colleague"
NAME_CHARS = 40

# Line breaks and other control characters could pass for another message, a colon for its name;
# marks of direction turn what follows around.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\s:：]+")


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
    """A name on one line, without what would end it, and not too long."""
    return _UNSAFE.sub(" ", name).strip()[:NAME_CHARS].rstrip()


def with_speaker(speaker: str, text: str) -> str:
    """A question as the model is shown it."""
    return f"{speaker}: {text}" if speaker else text


def _letter_for(person: str, turns: Sequence[Turn]) -> str:
    taken = {turn.speaker: turn.asker for turn in turns if turn.speaker.startswith(UNKNOWN_NAME)}
    for speaker, asker in taken.items():
        if asker == person:
            return speaker
    letters = (f"{UNKNOWN_NAME} {letter}" for letter in string.ascii_uppercase)
    return next((name for name in letters if name not in taken), UNKNOWN_NAME)
