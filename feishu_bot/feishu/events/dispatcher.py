"""Dispatches checked requests by event type: to its parser, then to the bot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from feishu_bot.core.card_actions import CardAction, ClickResponse, toast
from feishu_bot.core.messages import BotIdentity, ChatJoined, IncomingMessage, MenuClick
from feishu_bot.core.sightings import CLICK_SEEN, EVENT
from feishu_bot.errors import BotError, FeishuUnavailable, Refused, Unreadable
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.events.card_actions import parse_card_action_v1, parse_card_action_v2
from feishu_bot.feishu.events.chats_and_menu import (
    parse_bot_added,
    parse_chat_entered,
    parse_first_chat,
    parse_menu_click,
)
from feishu_bot.feishu.events.fields import Envelope, as_dict, read_envelope
from feishu_bot.feishu.events.messages import parse_edit, parse_message, parse_recall
from feishu_bot.logs import bind, get_limited_logger, get_logger

logger = get_logger(__name__)
# A database or a Feishu that is away fails every delivery alike.

MESSAGE = "im.message.receive_v1"
EDIT = "im.message.updated_v1"
RECALL = "im.message.recalled_v1"
CARD_ACTION = "card.action.trigger"
BOT_ADDED = "im.chat.member.bot.added_v1"
CHAT_ENTERED = "im.chat.access_event.bot_p2p_chat_entered_v1"
MENU = "application.bot.menu_v6"
HANDLED = frozenset({MESSAGE, EDIT, RECALL, CARD_ACTION, BOT_ADDED, CHAT_ENTERED, MENU})
# The only event that still comes in the envelope of the first generation.
FIRST_CHAT = "p2p_chat_create"

# Seconds an event may wait for the bot to learn its own name; Feishu allows three.
IDENTITY_WAIT_SECONDS = 1.5
# Each type is logged once; the memory for that must not grow with nonsense.
MOST_UNHANDLED_TYPES = 100

# For the metrics.
OTHER = "other"

T = TypeVar("T")
Response = tuple[int, dict[str, Any]]

FAILURE: Response = (500, {"msg": "error"})
SUCCESS: Response = (200, {"msg": "success"})


class EventDispatcher:
    """Hands each event to the bot, as one of the core's values.

    `receive`, `edit`, `recall` and the `on_…` are the bot's. `identity` is given the seconds it
    may wait until the bot's identity is known. `note` is told the name of what has come.
    """

    def __init__(
        self,
        *,
        identity: Callable[[float], BotIdentity],
        receive: Callable[[str, IncomingMessage], None],
        edit: Callable[[str, IncomingMessage], None],
        recall: Callable[[str], None],
        on_card_action: Callable[[CardAction], ClickResponse],
        on_chat_joined: Callable[[ChatJoined], None],
        on_menu_click: Callable[[MenuClick], None],
        responses: CallbackResponses,
        note: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._identity = identity
        self._receive = receive
        self._edit = edit
        self._click = on_card_action
        self._choose = on_menu_click
        self._responses = responses
        self._note = note
        self._outages = get_limited_logger(__name__)
        self._unhandled_types: set[str] = set()
        self._listeners: dict[str, Callable[[Envelope], None]] = {
            MESSAGE: self._on_message,
            EDIT: self._on_edit,
            RECALL: _listener(lambda event: parse_recall(event.body), recall),
            BOT_ADDED: _joining(parse_bot_added, on_chat_joined),
            CHAT_ENTERED: _joining(parse_chat_entered, on_chat_joined),
            FIRST_CHAT: _joining(parse_first_chat, on_chat_joined),
            MENU: self._on_menu_click,
        }

    def dispatch(self, data: Mapping[str, Any]) -> tuple[str, Response]:
        """Answer an event of either generation; `data` is the body, decrypted.

        Returns its type for the metrics, too. Raises Unreadable.
        """
        event = read_envelope(data)
        is_handled = event.event_type == FIRST_CHAT if event.is_old else event.event_type in HANDLED
        if not is_handled:
            self._log_unhandled(event.event_type)
            return OTHER, SUCCESS
        self._note(f"{EVENT}{event.event_type}")
        with bind(event_id=event.event_id, event_type=event.event_type):
            if event.event_type == CARD_ACTION:
                return CARD_ACTION, self._answer_card_action(event)
            return event.event_type, self._answer_event(event)

    def dispatch_card_action_v1(self, data: Mapping[str, Any]) -> Response:
        """Answer a click in the form of the old message-card callback. Raises Refused."""
        if "schema" in data or not isinstance(data.get("action"), Mapping):
            raise Refused("not an old card action")
        self._note(CLICK_SEEN)
        try:
            action = parse_card_action_v1(data)
            return 200, self._responses.v1(self._click(action), action)
        except Exception as exc:  # noqa: BLE001 (the door: what fails is repeated)
            self._log_failure(exc)
            return 200, self._responses.v1(toast("action_failed", "error"))

    def late(self, data: Mapping[str, Any], *, is_old_card: bool) -> tuple[str, Response]:
        """What is said when there is no answer in time. Events are repeated, clicks are not."""
        failed = toast("action_failed", "error")
        if is_old_card:
            return CARD_ACTION, (200, self._responses.v1(failed))
        event_type = read_envelope(data).event_type
        if event_type == CARD_ACTION:
            return CARD_ACTION, (200, self._responses.v2(failed))
        return event_type, FAILURE

    def _answer_event(self, event: Envelope) -> Response:
        try:
            self._listeners[event.event_type](event)
        except Unreadable as exc:
            # A repeat would fail the same way, so Feishu is told that all is well.
            _log_unreadable(exc)
        except Exception as exc:  # noqa: BLE001 (the door: what fails is repeated)
            self._log_failure(exc)
            return FAILURE
        return SUCCESS

    def _answer_card_action(self, event: Envelope) -> Response:
        if not _has_object_value(event.body):
            logger.warning("card action without an object value")
            return 200, self._responses.v2(toast("action_unknown", "warning"))
        try:
            action = _parsed(lambda event: parse_card_action_v2(event.body, event.event_id), event)
            return 200, self._responses.v2(self._click(action), action)
        except Unreadable as exc:
            _log_unreadable(exc)
        except Exception as exc:  # noqa: BLE001 (the door: what fails is repeated)
            self._log_failure(exc)
        return 200, self._responses.v2(toast("action_failed", "error"))

    def _log_failure(self, exc: Exception) -> None:
        if isinstance(exc, BotError):
            self._outages.warning("delivery not taken in, Feishu will repeat it", error=str(exc))
        else:
            logger.failure("delivery failed", exc)

    def _log_unhandled(self, event_type: str) -> None:
        types = self._unhandled_types
        if event_type in types or len(types) >= MOST_UNHANDLED_TYPES:
            return
        types.add(event_type)
        logger.info(
            "event type not handled. It does no harm; to stop it, remove it from the app's "
            "subscriptions in the developer console (事件与回调 / Events & Callbacks)",
            event_type=event_type,
        )

    def _on_message(self, event: Envelope) -> None:
        bot = self._identity_for(event.body)
        message = _parsed(lambda event: parse_message(event.body, bot), event)
        self._receive(event.event_id, message)

    def _on_edit(self, event: Envelope) -> None:
        bot = self._identity_for(event.body)
        self._edit(event.event_id, _parsed(lambda event: parse_edit(event.body, bot), event))

    def _identity_for(self, event: Mapping[str, Any]) -> BotIdentity:
        """The bot's identity. Raises FeishuUnavailable when it matters and isn't known yet."""
        if not as_dict(event.get("message")).get("mentions"):
            return self._identity(0.0)
        identity = self._identity(IDENTITY_WAIT_SECONDS)
        if not (identity.open_id or identity.name):
            # Right after a start: Feishu repeats the event, and then it is known who was meant.
            raise FeishuUnavailable("not known yet who the bot is")
        return identity

    def _on_menu_click(self, event: Envelope) -> None:
        click = _parsed(lambda event: parse_menu_click(event.body, event.event_id), event)
        # The event itself tells the time in whole seconds only.
        self._choose(replace(click, created_at=event.created_at))


def _parsed(parse: Callable[[Envelope], T], event: Envelope) -> T:
    """What the parser makes of an event. Raises Unreadable, whatever it failed at."""
    if not event.event_id:
        raise Unreadable("no event_id")
    try:
        return parse(event)
    except ValueError as exc:
        raise Unreadable(str(exc)) from exc
    except Exception as exc:
        # A shape that nobody has thought of. The text may hold what people wrote.
        raise Unreadable(type(exc).__name__) from exc


def _listener(
    parse: Callable[[Envelope], T], handle: Callable[[T], None]
) -> Callable[[Envelope], None]:
    return lambda event: handle(_parsed(parse, event))


def _joining(
    parse: Callable[[Mapping[str, Any], str], ChatJoined], handle: Callable[[ChatJoined], None]
) -> Callable[[Envelope], None]:
    return _listener(lambda event: parse(event.body, event.event_id), handle)


def _log_unreadable(exc: Unreadable) -> None:
    logger.error("event not readable", error=str(exc))


def _has_object_value(event: Mapping[str, Any]) -> bool:
    action = event.get("action")
    return isinstance(action, Mapping) and isinstance(action.get("value", {}), Mapping)
