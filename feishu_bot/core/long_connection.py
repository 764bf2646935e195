"""What is known of the connection through which Feishu sends events, over all processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, Self

from feishu_bot.core.messages import known_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionState:
    """The connection of this bot, as the process that holds it sees it.

    Ages are in seconds, None for never: of the connection, of what came through it last (`frame`,
    Feishu's own signs of life among them) and of the last event. `refusal` is Feishu's code for why
    there is no connection, 0 where it simply can't be reached; it means nothing while `connected`.
    `late_events` is how many events came so late that another program must have been given them
    first, since the holder was started.
    """

    connected: bool = False
    connected_seconds: float | None = None
    frame_seconds: float | None = None
    event_seconds: float | None = None
    refusal: int = 0
    late_events: int = 0

    def to_json(self) -> dict[str, Any]:
        """A dict that `json.dumps` takes; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` gave, of this version or another one; unknown fields are left out."""
        return cls(**known_fields(cls, data))


class ConnectionWatch(Protocol):
    """Tells how the connection is, in any process that receives."""

    def state(self) -> ConnectionState:
        """As it was seen last, at most some seconds ago. Asks nobody."""
