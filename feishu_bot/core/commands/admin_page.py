"""/admin: a link that logs an admin in on their page, once."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from feishu_bot.core.administration.sessions import LINK_SECONDS, AdminSessions
from feishu_bot.core.cards import Buttons, Card, Link, Paragraph, Text
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, command
from feishu_bot.core.notices import Notice


@dataclass(frozen=True)
class AdminPageCommands(CommandGroup):
    """`public_url` is the bot's address as people reach it, empty when it isn't set."""

    sessions: AdminSessions
    _: KW_ONLY
    public_url: str = ""

    @command("admin", "/admin", "/管理", for_admins=True)
    def admin(self, context: CommandContext) -> Card | Notice:
        """A card with the link, for the one who asks and nobody who reads along."""
        if context.chat_type != "p2p":
            return Notice("admin_in_private")
        if not self.public_url:
            return Notice("admin_no_address")
        # Behind a #, so that no server and no proxy ever sees it in an address.
        url = f"{self.public_url}/admin/login#{self.sessions.link_token(context.sender)}"
        minutes = {"minutes": str(round(LINK_SECONDS / 60))}
        blocks = (
            Paragraph(Text("admin_link_what")),
            Buttons((Link(Text("button_admin_open"), url),)),
            Paragraph(Text("admin_link_holds", minutes), is_small=True),
        )
        return Card(title=Text("admin_link_title"), icon="🛠", colour="blue", blocks=blocks)
