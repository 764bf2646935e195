"""How messages look in a terminal: in place where ANSI works, line by line elsewhere."""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from typing import TextIO

from feishu_bot.simulator.card_view import label_of
from feishu_bot.simulator.messages import Message

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Screen:
    """Only the newest message can grow in place: what has scrolled away stays as it was."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._ansi = output.isatty()
        self._lock = threading.Lock()
        self._newest: int | None = None
        self._rows = 0

    def line(self, text: str) -> None:
        with self._lock:
            self._newest = None
            self._write(text.rstrip("\n") + "\n")

    def message(self, number: int, message: Message, where: str = "") -> None:
        """Show a message, over its former self when that is still the last thing shown."""
        who = message.sender.name if message.sender else "🤖"
        place = f" @{where}" if where and not message.chat.is_private else ""
        lines = f"#{number} {who}{place}: {self.face(message)}".splitlines()
        with self._lock:
            if self._ansi and self._newest == number and self._rows:
                self._write(f"\x1b[{self._rows}A\r\x1b[J")
            self._newest = number
            self._rows = sum(self._height(line) for line in lines)
            self._write("\n".join(lines) + "\n")

    def face(self, message: Message) -> str:
        """Text, folded panels and buttons of a message as it is now."""
        parts = [message.text]
        parts += [f"  ▸ {title}" for title, _ in message.panels]
        buttons = message.buttons
        if buttons:
            parts.append("  " + " ".join(f"[{label_of(button)}]" for button in buttons))
        if message.streaming:
            parts.append("  …")
        return _CONTROL.sub("", "\n".join(part for part in parts if part))

    def _height(self, line: str) -> int:
        """Rows a line takes; Chinese characters are two columns wide."""
        if not self._ansi:
            return 1
        try:
            columns = os.get_terminal_size(self._output.fileno()).columns or 80
        except (OSError, ValueError):
            columns = 80
        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
        return max(1, -(-width // columns))

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()
