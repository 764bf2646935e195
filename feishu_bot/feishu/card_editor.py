"""Edits of cards that were sent some time ago, by whichever process."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from feishu_bot.errors import FeishuUnavailable, SequenceStale
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.requests import text_in
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.pacer import Pacer

# A card with a finger on it takes no edit (200810). Nobody waits for this one.
PATIENCE = 20.0
# Sequence numbers are 31 bits. An answer counts hundredths of a second, which stay below this for
# as long as a card can be edited; edits count the seconds since 2026 from here on.
FIRST_SEQUENCE = 1_000_000_000
START_OF_2026 = 1_767_225_600
# How far the number is raised after each refusal: others edit the card, or have another clock.
STEPS = (0, 1, 2, 10, 60, 600)

Action = Mapping[str, Any]


def edit_sequence(now: float) -> int:
    """The sequence number of an edit at that time, in seconds since the epoch."""
    return FIRST_SEQUENCE + max(0, int(now) - START_OF_2026)


class CardEditor:
    """Edits card entities by the ids of their elements. Edits of one card take turns by the caller.

    `clock` is in seconds since the epoch, `timer` monotonic.
    """

    def __init__(
        self,
        client: FeishuClient,
        pacer: Pacer,
        *,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._pacer = pacer
        self._clock = clock
        self._timer = timer

    def edit(self, message_id: str, card_id: str, actions: Sequence[Action]) -> None:
        """Make all changes at once, or none of them ("Partially update card entity").

        Without a `card_id` Feishu is asked for the card of the message, which needs the scope
        cardkit:card:read. A card takes edits for 14 days. Raises FeishuError.
        """
        caller = PacedCaller(self._pacer, patience=PATIENCE, timer=self._timer)
        card_id = card_id or self._find(caller, message_id)
        written = json.dumps(list(actions), ensure_ascii=False, separators=(",", ":"))
        sequence = edit_sequence(self._clock())
        for step in STEPS:
            sequence += step
            if self._try(caller, card_id, written, sequence):
                return
        raise FeishuUnavailable(f"the card takes no edit: {card_id}")

    def _find(self, caller: PacedCaller, message_id: str) -> str:
        body = {"message_id": message_id}
        found = caller.call(
            "card.id_convert",
            lambda: self._client.call("POST", "/cardkit/v1/cards/id_convert", body),
        )
        return text_in(found, "data", "card_id")

    def _try(self, caller: PacedCaller, card_id: str, actions: str, sequence: int) -> bool:
        """Make the changes under this number; False when there was a higher one."""
        body = {"actions": actions, "uuid": secrets.token_hex(16), "sequence": sequence}

        def update() -> None:
            path = "/cardkit/v1/cards/:card_id/batch_update"
            self._client.call("POST", path, body, card_id=card_id)

        try:
            caller.call("card.batch_update", update)
        except SequenceStale:
            return False
        return True
