"""The bot's cards, as card JSON 2.0.

Built after "Card JSON 2.0 structure" and the pages of its components; an attribute that those
pages don't name makes Feishu refuse the whole card (200621).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from feishu_bot.content.catalog import Catalog, NoticeText, Severity
from feishu_bot.core.cards import Text
from feishu_bot.core.messenger import FinalAnswer, Footer
from feishu_bot.core.notices import Notice
from feishu_bot.feishu.cards.localizer import Element, Localizer, preview
from feishu_bot.feishu.cards.markdown import safe_markdown, split_for_cards, summary_line

CardJson = dict[str, Any]

# "Card JSON 2.0 structure": 30 KB (200860) and 200 elements (300305) a card. Whether a KB has
# 1,000 or 1,024 bytes is not said.
CARD_BYTES = 30_000
CARD_ELEMENTS = 200
# What `split_for_cards` may give one card of an answer, so that it fits with all around it.
ANSWER_BYTES = 20_000
REASONING_BYTES = 6_000
NOTICE_CHARS = 500

ANSWER_ELEMENT = "answer"
REASONING_ELEMENT = "reasoning"

_TEMPLATES: dict[Severity, str] = {"info": "grey", "retry": "orange", "admin": "red"}


def answer_card(
    texts: Catalog,
    *,
    text: str,
    reasoning: str = "",
    streaming: bool,
    notice: Notice | None = None,
    footer: Footer | None = None,
    can_continue: bool = False,
    can_regenerate: bool = False,
    stop: str = "",
    summary: str = "",
    part: int = 1,
    others: tuple[Catalog, ...] = (),
) -> CardJson:
    """An answer: without a header, since it is a message and not a form.

    `text` is the share of this card, the `part`th (see `ANSWER_BYTES`). While it streams, the
    elements `answer` and `reasoning` can be updated alone; the second is there once there is any
    reasoning. When there is nothing but a notice in the end, the card looks like a notice.

    `stop` names the answer that the Stop button of a streaming card stops. `others` are the texts
    of further languages, for a card that many read.
    """
    localizer = Localizer(texts, others)
    shown = bool(text.strip())
    elements = []
    if part > 1:
        elements.append(_small(localizer, lambda texts: texts("part_continued", part=part), "part"))
    if reasoning.strip() and part == 1:
        elements.append(_reasoning_panel(localizer, reasoning, streaming=streaming, answered=shown))
    if not (streaming or shown):
        notice = notice or Notice("empty_answer")
        elements += _notice_elements(localizer, notice)
        if can_regenerate:
            elements.append(_button_row(_again_buttons(localizer)))
        card = _card(elements, {"content": preview(summary)}, streaming=False)
        return _with_title(card, localizer, notice)
    content = element_content(texts, text) if streaming else safe_markdown(text, streaming=False)
    elements.append(_markdown(content, ANSWER_ELEMENT))
    if notice:
        line_of = partial(notice_line, notice=notice)
        elements.append(_small(localizer, line_of, "notice"))
    if footer_line(texts, footer or Footer()):
        elements.append(
            _small(localizer, partial(footer_line, footer=footer or Footer()), "footer")
        )
    buttons = [] if streaming else _ending_buttons(localizer, can_continue, can_regenerate)
    if streaming and stop:
        value = {"act": "stop", "of": stop}
        buttons.append(_button(localizer.plain(Text("button_stop")), value, "stop_button"))
    if buttons:
        elements.append(_button_row(buttons))
    # In one language: what replaces it while the answer grows is only the `content`.
    shown_first = summary or summary_line(text) or texts("thinking")
    return _card(elements, {"content": preview(shown_first)}, streaming=streaming)


def notice_card(texts: Catalog, notice: Notice, others: tuple[Catalog, ...] = ()) -> CardJson:
    """A notice on its own: what happened, what to do, and the request id if there is one.

    `others` as for an answer.
    """
    localizer = Localizer(texts, others)
    return _with_title(
        _card(_notice_elements(localizer, notice), streaming=False), localizer, notice
    )


def element_content(texts: Catalog, text: str) -> str:
    """The content of the element `answer` while the answer grows; never empty (a 300307)."""
    content = safe_markdown(text, streaming=True)
    return content if content.strip() else texts("thinking")


def reasoning_content(text: str, *, streaming: bool) -> str:
    """The content of the element `reasoning`: its beginning, without tables.

    The tables a card may have are for the answer. A part that stays the same is typed on
    smoothly, so it is the end that is left out, not the beginning.
    """
    shown, rest = split_for_cards(text, REASONING_BYTES)
    return safe_markdown(shown, streaming=streaming, tables_left=0) + ("\n\n…" if rest else "")


def notice_line(texts: Catalog, notice: Notice) -> str:
    """A notice in short under an answer, with the request id on a line of its own."""
    line = texts(notice.kind, **_shortened(notice.params))
    return "\n".join(filter(None, (line, _request_line(texts, notice))))


def footer_line(texts: Catalog, footer: Footer) -> str:
    """`gpt-x · 3.2 s · 512 tokens`, without what is empty."""
    seconds = texts("footer_seconds", seconds=f"{footer.seconds:.1f}") if footer.seconds else ""
    tokens = texts("footer_tokens", tokens=f"{footer.tokens:,}") if footer.tokens else ""
    return " · ".join(filter(None, (footer.model[:NOTICE_CHARS], seconds, tokens)))


def as_plain_text(texts: Catalog, ending: FinalAnswer) -> str:
    """An answer as a `text` message, for when cards are refused; nothing in it is a tag."""
    parts = [
        ending.text.strip(),
        notice_line(texts, ending.notice) if ending.notice else "",
        footer_line(texts, ending.footer),
    ]
    plain = "\n\n".join(filter(None, parts)) or texts("empty_answer")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def card_json(card: CardJson) -> str:
    """The card as Feishu is given it."""
    return json.dumps(card, ensure_ascii=False, separators=(",", ":"))


def card_bytes(card: CardJson) -> int:
    """What the card counts for against `CARD_BYTES`."""
    return len(card_json(card).encode("utf-8", "replace"))


def _notice_elements(localizer: Localizer, notice: Notice) -> list[Element]:
    words = partial(_notice_text, notice)
    elements = [_plain(localizer, lambda texts: words(texts).what, "what")]
    if words(localizer.texts).do:
        elements.append(_plain(localizer, lambda texts: words(texts).do, "advice"))
    if _request_line(localizer.texts, notice):
        elements.append(_small(localizer, partial(_request_line, notice=notice), "request"))
    return elements


def _with_title(card: CardJson, localizer: Localizer, notice: Notice) -> CardJson:
    words = partial(_notice_text, notice)
    if words(localizer.texts).title:
        title = localizer.put(lambda texts: words(texts).title)
        card["header"] = {"title": title, "template": _TEMPLATES[words(localizer.texts).severity]}
    card["config"]["summary"] = localizer.spread(
        lambda texts: preview(words(texts).title or words(texts).what)
    )
    return card


def _notice_text(notice: Notice, texts: Catalog) -> NoticeText:
    return texts.notice(notice.kind, _shortened(notice.params))


def _request_line(texts: Catalog, notice: Notice) -> str:
    """For the administrator; an answer that was stopped or got long needs none."""
    request_id = _shortened(notice.params).get("request_id", "")
    if not request_id or not texts.notice(notice.kind).title:
        return ""
    return texts("request_line", request_id=request_id)


def _card(elements: list[Element], summary: Element | None = None, *, streaming: bool) -> CardJson:
    # A card entity needs update_multi; the preview stays until it is changed.
    config: dict[str, Any] = {
        "update_multi": True,
        "streaming_mode": streaming,
        "summary": summary or {"content": ""},
    }
    if streaming:
        # "Streaming updates": four characters each 35 ms are faster than any model, and `fast`
        # shows at once what is still waiting when the next frame comes, so the text never lags.
        config["streaming_config"] = {
            "print_frequency_ms": {"default": 35},
            "print_step": {"default": 4},
            "print_strategy": "fast",
        }
    return {"schema": "2.0", "config": config, "body": {"elements": elements}}


def _reasoning_panel(
    localizer: Localizer, reasoning: str, *, streaming: bool, answered: bool
) -> Element:
    content = reasoning_content(reasoning, streaming=streaming)
    return {
        "tag": "collapsible_panel",
        "element_id": "reasoning_panel",
        "expanded": streaming and not answered,
        "header": {
            "title": localizer.plain(Text("reasoning_title")),
            "icon": {"tag": "standard_icon", "token": "down-small-ccm_outlined"},
            "icon_position": "right",
            "icon_expanded_angle": -180,
        },
        "border": {"color": "grey", "corner_radius": "5px"},
        "elements": [{**_markdown(content or "…", REASONING_ELEMENT), "text_size": "notation"}],
    }


def _markdown(content: str, element_id: str) -> Element:
    return {"tag": "markdown", "element_id": element_id, "content": content}


def _plain(localizer: Localizer, say: Callable[[Catalog], str], element_id: str) -> Element:
    return {"tag": "div", "element_id": element_id, "text": localizer.put(say)}


def _small(localizer: Localizer, say: Callable[[Catalog], str], element_id: str) -> Element:
    text = localizer.put(say, text_size="notation", text_color="grey")
    return {"tag": "div", "element_id": element_id, "text": text}


def _ending_buttons(
    localizer: Localizer, can_continue: bool, can_regenerate: bool
) -> list[Element]:
    buttons = []
    if can_continue:
        label = localizer.plain(Text("button_continue"))
        buttons.append(_button(label, {"act": "continue"}, "continue_button", "primary_text"))
    if can_regenerate:
        buttons += _again_buttons(localizer)
        for sign, verdict in (("👍", "up"), ("👎", "down")):
            value = {"act": "rate", "verdict": verdict}
            buttons.append(_button(localizer.plain(sign), value, f"rate_{verdict}"))
    return buttons


def _again_buttons(localizer: Localizer) -> list[Element]:
    return [
        _button(localizer.plain(Text(f"button_{act}")), {"act": act}, f"{act}_button")
        for act in ("regenerate", "other_model")
    ]


def _button_row(buttons: Iterable[Element]) -> Element:
    columns = [
        {"tag": "column", "width": "auto", "vertical_align": "center", "elements": [button]}
        for button in buttons
    ]
    return {
        "tag": "column_set",
        "element_id": "buttons",
        "flex_mode": "flow",
        "horizontal_spacing": "4px",
        "columns": columns,
    }


def _button(
    label: Element, value: Mapping[str, Any], element_id: str, style: str = "text"
) -> Element:
    # The value must be an object: with a string the SDK can't read the card action.
    return {
        "tag": "button",
        "element_id": element_id,
        "text": label,
        "type": style,
        "size": "small",
        "behaviors": [{"type": "callback", "value": dict(value)}],
    }


def _shortened(params: Mapping[str, str]) -> dict[str, str]:
    """Parameters come from outside and must not fill the card."""
    return {name: str(value)[:NOTICE_CHARS] for name, value in params.items()}
