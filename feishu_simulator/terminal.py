"""A chat with the bot in a terminal: lines are messages, answers grow in place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from feishu_simulator import card_view
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat
from feishu_simulator.screen import Screen, face_of

if TYPE_CHECKING:
    from feishu_simulator.simulator import Simulator

ANSWER_SECONDS = 60.0
# An answer without a streaming card counts as final when unchanged for this long.
SETTLED_SECONDS = 0.5

HELP = """\
直接输入就是发消息；带冒号的是终端自己的命令：
  :g [文字]  转到群聊，之后每一行都在群里 @机器人 说；带文字就同时说出来
  :p [文字]  回到私聊，之后每一行都是私聊
  :r N 文字  回复第 N 条消息            :b [N]     列出按钮，或按第 N 个
  :?         这份帮助                   :q         退出（Ctrl-C 也可以）
Type to write to the bot; commands of this terminal begin with a colon:
  :g [text]  go to the group: every following line is said there, @bot; text is said at once
  :p [text]  go back to private: every following line is private
  :r N text  reply to message N         :b [N]     list the buttons, or press button N
  :?         this help                  :q         quit (or Ctrl-C)
"""
IN_GROUP = "现在在群聊，每一行都会 @机器人 / in the group now, every line mentions the bot"
IN_PRIVATE = "现在是私聊 / in private now"
HOW_TO_REPLY = (
    "用法：:r N 文字，N 是消息前的编号 / usage: :r N text, N is the number before a message"
)
NO_BUTTONS = "现在没有按钮 / no buttons"
UNKNOWN = "没有这个命令，:? 看帮助 / unknown command, :? for help"
PRIVATE_PROMPT = "私聊 private> "
GROUP_PROMPT = "群聊 group> "


def chat(
    simulator: Simulator,
    input_stream: TextIO,
    output_stream: TextIO,
    *,
    answer_seconds: float = ANSWER_SECONDS,
) -> int:
    """Run until :q, Ctrl-C or the end of input; returns the exit code.

    On a terminal lines are sent at once. Otherwise each line waits for its final answer, and the
    exit code is 1 when one did not come within *answer_seconds*.
    """
    screen = Screen(output_stream)
    screen.line(HELP)
    conversation = _Conversation(simulator, screen, interactive=input_stream.isatty())
    if not input_stream.isatty():
        return conversation.read(
            input_stream, lambda question: conversation.settle(question, answer_seconds)
        )
    stopped = threading.Event()
    follower = threading.Thread(target=conversation.follow, args=(stopped,), daemon=True)
    follower.start()
    try:
        return conversation.read(input_stream, lambda question: True)
    except KeyboardInterrupt:
        return 0
    finally:
        stopped.set()
        simulator.feishu.state.notify()
        follower.join()
        # The terminal may have been closed.
        with suppress(OSError):
            screen.leave()


class _Conversation:
    def __init__(self, simulator: Simulator, screen: Screen, *, interactive: bool) -> None:
        self.screen = screen
        self._interactive = interactive
        self._feishu = simulator.feishu
        people = simulator.feishu.state.people.values()
        self._me = next(iter(people), None) or simulator.feishu.add_person("Alice")
        self._private = simulator.feishu.private_chat(self._me)
        self._group: Chat | None = None
        self._chat = self._private
        self._numbered: list[Message] = []
        self._number_by_id: dict[str, int] = {}
        self._numbering = threading.Lock()

    def read(self, lines: TextIO, settled: Callable[[Message], bool]) -> int:
        """Run line by line; the exit code is 1 when *settled* is false for a question."""
        self._show_prompt()
        for raw in iter(lines.readline, ""):
            line = raw.strip()
            if self._interactive:
                self.screen.clear_echo(raw.rstrip("\n"), keep=line.startswith(":"))
            if not line:
                continue
            if line in (":q", ":quit"):
                break
            question = self._run(line)
            if question is not None and not settled(question):
                return 1
        return 0

    def settle(self, question: Message, seconds: float) -> bool:
        """Wait for the final answer to a question and print it; false without one in time."""
        try:
            self._feishu.wait_for(lambda: self._final(question), seconds)
        except TimeoutError:
            self.screen.line(f"没有在 {seconds:g} 秒内得到回答 / no answer within {seconds:g} s")
            return False
        with self._feishu.state.lock:
            answers = self._answers(question)
        for answer in answers:
            self.screen.message(self._number(answer), answer)
        return True

    def follow(self, stopped: threading.Event) -> None:
        """Show the bot's messages: growing at first, whole when they no longer change."""
        state = self._feishu.state
        written: dict[str, str] = {}
        seen: dict[str, tuple[str, float]] = {}
        while not stopped.is_set():
            with state.lock:
                changes = state.changes
                faces = [(m, face_of(m), m.streaming) for m in self._mine() if m.is_from_bot]
            now = time.monotonic()
            growing: list[tuple[int, Message]] = []
            finished: list[tuple[int, Message]] = []
            for message, face, streaming in faces:
                key = message.message_id
                if not face or written.get(key) == face:
                    continue
                if seen.get(key, ("", 0.0))[0] != face:
                    seen[key] = face, now
                stands = not streaming and now - seen[key][1] >= SETTLED_SECONDS
                if stands:
                    written[key] = face
                (finished if stands else growing).append((self._number(message), message))
            while finished:
                number, message = finished.pop(0)
                self.screen.finish(number, message, [*finished, *growing])
            self.screen.grow(growing)
            with state.condition:
                if state.changes == changes:
                    state.condition.wait(0.1 if growing else 1.0)

    def _run(self, line: str) -> Message | None:
        """Run a command or send the line; returns the message sent, if any."""
        command, _, rest = line.partition(" ")
        rest = rest.strip()
        match command:
            case ":?" | ":h":
                self.screen.line(HELP)
            case ":g":
                self._group = self._group or self._first_group()
                return self._go_to(self._group, rest)
            case ":p":
                return self._go_to(self._private, rest)
            case ":r":
                return self._reply(*rest.partition(" ")[::2])
            case ":b":
                self._press(rest)
            case _ if line.startswith(":"):
                self.screen.line(UNKNOWN)
            case _:
                return self._say(line)
        return None

    def _go_to(self, chat: Chat, text: str) -> Message | None:
        """Send the following lines to this chat, and *text* at once."""
        self._chat = chat
        self._show_prompt()
        if text:
            return self._say(text)
        self.screen.line(IN_PRIVATE if chat.is_private else IN_GROUP)
        return None

    def _first_group(self) -> Chat:
        """The first group that is no topic group; a new one if there is none."""
        with self._feishu.state.lock:
            chats = [c for c in self._feishu.state.chats.values() if c.mode == "group"]
        return chats[0] if chats else self._feishu.add_group("Simulator", [self._me])

    def _show_prompt(self) -> None:
        if self._interactive:
            self.screen.prompt(PRIVATE_PROMPT if self._chat.is_private else GROUP_PROMPT)

    def _reply(self, number: str, text: str) -> Message | None:
        if not number.isdecimal() or not text.strip():
            self.screen.line(HOW_TO_REPLY)
        elif target := self._numbered_message(number):
            return self._say(text.strip(), target)
        return None

    def _say(self, text: str, target: Message | None = None) -> Message:
        chat = target.chat if target else self._chat
        message = self._feishu.say(
            chat, self._me, text, mention_bot=not chat.is_private, reply_to=target
        )
        self.screen.message(self._number(message), message, where=chat.name)
        return message

    def _press(self, number: str) -> None:
        buttons = [
            (message, button)
            for message in self._mine()
            if message.is_from_bot
            for button in message.buttons
        ]
        if not buttons:
            self.screen.line(NO_BUTTONS)
            return
        if not number.isdecimal() or not 1 <= int(number) <= len(buttons):
            for index, (message, button) in enumerate(buttons, 1):
                where = self._number(message)
                self.screen.line(f"  :b {index}  [{card_view.label_of(button)}]  (#{where})")
            return
        message, button = buttons[int(number) - 1]
        result = self._feishu.click(message, button, self._me)
        toast = (result.toast or {}).get("content", "")
        outcome = f"error {result.error_code}" if result.error_code else toast or "ok"
        self.screen.line(f"  [{card_view.label_of(button)}] → {outcome}")

    def _final(self, question: Message) -> bool:
        answers = self._answers(question)
        if not answers or any(answer.streaming for answer in answers):
            return False
        last = max(answer.history[-1][0] for answer in answers)
        still = time.monotonic() - last
        return still >= SETTLED_SECONDS or all(answer.entity for answer in answers)

    def _answers(self, question: Message) -> list[Message]:
        """The bot's messages in the chat since the question."""
        return [
            m
            for m in self._feishu.messages_in(question.chat)
            if m.is_from_bot and m.created_ms > question.created_ms and m.text
        ]

    def _mine(self) -> list[Message]:
        chats = [self._private, self._group]
        return [m for m in self._feishu.messages if m.chat in chats]

    def _number(self, message: Message) -> int:
        with self._numbering:
            if message.message_id not in self._number_by_id:
                self._numbered.append(message)
                self._number_by_id[message.message_id] = len(self._numbered)
            return self._number_by_id[message.message_id]

    def _numbered_message(self, number: str) -> Message | None:
        if number.isdecimal() and 1 <= int(number) <= len(self._numbered):
            return self._numbered[int(number) - 1]
        self.screen.line(f"没有第 {number} 条消息 / no message {number}")
        return None
