"""One chunk of a streamed answer, read from the plain dict that the gateway sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The fields of a chunk; empty or None where the chunk has no such field.

    `finish` is the gateway's word for the end, `tokens` are those of prompt and completion.
    """

    model: str = ""
    text: str = ""
    reasoning: str = ""
    finish: str = ""
    tokens: tuple[int, int] | None = None


def read_chunk(data: object) -> Chunk:
    """Read a chunk; a field that is missing, null or of an odd shape counts as absent.

    A whole answer (`message` in place of `delta`) is read as well: some gateways send one
    although a stream was asked for.
    """
    if not isinstance(data, dict):
        return Chunk()
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        choice = {}
    delta = choice.get("delta") or choice.get("message")
    if not isinstance(delta, dict):
        delta = {}
    return Chunk(
        model=_string(data.get("model")),
        text=_text(delta.get("content")),
        # DeepSeek's name for it, then OpenRouter's.
        reasoning=_string(delta.get("reasoning_content")) or _string(delta.get("reasoning")),
        finish=_string(choice.get("finish_reason")),
        tokens=_tokens(data.get("usage")),
    )


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(content: Any) -> str:
    """The text of `content`, which is a string, or in some gateways a list of parts."""
    if isinstance(content, list):
        return "".join(
            _string(part.get("text"))
            for part in content
            if isinstance(part, dict) and part.get("type") in ("text", "output_text")
        )
    return _string(content)


def _tokens(usage: Any) -> tuple[int, int] | None:
    """Prompt and completion tokens; the completion's include those spent on reasoning."""
    if not isinstance(usage, dict):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(prompt, int) and not isinstance(completion, int):
        return None
    return (
        prompt if isinstance(prompt, int) else 0,
        completion if isinstance(completion, int) else 0,
    )
