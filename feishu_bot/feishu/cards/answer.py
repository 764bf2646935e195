"""Answers as cards, and as plain text where Feishu takes no card."""

from __future__ import annotations

from functools import partial
from typing import Any

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.cards import Block, Image, Text
from feishu_bot.core.messenger import FileOffer, FinalAnswer, Footer, Resumable
from feishu_bot.core.notices import Notice
from feishu_bot.feishu.cards.answer_buttons import (
    Remainder,
    button_row,
    ending_buttons,
    file_buttons,
    regenerate_buttons,
    resume_row,
    stop_button,
)
from feishu_bot.feishu.cards.card_renderer import render_blocks
from feishu_bot.feishu.cards.elements import (
    SMALL,
    CardJson,
    Element,
    collapsible_panel,
    div,
    markdown,
)
from feishu_bot.feishu.cards.localizer import Localizer, preview
from feishu_bot.feishu.cards.markdown import first_card, safe_markdown, summary_line
from feishu_bot.feishu.cards.notice import (
    Admins,
    admin_elements,
    ask_more_row,
    notice_elements,
    notice_line,
    with_title,
)

# The most text that one card of an answer gets, so that with all around it the card stays below
# 30 KB (200860, "Card JSON 2.0 structure").
ANSWER_BYTES = 19_500
REASONING_BYTES = 6_000
MODEL_CHARS = 500
ASKED_CHARS = 200
HEARD_CHARS = 1_000
HEARD_SIGN = "🎤"

ANSWER_ELEMENT = "answer"
REASONING_ELEMENT = "reasoning"


def answer_card(
    texts: Catalog,
    *,
    text: str,
    reasoning: str = "",
    streaming: bool,
    notice: Notice | None = None,
    asides: tuple[Notice, ...] = (),
    resumable: Resumable | None = None,
    footer: Footer | None = None,
    can_continue: bool = False,
    can_regenerate: bool = False,
    files: tuple[FileOffer, ...] = (),
    drawn: tuple[Image, ...] = (),
    controls: tuple[Block, ...] = (),
    stop: str = "",
    waiting: int = 0,
    asked: str = "",
    heard: str = "",
    part: int = 1,
    others: tuple[Catalog, ...] = (),
    admins: Admins = None,
    chat: str = "",
    remainder: Remainder | None = None,
) -> CardJson:
    """An answer: without a header, since it is a message and not a form.

    `text` is the share of this card, the `part`th (see `ANSWER_BYTES`). While it streams, the
    elements `answer` and `reasoning` can be updated alone; the second is there once there is any
    reasoning. When there is nothing but a notice in the end, the card looks like a notice.

    `stop` names the answer that the Stop button of a streaming card stops; `waiting` messages wait
    for it. `asked` is the question that was pressed, where no message says it; `heard` is what was
    said in a voice message. `remainder` is what a button brings, and `files` are had by buttons,
    too. `drawn` pictures stand below the text, `controls` at the end. `others` are the texts of
    further languages, for a card that many read. `admins` are named where the notice asks for one,
    and `chat` is its kind, as in `notice_card`.
    """
    localizer = Localizer(texts, others)
    has_text = bool(text.strip())
    elements = [_continued(localizer, part)] if part > 1 else _asked(localizer, asked, heard)
    if reasoning.strip() and part == 1:
        expanded = streaming and not has_text
        elements.append(_reasoning(localizer, reasoning, streaming=streaming, expanded=expanded))
    if not (streaming or has_text):
        notice = notice or Notice("empty_answer")
        elements += notice_elements(localizer, notice, admins)
        elements += ask_more_row(localizer, notice, admins, chat)
        if can_regenerate:
            elements.append(button_row(regenerate_buttons(localizer)))
        elements += render_blocks(localizer, controls)
        return with_title(elements, localizer, notice)
    content = element_content(texts, text) if streaming else safe_markdown(text, streaming=False)
    elements.append(markdown(content, ANSWER_ELEMENT))
    if drawn:
        elements += render_blocks(localizer, drawn)
    if remainder:
        left = remainder.about
        line = localizer.put(lambda texts: texts("more_left", chars=left), **SMALL)
        elements.append(div(line, "more"))
    elements += _contents(localizer, files)
    elements += _small_print(localizer, notice, asides, footer or Footer(), admins)
    if resumable:
        elements.append(resume_row(localizer, resumable))
    if not streaming:
        buttons = ending_buttons(
            localizer, can_continue=can_continue, can_regenerate=can_regenerate, remainder=remainder
        )
        buttons += file_buttons(localizer, files, is_whole=not remainder)
    elif stop:
        if waiting:
            count = Text("waiting_behind", {"messages": str(waiting)})
            elements.append(div(localizer.plain(count, **SMALL), "waiting"))
        buttons = [stop_button(localizer, stop)]
    else:
        buttons = []
    if buttons:
        elements.append(button_row(buttons))
    if controls:
        elements += render_blocks(localizer, controls)
    # In one language: what replaces it while the answer grows is only the `content`.
    nothing = "picture_shown" if "![" in text else "thinking"
    summary = {"content": preview(summary_line(text) or texts(nothing))}
    return {
        "schema": "2.0",
        "config": _config(summary, streaming=streaming),
        "body": {"elements": elements},
    }


def element_content(texts: Catalog, text: str) -> str:
    """The content of the element `answer` while the answer grows; never empty (a 300307)."""
    content = safe_markdown(text, streaming=True)
    return content if content.strip() else texts("thinking")


def footer_line(texts: Catalog, footer: Footer) -> str:
    """`gpt-x · 3.2 s · 512 tokens`, without what is empty."""
    seconds = texts("footer_seconds", seconds=f"{footer.seconds:.1f}") if footer.seconds else ""
    tokens = texts("footer_tokens", tokens=f"{footer.tokens:,}") if footer.tokens else ""
    return " · ".join(filter(None, (footer.model[:MODEL_CHARS], seconds, tokens)))


def asides_line(texts: Catalog, asides: tuple[Notice, ...]) -> str:
    """What an answer leaves out of account, in one line."""
    return texts.joined(notice_line(texts, aside) for aside in asides)


def as_plain_text(texts: Catalog, ending: FinalAnswer) -> str:
    """An answer as a `text` message, for when cards are refused; nothing in it is a tag."""
    parts = [
        f"{HEARD_SIGN} {ending.heard}" if ending.heard else "",
        ending.text.strip(),
        notice_line(texts, ending.notice) if ending.notice else "",
        asides_line(texts, ending.asides),
        notice_line(texts, ending.resumable.notice) if ending.resumable else "",
        footer_line(texts, ending.footer),
    ]
    plain = "\n\n".join(filter(None, parts)) or texts("empty_answer")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _config(summary: Element, *, streaming: bool) -> dict[str, Any]:
    # A card entity needs update_multi; the preview stays until it is changed.
    config = {"update_multi": True, "streaming_mode": streaming, "summary": summary}
    if streaming:
        # "Streaming updates": four characters each 35 ms are faster than any model, and `fast`
        # shows at once what is still waiting when the next frame comes, so the text never lags.
        config["streaming_config"] = {
            "print_frequency_ms": {"default": 35},
            "print_step": {"default": 4},
            "print_strategy": "fast",
        }
    return config


def _continued(localizer: Localizer, part: int) -> Element:
    return div(localizer.put(lambda texts: texts("part_continued", part=part), **SMALL), "part")


def _asked(localizer: Localizer, asked: str, heard: str) -> list[Element]:
    elements = []
    if asked:
        elements.append(div(localizer.plain(f"💬 {asked}", ASKED_CHARS, **SMALL), "asked"))
    if heard:
        said = localizer.plain(f"{HEARD_SIGN} {heard}", HEARD_CHARS, **SMALL)
        elements.append(div(said, "heard"))
    return elements


def _reasoning(localizer: Localizer, reasoning: str, *, streaming: bool, expanded: bool) -> Element:
    """The beginning of the reasoning, without tables: those a card may have are the answer's.

    A part that stays the same is typed on smoothly, so it is the end that is left out.
    """
    shown, has_more = first_card(reasoning, REASONING_BYTES, streaming=streaming, tables_left=0)
    content = shown + ("\n\n…" if has_more else "")
    return collapsible_panel(
        localizer.plain(Text("reasoning_title")),
        [markdown(content or "…", REASONING_ELEMENT, text_size="notation")],
        expanded=expanded,
        element_id="reasoning_panel",
    )


def _contents(localizer: Localizer, files: tuple[FileOffer, ...]) -> list[Element]:
    """What is in a file that comes because the card doesn't hold it."""
    return [
        collapsible_panel(
            localizer.plain(Text("contents_title")),
            [div(localizer.plain("\n".join(offer.contents), **SMALL), "contents")],
            expanded=True,
            element_id="contents_panel",
        )
        for offer in files
        if offer.contents
    ]


def _small_print(
    localizer: Localizer,
    notice: Notice | None,
    asides: tuple[Notice, ...],
    footer: Footer,
    admins: Admins,
) -> list[Element]:
    elements = []
    if notice:
        line = localizer.put(partial(notice_line, notice=notice), **SMALL)
        elements.append(div(line, "notice"))
        elements += admin_elements(localizer, notice, admins)
    if asides:
        line = localizer.put(partial(asides_line, asides=asides), **SMALL)
        elements.append(div(line, "asides"))
    if footer_line(localizer.texts, footer):
        line = localizer.put(partial(footer_line, footer=footer), **SMALL)
        elements.append(div(line, "footer"))
    return elements
