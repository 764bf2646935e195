"""Messages in a terminal: growing in place with ANSI, line by line without."""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from collections.abc import Sequence
from itertools import starmap
from typing import TextIO

from feishu_simulator.card_view import label_of
from feishu_simulator.messages import Message

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Screen:
    """Finished messages scroll by; below them are the growing ones, then the prompt.

    The cursor can't move above the window, so the growing part never exceeds it: a long message
    shows its last lines until it is finished, then it is written whole.
    """

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._ansi = output.isatty() and os.environ.get("TERM") != "dumb"
        self._lock = threading.Lock()
        self._growing: list[str] = []
        self._prompt = ""
        self._rows = 0
        self._echo_is_whole = True

    def line(self, text: str) -> None:
        """Write a line above the growing part."""
        with self._lock:
            self._draw(text.rstrip("\n") + "\n")

    def message(self, number: int, message: Message, where: str = "") -> None:
        """Write a finished message."""
        text = _whole(number, message, where)
        with self._lock:
            self._draw(text + "\n")

    def grow(self, messages: Sequence[tuple[int, Message]]) -> None:
        """Show messages that may still change, with their numbers."""
        texts = list(starmap(_whole, messages))
        with self._lock:
            if self._ansi and texts != self._growing:
                self._growing = texts
                self._draw()

    def finish(self, number: int, message: Message, others: Sequence[tuple[int, Message]]) -> None:
        """Write a message as finished; the *others* are still growing."""
        text = _whole(number, message)
        with self._lock:
            if self._ansi:
                self._growing = list(starmap(_whole, others))
            self._draw(text + "\n")

    def prompt(self, text: str) -> None:
        """Set the prompt; shown in terminals only."""
        with self._lock:
            if self._ansi and text != self._prompt:
                self._prompt = text
                self._draw()

    def clear_echo(self, typed: str, *, keep: bool) -> None:
        """Remove the line that the terminal has echoed at the prompt, or *keep* it in sight."""
        with self._lock:
            if not self._ansi:
                return
            # A redraw in the middle of a line hides its beginning, so its echo may be shorter.
            echo = self._prompt + typed
            self._rows += len(_wrapped(echo, self._size()[0])) if self._echo_is_whole else 1
            self._draw(f"{echo}\n" if keep else "")
            self._echo_is_whole = True

    def leave(self) -> None:
        """Write the unfinished messages and remove the prompt."""
        with self._lock:
            unfinished = "".join(f"{text}\n" for text in self._growing)
            self._prompt, self._growing = "", []
            self._draw(unfinished)

    def _draw(self, above: str = "") -> None:
        """Write *above* in place of the growing part, which is drawn again below it."""
        if not self._ansi:
            self._write(above)
            return
        back = f"\x1b[{self._rows}A" if self._rows else ""
        below = self._below()
        self._rows = len(below)
        self._echo_is_whole = False
        growing = "".join(f"{row}\n" for row in below)
        self._write(f"\r{back}\x1b[J{above}{growing}{self._prompt}")

    def _below(self) -> list[str]:
        """The rows of the growing messages, one fewer than the window has."""
        if not self._growing:
            return []
        columns, rows = self._size()
        most = max(2, (rows - 1) // len(self._growing))
        below: list[str] = []
        for text in self._growing:
            # The last column stays free: terminals differ in how they wrap a full row.
            wrapped = [row for line in text.split("\n") for row in _wrapped(line, columns - 1)]
            if len(wrapped) > most:
                heading = text.partition(": ")[0]
                wrapped = [_wrapped(f"{heading}: …", columns - 1)[0], *wrapped[1 - most :]]
            below += wrapped
        return below[1 - rows :]

    def _size(self) -> tuple[int, int]:
        """Columns and rows of the window, 80 by 24 if unknown."""
        try:
            size = os.get_terminal_size(self._output.fileno())
        except (OSError, ValueError):
            return 80, 24
        return max(size.columns or 80, 8), max(size.lines or 24, 4)

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


def face_of(message: Message) -> str:
    """Text, titles of panels and buttons of a message as it is now."""
    parts = [message.text]
    parts += [f"  ▸ {title}" for title, _ in message.panels]
    buttons = message.buttons
    if buttons:
        parts.append("  " + " ".join(f"[{label_of(button)}]" for button in buttons))
    if message.streaming:
        parts.append("  …")
    return _CONTROL.sub("", "\n".join(part for part in parts if part).replace("\t", "    "))


def _whole(number: int, message: Message, where: str = "") -> str:
    who = message.sender.name if message.sender else "🤖"
    place = f" @{where}" if where and not message.chat.is_private else ""
    return f"#{number} {who}{place}: {face_of(message)}"


def _wrapped(line: str, columns: int) -> list[str]:
    """The line in rows; Chinese characters take two columns, combining characters none."""
    rows = [""]
    width = 0
    for character in line:
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
            wide = 0
        else:
            wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width + wide > columns:
            rows.append("")
            width = 0
        rows[-1] += character
        width += wide
    return rows
