"""HTML files as Markdown, by markdownify."""

from __future__ import annotations

import re

from feishu_bot.errors import MediaError
from feishu_bot.media.documents.encodings import decode
from feishu_bot.media.documents.pages import Pages, flow_pages

_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,20})", re.IGNORECASE)
_LEFT_OUT = ["script", "style", "noscript", "template", "svg", "img", "iframe"]
_EMPTY_LINES = re.compile(r"\n\s*\n\s*")


# A page is put together in memory, where it takes forty times as much; pictures in it don't count.
MOST_HTML = 2_500_000
_INLINE = re.compile(r"data:[\w/+.-]{1,80};base64,[A-Za-z0-9+/=\s]*")


def read_html(data: bytes) -> Pages:
    """What can be read on the page, without scripts and pictures. Raises MediaError."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    text = _INLINE.sub("", _text(data))
    if len(text) > MOST_HTML:
        raise MediaError("media_too_large", f"HTML of {len(text)} characters")
    page = BeautifulSoup(text, "lxml")
    for tag in page.find_all(_LEFT_OUT):
        tag.decompose()
    try:
        text = MarkdownConverter(heading_style="ATX", escape_misc=False).convert_soup(page)
    except RecursionError as exc:
        raise MediaError("media_broken", "HTML, too deep") from exc
    return flow_pages(_EMPTY_LINES.sub("\n\n", str(text)))


def _text(data: bytes) -> str:
    declared = _DECLARED.search(data[:4096])
    if declared:
        try:
            # As browsers do, which read gb2312 as its superset.
            name = declared[1].decode().lower()
            return data.decode("gb18030" if name in ("gb2312", "gbk") else name)
        except (UnicodeDecodeError, LookupError):
            pass
    return decode(data)
