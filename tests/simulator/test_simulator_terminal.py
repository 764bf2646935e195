"""The chat in a real terminal: a pty of 80 × 24 and a small model of what it would show."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import termios
import threading
import time
import unicodedata
from types import SimpleNamespace

import pytest

from feishu_simulator import card_view
from feishu_simulator.screen import Screen
from feishu_simulator.terminal import chat
from tests.polling import eventually

COLUMNS, ROWS = 80, 24


class Window:
    """What a terminal shows: rows that scroll up, wrap at the edge and are erased by CSI J."""

    def __init__(self):
        self.rows = [""]
        self.top = self.row = 0
        self.column = 0

    def feed(self, text):
        for token in re.findall(r"\x1b\[\d*[A-Z]|.", text, re.DOTALL):
            if token[0] == "\x1b":
                self._obey(token[-1], int(token[2:-1] or 0))
            elif token == "\n":
                self._down()
            elif token == "\r":
                self.column = 0
            else:
                self._put(token)

    def _obey(self, code, number):
        if code == "A":
            # The cursor stops at the window's upper edge.
            self.row = max(self.top, self.row - max(1, number))
        elif code == "J":
            assert self.column == 0
            self.rows[self.row :] = [""]
        else:
            raise AssertionError(f"unknown code {code}")

    def _down(self):
        self.row += 1
        self.column = 0
        if self.row == len(self.rows):
            self.rows.append("")
        self.top = max(self.top, self.row - ROWS + 1)

    def _put(self, character):
        wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self.column + wide > COLUMNS:
            self._down()
        assert self.column or not self.rows[self.row]
        self.rows[self.row] += character
        self.column += wide


class Pty:
    """Both ends of a terminal; what is written to it is fed to a Window."""

    def __init__(self):
        self.window = Window()
        self.raw = ""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.input = os.fdopen(os.dup(slave))
        self.output = os.fdopen(slave, "w")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        pending = b""
        while True:
            try:
                pending += os.read(self._master, 65536)
            except OSError:
                return
            text, pending = self._complete(pending)
            self.raw += text
            self.window.feed(text)

    @staticmethod
    def _complete(data):
        cut = data.rfind(b"\x1b")
        if cut < 0 or re.match(rb"\x1b\[\d*[A-Z]", data[cut:]):
            cut = len(data)
        while True:
            try:
                return data[:cut].decode(), data[cut:]
            except UnicodeDecodeError:
                cut -= 1

    def type(self, text):
        os.write(self._master, text.encode())

    def shows(self, text):
        eventually(lambda: text in self.text, timeout=20)

    @property
    def text(self):
        return "\n".join(self.window.rows)

    def close(self):
        self.input.close()
        self.output.close()
        self._thread.join(5)
        os.close(self._master)


@pytest.fixture
def terminal():
    opened = Pty()
    yield opened
    opened.close()


@pytest.fixture
def talking(sim, terminal):
    """The chat, run until it is left; its exit codes."""
    codes = []
    thread = threading.Thread(
        target=lambda: codes.append(chat(sim, terminal.input, terminal.output)), daemon=True
    )
    thread.start()
    yield codes
    if thread.is_alive():
        terminal.type(":q\n")
    thread.join(5)
    assert not thread.is_alive()


LINES = [
    f"line {number}: " + ("长的一行，写满了汉字。" * 9 if number % 7 == 0 else "short")
    for number in range(40)
]


def speak(sim, writer, message, between=0.02):
    """Answer a message with a card that grows line by line."""
    card_id = writer.create(writer.card("…")).data.card_id
    writer.reply_card(message.message_id, card_id)
    for number in range(1, len(LINES) + 1):
        writer.content(card_id, "\n".join(LINES[:number]), number)
        time.sleep(between)
    writer.settings(card_id, 99, streaming_mode=False)


def asked(sim):
    """The first question."""
    said = sim.feishu.wait_for(lambda: [m for m in sim.feishu.messages if not m.is_from_bot])
    return said[0]


def times_shown(window, text):
    shown = "".join(row or "\n" for row in window.rows)
    return shown.count(text)


def test_a_card_taller_than_the_window_is_written_once(sim, writer, terminal, talking):
    terminal.shows("私聊 private> ")
    terminal.type("tell me\n")
    terminal.shows("#1 Alice: tell me")
    speak(sim, writer, asked(sim))
    eventually(lambda: times_shown(terminal.window, LINES[0]))
    eventually(lambda: terminal.text.endswith("short\n私聊 private> "))

    shown = terminal.window
    assert [times_shown(shown, line) for line in LINES] == [1] * len(LINES)
    assert times_shown(shown, "#2 🤖: ") == 1
    assert times_shown(shown, "tell me") == 1
    assert terminal.text.endswith("short\n私聊 private> ")
    heights = [int(up) for up in re.findall(r"\x1b\[(\d+)A", terminal.raw)]
    assert max(heights) == ROWS - 1
    assert len(heights) > 10


def test_writing_while_an_answer_grows_keeps_both_whole(sim, writer, terminal, talking):
    terminal.shows("private> ")
    terminal.type("tell me\n")
    answer = threading.Thread(target=speak, args=(sim, writer, asked(sim)))
    answer.start()
    terminal.shows("line 20")
    terminal.type("and more\n")
    answer.join()
    eventually(lambda: times_shown(terminal.window, LINES[0]))
    eventually(lambda: times_shown(terminal.window, "line 39: short"))

    assert times_shown(terminal.window, "line 39: short") == 1
    assert times_shown(terminal.window, "and more") == 1


def test_leaving_writes_down_what_was_there(sim, writer, terminal, talking):
    terminal.shows("private> ")
    terminal.type("tell me\n")
    card_id = writer.create(writer.card("…")).data.card_id
    writer.reply_card(asked(sim).message_id, card_id)
    writer.content(card_id, "\n".join(LINES), 1)
    terminal.shows("line 39")
    terminal.type(":q\n")
    eventually(lambda: talking == [0])

    terminal.shows("line 0")
    assert times_shown(terminal.window, "line 39: short") == 1


def test_the_prompt_says_where_one_is(sim, terminal, talking):
    terminal.shows("私聊 private> ")
    terminal.type(":g\n")
    terminal.shows("群聊 group> ")
    assert "现在在群聊" in terminal.text
    terminal.type("hi\n")
    terminal.shows("#1 Alice @Simulator: @CZLChat hi")
    terminal.type(":p bye\n")
    terminal.shows("#2 Alice: bye")
    assert terminal.text.endswith("\n私聊 private> ")
    assert "现在是私聊" not in terminal.text


def test_where_there_are_people_one_writes_as_the_first_in_their_group(sim, terminal):
    person = sim.desk.seed()
    people = len(sim.feishu.state.people)
    lines = io.StringIO(":g hi\n:q\n")

    assert chat(sim, lines, terminal.output, answer_seconds=0.01) == 1

    (said,) = sim.feishu.messages
    assert said.sender is person
    assert said.chat.mode == "group"
    assert len(sim.feishu.state.people) == people


class Interrupted(io.StringIO):
    def isatty(self):
        return True

    def readline(self, size=-1):
        raise KeyboardInterrupt


def test_ctrl_c_is_a_way_to_leave(sim, terminal):
    assert chat(sim, Interrupted(), terminal.output) == 0


def test_commands_that_can_not_be_obeyed_say_why(sim):
    output = io.StringIO()

    assert chat(sim, io.StringIO(":b 1\n:r\n:r 1\n:r 7 x\n:x\n:g\n:p\n"), output) == 0

    told = output.getvalue().splitlines()[-7:]
    assert told[0] == "现在没有按钮 / no buttons"
    assert told[1] == told[2]
    assert ":r N text" in told[1]
    assert told[3] == "没有第 7 条消息 / no message 7"
    assert told[4] == "没有这个命令，:? 看帮助 / unknown command, :? for help"
    assert "in the group now" in told[5]
    assert "in private now" in told[6]
    assert "private> " not in output.getvalue()


def test_no_control_of_the_terminal_comes_from_a_message(terminal):
    message = SimpleNamespace(
        sender=None, text="a\x1b[2Jb\x9b1Ac\td", panels=[], buttons=[], streaming=False
    )
    Screen(terminal.output).message(1, message)

    terminal.shows("#1 🤖: a[2Jb1Ac    d")


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("a &#96;gpt &#60;b&#x3e; &amp;amp; &lt;", "a `gpt <b> &amp; <"),
        ("`&#60;` &#60; ``a`&lt;`` &lt;", "`&#60;` < ``a`&lt;`` <"),
        ("&lt;\n```py\n&lt;\n```\n&lt;", "<\n```py\n&lt;\n```\n<"),
        ("&lt;\n```\n&lt;", "<\n```\n&lt;"),
        ("x?a=1&lt=2&copy &nosuch;", "x?a=1&lt=2&copy &nosuch;"),
    ],
)
def test_entities_are_read_as_what_they_stand_for(content, read):
    def card(tag):
        return {"body": {"elements": [{"tag": tag, "content": content}]}}

    assert card_view.text_of(card("markdown")) == read
    assert card_view.text_of(card("plain_text")) == content
