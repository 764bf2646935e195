"""The documents say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from feishu_bot.llm.model_list import PREFERRED_MODELS
from feishu_bot.settings import SETTINGS, Setting

ROOT = Path(__file__).parent.parent
NO_VALUE = {
    "docs/settings.md": ("required", "empty"),
    "docs/settings.zh-CN.md": ("必填", "空"),
}

pages = pytest.mark.parametrize("page", NO_VALUE)


def settings_of(page: str) -> dict[str, list[str]]:
    """The cells after each variable's name in the tables of `page`."""
    text = (ROOT / page).read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a setting is documented twice"
    return {name: cells.split(" | ") for name, cells in rows}


@pages
def test_every_setting_is_documented_and_no_other(page: str) -> None:
    assert set(settings_of(page)) == {setting.name for setting in SETTINGS}


@pages
def test_the_documented_defaults_are_the_real_ones(page: str) -> None:
    required, empty = NO_VALUE[page]

    def in_words(setting: Setting) -> str:
        if setting.default is None:
            return required
        return f"`{setting.default}`" if setting.default else empty

    documented = {name: cells[0] for name, cells in settings_of(page).items()}
    assert documented == {setting.name: in_words(setting) for setting in SETTINGS}


@pages
def test_every_setting_has_a_meaning_and_an_example(page: str) -> None:
    for name, cells in settings_of(page).items():
        assert len(cells) == 3, name
        assert cells[1].endswith((".", "。")), name


@pages
def test_every_example_is_accepted(page: str) -> None:
    rows = settings_of(page)

    for setting in SETTINGS:
        setting.type.read(rows[setting.name][2].strip("`"))


@pages
def test_the_models_that_may_be_chosen_are_listed_in_their_order(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    lists = re.findall(r"^`[^`]+`(?:(?:, |、)`[^`]+`){5,}[.。]$", text, re.MULTILINE)

    assert [re.findall(r"`([^`]+)`", line) for line in lists] == [list(PREFERRED_MODELS)]


def test_the_example_file_names_every_setting_and_what_compose_takes() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    active = re.findall(r"^([A-Z0-9_]+)=", text, re.MULTILINE)
    named = [*active, *re.findall(r"^#([A-Z0-9_]+)=", text, re.MULTILINE)]
    compose = re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text("utf-8"))
    settings = {setting.name for setting in SETTINGS}

    assert len(named) == len(set(named))
    assert {setting.name for setting in SETTINGS if setting.default is None} <= set(active)
    assert set(named) == settings | set(compose) | {"TZ", "HTTPS_PROXY", "NO_PROXY"}


def test_the_example_file_shows_the_defaults() -> None:
    shown = dict(
        re.findall(
            r"^#([A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE
        )
    )

    for setting in SETTINGS:
        # The prompt is long, and the domain has a short name.
        if setting.name in shown and setting.name != "SYSTEM_PROMPT":
            assert setting.type.read(shown[setting.name] or "") == setting.type.read(
                setting.default or ""
            ), setting.name


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))],
    ids=lambda p: p.name,
)
def test_links_between_the_documents_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    targets += re.findall(r'(?:src|href)="([^":#]+)"', text)

    assert [target for target in targets if not (page.parent / target).exists()] == []


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))],
    ids=lambda p: p.name,
)
def test_links_to_a_heading_find_it(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]*)#([^)\s]+)\)", page.read_text("utf-8"))
    lost = []
    for target, anchor in links:
        text = ((page.parent / target) if target else page).read_text("utf-8")
        if anchor not in map(slug, re.findall(r"^#+ (.*)$", text, re.MULTILINE)):
            lost.append(f"{target}#{anchor}")

    assert lost == []
