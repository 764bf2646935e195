"""The set-up in a terminal: every line in Chinese, then in English."""

from __future__ import annotations

import shutil
import sys
import time

import click

from feishu_bot.core.languages import Words
from feishu_bot.setup.dialogue import NobodyToAsk, Question, State
from feishu_bot.setup.qr import terminal_code

# In columns, of which a Chinese character takes two: else a terminal breaks it inside a word.
ONE_LINE = 76
SIGNS = {"info": "·", "ok": "✓", "warning": "!", "fault": "✗"}


class TerminalDialogue:
    """Asks where somebody sits at it; `accepts_defaults` answers with those where nobody does."""

    def __init__(self, *, is_interactive: bool, accepts_defaults: bool) -> None:
        self._is_interactive = is_interactive
        self._accepts_defaults = accepts_defaults
        self._steps = 0

    def step(self, name: str, title: Words) -> None:
        """A heading with its number."""
        self._steps += 1
        click.secho(f"\n{self._steps}. {title.zh} / {title.en}", bold=True)

    def tell(self, state: State, text: Words, link: str = "") -> None:
        """Two lines, and the link in one of its own."""
        click.echo(f"{SIGNS[state]} {text.zh}\n  {text.en}")
        if link:
            click.echo(f"  {link}")

    def show_link(self, url: str) -> None:
        """The code where it fits, and the link in any case."""
        is_terminal = sys.stdout.isatty()
        code = terminal_code(url, shutil.get_terminal_size().columns) if is_terminal else ""
        if code:
            click.echo(code, color=True)
        elif is_terminal:
            click.echo("（终端不够宽，显示不了二维码 / the terminal is too narrow for the code）")
        click.echo(f"\n{url}\n")

    def hide_link(self) -> None:
        """What is printed can't be taken back; it is of no use any more."""

    def ask(self, question: Question) -> str:
        """The answer that was typed. Raises NobodyToAsk."""
        if not self._is_interactive:
            if self._accepts_defaults and question.default:
                return question.default
            raise NobodyToAsk(question.option or question.name)
        click.echo(f"\n? {question.text.zh} / {question.text.en}")
        if question.help:
            click.echo(f"  {question.help.zh} / {question.help.en}")
        if question.kind == "choice":
            return self._choose(question)
        answer = click.prompt(
            ">",
            default=question.default or None,
            show_default=question.kind != "secret",
            hide_input=question.kind == "secret",
            prompt_suffix=" ",
        )
        return str(answer)

    def _choose(self, question: Question) -> str:
        default = None
        for number, choice in enumerate(question.choices, 1):
            text = choice.text
            both = text.zh if text.zh == text.en else f"{text.zh} / {text.en}"
            if len(text.zh) * 2 + len(text.en) > ONE_LINE:
                both = f"{text.zh}\n     {text.en}"
            click.echo(f"  {number}. {both}")
            if choice.value == question.default:
                default = str(number)
        most = len(question.choices)
        while True:
            typed = click.prompt(">", type=str, default=default, prompt_suffix=" ")
            # Also as a Chinese keyboard types it: "２" or "2。"
            typed = typed.strip().rstrip(".。)）、")
            if typed.isdecimal() and 1 <= int(typed) <= most:
                return question.choices[int(typed) - 1].value
            click.echo(f"! 请输入 1 到 {most} 的数字 / Type a number from 1 to {most}")

    def wait(self, seconds: float) -> bool:
        """Sleep; Ctrl-C ends it."""
        time.sleep(seconds)
        return False
