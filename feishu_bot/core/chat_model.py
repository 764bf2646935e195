"""Anything that streams an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from feishu_bot.core.pictures import Picture

FinishReason = Literal["stop", "length", "content_filter", "cut"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One line of a prompt; `pictures` come with what a user says, after the words."""

    role: Literal["system", "user", "assistant"]
    content: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What the model is asked. `temperature` None leaves it to the model.

    `max_tokens` is how long the answer may be, None for as long as it takes. With `is_fixed` the
    administrator has named the model: it needn't be one that people may choose.
    """

    messages: tuple[ChatMessage, ...]
    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of what the model thinks before it answers."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDelta:
    """A picture in the answer. The text after it names it by `target`, as Markdown does.

    It is either here or at its `url`; where it is neither, it couldn't be read.
    """

    target: str
    data: bytes = b""
    url: str = ""


@dataclass(frozen=True, slots=True)
class StreamStart:
    """The stream has begun; the model that answers, by the gateway's name."""

    model: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The stream is over. `reason` "cut" means that the gateway never said it was complete."""

    reason: FinishReason
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class LateReasoning:
    """All text so far was reasoning: the tag that ends it came without one that begins it."""


@dataclass(frozen=True, slots=True)
class StreamWait:
    """The service has asked for `seconds` of patience, and is asked again when there are 0."""

    seconds: float


StreamEvent = (
    StreamStart | TextDelta | PictureDelta | ReasoningDelta | LateReasoning | StreamWait | StreamEnd
)


class ModelCatalog(Protocol):
    """The models that people may choose from."""

    def offered(self) -> tuple[str, ...]:
        """All of them, the best known first; none where the gateway has no list of them.

        May ask the gateway: never in a click. Raises ModelError when nothing is known and the
        gateway can't be asked.
        """

    def default(self) -> str:
        """The bot's own choice. May ask the gateway. Raises ModelError when there is none."""

    def allows(self, name: str) -> bool:
        """Whether people may choose this model, if the gateway has it; never a call."""

    def known(self, name: str) -> str:
        """The model that this name means, as it was configured or listed last; empty for none.

        Never a call.
        """


class ModelSight(Protocol):
    """What is known of who can see."""

    def can_see(self, model: str) -> bool:
        """False when this model has refused pictures; empty for the default. May
        ask the gateway for the default. Raises ModelError without one."""


class ChatModel(Protocol):
    """Anything that streams an answer."""

    def stream(
        self, prompt: Prompt, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[StreamEvent]:
        """Ask the model. Yields one StreamStart before any text and one StreamEnd last.

        StreamWaits may come before them. Raises ModelError: "model_cant_see" when there are
        pictures in the prompt and the model takes none.

        `is_cancelled` is called now and then while the model is silent; once it is true, the stream
        ends as if the model had broken off.
        """
