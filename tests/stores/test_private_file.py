"""Nobody but the bot's own user reads its conversations."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores import Database

INSERT = sa.text("INSERT INTO threads VALUES ('oc_1', 'omt_1', 'om_1', 1)")


@pytest.fixture
def open_umask():
    """The umask of most systems, whatever that of the tests is."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def used(file: Path) -> Database:
    database = Database(f"sqlite:///{file}")
    database.migrate()
    with database.write() as connection:
        connection.execute(INSERT)
    return database


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


@pytest.mark.usefixtures("open_umask")
def test_folder_and_files_are_for_their_owner_alone(tmp_path):
    database = used(tmp_path / "data" / "bot.db")

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert modes(tmp_path / "data") == dict.fromkeys(
        ("bot.db", "bot.db-wal", "bot.db-shm", "bot.db.lock"), 0o600
    )
    database.close()


@pytest.mark.usefixtures("open_umask")
def test_files_of_an_older_version_are_closed_at_the_start(tmp_path):
    file = tmp_path / "bot.db"
    older = used(file)
    for path in tmp_path.iterdir():
        path.chmod(0o644)

    newer = Database(f"sqlite:///{file}")
    newer.migrate()

    assert {mode for name, mode in modes(tmp_path).items() if ".lock" not in name} == {0o600}
    # The folder may be used by others, too: it was there before.
    assert tmp_path.stat().st_mode & 0o777 != 0o600
    older.close()
    newer.close()


def test_a_path_that_can_not_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(StoreUnavailable, match="Is the folder there, and may this user write"):
        Database(f"sqlite:///{tmp_path}/file/bot.db").migrate()
