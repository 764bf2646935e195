"""/picture: the picture studio, and what is pressed on the cards of its pictures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Buttons, Card, Colour, Paragraph, Text
from feishu_bot.core.commands.regenerate import can_regenerate, is_turn_here
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import RUNNING, ConversationKey, Conversations, Turn
from feishu_bot.core.drawings import SHAPES, STYLES, Drawing, Shape
from feishu_bot.core.picture_model import PictureModel
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.studio.picture_card import INSTRUCTION_CHARS
from feishu_bot.core.tasks import AskQuestion, DrawAgain

EXAMPLES = 3
LEAVE = ("/chat", "回到聊天", "/回到聊天", "退出图片创作", "/退出图片创作")


@dataclass(frozen=True)
class PictureCommands(CommandGroup):
    """In the studio everything that is said is drawn, until somebody goes back to chatting."""

    conversations: Conversations
    pictures: PictureModel
    enqueuer: Enqueuer

    @command("picture", "/picture", "图片创作", "/图片创作", takes_argument=True)
    def enter(self, context: CommandContext) -> Card | AskQuestion:
        """Make the conversation a studio, and draw what stands behind the command.

        Raises ModelError where no model draws.
        """
        model = self.pictures.model()
        self.conversations.set_kind(context.key, "picture")
        message = context.task.message
        is_about_picture = bool(message and message.attachments)
        if context.argument or is_about_picture:
            return AskQuestion(text=context.argument, message=message)
        return _studio_card(model, context.key, context.chat_type)

    @command("chat", *LEAVE, targets_latest=True, is_alias=True)
    def chat(self, context: CommandContext) -> Card:
        """Chat again, with what was said before."""
        self.conversations.set_kind(context.key, "chat")
        return _left_card()

    @action("studio_leave")
    def leave(self, click: CardClick) -> ClickResponse:
        """Chat again; the card of a picture stays as it is."""
        self.conversations.set_kind(click.key, "chat")
        left = toast("studio_left", "success")
        if not click.value("is_studio"):
            return left
        return left.with_card(_left_card())

    @action("draw_again", "option")
    def draw_again(self, click: CardClick) -> ClickResponse:
        """Draw once more, in the shape or style that was chosen: each once for a card."""
        turn = self._turn(click)
        if turn is None or turn.drawing is None:
            return toast("conversation_unknown", "warning")
        if not can_regenerate(turn, click.action.operator, click.is_admin):
            return toast("picture_not_yours", "warning")
        card, drawing = click.action.message_id, turn.drawing
        shape, style = _wished(click, drawing)
        return self._draw(
            click,
            DrawAgain(answer_id=card, shape=shape, style=style),
            once=f"draw:{card}:{shape}:{style}",
            reply_to=turn.question_id,
        )

    @action("change_picture", "instruction")
    def change(self, click: CardClick) -> ClickResponse:
        """Change the picture of the card by what was written into the form."""
        instruction = click.value("instruction").strip()[:INSTRUCTION_CHARS]
        if not instruction:
            return toast("picture_change_empty", "warning")
        turn = self._turn(click)
        if turn is None or turn.drawing is None or not turn.drawing.pictures:
            return toast("conversation_unknown", "warning")
        card, drawing = click.action.message_id, turn.drawing
        return self._draw(
            click,
            DrawAgain(
                answer_id=card,
                instruction=instruction,
                shape=drawing.shape,
                style=drawing.style,
            ),
            once=f"change:{card}:{_digest(instruction)}",
            asked=instruction,
        )

    def _draw(self, click: CardClick, task: DrawAgain, **how: str) -> ClickResponse:
        # A button that is pressed twice is meant once: each picture costs.
        is_new = self.enqueuer.enqueue_click(click, task, until_answered=True, **how)
        return toast("drawing_started" if is_new else "drawing_known")

    def _turn(self, click: CardClick) -> Turn | None:
        turn = self.conversations.turn_of(click.action.message_id)
        return turn if turn and is_turn_here(self.conversations, click, turn) else None


def _wished(click: CardClick, drawing: Drawing) -> tuple[Shape | Literal[""], str]:
    """Shape and style: those of the drawing, but for the one that was chosen."""
    chosen, wish = click.value("option"), click.value("wish")
    shape, style = drawing.shape, drawing.style
    if wish == "shape":
        shape = next((known for known in SHAPES if known == chosen), "")
    elif wish == "style":
        style = chosen if chosen in STYLES else ""
    return shape, style


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _studio_card(model: str, key: ConversationKey, chat_type: str) -> Card:
    if chat_type != "p2p":
        where = "studio_in_group"
    else:
        where = "studio_in_chat" if key.root == RUNNING else "studio_by_reply"
    examples = (Text(f"studio_example_{number}") for number in range(1, EXAMPLES + 1))
    leave = Button.of(Text("button_studio_leave"), "studio_leave", is_studio="yes")
    return _card(
        "blue",
        "studio_title",
        Paragraph(Text("studio_intro")),
        Paragraph(Text(where)),
        *(Paragraph(example) for example in examples),
        Paragraph(Text("studio_costs", {"model": model}), is_small=True),
        Buttons((leave,)),
    )


def _left_card() -> Card:
    return _card("green", "studio_left", Paragraph(Text("studio_left_means")))


def _card(colour: Colour, title: str, *blocks: Paragraph | Buttons) -> Card:
    return Card(title=Text(title), icon="🎨", colour=colour, blocks=blocks)
