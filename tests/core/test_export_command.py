"""/export."""

from __future__ import annotations

import pytest

from feishu_bot.core.commands.export import ExportCommands
from feishu_bot.core.commands.registry import CommandContext, Commands
from feishu_bot.errors import FeishuError, PermissionMissing
from tests.builders import BotWorld, message, queued, turn
from tests.core.fakes import refuse


@pytest.fixture
def world():
    """A bot that has answered once."""
    world = BotWorld(p2p_context="thread")
    world.remember(turn(1))
    return world


def test_a_file_that_may_not_be_sent_is_a_notice(world):
    for exc, kind in (
        (PermissionMissing("scope", code=99991672), "permission_missing"),
        (FeishuError("odd", code=234001), "file_refused"),
    ):
        world.messenger.send_file = refuse(exc)
        world.say("/export", f"om_{kind}")

        assert world.messenger.notice_kinds[-1] == kind


def test_what_has_no_room_in_the_file_is_left_out_and_that_is_said(world):
    world.remember(*(turn(n, n - 1 or None, answer="x" * 400) for n in range(1, 9)))
    texts = {"en": lambda kind, **params: kind}
    export = ExportCommands(world.conversations, texts, most=1500)

    file = export.export(
        CommandContext(
            task=queued(message("/export")),
            argument="",
            data={},
            language="en",
            is_admin=False,
            commands=Commands([export]),
        )
    )

    assert len(file.data) <= 1500
    assert file.data.decode().endswith("export_cut\n")
    assert "Q2" in file.data.decode()


def test_an_export_of_something_else_is_asked_about(world):
    world.say("/export everything")

    assert world.messenger.notice_kinds == ["export_unknown"]
