"""Parsers of clicks on cards, in both of Feishu's forms ("Card callback").

Any field may be missing: a click on a card always gets an answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from feishu_bot.core.card_actions import CardAction
from feishu_bot.core.messages import Sender
from feishu_bot.feishu.events.fields import as_dict, as_id, as_text, cleaned, object_in, person_id


def parse_card_action_v2(event: Mapping[str, Any], event_id: str) -> CardAction:
    """Read the `event` of card.action.trigger."""
    context = as_dict(event.get("context"))
    return _card_action(event, context, as_dict(event.get("operator")), event_id)


def parse_card_action_v1(body: Mapping[str, Any]) -> CardAction:
    """Read the body of the old message-card callback.

    It has no event id; its token, one per click, takes that place.
    """
    return _card_action(body, body, body, as_id(body.get("token")) or _digest(body), is_legacy=True)


def _card_action(
    data: Mapping[str, Any],
    context: Mapping[str, Any],
    operator: Mapping[str, Any],
    event_id: str,
    *,
    is_legacy: bool = False,
) -> CardAction:
    action = as_dict(data.get("action"))
    return CardAction(
        event_id=event_id,
        message_id=as_id(context.get("open_message_id")),
        chat_id=as_id(context.get("open_chat_id")),
        operator=Sender(
            open_id=person_id(operator),
            user_id=as_id(operator.get("user_id")),
            union_id=as_id(operator.get("union_id")),
        ),
        value=cleaned(object_in(action.get("value"))),
        form=cleaned(_form(action)),
        is_legacy=is_legacy,
    )


def _form(action: Mapping[str, Any]) -> dict[str, Any]:
    """The filled-in form. A control outside a form reads like a form with that one field."""
    form = as_dict(action.get("form_value"))
    name = as_text(action.get("name"))
    for field in ("option", "options", "input_value", "checked"):
        if action.get(field):
            form.setdefault(name or field, action[field])
    return form


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
