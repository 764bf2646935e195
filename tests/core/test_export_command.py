"""/export."""

from __future__ import annotations

import pytest

from feishu_bot.core.answering.question_context import tagged
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


def exported(world) -> str:
    world.say("/export", "om_export")
    ((_, data),) = world.messenger.files
    return data.decode()


def test_the_file_names_what_was_sent_and_has_what_was_read_of_it(world):
    where = {"message": "om_f", "key": "file_v3_1"}
    context = (
        tagged("document", "本合同", name="合同.pdf", pages="1–12 of 40", **where)
        + tagged("document", "(not read: it has a password)", name="锁.docx")
        + tagged("picture", "(a picture)", message="om_p", key="img_v3_1")
        + tagged("picture", "(page 3 of 合同.pdf)", page="3", **where)
        + tagged("recording", "大家好", name="会议.mp3", **where)
    )
    world.remember(turn(1, question=f"{context}付款条款？"))

    text = exported(world)

    assert (
        "📎 文件 · `合同.pdf` · 第 1–12 部分，共 40 部分 · `om_f`\n\n```text\n本合同\n```" in text
    )
    assert "📎 文件 · `锁.docx` · 没有读取\n" in text
    assert "🖼 图片 · `om_p`\n" in text
    assert "🖼 图片 · 第 3 页 · `om_f`\n" in text
    assert "🎙 语音 · `会议.mp3` · `om_f`\n\n```text\n大家好\n```" in text
    assert "> 付款条款？" in text
    # What leads to the bytes is of no use outside of Feishu.
    assert "file_v3" not in text
    assert "img_v3" not in text


def test_what_stands_in_a_file_is_no_markdown_of_the_export(world):
    hostile = "```\n# A heading\n````\n![x](http://example.com/a.png)"
    name = "a`![x](http://example.com)`.txt"
    world.remember(turn(1, question=tagged("document", hostile, name=name, pages="1 of 1") + "?"))

    text = exported(world)

    assert f"`````text\n{hostile}\n`````" in text
    assert "· `a ![x](http://example.com) .txt` ·" in text


def test_an_export_of_something_else_is_asked_about(world):
    world.say("/export everything")

    assert world.messenger.notice_kinds == ["export_unknown"]
