"""Administrator's pages, each over a database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lark_oapi.core.http import Transport

from tests.web.admin_pages import AdminPage


@pytest.fixture
def make_page(
    tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., AdminPage]]:
    """Build the application; settings as variables, by keyword. All have one database."""
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    shutil.copy(migrated_file, tmp_path / "bot.db")
    pages = []

    def make(**settings: str) -> AdminPage:
        pages.append(AdminPage(f"sqlite:///{tmp_path}/bot.db", **settings))
        return pages[-1]

    yield make
    for page in pages:
        page.close()
