"""The Stop button of an answer, and /stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.cancellation import Cancellation, CancelResult

_NOTICES = {
    CancelResult.DONE: "stop_done",
    CancelResult.NOTHING: "stop_nothing",
    CancelResult.NOT_YOURS: "stop_not_yours",
}


@dataclass(frozen=True)
class StopCommands(CommandGroup):
    """Jumps the queue: the answer stops at once, and its card redraws itself."""

    cancellation: Cancellation

    @action("stop")
    def press(self, click: CardClick) -> ClickResponse:
        operator = click.action.operator
        stopped = self.cancellation.cancel_answer(
            click.key, click.value("of"), operator, is_admin=click.is_admin
        )
        if stopped is CancelResult.DONE:
            return toast("stop_done", "success")
        return toast(_NOTICES[stopped], "warning")

    def stop(self, context: CommandContext) -> Mapping[str, str]:
        """Stop when the message comes in."""
        return {"stopped": self._cancel(context).value}

    @command("stop", "/stop", "停止", "/停止", on_receive=stop)
    def report(self, context: CommandContext) -> Notice:
        """Say what `stop` has done when the message came in; a press stops only now."""
        stopped = context.data.get("stopped") or self._cancel(context)
        return Notice(_NOTICES[CancelResult(stopped)])

    def _cancel(self, context: CommandContext) -> CancelResult:
        return self.cancellation.cancel_for(context.task, is_admin=context.is_admin)
