"""Documents that people send, as the text that a model can read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

# What a document is counted in. Flowing text has no pages of its own: it is cut into parts.
DocumentUnit = Literal["page", "sheet", "slide", "part"]

# A document isn't read any further than this many pages that have to be looked at: each costs a
# model as much as a picture.
MOST_SCANS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPart:
    """One page, sheet, slide or part. `number` counts from 1; `title` is a sheet's name.

    With `is_cut` the end of its text is left out. With `is_scan` it has no text, but something to
    be seen.
    """

    number: int
    text: str
    title: str = ""
    is_cut: bool = False
    is_scan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What was read of a document: `parts` of the `total` that it has."""

    unit: DocumentUnit
    total: int
    parts: tuple[DocumentPart, ...]

    @property
    def first(self) -> int:
        return self.parts[0].number

    @property
    def last(self) -> int:
        return self.parts[-1].number

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it was left out."""
        return len(self.parts) == self.total and not any(part.is_cut for part in self.parts)


class DocumentReader(Protocol):
    """Turns files into text."""

    def read(self, name: str, data: bytes, *, chars: int, first: int = 1) -> Document:
        """The parts from `first` on that have room in so many characters; at least one.

        `name` is the file's name, which decides only what its bytes leave open. A first part that
        has no room by itself is cut. Raises MediaError.
        """
