"""The lock files: every package that is installed, with its version and hashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = {
    "requirements.lock": ("requirements.txt",),
    "requirements-simulator.lock": ("requirements.txt", "requirements-simulator.txt"),
    "requirements-dev.lock": (
        "requirements.txt",
        "requirements-simulator.txt",
        "requirements-dev.txt",
    ),
}
locks = pytest.mark.parametrize("lock", LOCKS)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[tuple[str, str], str]:
    """The lines after each name and version; a package may have a version for each platform."""
    text = (ROOT / lock).read_text("utf-8")
    entries = re.findall(r"^([\w.-]+)==(\S+)(.*(?:\n .*)*)", text, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^\S", text, re.MULTILINE)), "a line of another kind"
    return {(normal(name), version): rest for name, version, rest in entries}


@locks
def test_it_has_every_version_that_the_requirements_pin(lock):
    lines = "\n".join((ROOT / name).read_text("utf-8") for name in LOCKS[lock])
    pinned = re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)$", lines, re.MULTILINE)

    assert {(normal(name), version) for name, version in pinned} <= locked(lock).keys()


@locks
def test_every_package_has_hashes_and_no_address(lock):
    for (name, _), rest in locked(lock).items():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", rest), name
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links| @ ", text)


def test_what_is_tested_is_what_is_delivered():
    bot = locked("requirements.lock").items()

    assert bot <= locked("requirements-simulator.lock").items()
    assert bot <= locked("requirements-dev.lock").items()


def test_image_and_make_install_nothing_without_its_hash():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert "--require-hashes -r requirements.lock" in dockerfile
    assert "!requirements.lock" in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for name in ("simulator", "dev"):
        assert f"--require-hashes -r requirements-{name}.lock" in makefile
