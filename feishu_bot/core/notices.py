"""Something to tell a person, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a person: `kind` names the text, `params` fill it."""

    kind: str
    params: Mapping[str, str] = field(default_factory=dict)
