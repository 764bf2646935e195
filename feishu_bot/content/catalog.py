"""The texts that people read, in their language, by kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from feishu_bot.core.languages import Language

Severity = Literal["info", "retry", "admin"]

_FOLDERS: dict[Language, str] = {"zh": "zh_CN", "en": "en_US"}
# The gap that an empty parameter leaves: two spaces in a row, or one before a full stop.
_GAP = re.compile(r" +( |[,.;。，；])")
# libyaml, which wheels of PyYAML bring, reads all texts in 15 ms of each start; Python takes 140.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class NoticeText:
    """The parts of a notice. A short line has only `what`.

    `remedy` is what an administrator can do, and also the end of `do` where a person is asked to
    tell one; `asks_admins` says that one is to be asked, `asks_more` that it takes a click.
    """

    title: str
    what: str
    do: str
    severity: Severity
    remedy: str = ""
    asks_admins: bool = False
    asks_more: bool = False


class Catalog:
    """All texts of one language; call it with a kind."""

    def __init__(self, language: Language, content: Mapping[str, Any]) -> None:
        self.language = language
        self._lines: Mapping[str, str] = content["lines"]
        self._words: Mapping[str, Mapping[str, str]] = content["words"]
        self._notices = {kind: NoticeText(**parts) for kind, parts in content["notices"].items()}

    @staticmethod
    @cache
    def load(language: Language) -> Catalog:
        """The texts of a language, read once per process.

        Raises ValueError when two of its files have a text for the same kind.
        """
        content: dict[str, dict[str, Any]] = {"notices": {}, "lines": {}, "words": {}}
        folder = files("feishu_bot.content") / "locales" / _FOLDERS[language]
        for path in sorted(folder.iterdir(), key=lambda path: path.name):
            read = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
            for part, texts in read.items():
                twice = content[part].keys() & texts.keys()
                if twice:
                    raise ValueError(f"{path.name} repeats kinds of another file: {sorted(twice)}")
                content[part] |= texts
        return Catalog(language, content)

    def __call__(self, kind: str, /, **params: object) -> str:
        """A line, or `what` and `do` of a notice. Raises KeyError for an unknown kind."""
        text = self.notice(kind, params)
        return self.joined((text.what, text.do))

    def joined(self, sentences: Iterable[str]) -> str:
        """Whole sentences one after the other; Chinese has no space between them."""
        return ("" if self.language == "zh" else " ").join(filter(None, sentences))

    def notice(self, kind: str, params: Mapping[str, object] | None = None) -> NoticeText:
        """The parts of a notice, filled in. Raises KeyError for an unknown kind."""
        if kind in self._lines:
            return NoticeText("", self._fill(self._lines[kind], params or {}), "", "info")
        text = self._notices[kind]
        parts = (text.title, text.what, text.do, text.remedy)
        title, what, do, remedy = (self._fill(part, params or {}) for part in parts)
        asks_admins = text.asks_admins or bool(remedy)
        do = self.joined((do, remedy))
        return NoticeText(title, what, do, text.severity, remedy, asks_admins, text.asks_more)

    def _fill(self, template: str, params: Mapping[str, object]) -> str:
        if "{" not in template:
            return template
        known = {
            name: self._word(name, str(value)) for name, value in params.items() if value != ""
        }
        values = _Values(self._words.get("missing", {}), known, str(params.get("kind", "")))
        return _GAP.sub(r"\1", template.format_map(values))

    def _word(self, name: str, value: str) -> str:
        words = self._words.get(name)
        return words.get(value, words["other"]) if words else value


class _Values(dict[str, str]):
    """Parameters; in place of a missing one there is a word for that, or nothing.

    For some kinds of messages it is another word.
    """

    def __init__(self, missing: Mapping[str, str], known: Mapping[str, str], kind: str) -> None:
        super().__init__(known)
        self._missing = missing
        self._kind = kind

    def __missing__(self, name: str) -> str:
        return self._missing.get(f"{name}_{self._kind}", self._missing.get(name, ""))
