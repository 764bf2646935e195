"""The variables of this process: those of its environment, and of a file beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

from feishu_bot.errors import SettingsError

# Names the file that the set-up writes and every start reads, where `.env` isn't the place.
FILE_VARIABLE = "SETTINGS_FILE"
# Read by libraries from the environment and nowhere else.
EXPORTED = ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "TZ")


def read_environment(path: str = ".env", environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of the file at `path`, overridden by those of `environ`.

    What SETTINGS_FILE names, as the image does with a file that the set-up writes, counts least.
    An empty variable does not hide one of the file: the image sets OPENAI_MODEL even when empty.
    Raises SettingsError when the file is no UTF-8, or holds lines that are no settings: what
    somebody wanted to set would be missing.
    """
    merged: dict[str, str] = {}
    for file in filter(None, (environ.get(FILE_VARIABLE, "").strip(), path)):
        merged.update((name, value) for name, value in _read_file(file).items() if value)
    merged.update((name, value) for name, value in environ.items() if value.strip())
    return merged


def load_environment(environ: MutableMapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of this process. Proxies and the time zone may stand in the file, too.

    Raises SettingsError as `read_environment` does.
    """
    merged = read_environment(environ=environ)
    for name in merged:
        if name.upper() in EXPORTED and not environ.get(name, "").strip():
            environ[name] = merged[name]
            if name == "TZ":
                time.tzset()
    return merged


def _read_file(path: str) -> dict[str, str | None]:
    """Raises SettingsError."""
    from dotenv.parser import parse_stream

    faults: list[str] = []
    found: dict[str, str | None] = {}
    file = Path(path)
    try:
        if not (file.is_file() or file.is_fifo()):
            return {}
        with file.open(encoding="utf-8-sig") as stream:
            for binding in parse_stream(stream):
                if binding.error or (binding.value is None and set(binding.key or "") & set(":：")):
                    faults += _faults_of(path, binding.original.line, binding.original.string)
                elif binding.key is not None:
                    found[binding.key] = binding.value
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(
            [
                f"{path}：无法读取。应为 UTF-8 编码的文本文件。\n"
                f"  {path}: can't be read; expected a text file in UTF-8"
            ]
        ) from exc
    if faults:
        raise SettingsError(faults)
    return found


def _faults_of(path: str, line: int, text: str) -> Iterator[str]:
    """What is wrong with a line. Its value may be a secret."""
    lines = text.split("\n")
    # What is read as one may begin with empty lines.
    line += next((number for number, one in enumerate(lines) if one.strip()), 0)
    first = next((one.strip() for one in lines if one.strip()), "")
    name = first.replace("：", ":").partition(":")[0].strip()
    if ":" in first.replace("：", ":") and name.isidentifier() and name.isascii():
        yield (
            f"{path} 第 {line} 行：{name} 后面要用等号，不是冒号。应为：{name}=值\n"
            f"  {path}, line {line}: an equals sign goes after {name}, not a colon; "
            f"expected {name}=VALUE"
        )
    else:
        yield (
            f"{path} 第 {line} 行：不是一个设置。应为：名称=值；值里有空格或 # 时，放在一对引号里\n"
            f"  {path}, line {line}: no setting; expected NAME=VALUE, with a pair of quotes "
            "around a value that holds spaces or a #"
        )
