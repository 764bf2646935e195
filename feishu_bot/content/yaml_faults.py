"""What a YAML parser finds wrong, in the words of somebody who writes a list."""

from __future__ import annotations

import re

from feishu_bot.core.languages import Words

# The parser's own words, and what they mean to the person at the file.
_PLAIN: tuple[tuple[re.Pattern[str], Words], ...] = tuple(
    (re.compile(pattern), Words(zh, en))
    for pattern, zh, en in (
        (
            "mapping values are not allowed",
            "这里不能有冒号：值里有冒号时，把整个值放在引号里；否则请检查缩进",
            "a colon can't stand here: put quotes around a value that holds one, or mend the "
            "indentation",
        ),
        (
            r"character '\\t'",
            "缩进里有制表符（Tab），请改用空格",
            "a tab in the indentation: use spaces",
        ),
        (
            r"character '.*' that cannot start|alphabetic or numeric character",
            "值以特殊符号开头，请放在引号里",
            "a value begins with a special sign: put it in quotes",
        ),
        (
            "unexpected end of stream|document separator",
            "引号没有配对",
            "a quotation mark has no partner",
        ),
        (r"expected ',' or '[\]}]'", "括号没有配对", "a bracket has no partner"),
        (
            "could not find expected ':'",
            "键的后面缺少冒号",
            "a colon is missing after a key",
        ),
        (
            "expected <block end>|expected the node content",
            "缩进没有对齐，或引号后面还有文字",
            "the indentation doesn't line up, or text follows a closing quotation mark",
        ),
        (
            "escape character|escape sequence",
            "双引号里的反斜杠要写两个，或改用单引号",
            "write a backslash twice within double quotes, or use single ones",
        ),
        ("nested too deeply", "嵌套太深", "nested too deeply"),
        (
            "expected a single document",
            "文件里有多份内容，请去掉 --- 这一行",
            "several documents in one file: remove the line ---",
        ),
    )
)


def in_plain_words(problem: str) -> Words:
    """What to mend, for the words of the parser."""
    for pattern, words in _PLAIN:
        if pattern.search(problem):
            return words
    return Words("请检查缩进、冒号和引号", f"check indentation, colons and quotes ({problem})")
