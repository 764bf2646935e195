"""The list of ready roles: the built-in one, or the administrator's own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from feishu_bot.content.documents import Entry, InvalidDocument, Items, parse
from feishu_bot.content.watched_file import WatchedFile
from feishu_bot.core.administration.editable import ListedRole, RoleDocument
from feishu_bot.core.administration.overrides import Override
from feishu_bot.core.languages import LANGUAGES, Language
from feishu_bot.core.roles import Role
from feishu_bot.errors import ChangeRefused
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

BUILT_IN = Path(__file__).with_name("roles.yaml")
MAX_ROLES = 200
MAX_CONTENT = 8_000
_ROLE_ID = re.compile(r"[\w-]{1,60}")

_WITHOUT_TAGS: Mapping[Language, str] = {"zh": "其他", "en": "Other"}


# Roles that administrators have put into the list, by id; None takes one out of it.
StoredRoles = Mapping[str, Override]


class RoleList:
    """Implements `core.administration.editable.EditableRoles`. Safe for threads.

    Without a path the roles are built in. What administrators have stored is layered over them.

    An entry has an id, tags, and its texts under `zh` and `en`; one language alone serves for
    both. An entry without languages, `{title, content, example, author, tags}`, holds for both,
    and its id comes from its title. The file is read again when it changes; a broken one is
    logged and the last good one stays. Raises SettingsError when it is broken at the start.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = WatchedFile(path or BUILT_IN, _read, setting="ROLES_FILE", timer=timer)
        self._stored: StoredRoles = {}
        self._merged: tuple[Mapping[str, Entry], StoredRoles, Mapping[Language, _RoleIndex]] = (
            {}, {}, {}
        )  # fmt: skip

    def layer(self, stored: StoredRoles) -> None:
        """Put these over the roles of the file from now on."""
        self._stored = stored

    def categories(self, language: Language) -> tuple[str, ...]:
        return tuple(self._in(language).by_category)

    def of(self, category: str, language: Language) -> tuple[Role, ...]:
        return self._in(language).by_category.get(category, ())

    def find(self, role_id: str, language: Language) -> Role | None:
        return self._in(language).by_id.get(role_id)

    def listed(self) -> tuple[ListedRole, ...]:
        file, stored = self._file.value(), self._stored
        return tuple(
            ListedRole(
                id=role_id,
                document=_document(stored[role_id].value or file.get(role_id, {}))
                if role_id in stored
                else _document(file[role_id]),
                is_stored=role_id in stored,
                is_hidden=role_id in stored and not stored[role_id].value,
                is_in_file=role_id in file,
            )
            for role_id in dict.fromkeys((*file, *stored))
        )

    def check(self, role_id: str, document: RoleDocument) -> Mapping[Language, Role]:
        if not _ROLE_ID.fullmatch(role_id):
            raise ChangeRefused(
                "id 应为 1 到 60 个字母、数字、横线或汉字",
                "an id has 1 to 60 letters, digits and dashes",
            )
        ids = {one.id for one in self.listed() if not one.is_hidden}
        if len(ids | {role_id}) > MAX_ROLES:
            raise ChangeRefused(f"最多 {MAX_ROLES} 个角色", f"{MAX_ROLES} roles at most")
        try:
            entry = _as_entry(document)
            return {language: _role(entry, role_id, language)[0] for language in LANGUAGES}
        except InvalidDocument as exc:
            raise ChangeRefused(exc.words.zh, exc.words.en) from exc

    def _in(self, language: Language) -> _RoleIndex:
        file, stored, (known_file, known_stored, index) = (
            self._file.value(), self._stored, self._merged
        )  # fmt: skip
        if not index or file is not known_file or stored is not known_stored:
            index = _index_of(_layered(file, stored))
            self._merged = file, stored, index
        return index[language]


@dataclass(frozen=True, slots=True)
class _RoleIndex:
    """The roles of one language."""

    by_id: Mapping[str, Role]
    by_category: Mapping[str, tuple[Role, ...]]


def _read(content: bytes) -> Mapping[str, Entry]:
    """The entries by id, each of them good for a role in every language."""
    entries = list(_entries(parse(content)))
    by_id = dict(zip(_ids(entries), entries, strict=True))
    _index_of(by_id)
    return by_id


def _index_of(entries: Mapping[str, Entry]) -> Mapping[Language, _RoleIndex]:
    return {
        language: _role_index(_role(entry, role_id, language) for role_id, entry in entries.items())
        for language in LANGUAGES
    }


def _layered(file: Mapping[str, Entry], stored: StoredRoles) -> Mapping[str, Entry]:
    """The file's entries, and those in their place."""
    entries = dict(file)
    for role_id, override in stored.items():
        try:
            if override.value:
                entry = _as_entry(override.value)
                _index_of({role_id: entry})
                entries[role_id] = entry
            else:
                entries.pop(role_id, None)
        except InvalidDocument as exc:
            # A newer version has stored it, which this one can't read.
            logger.warning("stored role refused", role=role_id, reason=exc)
    return entries


def _as_entry(document: Mapping[str, Any]) -> Entry:
    """What was stored or typed, as if it had been read from a file."""
    content = {
        key: _as_entry(value) if isinstance(value, Mapping) else value
        for key, value in document.items()
    }
    return Entry(content, 0, dict.fromkeys(content, 0))


def _document(entry: Mapping[str, Any]) -> RoleDocument:
    """An entry as it can be edited: its texts by language, whichever way they were written."""
    if not entry:
        return {}
    texts = {name: dict(entry[name]) for name in LANGUAGES if name in entry}
    if not texts:
        keys = ("title", "content", "example", "author")
        texts = {"zh": {key: entry[key] for key in keys if key in entry}}
    tags = entry.get("tags", [])
    document: dict[str, Any] = {"tags": [tags] if isinstance(tags, str) else list(tags)}
    return document | texts


def _entries(document: str | Items | Entry) -> Iterator[Entry]:
    if not document:
        raise InvalidDocument("没有任何角色", "there are no roles in it")
    if not isinstance(document, Items):
        raise InvalidDocument(
            "应为角色的列表，每个角色以“- ”开头",
            'this should be a list of roles, each beginning with "- "',
        )
    if len(document) > MAX_ROLES:
        raise InvalidDocument(
            f"有 {len(document)} 个角色，最多 {MAX_ROLES} 个",
            f"{len(document)} roles are too many; {MAX_ROLES} at most",
            document.lines[MAX_ROLES],
        )
    for entry, line in zip(document, document.lines, strict=True):
        if not isinstance(entry, Entry):
            raise InvalidDocument(
                "角色应写成“title: …”这样的条目", 'a role should have keys, as in "title: …"', line
            )
        yield entry


def _ids(entries: Iterable[Entry]) -> list[str]:
    """An id for each entry: its own, or one from its title with a number where that is taken."""
    lines: dict[str, int] = {}
    given = [entry.text("id") for entry in entries]
    for entry, role_id in zip(entries, given, strict=True):
        if role_id in lines:
            raise InvalidDocument(
                f"id“{role_id}”已在第 {lines[role_id]} 行用过",
                f'the id "{role_id}" is taken by line {lines[role_id]}',
                entry.lines["id"],
            )
        if role_id:
            lines[role_id] = entry.lines["id"]
    taken = set(lines)
    ids = []
    for entry, role_id in zip(entries, given, strict=True):
        ids.append(role_id or _free_id(_texts(entry, "zh").text("title"), taken))
        taken.add(ids[-1])
    return ids


def _free_id(title: str, taken: set[str]) -> str:
    plain = re.sub(r"\W+", "-", title.casefold()).strip("-") or "role"
    names = chain([plain], (f"{plain}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def _texts(entry: Entry, language: Language) -> Entry:
    """The part of an entry that has its title and content in this language."""
    written = [name for name in (language, *LANGUAGES) if name in entry]
    if not written:
        return entry
    texts = entry[written[0]]
    if not isinstance(texts, Entry):
        raise InvalidDocument(
            f"“{written[0]}”下应有 title 和 content",
            f'"{written[0]}" should have a title and a content under it',
            entry.lines[written[0]],
        )
    return texts


def _role(entry: Entry, role_id: str, language: Language) -> tuple[Role, tuple[str, ...]]:
    texts = _texts(entry, language)
    if texts is entry:
        entry.check_keys("id", "title", "content", "example", "author", "tags")
        tags = _tags(entry)
    else:
        entry.check_keys("id", "tags", *LANGUAGES)
        texts.check_keys("title", "content", "example", "author")
        tags = [_in_language(tag, language) for tag in _tags(entry)]
    tags = tags or [_WITHOUT_TAGS[language]]
    content = texts.required("content")
    if len(content) > MAX_CONTENT:
        raise InvalidDocument(
            f"“content”有 {len(content)} 个字符，最多 {MAX_CONTENT} 个",
            f'"content" has {len(content)} characters; {MAX_CONTENT} at most',
            texts.lines["content"],
        )
    role = Role(
        id=role_id,
        title=" ".join(texts.required("title").split()),
        content=content,
        category=tags[0],
        example=texts.text("example"),
    )
    return role, tuple(dict.fromkeys(tags))


def _tags(entry: Entry) -> list[str]:
    tags = entry.get("tags", [])
    # A single tag needs no list.
    tags = [tags] if isinstance(tags, str) else tags
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise InvalidDocument(
            "“tags”应为文字的列表", '"tags" should be a list of texts', entry.lines["tags"]
        )
    return [tag.strip() for tag in tags if tag.strip()]


def _in_language(tag: str, language: Language) -> str:
    """The half of `中文 / English` in this language, or the whole where there is one half."""
    chinese, _, english = (half.strip() for half in tag.partition(" / "))
    return chinese if language == "zh" else english or chinese


def _role_index(roles: Iterable[tuple[Role, tuple[str, ...]]]) -> _RoleIndex:
    by_id: dict[str, Role] = {}
    by_category: dict[str, tuple[Role, ...]] = {}
    for role, tags in roles:
        by_id[role.id] = role
        for tag in tags:
            by_category[tag] = (*by_category.get(tag, ()), role)
    return _RoleIndex(by_id, by_category)
