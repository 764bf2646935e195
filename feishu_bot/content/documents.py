"""YAML that an administrator wrote: its texts with their line numbers, or its fault."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import yaml
from typing_extensions import override

from feishu_bot.content.yaml_faults import in_plain_words
from feishu_bot.core.languages import Words

# Null in YAML, unless it is quoted.
_NOTHING = {"~", "null"}


class InvalidDocument(ValueError):
    """The fault of a file in `words`; line 0 when it isn't on a single line."""

    def __init__(self, zh: str, en: str, line: int = 0) -> None:
        super().__init__(en)
        self.words = Words(zh, en)
        self.line = line


class Items(list[Any]):
    """A list, and the line that each of its items is on."""

    def __init__(self, items: list[Any], lines: list[int]) -> None:
        super().__init__(items)
        self.lines = lines


class Entry(dict[str, Any]):
    """A mapping, the line it begins on, and the line of each key."""

    def __init__(self, content: Mapping[str, Any], line: int, lines: Mapping[str, int]) -> None:
        super().__init__(content)
        self.line = line
        self.lines = lines

    def check_keys(self, *known: str) -> None:
        """Raises InvalidDocument when there is a key besides the known ones."""
        for key in self:
            if key not in known:
                close = get_close_matches(key, known, n=1)
                raise InvalidDocument(
                    f"不认识“{key}”" + (f"，是不是“{close[0]}”" if close else ""),
                    f'unknown key "{key}"' + (f', perhaps "{close[0]}"' if close else ""),
                    self.lines[key],
                )

    def text(self, key: str) -> str:
        """The value of a key without white space around it, empty when there is none.

        Raises InvalidDocument when it is a list or a mapping.
        """
        value = self.get(key, "")
        if not isinstance(value, str):
            raise InvalidDocument(
                f"“{key}”应为一段文字", f'"{key}" should be a text', self.lines[key]
            )
        return value.strip()

    def required(self, key: str) -> str:
        """The value of a key. Raises InvalidDocument when it is no text, or an empty one."""
        text = self.text(key)
        if not text:
            line = self.lines.get(key, self.line)
            raise InvalidDocument(f"缺少“{key}”", f'"{key}" is missing', line)
        return text


def parse(content: bytes) -> str | Items | Entry:
    """One YAML document. Raises InvalidDocument.

    Numbers, dates and words like `no` stay the text they were written as: a title may be `404`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise InvalidDocument("不是 UTF-8 编码的文本", "this is not text in UTF-8", line) from exc
    try:
        loaded: str | Items | Entry | None = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        raise _invalid(_problem(exc), mark.line + 1 if mark else 0) from exc
    except yaml.reader.ReaderError as exc:
        line = text.count("\n", 0, exc.position) + 1
        raise InvalidDocument("含有不可见的控制字符", "a control character is in it", line) from exc
    except RecursionError as exc:
        raise _invalid("nested too deeply", 0) from exc
    return "" if loaded is None else loaded


def _problem(exc: yaml.MarkedYAMLError) -> str:
    return " ".join(filter(None, (exc.context, exc.problem)))


def _invalid(problem: str, line: int) -> InvalidDocument:
    words = in_plain_words(problem)
    return InvalidDocument(
        f"YAML 格式有误：{words.zh}", f"this is not valid YAML: {words.en}", line
    )


class _Loader(yaml.BaseLoader):
    """Keeps line numbers, and refuses a duplicate key, of which YAML would use the last."""

    @override
    def construct_scalar(self, node: Any) -> Any:
        value = super().construct_scalar(node)
        return "" if node.style is None and value in _NOTHING else value

    @override
    def construct_sequence(self, node: Any, deep: bool = False) -> Items:
        lines = [item.start_mark.line + 1 for item in node.value]
        return Items(super().construct_sequence(node, deep=deep), lines)

    @override
    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InvalidDocument("键应为文字", "a key should be a text", line)
            if key.value in lines:
                raise InvalidDocument(
                    f"“{key.value}”出现了两次", f'"{key.value}" is given twice', line
                )
            lines[key.value] = line
        content: Any = super().construct_mapping(node, deep=deep)
        return Entry(content, node.start_mark.line + 1, lines)
