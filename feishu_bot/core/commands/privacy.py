"""/forget: delete what is stored about the person who asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from feishu_bot.core import days
from feishu_bot.core.amounts import count
from feishu_bot.core.clicks import Click, Clicked, told
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.models import Forgotten
from feishu_bot.core.ports import People
from feishu_bot.core.views import Button, Buttons, Paragraph, Row, Rule, Say, View

ICON = "🔏"


class Privacy:
    """Whoever asks is asked back first; only they can press the buttons."""

    def __init__(self, people: People, *, clock: Callable[[], float] = time.time) -> None:
        self._people = people
        self._clock = clock

    @property
    def commands(self) -> tuple[Command, ...]:
        return (Command(name="forget", words=("/forget", "忘记我", "/忘记我"), run=self.ask),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"forget": self.forget, "remember": self.remember}

    def ask(self, request: Request) -> View:
        """What would go, and what would stay."""
        of = request.message.sender.open_id
        yes = Button(
            label=Say("button_forget_yes"), value={"act": "forget", "of": of}, style="danger"
        )
        no = Button(label=Say("button_forget_no"), value={"act": "remember", "of": of})
        return View(
            title=Say("forget_title"),
            icon=ICON,
            colour="orange",
            blocks=(
                Paragraph(Say("forget_ask")),
                Paragraph(Say("forget_means")),
                Paragraph(Say("forget_stays"), is_small=True),
                Buttons((yes, no)),
            ),
        )

    def forget(self, click: Click) -> Clicked:
        """Delete, and say what it was. The second click of two finds nothing, and says only so."""
        person = click.action.operator.open_id
        if click.value("of") != person:
            return told("forget_not_yours", gravity="warning")
        today = days.day_start(self._clock())
        forgotten = self._people.forget(person, keep_usage_since=today)
        if forgotten == Forgotten():
            return told("forget_nothing")
        return Clicked(toast=told("forget_done", gravity="success").toast, view=_deleted(forgotten))

    def remember(self, click: Click) -> Clicked:
        """Leave everything as it is."""
        if click.value("of") != click.action.operator.open_id:
            return told("forget_not_yours", gravity="warning")
        view = View(
            title=Say("forget_title"),
            icon=ICON,
            colour="green",
            blocks=(Paragraph(Say("forget_kept")),),
        )
        return Clicked(toast=told("forget_kept").toast, view=view)


def _deleted(forgotten: Forgotten) -> View:
    counts = {
        "forget_turns": forgotten.turns,
        "forget_usage": forgotten.usage,
        "forget_feedback": forgotten.feedback,
        "forget_settings": forgotten.settings,
    }
    return View(
        title=Say("forget_title"),
        icon=ICON,
        colour="grey",
        blocks=(
            Paragraph(Say("forget_done")),
            *(Row(Say(kind), count(number)) for kind, number in counts.items()),
            Rule(),
            Paragraph(Say("forget_stays"), is_small=True),
        ),
    )
