"""The code fits, or isn't there; and it is a code for the link."""

from __future__ import annotations

import re

import pytest
import segno

from feishu_bot.setup.qr import BORDER, picture, terminal_code

LINK = "https://open.feishu.cn/page/launcher?user_code=ABCD-1234&addons=" + "x" * 400


def test_the_terminal_shows_the_code_of_the_link_in_black_on_white() -> None:
    shown = terminal_code(LINK, 120)
    rows = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in shown.splitlines()]
    pairs = {" ": "00", "▀": "10", "▄": "01", "█": "11"}
    read = []
    for row in rows:
        read += ["".join(pairs[cell][half] for cell in row) for half in (0, 1)]
    wanted = [
        "".join(str(int(bool(dark))) for dark in row)
        for row in segno.make(LINK, error="l", micro=False).matrix_iter(border=BORDER)
    ]

    assert read[: len(wanted)] == wanted
    assert all(line.startswith("\x1b[38;5;16;48;5;231m") for line in shown.splitlines())


@pytest.mark.parametrize(("columns", "fits"), [(81, True), (80, False)])
def test_it_needs_as_many_columns_as_it_has_modules(columns: int, fits: bool) -> None:
    # A link with all that the bot asks for makes a code of version 15 or 16 with its border.
    link = "https://open.feishu.cn/page/launcher?" + "x" * 350
    width = len(next(iter(segno.make(link, error="l").matrix_iter(border=BORDER))))

    assert bool(terminal_code(link, width - 81 + columns)) is fits


def test_the_picture_is_a_drawing_without_scripts() -> None:
    drawn = picture(LINK)

    assert drawn.startswith("<svg")
    assert "script" not in drawn
