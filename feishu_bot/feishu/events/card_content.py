"""The text of cards that others have sent, in each form in which Feishu gives them out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from feishu_bot.feishu.events.fields import as_dict, as_list, as_text, object_in

# Components of a card whose words are labels.
_LABELS = frozenset(
    {
        "button", "date_picker", "input", "multi_select_person",
        "multi_select_static", "overflow", "picker_datetime", "picker_time", "select_img",
        "select_person", "select_static",
    }
)  # fmt: skip
# The original card within a degraded one: as a string of JSON, or as an object.
_COLLAPSED = frozenset({"collapsible_panel"})
_ORIGINALS = ("user_dsl", "json_card", "card_json")
_LOCALES = ("zh_cn", "en_us", "zh_hk", "zh_tw", "ja_jp")
_DEEPEST = 40
_STAND_IN_CHARS = 160
_UPGRADE = re.compile(
    r"升级|升級|更新|upgrade|update|アップグレード|アップデート|업그레이드|업데이트|mettre à jour|"
    r"mettez à jour|actuali[sz]|atuali[sz]|aktualisier|обнов|aggiorn|cập nhật|nâng cấp|perbarui|"
    r"tingkatkan|อัปเดต|อัปเกรด",
    re.IGNORECASE,
)
_CLIENT = re.compile(
    r"客户端|客戶端|用戶端|飞书|飛書|feishu|lark|client|\bapp\b|クライアント|アプリ|클라이언트|앱|cliente|клиент|"
    r"ứng dụng|aplikasi|klien|แอป",
    re.IGNORECASE,
)
_LATEST = re.compile(
    r"最新|latest|newest|newer|최신|dernière|última|neueste|последн|ultima|mới nhất|terbaru|ล่าสุด",
    re.IGNORECASE,
)
_TO_VIEW = re.compile(
    r"查看|檢視|浏览|view|see |display|表示|確認|閲覧|확인|보려|afficher|voir|ver |anz[ue]|"
    r"просмотр|visualizza|xem|melihat|ดู",
    re.IGNORECASE,
)


def is_stand_in(text: str) -> bool:
    """Whether a simplified card only says that the reader's client is too old to show it."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not 0 < len(lines) <= 2 or len(text) > _STAND_IN_CHARS or not _UPGRADE.search(text):
        return False
    is_client, to_view = bool(_CLIENT.search(text)), bool(_TO_VIEW.search(text))
    is_latest = bool(_LATEST.search(text))
    # An alert may well ask for an update of something else.
    return (is_client and (is_latest or to_view)) or (is_latest and to_view)


def card_text(card: Mapping[str, Any], depth: int = 0, *, is_own: bool = False) -> str:
    """The text of a card of either generation, without controls.

    Of the bot's own the collapsed parts are left out as well: its thoughts are no answer. Empty
    for the simplified form, whose rows are read like a post's.
    """
    unsaid = _LABELS | _COLLAPSED if is_own else _LABELS
    if depth > _DEEPEST:
        return ""
    originals = (object_in(card.get(name)) for name in _ORIGINALS)
    for inner in originals:
        text = card_text(inner, depth + 1, is_own=is_own) if inner else ""
        if text and not is_stand_in(text):
            return text
    if card.get("type") == "template":
        return _template(as_dict(card.get("data")))
    if isinstance(card.get("card"), Mapping | str) and (inner := object_in(card["card"])):
        return card_text(inner, depth + 1, is_own=is_own)
    elements = _elements(card)
    if any(isinstance(element, list) for element in as_list(elements)):
        return ""
    header = as_dict(card.get("header")) or as_dict(_localized(card.get("i18n_header")))
    parts = [
        *_said(header.get("title"), depth, unsaid),
        *_said(header.get("subtitle"), depth, unsaid),
        *_said(elements, depth, unsaid),
    ]
    return "\n".join(part for part in parts if part.strip())


def _elements(card: Mapping[str, Any]) -> object:
    body = as_dict(card.get("body"))
    for part in (body, card):
        if part.get("elements"):
            return part["elements"]
        if found := _localized(part.get("i18n_elements")):
            return found
    return []


def _localized(by_locale: object) -> Any:
    """The part of the first known language, else of any."""
    given = as_dict(by_locale)
    return next((given[name] for name in (*_LOCALES, *given) if given.get(name)), None)


def _said(part: object, depth: int, unsaid: frozenset[str]) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(part, list):
        for inner in part:
            yield from _said(inner, depth + 1, unsaid)
    elif isinstance(part, Mapping) and as_text(part.get("tag")) not in unsaid:
        if part.get("text_size") == "notation":
            return  # small print
        if part.get("tag") == "table":
            yield from _table(part)
            return
        by_language = _localized(part.get("i18n_content") or part.get("i18n"))
        yield as_text(part.get("content")) or as_text(by_language)
        if isinstance(part.get("text"), str):
            yield part["text"]
        for name in ("header", "title", "text", "fields", "columns", "elements", "extra", "items"):
            yield from _said(part.get(name), depth + 1, unsaid)


def _table(table: Mapping[str, Any]) -> Iterator[str]:
    """A table as the rows of Markdown, under the names that its columns are shown with."""
    columns = [as_dict(column) for column in as_list(table.get("columns"))]
    names = [as_text(column.get("name")) for column in columns]
    rows = [as_dict(row) for row in as_list(table.get("rows"))]
    names = names or list(dict.fromkeys(name for row in rows for name in row))
    heads = [
        as_text(column.get("display_name")) or as_text(column.get("name")) for column in columns
    ]
    if not names:
        return
    lines = [heads or names, ["---"] * len(names)]
    lines += [[_cell(row.get(name)) for name in names] for row in rows]
    yield "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_cell, value)))
    if isinstance(value, Mapping):
        return next(
            (as_text(value.get(n)) for n in ("text", "content", "name") if value.get(n)), ""
        )
    return "" if value is None else str(value).replace("\n", " ")


def _template(data: Mapping[str, Any]) -> str:
    """A card from a template: only what was put into it is told."""
    return "\n".join(_variables(as_dict(data.get("template_variable")), 0))


def _variables(value: object, depth: int, name: str = "") -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _variables(inner, depth + 1, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _variables(inner, depth + 1, name)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        text = str(value).strip()
        if text and not text.startswith("img_"):
            yield f"{name}: {text}" if name else text
