from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from feishu_bot.content.roles import BUILT_IN, RoleList
from feishu_bot.core.languages import Language
from feishu_bot.core.roles import Role
from feishu_bot.errors import SettingsError
from tests.polling import Clock

LANGUAGES: tuple[Language, ...] = ("zh", "en")
each_language = pytest.mark.parametrize("language", LANGUAGES)

ENTRIES = yaml.safe_load(BUILT_IN.read_text(encoding="utf-8"))
IDS = [entry["id"] for entry in ENTRIES]
each_role = pytest.mark.parametrize("role_id", IDS)
built_in = RoleList()

# The original's format.
ONE = "- {title: 周报, content: 你写周报。, example: 写一份, author: 某人, tags: [办公, 写作]}\n"
TWO = ONE + "- {title: Haiku Poet, content: You write haiku., tags: [写作]}\n"
BOTH = """
- id: poet
  tags: [写作 / Writing, 生活]
  zh: {title: 诗人, content: 你写诗。}
  en: {title: Poet, content: You write poems., example: Write one., author: me}
"""


class Kept:
    """A list in a file that changes, and the clock that says when it is looked at."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.clock = Clock(0.0)
        self._changes = 0
        self.write(text)
        self.roles = RoleList(path, timer=self.clock)

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")
        self._changes += 1
        os.utime(self.path, (self._changes, self._changes))

    def later(self) -> RoleList:
        self.clock.now += 1
        return self.roles


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[str], Kept]:
    return lambda text: Kept(tmp_path / "roles.yaml", text)


@pytest.fixture
def fault_of(tmp_path: Path) -> Callable[[str | bytes], str]:
    def fault_of(content: str | bytes) -> str:
        path = tmp_path / "roles.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(SettingsError) as caught:
            RoleList(path)
        (fault,) = caught.value.faults
        chinese, english = fault.replace(str(path), "FILE").split("\n")
        assert chinese.startswith("ROLES_FILE：FILE")
        assert chinese.endswith("。")
        return english.strip()

    return fault_of


def titles(roles: tuple[Role, ...]) -> list[str]:
    return [role.title for role in roles]


# The built-in list


def test_there_are_roles_enough_in_four_categories() -> None:
    assert len(IDS) >= 28
    assert built_in.categories("zh") == ("日常办公", "文案撰写", "生活助手", "代码专家")
    assert built_in.categories("en") == ("Everyday office", "Writing", "Daily life", "Code")


@each_language
def test_every_category_has_at_least_five_roles(language: Language) -> None:
    counts = [len(built_in.of(name, language)) for name in built_in.categories(language)]

    assert min(counts) >= 5


def test_ids_are_unique_words_with_hyphens() -> None:
    assert [role_id for role_id, count in Counter(IDS).items() if count > 1] == []
    assert all(part.islower() and part.isascii() for key in IDS for part in key.split("-"))


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_a_built_in_role_is_written_in_both_languages(entry: dict[str, dict[str, str]]) -> None:
    for language in LANGUAGES:
        assert set(entry[language]) == {"title", "content", "example", "author"}
        assert all(text.strip() for text in entry[language].values())
    assert all(len(str(tag).split(" / ")) == 2 for tag in entry["tags"])


@each_role
def test_titles_fit_a_menu(role_id: str) -> None:
    chinese, english = (built_in.find(role_id, language) for language in LANGUAGES)

    assert chinese is not None
    assert english is not None
    assert len(chinese.title) <= 14
    assert len(english.title) <= 32
    assert english.title.replace("–", "-").isascii()


@each_role
def test_contents_are_neither_curt_nor_long(role_id: str) -> None:
    chinese, english = (built_in.find(role_id, language) for language in LANGUAGES)

    assert chinese is not None
    assert english is not None
    assert 60 <= len(chinese.content) <= 220
    assert 40 <= len(english.content.split()) <= 140


@each_language
@each_role
def test_an_example_is_a_short_question_and_nothing_raises_its_voice(
    role_id: str, language: Language
) -> None:
    role = built_in.find(role_id, language)

    assert role is not None
    assert "\n" not in role.example
    assert len(role.example) <= 110
    assert not set(role.title + role.content + role.example) & set("!！")


@each_language
@pytest.mark.parametrize("part", ["title", "content", "example"])
def test_no_two_roles_say_the_same(part: str, language: Language) -> None:
    texts = Counter(entry[language][part].strip() for entry in ENTRIES)

    assert [text for text, count in texts.items() if count > 1] == []


# Finding roles


def test_a_role_is_found_in_each_language(keep: Callable[[str], Kept]) -> None:
    roles = keep(BOTH).roles

    assert roles.find("poet", "zh") == Role(
        id="poet", title="诗人", content="你写诗。", category="写作"
    )
    assert roles.find("poet", "en") == Role(
        id="poet",
        title="Poet",
        content="You write poems.",
        category="Writing",
        example="Write one.",
    )


def test_an_unknown_id_or_category_has_no_role() -> None:
    assert built_in.find("nobody", "zh") is None
    assert built_in.of("Writing", "zh") == ()


def test_a_tag_without_a_second_half_serves_for_both_languages(
    keep: Callable[[str], Kept],
) -> None:
    roles = keep(BOTH).roles

    assert roles.categories("zh") == ("写作", "生活")
    assert roles.categories("en") == ("Writing", "生活")


def test_one_language_alone_serves_for_both(keep: Callable[[str], Kept]) -> None:
    roles = keep("- {id: poet, tags: [a], en: {title: Poet, content: You write.}}").roles

    assert roles.find("poet", "zh") == roles.find("poet", "en")


@each_language
def test_a_role_without_tags_is_among_the_others(
    keep: Callable[[str], Kept], language: Language
) -> None:
    roles = keep("- {title: a, content: b}\n- {title: c, content: d, tags: }").roles

    (category,) = roles.categories(language)
    assert category == {"zh": "其他", "en": "Other"}[language]
    assert titles(roles.of(category, language)) == ["a", "c"]


# The original's format


@each_language
def test_the_format_of_the_original_holds_for_both_languages(
    keep: Callable[[str], Kept], language: Language
) -> None:
    roles = keep(TWO).roles

    assert roles.categories(language) == ("办公", "写作")
    assert roles.find("周报", language) == Role(
        id="周报",
        title="周报",
        content="你写周报。",
        category="办公",
        example="写一份",
    )


def test_a_role_with_two_tags_stands_under_both(keep: Callable[[str], Kept]) -> None:
    roles = keep(TWO).roles

    assert titles(roles.of("办公", "zh")) == ["周报"]
    assert titles(roles.of("写作", "zh")) == ["周报", "Haiku Poet"]
    assert {role.category for role in roles.of("写作", "zh")} == {"办公", "写作"}


def test_a_tag_given_twice_shows_the_role_once(keep: Callable[[str], Kept]) -> None:
    roles = keep("- {title: a, content: b, tags: [x, x]}").roles

    assert titles(roles.of("x", "zh")) == ["a"]


def test_an_id_comes_from_the_title(keep: Callable[[str], Kept]) -> None:
    roles = keep(TWO).roles

    assert [role.id for role in roles.of("写作", "en")] == ["周报", "haiku-poet"]


def test_titles_that_come_twice_get_different_ids(keep: Callable[[str], Kept]) -> None:
    roles = keep(
        "- {title: A!, content: x, tags: [t]}\n"
        "- {title: a, content: y, tags: [t]}\n"
        "- {title: 🎉, content: z, tags: [t]}\n"
        "- {id: a, title: b, content: w, tags: [t]}"
    ).roles

    assert [role.id for role in roles.of("t", "zh")] == ["a-2", "a-3", "role", "a"]


def test_what_looks_like_a_number_or_a_word_of_yaml_stays_text(
    keep: Callable[[str], Kept],
) -> None:
    roles = keep(
        "- {title: 404, content: no, example: 2026-99-99, tags: on}\n"
        "- {title: nothing, content: no, example: ~}"
    ).roles

    role = roles.find("404", "zh")
    assert role is not None
    assert (role.content, role.example, role.category) == ("no", "2026-99-99", "on")
    nothing = roles.find("nothing", "zh")
    assert nothing is not None
    assert nothing.example == ""


def test_a_byte_order_mark_is_no_part_of_the_list(tmp_path: Path) -> None:
    path = tmp_path / "roles.yaml"
    path.write_text(ONE, encoding="utf-8-sig")

    assert RoleList(path).find("周报", "zh") is not None


# What is wrong with a list


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "FILE: there are no roles in it"),
        ("# only this\n", "FILE: there are no roles in it"),
        ("[]", "FILE: there are no roles in it"),
        ("title: a", 'FILE: this should be a list of roles, each beginning with "- "'),
        ("just words", 'FILE: this should be a list of roles, each beginning with "- "'),
        (ONE + "- words", 'FILE, line 2: a role should have keys, as in "title: …"'),
        (ONE + "- content: a", 'FILE, line 2: "title" is missing'),
        ("- title: a\n  content:", 'FILE, line 2: "content" is missing'),
        ("- title: a\n  content: [b]", 'FILE, line 2: "content" should be a text'),
        ("- title: a\n  content: b\n  titel: c", 'unknown key "titel", perhaps "title"'),
        ("- title: a\n  content: b\n  0: c", 'FILE, line 3: unknown key "0"'),
        (BOTH + "  title: a", 'FILE, line 6: unknown key "title"'),
        ("- id: a\n  zh: {title: a, content: b, tags: [c]}", 'line 2: unknown key "tags"'),
        ("- id: a\n  zh: words", '"zh" should have a title and a content under it'),
        ("- id: a\n  zh:\n    title: b", 'FILE, line 3: "content" is missing'),
        ("- title: a\n  content: b\n  tags: {c: d}", '"tags" should be a list of texts'),
        (BOTH + BOTH, 'FILE, line 7: the id "poet" is taken by line 2'),
        ("- title: a\n  title: b", 'FILE, line 2: "title" is given twice'),
        ("- [a]: b", "FILE, line 1: a key should be a text"),
        ("- title: a\n  content: " + 8001 * "b", '"content" has 8001 characters; 8000 at most'),
        (201 * "- {title: a, content: b}\n", "FILE, line 201: 201 roles are too many; 200 at most"),
        ("- title: a\n\tcontent: b", "FILE, line 2: this is not valid YAML: "),
        ("- title: a: b", "FILE, line 1: this is not valid YAML: "),
        ("- &a [*a]", "FILE, line 1: this is not valid YAML: "),
        ("--- a\n--- b", "FILE, line 2: this is not valid YAML: "),
        (20_000 * "[", "FILE: this is not valid YAML: nested too deeply"),
        ("- title: a\n  content: \0", "FILE, line 2: a control character is in it"),
        ("- title: a\n  content: 你".encode("gbk"), "FILE, line 2: this is not text in UTF-8"),
        (b" " * (16 * 1024 * 1024 + 1), "FILE: the file is over 16 MiB"),
    ],
    ids=range(29),
)
def test_a_broken_list_is_refused_in_one_sentence_with_its_line(
    fault_of: Callable[[str | bytes], str], content: str | bytes, fault: str
) -> None:
    assert fault in fault_of(content)


def test_as_much_as_is_allowed_is_taken(keep: Callable[[str], Kept]) -> None:
    text = "".join(f"- {{title: r{n}, content: {8000 * 'b'}, tags: [t]}}\n" for n in range(200))

    assert len(keep(text).roles.of("t", "zh")) == 200


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ROLES_FILE: .*none\.yaml: there is no such file"):
        RoleList(tmp_path / "none.yaml")


def test_a_folder_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="it is a folder"):
        RoleList(tmp_path)


# A list that changes


def test_a_changed_list_is_read_again(keep: Callable[[str], Kept]) -> None:
    kept = keep(ONE)

    kept.write(TWO)

    assert kept.later().find("haiku-poet", "zh") is not None


def test_the_file_is_looked_at_once_a_second_at_most(keep: Callable[[str], Kept]) -> None:
    kept = keep(ONE)
    kept.write(TWO)

    kept.clock.now = 0.9
    assert kept.roles.find("haiku-poet", "zh") is None

    kept.clock.now = 1.0
    assert kept.roles.find("haiku-poet", "zh") is not None


def test_an_unchanged_list_is_not_read_again(keep: Callable[[str], Kept]) -> None:
    kept = keep(ONE)
    before = kept.roles.find("周报", "zh")

    assert kept.later().find("周报", "zh") is before


@pytest.mark.parametrize("damage", ["broken", "emptied", "deleted", "unreadable"])
def test_after_damage_the_last_good_list_stays_and_the_log_says_so_once(
    keep: Callable[[str], Kept], caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    kept = keep(TWO)

    match damage:
        case "broken":
            kept.write(ONE + "- title: [")
        case "emptied":
            kept.write("")
        case "deleted":
            kept.path.unlink()
        case "unreadable":
            kept.path.unlink()
            kept.path.mkdir()

    for _ in range(3):
        assert kept.later().find("haiku-poet", "zh") is not None
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.fields["path"] == kept.path


def test_the_log_names_line_and_reason(
    keep: Callable[[str], Kept], caplog: pytest.LogCaptureFixture
) -> None:
    kept = keep(ONE)

    kept.write(ONE + "- title: a\n  contents: b")
    kept.later().categories("zh")

    (record,) = caplog.records
    assert "第 3 行：不认识“contents”，是不是“content”。仍用上次正确的内容" in record.message
    assert 'line 3: unknown key "contents", perhaps "content". What it held' in record.message
    assert record.fields["path"] == kept.path
    assert record.fields["line"] == 3


def test_each_broken_change_is_logged(
    keep: Callable[[str], Kept], caplog: pytest.LogCaptureFixture
) -> None:
    kept = keep(ONE)

    for text in ("a", "b"):
        kept.write(text)
        kept.later().categories("zh")

    assert len(caplog.records) == 2


def test_a_mended_list_is_taken_over(keep: Callable[[str], Kept]) -> None:
    kept = keep(ONE)
    kept.path.unlink()
    kept.later().categories("zh")

    kept.write(TWO)

    assert kept.later().find("haiku-poet", "zh") is not None


def test_threads_see_one_list_or_the_other(keep: Callable[[str], Kept]) -> None:
    kept = keep(ONE)
    lists = [["周报"], ["周报", "Haiku Poet"]]

    def read(_: int) -> list[str]:
        kept.clock.now += 1
        return titles(kept.roles.of("写作", "zh"))

    with ThreadPoolExecutor(8) as pool:
        seen = pool.map(read, range(400))
        for number in range(20):
            fresh = kept.path.with_suffix(".new")
            fresh.write_text((TWO, ONE)[number % 2], encoding="utf-8")
            fresh.replace(kept.path)

    assert all(found in lists for found in seen)
    assert titles(kept.later().of("写作", "zh")) == ["周报"]
