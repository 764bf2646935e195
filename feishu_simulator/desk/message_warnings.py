"""Warnings about a message: what the platform did silently, or will soon do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from feishu_simulator import card_checks
from feishu_simulator.card_entities import STREAMING_SECONDS, wants_streaming
from feishu_simulator.card_view import walk
from feishu_simulator.desk.desk import Desk
from feishu_simulator.events import Delivery
from feishu_simulator.messages import Message
from feishu_simulator.state import PlatformState

MessageWarning = dict[str, Any]

# Above this share the next frame may exceed the limit of a card.
NEARLY_FULL = 0.9
# Slower answers come close to the 3 s after which an event is pushed again.
SLOW_SECONDS = 1.0


def warnings_for(desk: Desk, message: Message) -> Iterator[MessageWarning]:
    """The kinds with their parameters. Used under the state's lock."""
    if message.deleted:
        yield {"kind": "recalled"}
    if message.unheard:
        yield {"kind": "not_pushed", "why": message.unheard}
    if message.event:
        yield from _of_pushes(message.event.deliveries, desk.feishu.deliveries.retry_seconds)
    if message.reacted_by:
        yield {"kind": "reaction"}
    yield from _of_card(desk.feishu.state, message)


def card_figures(state: PlatformState, message: Message) -> dict[str, Any] | None:
    """Size and limits of a card; None for other messages."""
    if message.card is None:
        return None
    return {
        "card_id": message.entity.card_id if message.entity else "",
        "sequence": message.entity.sequence if message.entity else 0,
        "bytes": card_checks.size_of(message.card),
        "most_bytes": state.card_rules.max_bytes,
        "elements": sum(1 for _ in walk(message.card)),
        "most_elements": state.card_rules.max_elements,
    }


def _of_pushes(deliveries: Sequence[Delivery], waits: Sequence[float]) -> Iterator[MessageWarning]:
    """By event_id: slow answers, and whether the last push failed."""
    by_id: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        by_id.setdefault(delivery.event_id, []).append(delivery)
    for event_id, pushes in by_id.items():
        if any(push.status == 200 and push.seconds > SLOW_SECONDS for push in pushes):
            slowest = max(push.seconds for push in pushes)
            yield {"kind": "slow_answer", "event_id": event_id, "seconds": slowest}
        failed = sum(push.status != 200 for push in pushes)
        if pushes[-1].status == 200:
            continue
        if failed > len(waits):
            yield {"kind": "given_up", "event_id": event_id, "times": failed}
        else:
            yield {"kind": "push_again", "event_id": event_id, "seconds": waits[failed - 1]}


def _of_card(state: PlatformState, message: Message) -> Iterator[MessageWarning]:
    figures = card_figures(state, message)
    if figures is None or message.card is None:
        return
    if figures["bytes"] > figures["most_bytes"] * NEARLY_FULL:
        yield {"kind": "nearly_full", "bytes": figures["bytes"], "most": figures["most_bytes"]}
    if figures["elements"] > figures["most_elements"] * NEARLY_FULL:
        most = figures["most_elements"]
        yield {"kind": "many_elements", "elements": figures["elements"], "most": most}
    if message.streaming:
        yield {"kind": "streaming"}
    elif message.entity and wants_streaming(message.card):
        yield {"kind": "streaming_timed_out", "minutes": int(STREAMING_SECONDS // 60)}
