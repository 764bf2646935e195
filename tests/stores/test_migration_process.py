"""What migrations need stays out of the process that goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores.database import Database
from feishu_bot.stores.migration_process import migrate_apart

migrate_apart(sys.argv[1])
try:
    Database(sys.argv[1]).expect_current()
    print("current")
except StoreUnavailable:
    print("unavailable")
print("alembic" in sys.modules)
"""


def run(url: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_tables_are_made_by_a_process_that_ends(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"

    assert run(url) == run(url) == ["current", "False"]


def test_a_database_that_can_not_be_opened_is_left_to_others_to_tell(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert run(f"sqlite:///{tmp_path}/file/bot.db") == ["unavailable", "False"]
