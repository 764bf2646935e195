"""The wheel that `pip install .` builds."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import feishu_bot
from feishu_bot.cli import main
from tests.test_layers import ROWS

ROOT = Path(__file__).parents[1]
PACKAGES = ("feishu_bot", "feishu_simulator")
METADATA = ("pyproject.toml", "README.md", "LICENSE", "requirements*.txt")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The unpacked wheel, built from a copy so that nothing is left behind in the project."""
    source, wheels, unpacked = map(tmp_path_factory.mktemp, ("source", "wheels", "unpacked"))
    for name in PACKAGES:
        no_caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=no_caches)
    for path in (path for pattern in METADATA for path in ROOT.glob(pattern)):
        shutil.copy(path, source)
    # What pip calls, without pip's own half a second.
    command = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", command, wheels], cwd=source, check=True, capture_output=True
    )
    (wheel,) = wheels.iterdir()
    with ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    return unpacked


@pytest.fixture
def distribution(installed):
    """The metadata of the wheel, as pip reads it."""
    (found,) = importlib.metadata.distributions(path=[str(installed)])
    return found


def files_of(package, folder):
    return {
        path.relative_to(folder)
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_is_installed(installed, package):
    assert files_of(package, installed) == files_of(package, ROOT)


def test_the_command_is_installed(distribution):
    (script,) = distribution.entry_points.select(group="console_scripts")

    assert script.name == "feishu-bot"
    assert script.load() is main


def test_version_and_dependencies_are_those_of_the_project(distribution):
    needed = (ROOT / "requirements.txt").read_text("utf-8").split()
    simulator = (ROOT / "requirements-simulator.txt").read_text("utf-8").split()

    assert distribution.version == feishu_bot.__version__
    assert distribution.requires == [
        *needed,
        *(f'{one}; extra == "simulator"' for one in simulator),
    ]


def test_the_installed_bot_starts_in_any_folder_and_imports_nothing_that_reads_files(
    installed, tmp_path
):
    command = "from feishu_bot.bot_process import GUNICORN; print(*GUNICORN, sep='\\n')"
    environ = {
        "PYTHONPATH": str(installed),
        "PYTHONWARNINGS": "ignore",
        **{"APP_ID": "cli_x", "APP_SECRET": "s", "APP_ENCRYPT_KEY": "k"},
        **{"APP_VERIFICATION_TOKEN": "t", "OPENAI_KEY": "sk-x"},
    }

    def run(*arguments, **more):
        return subprocess.run(
            arguments, cwd=tmp_path, env=environ | more, capture_output=True, text=True, check=True
        )

    gunicorn = run(sys.executable, "-c", command).stdout.splitlines()
    assert f"{installed}/feishu_bot/gunicorn_conf.py" in gunicorn
    # It loads the configuration and the app, and doesn't serve. Python says what it imports.
    done = run(*gunicorn, "--check-config", PYTHONPROFILEIMPORTTIME="1")

    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    # The SDK for Feishu has this one imported already.
    outside = ROWS["media"].outside - {"charset_normalizer"}
    assert "feishu_bot.app" in imported
    assert "pypdf" in outside
    assert not outside & imported
