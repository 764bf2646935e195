"""What a set-up knows: the settings so far, in which file they lie, and the options given."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feishu_bot.errors import SetupFailed
from feishu_bot.settings import FILE_VARIABLE, Settings, read_environment, read_setting
from feishu_bot.settings.env_file import EnvFile
from feishu_bot.setup import links

# 32 characters, as many as Feishu takes.
KEY_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Answers that were given before anybody was asked.

    `redo` asks again what is set already. `follow_seconds` is how long a version in review is
    waited for. `lark_domain` is where people of the other brand go.
    """

    public_url: str = ""
    long_connection: bool = False
    api_url: str = ""
    openai_key: str = field(default="", repr=False)
    model: str = ""
    redo: bool = False
    follow_seconds: float = 60.0
    poll_seconds: float = 5.0
    lark_domain: str = links.LARK


class Progress:
    """The settings as a start would find them; what is new is written at once."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ = environ
        named = environ.get(FILE_VARIABLE, "").strip()
        self._dotenv = folder / ".env"
        self.file = EnvFile(Path(named) if named else self._dotenv)

    def merged(self) -> dict[str, str]:
        """All variables. Raises SettingsError."""
        return read_environment(str(self._dotenv), self._environ)

    def get(self, name: str) -> str:
        """One variable as it is set, "" if it isn't."""
        return self.merged().get(name, "").strip()

    def domain(self) -> str:
        """The address of Feishu's API. Raises SettingsError."""
        return str(read_setting("FEISHU_DOMAIN", self.merged()))

    def save(self, **values: str) -> None:
        """Write what differs. Raises SettingsError, and SetupFailed where the file can't count.

        The environment counts more than the file: what it sets otherwise has to go there.
        """
        merged = self.merged()
        new = {name: value for name, value in values.items() if merged.get(name) != value}
        own = self.file.path == self._dotenv
        hidden = [
            name
            for name in new
            if self._environ.get(name, "").strip()
            or (not own and name in EnvFile(self._dotenv).read())
        ]
        if hidden:
            names = ", ".join(hidden)
            raise SetupFailed(
                "save",
                f"{names} 已经在环境变量里设置了，写进 {self.file.path} 也不起作用。"
                "请从环境变量里删掉",
                f"{names} is set in the environment, which counts more than {self.file.path}: "
                "remove it there",
            )
        if new:
            self.file.update(new)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While no other set-up writes the same file. Raises SetupFailed where one does.

        The lock is on the file's folder, so nothing is left behind; it ends with the process.
        """
        try:
            folder = os.open(self.file.path.parent, os.O_RDONLY)
        except OSError:
            # It is made when something is written, or can't be: then the writing says so.
            yield
            return
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            os.close(folder)
            raise SetupFailed(
                "save",
                f"另一个 feishu-bot setup 正在使用 {self.file.path}，请在那边继续，或先把它结束",
                f"another feishu-bot setup is using {self.file.path}: go on there, or end it first",
            ) from exc
        except OSError:
            pass  # a file system without locks
        try:
            yield
        finally:
            os.close(folder)

    def keys(self) -> tuple[str, str]:
        """The Encrypt Key and the Verification Token; new ones are made where there are none."""
        merged = self.merged()
        names = ("APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
        missing = {one: secrets.token_urlsafe(KEY_BYTES) for one in names if not merged.get(one)}
        self.save(**missing)
        merged |= missing
        return merged[names[0]], merged[names[1]]

    @property
    def is_done(self) -> bool:
        """Whether a set-up has reached its end with this file."""
        return self._mark.exists()

    def mark_done(self) -> None:
        """Note that it has; a container that is started again becomes the bot at once."""
        with contextlib.suppress(OSError):
            self._mark.touch(0o600)

    @property
    def _mark(self) -> Path:
        return self.file.path.with_name(f"{self.file.path.name}.set-up")

    def settings(self) -> Settings:
        """All of it, checked. Raises SettingsError."""
        return Settings.from_env(self.merged())

    def secrets(self) -> tuple[str, ...]:
        """What may be printed nowhere, so far."""
        merged = self.merged()
        names = ("APP_SECRET", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
        found = {merged.get(name, "") for name in names}
        found |= {key.strip() for key in merged.get("OPENAI_KEY", "").split(",")}
        return tuple(sorted((one for one in found if len(one) >= 4), key=len, reverse=True))


def process_environment() -> Progress:
    """That of this process, in its folder."""
    return Progress(os.environ, Path.cwd())
