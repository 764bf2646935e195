"""/vision: what other bots need before a picture; here pictures are simply sent."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.cards import Card, Paragraph, Text
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, command
from feishu_bot.core.tasks import AskQuestion


@dataclass(frozen=True)
class VisionCommands(CommandGroup):
    """Explains that nothing has to be switched on; what comes with it is answered."""

    @command("vision", "/vision", "图片推理", "/图片推理", is_alias=True)
    def vision(self, context: CommandContext) -> Card | AskQuestion:
        """Answer a question or a picture that comes with it, else say how to ask about one."""
        message = context.task.message
        if context.argument or (message and message.attachments):
            return AskQuestion(text=context.argument, message=message)
        blocks = (Paragraph(Text("vision_how")), Paragraph(Text("vision_more"), is_small=True))
        return Card(title=Text("vision_title"), icon="🖼️", blocks=blocks)
