"""Single lines of .env change; nothing else does."""

from __future__ import annotations

import os
import stat

import pytest

from feishu_bot.errors import SettingsError, SetupFailed
from feishu_bot.settings import read_environment
from feishu_bot.settings.env_file import EnvFile, updated
from feishu_bot.setup.progress import Progress

BEFORE = """\
# The app
APP_ID=cli_old   # from the console

export OPENAI_KEY='sk-1'
SYSTEM_PROMPT="Two
APP_ID=lines"
#PUBLIC_URL=
"""


def test_a_line_is_changed_where_it_stands() -> None:
    after = updated(BEFORE, {"APP_ID": "cli_new", "PUBLIC_URL": "https://a.example"})

    assert (
        after
        == BEFORE.replace("APP_ID=cli_old   # from the console", "APP_ID=cli_new")
        + "PUBLIC_URL=https://a.example\n"
    )


@pytest.mark.parametrize("value", ["a b", "a#b", "it's", 'say "x"', "back\\slash", "$HOME", "中文"])
def test_values_come_back_as_they_were(tmp_path, value: str) -> None:
    path = tmp_path / ".env"
    EnvFile(path).update({"BOT_NAME": value, "APP_ID": "cli_1"})

    assert read_environment(str(path), {}) == {"BOT_NAME": value, "APP_ID": "cli_1"}


def test_a_value_of_two_lines_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="more than one line"):
        EnvFile(tmp_path / ".env").update({"BOT_NAME": "a\nADMINS=ou_1"})


def test_the_first_state_is_kept_beside_it_and_all_is_private(tmp_path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    path.chmod(0o644)
    file = EnvFile(path)

    file.update({"A": "2"})
    file.update({"A": "3"})

    assert (tmp_path / ".env.before-setup").read_text() == "A=1\n"
    assert path.read_text() == "A=3\n"
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}


def test_nothing_is_written_where_nothing_changes(tmp_path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    before = path.stat()

    EnvFile(path).update({"A": "1"})

    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written_is_named(tmp_path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SettingsError, match="can't be written"):
        EnvFile(tmp_path / ".env").update({"A": "1"})
    tmp_path.chmod(0o700)


def test_the_file_of_the_image_counts_less_than_env_and_environment(tmp_path) -> None:
    (tmp_path / "set-up.env").write_text("A=1\nB=1\nC=1\n")
    (tmp_path / ".env").write_text("B=2\nC=2\n")
    environ = {"SETTINGS_FILE": str(tmp_path / "set-up.env"), "C": "3"}

    merged = read_environment(str(tmp_path / ".env"), environ)

    assert (merged["A"], merged["B"], merged["C"]) == ("1", "2", "3")


def test_what_the_environment_hides_is_not_written(tmp_path) -> None:
    progress = Progress({"APP_ID": "cli_other"}, tmp_path)

    with pytest.raises(SetupFailed, match="APP_ID is set in the environment"):
        progress.save(APP_ID="cli_1")
