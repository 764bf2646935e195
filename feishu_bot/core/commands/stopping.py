"""The Stop button of an answer, and /stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.clicks import Click, Clicked, told
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.models import Notice
from feishu_bot.core.stops import Stopped, Stops

_NOTICES = {
    Stopped.DONE: "stop_done",
    Stopped.NOTHING: "stop_nothing",
    Stopped.NOT_YOURS: "stop_not_yours",
}


class Stopping:
    """Stops at once, without waiting behind what is to be stopped; the card redraws itself."""

    def __init__(self, stops: Stops) -> None:
        self._stops = stops

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/stop", "停止", "/停止")
        return (Command(name="stop", words=words, run=self.report, at_once=self.stop),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"stop": self.press}

    def press(self, click: Click) -> Clicked:
        assert click.key is not None
        operator = click.action.operator
        stopped = self._stops.press(click.key, click.value("of"), operator, click.is_admin)
        if stopped is Stopped.DONE:
            return told("stop_done", gravity="success")
        return told(_NOTICES[stopped], gravity="warning")

    def stop(self, request: Request) -> Mapping[str, str]:
        return {"stopped": self._stops.ask(request).value}

    def report(self, request: Request) -> Notice:
        """Say what `stop` has done when the message came in; a press stops only now."""
        stopped = request.message.action.get("stopped") or self._stops.ask(request)
        return Notice(_NOTICES[Stopped(stopped)])
