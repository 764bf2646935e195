"""One chunk of a streamed answer, read from the plain dict that the gateway sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from feishu_bot.llm.answered_pictures import has_pictures, pictures_in

# Longer ones are no names of models, nor words for an end.
NAME_CHARS = 100
WORD_CHARS = 40
# More than any model reads or writes; a table's number holds it.
MOST_TOKENS = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The fields of a chunk; empty or None where the chunk has no such field.

    `finish` is the gateway's word for the end, `tokens` are those of prompt and completion.
    `index` is 0 but for further answers to the same question. `is_message` means that the text
    came as a `message`: the whole answer, or all of it so far. `pictures` are the addresses of
    those that came beside the text, data URLs as well; `has_picture` is whether one was meant.
    """

    model: str = ""
    text: str = ""
    reasoning: str = ""
    finish: str = ""
    tokens: tuple[int, int] | None = None
    index: int = 0
    is_message: bool = False
    has_picture: bool = False
    pictures: tuple[str, ...] = ()


NO_CHUNK = Chunk()
_PLAIN_KEYS = frozenset({"content", "role"})


# The fields in which some services wrap the whole chunk.
_WRAPPERS = ("data", "output", "result", "response")


def unwrapped(data: object) -> object:
    """The chunk itself, where a service has put it into a field of an envelope."""
    if isinstance(data, dict) and "choices" not in data:
        for inner in map(data.get, _WRAPPERS):
            if isinstance(inner, dict) and isinstance(inner.get("choices"), list):
                return {"usage": data.get("usage"), "model": data.get("model"), **inner}
    return data


def read_chunk(data: object) -> Chunk:
    """Read a chunk; a field that is missing, null or of an odd shape counts as absent.

    A whole answer (`message` in place of `delta`) is read as well: some gateways send one
    although a stream was asked for.
    """
    if not isinstance(data, dict):
        return NO_CHUNK
    choice = _first_choice(data.get("choices"))
    delta = choice.get("delta")
    text, reasoning = _said(delta) if isinstance(delta, dict) else ("", "")
    message = choice.get("message")
    is_message = False
    if not (text or reasoning) and isinstance(message, dict):
        delta, is_message = message, True
        text, reasoning = _said(message)
    said = delta if isinstance(delta, dict) else {}
    has_picture = has_pictures(said)
    return Chunk(
        model=_word(data.get("model"), NAME_CHARS),
        text=text or _text(choice.get("text")),
        reasoning=reasoning,
        finish=_finish(choice.get("finish_reason") or choice.get("finishReason")),
        tokens=_tokens(data.get("usage")),
        index=_count(choice.get("index")),
        is_message=is_message,
        has_picture=has_picture,
        pictures=pictures_in(said) if has_picture else (),
    )


def plain_text(data: object) -> str:
    """The text of a chunk that has nothing else, as nearly all have; else empty.

    Such a chunk says the same to `read_chunk`, for several times the cost.
    """
    try:
        (choice,) = data["choices"]  # type: ignore[index]
        delta = choice["delta"]
        text = delta["content"]
        is_plain = (
            type(text) is str
            and not (data.get("usage") or choice.get("index"))  # type: ignore[attr-defined]
            and not (choice.get("finish_reason") or choice.get("finishReason"))
            # Many name fields that they have nothing for.
            and (len(delta) == 1 or not any(delta[name] for name in delta.keys() - _PLAIN_KEYS))
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""
    return text if is_plain else ""


def _said(delta: dict[str, Any]) -> tuple[str, str]:
    """Text and reasoning. DeepSeek's name for the latter, then OpenRouter's."""
    text = _text(delta.get("content")) or _text(delta.get("refusal"))
    return text, _string(delta.get("reasoning_content")) or _string(delta.get("reasoning"))


def _first_choice(choices: Any) -> dict[str, Any]:
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return {}
    return choices[0]


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(content: Any) -> str:
    """The text of `content`, which is a string, or in some gateways a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        content = [content]
    if isinstance(content, list):
        return "".join(
            _string(part.get("text"))
            for part in content
            if isinstance(part, dict) and part.get("type", "text") in ("text", "output_text")
        )
    # A model that answers with a number, behind a gateway that reads it as JSON.
    is_number = isinstance(content, int | float) and not isinstance(content, bool)
    return str(content) if is_number else ""


def _tokens(usage: Any) -> tuple[int, int] | None:
    """Prompt and completion tokens; the completion's include those spent on reasoning."""
    if not isinstance(usage, dict):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(prompt, int) and not isinstance(completion, int):
        return None
    return _count(prompt), _count(completion)


def _count(value: object) -> int:
    return min(max(value, 0), MOST_TOKENS) if isinstance(value, int) else 0


def _word(value: object, limit: int) -> str:
    """A name that goes into tables, cards and the log; empty for what can't be one."""
    return value if isinstance(value, str) and len(value) <= limit and value.isprintable() else ""


def _finish(value: object) -> str:
    # A word that can't be read is an end all the same.
    return _word(value, WORD_CHARS) or ("unreadable" if value and isinstance(value, str) else "")
