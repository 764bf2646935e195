"""The faults of the model: what the simulated one answers to every question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from feishu_simulator import failures, field_failures
from feishu_simulator.echo import echo
from feishu_simulator.script import Script

Body = dict[str, Any]

THOUGHT = "想一想……问题在问什么？先列出要点，再组织回答。\n\nLet me think: what is being asked? "
CUT_AFTER = 120
LONG_BYTES = 40_000
# Seconds that the model service asks to wait.
RETRY_AFTER = 8

# The simulated model's answer to every question.
ANSWERS: dict[str, Callable[[Body], Script]] = {
    "normal": echo,
    "slow": lambda body: echo(body).but(first=4.0, between=0.25),
    "thinking": lambda body: Script.thinking(THOUGHT * 3, echo(body).content),
    "long": lambda body: Script.text(_repeated(echo(body).content), between=0.005),
    "length": lambda body: Script.text(_begun(body), finish_reason="length"),
    "stop_everywhere": lambda body: field_failures.stop_on_every_chunk(echo(body).content),
    "twice": lambda body: field_failures.whole_message_at_the_end(echo(body).content),
    "end_token": lambda body: field_failures.end_token_left(echo(body).content),
    "numbers": lambda body: Script.text(" ".join(map(str, range(400)))),
    "late_thought": lambda body: field_failures.thought_without_opening(
        THOUGHT, echo(body).content
    ),
    "thought_only": lambda body: field_failures.thought_only(THOUGHT),
    "odd_end": lambda body: field_failures.end_in_other_words(_begun(body)),
}
FAILURES: dict[str, Callable[[Body], Script]] = {
    "cut": lambda body: failures.cut_inside_a_chunk(_begun(body)),
    "refused": lambda body: failures.content_filtered(),
    "no_money": lambda body: failures.account_out_of_money(),
    "bad_key": lambda body: failures.invalid_key(),
    "overloaded": lambda body: failures.overloaded(),
    "silent": lambda body: failures.silent_after_headers(),
    "retry_after": lambda body: field_failures.throttled(str(RETRY_AFTER)),
    "resting": lambda body: field_failures.throttled("1800"),
    "odd_error": lambda body: field_failures.other_shape(),
    "flagged": lambda body: field_failures.moderated(),
    "no_system": lambda body: field_failures.system_role_refused(body, echo(body)),
}
MODELS = ANSWERS | FAILURES


def _begun(body: Body) -> str:
    """The first half of an answer, and not more than CUT_AFTER characters."""
    text = echo(body).content
    return text[: min(CUT_AFTER, len(text) // 2)]


def _repeated(text: str) -> str:
    """The text so often that it fills more than one card."""
    return "\n\n".join([text] * (LONG_BYTES // len(text.encode()) + 1))
