"""The simulated model's default answer, which repeats the question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feishu_simulator.script import Script
from feishu_simulator.sight import told_of_pictures

_CJK = re.compile(r"[一-鿿]")
_QUOTED = 400
_ROLE = 80


def question_of(body: Mapping[str, Any]) -> str:
    """The newest user message, with images and files as placeholders."""
    for message in reversed(body.get("messages") or []):
        if isinstance(message, dict) and message.get("role") == "user":
            return _text_of(message.get("content"))
    return ""


def echo(body: Mapping[str, Any]) -> Script:
    """A Markdown answer in the language of the question."""
    if seen := told_of_pictures(body, question_of(body)):
        return seen
    messages = [m for m in body.get("messages") or [] if isinstance(m, dict)]
    question = question_of(body)
    turns = max(0, sum(m.get("role") == "user" for m in messages) - 1)
    system = next((_text_of(m.get("content")) for m in messages if m.get("role") == "system"), "")
    role = _shortened(" ".join(system.split()), _ROLE)
    quoted = "\n".join(f"> {line}" for line in _shortened(question, _QUOTED).splitlines() or [""])
    write = _chinese if _CJK.search(question) else _english
    return Script.text(write(quoted, len(question), turns, str(body.get("model")), role))


def _chinese(quoted: str, length: int, turns: int, model: str, role: str) -> str:
    earlier = f"之前我们已经聊了 **{turns}** 轮" if turns else "这是我们这次对话的**第一句话**"
    told = f"\n- 角色设定：{role}" if role else ""
    return f"""你好！我是模拟的模型，没有连接真正的 AI，但消息确实一路走到了我这里。

你刚才说的是：

{quoted}

我收到的内容：

- 模型：`{model}`
- 问题长度：{length} 个字符
- {earlier}{told}

你看到的文字正在**一点一点**地写进卡片，和真正的回答一样。
你可以直接回复这条消息继续对话。

```python
print("你好，飞书！")
```

等你填好真正的密钥，坐在这里回答你的就是真正的模型了。"""


def _english(quoted: str, length: int, turns: int, model: str, role: str) -> str:
    earlier = (
        f"we have exchanged **{turns}** turn{'s' * (turns > 1)} before this one"
        if turns
        else "this is the **first message** of our conversation"
    )
    told = f"\n- role: {role}" if role else ""
    return f"""Hello! I am the simulated model. No real AI is behind me,
but your message came all the way.

You just said:

{quoted}

What I received:

- model: `{model}`
- length of the question: {length} characters
- {earlier}{told}

The words you see are written into the card **bit by bit**, just as those of a real answer.
Reply to this message to go on with the conversation.

```python
print("Hello, Feishu!")
```

Once the real keys are filled in, a real model answers you here."""


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = []
    for part in content if isinstance(content, list) else []:
        kind = part.get("type")
        parts.append(str(part.get("text", "")) if kind == "text" else f"[{kind}]")
    return "\n".join(parts)


def _shortened(text: str, most: int) -> str:
    """At most *most* characters and an ellipsis, cut between words."""
    if len(text) <= most:
        return text
    end = most
    while end and _in_word(text[end - 1]) and _in_word(text[end]):
        end -= 1
    return text[: end or most].rstrip(" \n,.;:，。；：、") + "…"


def _in_word(character: str) -> bool:
    return character.isalnum() and not _CJK.match(character)
