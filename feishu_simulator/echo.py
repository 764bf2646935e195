"""The simulated model's own answers: short, in the asker's language, with what it remembers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feishu_simulator import echo_texts, png_pixels
from feishu_simulator.script import Script
from feishu_simulator.sight import told_of_pictures

_CJK = re.compile(r"[⺀-鿿]")
_QUOTED = 400
_ROLE = 30
_SENTENCE_CHARS = 6
_SENTENCE = re.compile(r"(?<=[。！？!?])|(?<=\.)\s|\n")

# What is asked for, the first match counts. The words after an answer speak of that answer.
_FOLLOW_UPS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("english", re.compile(r"(?i)(换|改|译|翻|用)\S{0,4}(英文|英语)|\bin english\b")),
    ("chinese", re.compile(r"(?i)(换|改|译|翻|用)\S{0,4}中文|\bin chinese\b")),
    ("shorter", re.compile(r"(?i)短一?[点些]|简短|精简|简单一?[点些]|\bshorter\b|\bbriefer\b")),
    ("longer", re.compile(r"(?i)长一?[点些]|详细一?[点些]|展开|\blonger\b|\bmore detail")),
    (
        "on",
        re.compile(r"(?i)^(请?继续|然后呢)|接着(说|往下)|^(please )?(go on|continue)\b"),
    ),
)
_WISHES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("table", re.compile(r"(?i)表格|\btables?\b")),
    ("formula", re.compile(r"(?i)公式|\bformulas?\b|\bequations?\b|\blatex\b")),
    ("code", re.compile(r"(?i)代码|程序|\bcode\b|\bpython\b|\bscript\b")),
    ("long", re.compile(r"(?i)长文|很长|写长|一千字|\blong (answer|text)\b|\bessay\b")),
)
# Models that draw in chat have it in their names.
_DRAW = re.compile(r"(?i)画[一张幅个只]|\b(draw|paint)\b")
_SUNSET = ((250, 180, 90), (230, 90, 60), (60, 60, 140))
# A bot that suggests what to ask next has a model think of it, told in the system prompt.
_SUGGESTIONS = re.compile(r"(?i)(提出|给出|想出|写出)\S{0,40}问题|追问|\bfollow-up questions?\b")
# A bot may put the name of who speaks before what they say.
_SPEAKER = re.compile(r"^[^\s:][^:\n]{0,30}: ")
# A greeting and little else.
_GREETING = re.compile(r"(?i)^\W*(你好|您好|嗨|哈喽|在吗|(hi|hello|hey)\b).{0,6}$")


def question_of(body: Mapping[str, Any]) -> str:
    """The newest user message, with images and files as placeholders."""
    for message in reversed(body.get("messages") or []):
        if isinstance(message, dict) and message.get("role") == "user":
            return text_of(message.get("content"))
    return ""


def echo(body: Mapping[str, Any]) -> Script:
    """A Markdown answer in the language of the question, or in the one that is asked for."""
    if seen := told_of_pictures(body, question_of(body)):
        return seen
    messages = [m for m in body.get("messages") or [] if isinstance(m, dict)]
    if "image" in str(body.get("model")) and _DRAW.search(question_of(body)):
        words = echo_texts.ZH if _CJK.search(question_of(body)) else echo_texts.EN
        return Script.drawing(words["drawn"], png_pixels.encode(512, 384, _SUNSET))
    said = [(str(m.get("role")), text_of(m.get("content"))) for m in messages]
    question = question_of(body)
    asked = _SPEAKER.sub("", question)
    words = echo_texts.ZH if _CJK.search(asked) else echo_texts.EN
    if any(role == "system" and _SUGGESTIONS.search(text) for role, text in said):
        return Script.text(words["suggested"])
    before = said[: _last_of(said, "user")]
    answered = _last_of(before, "assistant")
    if answered >= 0 and (wish := _found(_FOLLOW_UPS, asked)):
        asked_before = [text for role, text in before[:answered] if role == "user"]
        return Script.text(_follow_up(wish, words, _subject(asked_before), before[answered][1]))
    wish = _found(_WISHES, asked)
    lines = [words["greeting" if _GREETING.match(asked) else "here"], _received(body, words)]
    if wish:
        lines.insert(1, words[wish])
    if answered < 0:
        lines.append(words["end"])
    return Script.text("\n\n".join(lines))


def text_of(content: Any) -> str:
    """The text of a message's content; parts of other kinds as `[kind]`."""
    if isinstance(content, str):
        return content
    parts = []
    for part in content if isinstance(content, list) else []:
        kind = part.get("type") if isinstance(part, dict) else None
        parts.append(str(part.get("text", "")) if kind == "text" else f"[{kind}]")
    return "\n".join(parts)


def _received(body: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """What came with the request: the question, the model, the turns before it, the role."""
    messages = [m for m in body.get("messages") or [] if isinstance(m, dict)]
    question = question_of(body)
    turns = max(0, sum(m.get("role") == "user" for m in messages) - 1)
    lines = [
        words["model"].format(model=body.get("model")),
        words["turns" if turns else "first"].format(turns=turns),
    ]
    system = next((text_of(m.get("content")) for m in messages if m.get("role") == "system"), "")
    if system:
        is_readable = bool(_CJK.search(system)) == bool(_CJK.search(question))
        shown = _shortened(" ".join(system.split()), _ROLE) if is_readable else ""
        lines.append(words["role"].format(chars=len(system)) + (shown and f" “{shown}”"))
    quoted = "\n".join(f"> {line}" for line in _shortened(question, _QUOTED).splitlines() or [""])
    facts = "\n".join(f"- {line}" for line in lines)
    return f"{words['said']}\n\n{quoted}\n\n{words['received']}\n\n{facts}"


def _follow_up(
    wish: str, words: Mapping[str, str], earlier_question: str, earlier_answer: str
) -> str:
    """An answer about the former one, which it names by its question and its length."""
    if wish == "english":
        words = echo_texts.EN
    elif wish == "chinese":
        words = echo_texts.ZH
    first = _shortened(_beginning(earlier_answer), _ROLE * 2)
    facts = {
        "question": _shortened(" ".join(earlier_question.split()), _ROLE),
        "chars": len(earlier_answer),
        "first": first,
        "words": len(first),
    }
    return words[f"then_{wish}"].format(**facts)


def _subject(questions: list[str]) -> str:
    """The newest question that isn't itself about an answer."""
    own = [text for text in questions if not _found(_FOLLOW_UPS, _SPEAKER.sub("", text))]
    return next(reversed(own or questions), "")


def _beginning(text: str) -> str:
    """The first sentence, with the next ones where it says next to nothing."""
    beginning = ""
    for part in _SENTENCE.split(text):
        if len(beginning) >= _SENTENCE_CHARS:
            break
        beginning += part or ""
    return " ".join(beginning.split())


def _found(kinds: tuple[tuple[str, re.Pattern[str]], ...], question: str) -> str:
    return next((kind for kind, pattern in kinds if pattern.search(question)), "")


def _last_of(said: list[tuple[str, str]], role: str) -> int:
    """The place of the newest message of a role; -1 without one."""
    places = (place for place in range(len(said) - 1, -1, -1) if said[place][0] == role)
    return next(places, -1)


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
