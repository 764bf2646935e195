"""Changes single lines of a `.env` file; all else in it stays as it is."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from feishu_bot.errors import SettingsError

BACKUP_SUFFIX = ".before-setup"
# Anything else is quoted.
PLAIN = re.compile(r"[\w./:@%+,?&=~-]*", re.ASCII)


class EnvFile:
    """The file at `path`, which need not be there; it is for its owner alone, once written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, str]:
        """Its variables that have a value. Raises SettingsError."""
        bindings = parse_stream(io.StringIO(self._text()))
        return {one.key: one.value for one in bindings if one.key and one.value}

    def update(self, values: Mapping[str, str]) -> None:
        """Set these variables: in their lines where they have one, else at the end.

        The whole new file takes the old one's place at once; the old one is kept beside it the
        first time. Raises SettingsError when it can't be read or written.
        """
        before = self._text()
        after = updated(before, values)
        if after == before:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            backup = self.path.with_name(self.path.name + BACKUP_SUFFIX)
            if before and not backup.exists():
                _write(backup, before)
            _write(self.path, after)
        except OSError as exc:
            raise SettingsError(
                [
                    f"{self.path}：无法写入（{exc.strerror}）。请检查文件夹的权限和所有者\n"
                    f"  {self.path}: can't be written ({exc.strerror}); look at the folder's "
                    "owner and permissions"
                ]
            ) from exc

    def _text(self) -> str:
        try:
            return self.path.read_text("utf-8-sig")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as exc:
            raise SettingsError(
                [
                    f"{self.path}：无法读取。应为 UTF-8 编码的文本文件。\n"
                    f"  {self.path}: can't be read; expected a text file in UTF-8"
                ]
            ) from exc


def updated(text: str, values: Mapping[str, str]) -> str:
    """The text with these variables set. Of several lines for one, all get the value."""
    left, parts = dict(values), []
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original.string
        if binding.key is not None and binding.key in values:
            # Comments and empty lines before it belong to what the parser took in with it.
            before = original[: len(original) - len(original.lstrip())]
            ending = "\n" if original.endswith("\n") else ""
            original = f"{before}{_line(binding.key, values[binding.key])}{ending}"
            left.pop(binding.key, None)
        parts.append(original)
    whole = "".join(parts)
    if left and whole and not whole.endswith("\n"):
        whole += "\n"
    return whole + "".join(f"{_line(name, value)}\n" for name, value in left.items())


def _line(name: str, value: str) -> str:
    if "\n" in value or "\r" in value or "\0" in value:
        raise ValueError(f"{name} has more than one line")
    if PLAIN.fullmatch(value):
        return f"{name}={value}"
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{quoted}'"


def _write(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner alone from the beginning."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            temporary.replace(path)
        except OSError:
            # A single file that is mounted into a container can't be replaced.
            path.write_text(text, "utf-8")
            path.chmod(0o600)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
