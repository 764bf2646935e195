"""Talk to the bot in a terminal: lines are messages, answers are cards that grow in place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from feishu_bot.simulator import card_view
from feishu_bot.simulator.messages import Message
from feishu_bot.simulator.people import Chat
from feishu_bot.simulator.screen import Screen

if TYPE_CHECKING:
    from feishu_bot.simulator.simulator import Simulator

ANSWER_SECONDS = 60.0
# An answer without a streaming card is taken as final when it has stood still for so long.
SETTLED_SECONDS = 0.5

HELP = """\
直接输入就是给机器人发私聊消息；带冒号的是终端自己的命令：
  :g 文字    在群里 @机器人 说话        :p 文字    回到私聊
  :r N 文字  回复第 N 条消息            :b N       按第 N 个按钮
  :?         这份帮助                   :q         退出
Type to write to the bot in private; commands of this terminal begin with a colon:
  :g text    speak in the group, @bot   :p text    back to private
  :r N text  reply to message N         :b N       press button N
  :?         this help                  :q         quit
"""


def chat(
    sim: Simulator,
    input_stream: TextIO,
    output_stream: TextIO,
    *,
    answer_seconds: float = ANSWER_SECONDS,
) -> int:
    """Run until :q or the end of input; the exit code.

    On a terminal lines are sent at once. Otherwise each line waits for its final answer, and 1 is
    returned when one did not come within *answer_seconds*.
    """
    conversation = _Conversation(sim, Screen(output_stream))
    conversation.screen.line(HELP)
    if not input_stream.isatty():
        return conversation.read(input_stream, lambda: conversation.settle(answer_seconds))
    stopped = threading.Event()
    follower = threading.Thread(target=conversation.follow, args=(stopped,), daemon=True)
    follower.start()
    try:
        return conversation.read(input_stream, lambda: True)
    finally:
        stopped.set()
        with sim.feishu.world.changing():
            pass
        follower.join()


class _Conversation:
    def __init__(self, sim: Simulator, screen: Screen) -> None:
        self.screen = screen
        self._feishu = sim.feishu
        self._me = sim.feishu.add_person("Alice")
        self._private = sim.feishu.private_chat(self._me)
        self._group: Chat | None = None
        self._chat = self._private
        self._asked: Message | None = None
        self._numbered: list[Message] = []
        self._number_by_id: dict[str, int] = {}

    def read(self, lines: TextIO, settled: Callable[[], bool]) -> int:
        for raw in iter(lines.readline, ""):
            line = raw.strip()
            if not line:
                continue
            if line in (":q", ":quit"):
                break
            self._asked = None
            self._obey(line)
            if self._asked is not None and not settled():
                return 1
        return 0

    def settle(self, seconds: float) -> bool:
        """Wait for the final answer to the newest question and print it."""
        question = self._asked
        assert question is not None
        try:
            self._feishu.wait_for(lambda: self._final(question), seconds)
        except TimeoutError:
            self.screen.line(f"没有在 {seconds:g} 秒内得到回答 / no answer within {seconds:g} s")
            return False
        with self._feishu.world.lock:
            answers = self._answers(question)
        for answer in answers:
            self.screen.message(self._number(answer), answer)
        return True

    def follow(self, stopped: threading.Event) -> None:
        """Redraw what the bot writes, whenever something changed."""
        condition = self._feishu.world.condition
        shown: dict[str, str] = {}
        while not stopped.is_set():
            with condition:
                fresh = [
                    m
                    for m in self._mine()
                    if m.is_from_bot and shown.get(m.message_id) != self.screen.face(m)
                ]
                if not fresh:
                    condition.wait(1.0)
                    continue
            for message in fresh:
                shown[message.message_id] = self.screen.face(message)
                self.screen.message(self._number(message), message)

    def _obey(self, line: str) -> None:
        command, _, rest = line.partition(" ")
        rest = rest.strip()
        match command:
            case ":?" | ":h":
                self.screen.line(HELP)
            case ":g":
                if self._group is None:
                    self._group = self._feishu.add_group("Simulator", [self._me])
                self._chat = self._group
                if rest:
                    self._say(rest)
            case ":p":
                self._chat = self._private
                if rest:
                    self._say(rest)
            case ":r":
                number, _, text = rest.partition(" ")
                target = self._numbered_message(number)
                if target and text.strip():
                    self._say(text.strip(), target)
            case ":b":
                self._press(rest)
            case _ if line.startswith(":"):
                self.screen.line(f"? {line}  (:?)")
            case _:
                self._say(line)

    def _say(self, text: str, target: Message | None = None) -> None:
        chat = target.chat if target else self._chat
        self._asked = self._feishu.say(
            chat, self._me, text, mention_bot=not chat.is_private, reply_to=target
        )
        self.screen.message(self._number(self._asked), self._asked, where=chat.name)

    def _press(self, number: str) -> None:
        buttons = [
            (message, button)
            for message in self._mine()
            if message.is_from_bot
            for button in message.buttons
        ]
        if not number.isdigit() or not 1 <= int(number) <= len(buttons):
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
        """Replies to the question, and whatever else the bot wrote there since."""
        return [
            m
            for m in self._feishu.messages_in(question.chat)
            if m.is_from_bot and m.created_ms > question.created_ms and m.text
        ]

    def _mine(self) -> list[Message]:
        chats = [self._private, self._group]
        return [m for m in self._feishu.messages if m.chat in chats]

    def _number(self, message: Message) -> int:
        if message.message_id not in self._number_by_id:
            self._numbered.append(message)
            self._number_by_id[message.message_id] = len(self._numbered)
        return self._number_by_id[message.message_id]

    def _numbered_message(self, number: str) -> Message | None:
        if number.isdigit() and 1 <= int(number) <= len(self._numbered):
            return self._numbered[int(number) - 1]
        self.screen.line(f"没有第 {number} 条消息 / no message {number}")
        return None
