"""What an examination of the bot has found: values, and the port of the doctor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from feishu_bot.core.languages import Words

# fault: something doesn't work. warning: it works, and will bring trouble. unknown: it can't be
# told, and why is said.
State = Literal["fault", "warning", "unknown", "ok"]
STATES: tuple[State, ...] = ("fault", "warning", "unknown", "ok")

EVIDENCE_CHARS = 300


NOTHING = Words("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    `check` is its name, which never changes; `what` says how it is and `remedy` what to do.
    `evidence` is what was seen, such as a code, for whoever looks deeper; it comes from outside.
    `link` is the page where the remedy is applied.
    """

    check: str
    state: State
    title: Words
    what: Words
    remedy: Words = NOTHING
    evidence: str = ""
    link: str = ""

    def mapped(self, change: Callable[[str], str]) -> Finding:
        """The same with `change` applied to every text."""
        return replace(
            self,
            title=Words(change(self.title.zh), change(self.title.en)),
            what=Words(change(self.what.zh), change(self.what.en)),
            remedy=Words(change(self.remedy.zh), change(self.remedy.en)),
            evidence=change(self.evidence),
            link=change(self.link),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All findings, in the order in which they are shown; `at` in seconds since the epoch."""

    version: str
    at: float
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing was found that doesn't work."""
        return not self.of("fault")

    def of(self, *states: State) -> tuple[Finding, ...]:
        """The findings in one of these states."""
        return tuple(finding for finding in self.findings if finding.state in states)


class Doctor(Protocol):
    """Examines the bot."""

    def examine(self) -> Report:
        """Look at everything once; takes up to a minute, and calls Feishu and the model service.

        Never raises: what can't be looked at is a finding of its own.
        """


def printable(text: str, most: int = EVIDENCE_CHARS) -> str:
    """A text from outside on one line, without what a terminal or a log would obey."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"
