"""👍 and 👎 under an answer, and what could be better."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.clicks import Click, Clicked, Later, told
from feishu_bot.core.commands.meant import turn_meant
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.models import Notice, Verdict
from feishu_bot.core.ports import Conversations
from feishu_bot.core.ports import Feedback as Verdicts
from feishu_bot.core.views import Button, Form, Input, Paragraph, Say, View

COMMENT_CHARS = 1_000


class Feedback:
    """A verdict counts with the press. The form that follows a 👎 may stay empty."""

    def __init__(self, verdicts: Verdicts, conversations: Conversations, later: Later) -> None:
        self._verdicts = verdicts
        self._conversations = conversations
        self._later = later

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/feedback", "反馈", "/反馈")
        return (Command(name="feedback", words=words, run=self.ask, about_newest=True),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"rate": self.rate, "comment": self.comment}

    def rate(self, click: Click) -> Clicked:
        card, person = click.action.message_id, click.action.operator.open_id
        verdict: Verdict = "down" if click.value("verdict") == "down" else "up"
        self._verdicts.save(card, person, verdict)
        if verdict == "up":
            return told("rated_up", gravity="success")
        self._later.put(click, "command", "/feedback", once=f"comment:{card}:{person}")
        return told("rated_down")

    def ask(self, request: Request) -> View | Notice:
        turn = turn_meant(self._conversations, request)
        if turn is None or not turn.answer_ids:
            return Notice("feedback_unknown")
        card = turn.answer_ids[-1]
        if request.argument:
            comment = request.argument[:COMMENT_CHARS]
            self._verdicts.save(card, request.message.sender.open_id, "down", comment)
            return _thanks()
        field = Input(
            name="comment",
            label=Say("feedback_label"),
            placeholder=Say("feedback_example"),
            is_long=True,
            most=COMMENT_CHARS,
        )
        submit = Button(
            label=Say("button_feedback"), value={"act": "comment", "of": card}, style="primary"
        )
        return View(
            title=Say("feedback_title"),
            icon="📝",
            blocks=(Form(name="feedback", fields=(field,), submit=submit),),
        )

    def comment(self, click: Click) -> Clicked:
        comment = click.value("comment").strip()[:COMMENT_CHARS]
        if not comment:
            return told("feedback_nothing", gravity="warning")
        person = click.action.operator.open_id
        self._verdicts.save(click.value("of"), person, "down", comment)
        return Clicked(toast=told("feedback_thanks", gravity="success").toast, view=_thanks())


def _thanks() -> View:
    thanks = Paragraph(Say("feedback_kept"))
    return View(title=Say("feedback_title"), icon="📝", colour="green", blocks=(thanks,))
