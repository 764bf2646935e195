"""What the core needs from outside, in its own words. Adapters implement these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from feishu_bot.core.models import (
    Archived,
    BotIdentity,
    ChatSettings,
    Conversation,
    Ending,
    Event,
    Forgotten,
    IncomingMessage,
    Job,
    KeyBalance,
    Language,
    Notice,
    Outcome,
    Person,
    Piece,
    Prompt,
    Role,
    Sent,
    ThreadChoice,
    ThreadKey,
    Turn,
    Usage,
    UsageTotal,
    Verdict,
)
from feishu_bot.core.views import View


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the inbox said about our jobs: those no longer ours, and those to be stopped."""

    lost: frozenset[int]
    stopped: frozenset[int]


class Inbox(Protocol):
    """Events taken in, each once, and the leases on those being worked on."""

    def put(self, event: Event) -> bool:
        """Store the event; False when its event id or dedupe id is known already."""

    def claim(self, limit: int) -> list[Job]:
        """Lease up to `limit` events, oldest first, each the next of its conversation."""

    def renew(self) -> Renewal:
        """Prolong every lease of this process."""

    def checkpoint(self, job: Job, state: Mapping[str, Any]) -> None:
        """Keep `state` for whoever works on the job next. Raises LeaseLost."""

    def finish(self, job: Job, outcome: Outcome, turn: Turn | None, usage: Usage | None) -> None:
        """End the job and store its turn and usage, all or nothing. Raises LeaseLost."""

    def release(self, jobs: Iterable[Job]) -> None:
        """Hand jobs back, so that another process takes them up at once."""

    def let_go(self, job: Job) -> None:
        """Renew the job's lease no more, whatever became of it; does nothing to a finished one."""

    def postpone(self, job: Job, seconds: float) -> None:
        """Give the job up for now: it can be claimed again in `seconds`."""

    def stop(self, message_id: str) -> None:
        """Stop the job of this message, wherever it runs or waits, and forget its turn."""

    def running(self, key: ThreadKey) -> Event | None:
        """What is being done in a conversation now, by whichever process; None when nothing is."""

    def running_of(self, open_id: str, chat_id: str) -> tuple[Event, ...]:
        """What is being done for a person in any conversation of a chat, oldest first."""

    def stop_event(self, event_id: str) -> bool:
        """Stop the job of this event, but keep what it has answered; False when it is over."""

    def ended_unanswered(self, dedupe_id: str) -> bool:
        """Whether the event of this dedupe id is over, and came to no answer."""

    def sweep(self, before: float) -> int:
        """Forget events done before that time (seconds since the epoch); how many they were."""


class Conversations(Protocol):
    """Conversations, their turns, and which message belongs to which."""

    def resolve(self, message: IncomingMessage) -> ThreadKey:
        """The conversation a message belongs to, whether or not it exists yet."""

    def exists(self, key: ThreadKey) -> bool:
        """Whether the bot has answered in this conversation."""

    def key_of(self, message_id: str) -> ThreadKey | None:
        """The conversation that one of the bot's own messages belongs to."""

    def load(self, key: ThreadKey, parent_id: str = "") -> Conversation:
        """The conversation up to the turn that `parent_id` ends, or up to its newest turn."""

    def turn_of(self, message_id: str) -> Turn | None:
        """The turn that one of the bot's own messages, or a question, is part of."""

    def tree(self, key: ThreadKey, *, whole: bool = False) -> tuple[Turn, ...]:
        """All turns of a conversation in all its branches, oldest first.

        Without `whole` only those since it last began afresh; never forgotten ones.
        """

    def newest(self, chat_id: str) -> ThreadKey | None:
        """The conversation of a chat in which the newest turn stands; None without any turn."""

    def go_on_from(self, key: ThreadKey, turn_id: int) -> bool:
        """What is said next goes on from this turn; False when the conversation has none such."""

    def save_settings(
        self,
        key: ThreadKey,
        *,
        role: str | None = None,
        model: str | None = None,
        mode: str | None = None,
    ) -> None:
        """Change those settings that are given; an empty one goes back to the bot's own."""

    def clear(self, key: ThreadKey) -> None:
        """Begin the conversation afresh: what was said so far is not loaded again."""

    def bind(self, key: ThreadKey, sent: Sent) -> None:
        """Remember that these messages, and their thread, belong to the conversation."""

    def sweep(self, before: float) -> int:
        """Delete conversations without a message since that time; how many they were."""


class Chats(Protocol):
    """What is remembered about chats."""

    def settings(self, chat_id: str) -> ChatSettings:
        """The settings of a chat; empty ones for a chat that has none. Cached for a few seconds."""

    def save(
        self,
        chat_id: str,
        *,
        role: str | None = None,
        model: str | None = None,
        mode: str | None = None,
        reply_in_thread: ThreadChoice | None = None,
        language: Language | Literal[""] | None = None,
    ) -> None:
        """Change those settings that are given; an empty one goes back to the bot's own."""


class People(Protocol):
    """What is remembered about people."""

    def get(self, open_id: str) -> Person:
        """What is known; a person with nothing set for somebody new. Cached for a few seconds."""

    def set_language(self, open_id: str, language: Language | Literal[""]) -> None:
        """Speak to this person in that language from now on."""

    def block(self, open_id: str, *, blocked: bool) -> None:
        """Answer this person no more, or again."""

    def meet(self, open_id: str, private_chat: str = "") -> bool:
        """Note that the person knows the bot, and their chat with it where that is given.

        True the first time, over all processes.
        """

    def forget(self, open_id: str, *, keep_usage_since: float) -> Forgotten:
        """Delete everything stored about a person.

        What stays: that they are blocked, and what they used since that time (seconds since the
        epoch), which counts against today's limits.
        """


class Ledger(Protocol):
    """What answers have cost, and what was granted beyond the limits."""

    def totals(
        self, since: float, *, open_id: str | None = None, chat_id: str | None = None
    ) -> list[UsageTotal]:
        """One total per model from `since` (seconds since the epoch) on, for one person or chat."""

    def people(self, since: float, limit: int) -> list[UsageTotal]:
        """One total per person, by open_id, the greatest number of tokens first."""

    def grant(
        self, open_id: str, day: str, questions: int, granted_by: str, *, message_id: str
    ) -> None:
        """Allow a person so many questions more on that day (2026-11-22).

        Once for the message that asked for it, however often it is worked on.
        """

    def granted(self, open_id: str, day: str) -> int:
        """How many questions more were granted to a person for that day."""


class Names(Protocol):
    """What people are called."""

    def of(self, open_id: str) -> str:
        """The person's name, empty when it isn't known; takes a second at most."""

    def learn(self, open_id: str, name: str) -> None:
        """Somebody was called so in an event; used when there is nothing better."""


class Feedback(Protocol):
    """What people think of answers."""

    def save(self, message_id: str, open_id: str, verdict: Verdict, comment: str = "") -> None:
        """Keep a person's verdict on an answer; the newest one counts."""


class Roles(Protocol):
    """The list of ready roles, as the administrator keeps it."""

    def categories(self, language: Language) -> tuple[str, ...]:
        """The names of the categories, in the list's order."""

    def of(self, category: str, language: Language) -> tuple[Role, ...]:
        """The roles of a category; none for an unknown one."""

    def find(self, role_id: str, language: Language) -> Role | None:
        """The role with this id, in this language."""


class Prices(Protocol):
    """What tokens cost."""

    @property
    def currency(self) -> str:
        """The sign or code that goes with amounts; empty when there is no price table."""

    def cost(self, model: str, prompt_tokens: int, completion_tokens: int) -> float:
        """What an answer cost, in the currency; 0 for a model without a price."""


class Models(Protocol):
    """The models that people may choose from."""

    def offered(self) -> tuple[str, ...]:
        """All of them, the best known first. May ask the gateway: never in a click.

        Raises ModelError when nothing is known and the gateway can't be asked.
        """

    def default(self) -> str:
        """The bot's own choice. May ask the gateway. Raises ModelError when there is none."""

    def allows(self, name: str) -> bool:
        """Whether people may choose this model, if the gateway has it; never a call."""


class Balance(Protocol):
    """What is left on the gateway's keys."""

    def of_keys(self) -> tuple[KeyBalance, ...]:
        """Each key's balance, in their order, from a minute ago at most; takes ten seconds at most.

        Never raises: what could not be found out is said in its place.
        """


class Model(Protocol):
    """Anything that streams an answer."""

    def stream(
        self, prompt: Prompt, is_unwanted: Callable[[], bool] = lambda: False
    ) -> Iterator[Piece]:
        """Ask the model. Yields one ModelChosen first and one StreamEnd last. Raises ModelError.

        `is_unwanted` is asked now and then while the model is silent; once it says so, the stream
        is given up as if the model had broken off.
        """


class Archive(Protocol):
    """What was said in Feishu without the bot knowing of it."""

    def quoted(self, message_id: str) -> Archived | None:
        """One message; None when it can't be read, or says nothing in words."""

    def thread(self, thread_id: str) -> tuple[Archived, ...]:
        """The newest messages of a thread that say something, oldest first; may be none."""


class AnswerStream(Protocol):
    """An answer on the screen while it grows."""

    def write(self, text: str = "", reasoning: str = "") -> None:
        """Add to the answer; it is shown when there is room for a frame. Never waits."""

    def finish(self, ending: Ending) -> Sent:
        """Show the end and wait until it has landed. Raises FeishuError when it can't."""

    def abandon(self) -> None:
        """Stop drawing and leave the card as it is."""

    @property
    def is_over(self) -> bool:
        """Whether nothing will be drawn any more: the end has landed, or it can't."""


class Messenger(Protocol):
    """How the core speaks."""

    def open_answer(
        self,
        message: IncomingMessage,
        *,
        reference: str,
        checkpoint: Mapping[str, Any],
        save: Callable[[Mapping[str, Any]], None],
        sent: Callable[[Sent], None],
    ) -> AnswerStream:
        """Begin the answer to a message, or go on in the card that `checkpoint` names.

        `reference` is the same at every try of the same answer: Feishu sends it once. `save` is
        given what another process needs to go on; it may raise LeaseLost. `sent` is told all
        messages of the answer each time there is one more.
        """

    def notify(self, message: IncomingMessage, notice: Notice, *, reference: str) -> Sent:
        """Reply with a notice, once per `reference`. Raises FeishuError."""

    def show(self, message: IncomingMessage, view: View, *, reference: str) -> Sent:
        """Reply with a card, once per `reference`. Raises FeishuError."""

    def send_file(
        self, message: IncomingMessage, name: str, data: bytes, *, reference: str
    ) -> Sent:
        """Reply with a file, once per `reference`. Raises FeishuError."""

    def identity(self) -> BotIdentity:
        """Who the bot is; from memory, never a call."""
