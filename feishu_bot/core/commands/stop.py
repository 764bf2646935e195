"""The Stop button of an answer, and /stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.commands.registry import Command, CommandContext
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.cancellation import Cancellation, CancelResult

_NOTICES = {
    CancelResult.DONE: "stop_done",
    CancelResult.NOTHING: "stop_nothing",
    CancelResult.NOT_YOURS: "stop_not_yours",
}


class StopCommands:
    """Stops at once, without waiting behind what is to be stopped; the card redraws itself."""

    def __init__(self, cancellation: Cancellation) -> None:
        self._cancellation = cancellation

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/stop", "停止", "/停止")
        return (Command(name="stop", words=words, run=self.report, on_receive=self.stop),)

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {"stop": self.press}

    def press(self, click: CardClick) -> ClickResponse:
        assert click.key is not None
        operator = click.action.operator
        stopped = self._cancellation.press(click.key, click.value("of"), operator, click.is_admin)
        if stopped is CancelResult.DONE:
            return toast("stop_done", severity="success")
        return toast(_NOTICES[stopped], severity="warning")

    def stop(self, request: CommandContext) -> Mapping[str, str]:
        return {"stopped": self._cancellation.ask(request).value}

    def report(self, request: CommandContext) -> Notice:
        """Say what `stop` has done when the message came in; a press stops only now."""
        stopped = request.message.action.get("stopped") or self._cancellation.ask(request)
        return Notice(_NOTICES[CancelResult(stopped)])
