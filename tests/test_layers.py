"""The import table of docs/layers.md, read from there: who may import whom."""

from __future__ import annotations

import ast
import functools
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (ROOT / "docs" / "layers.md").read_text("utf-8")
# `_typeshed` is there for type checkers alone.
STANDARD_LIBRARY = sys.stdlib_module_names | {"_typeshed"}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("feishu_bot", "feishu_simulator")
    for path in (ROOT / package).rglob("*.py")
}


class Row(NamedTuple):
    """What a part may import: of ours, of ours but only in functions, and from outside."""

    ours: frozenset[str] = frozenset()
    in_functions: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()


class Import(NamedTuple):
    """A module's name, and whether a function imports it."""

    name: str
    is_inner: bool


def names(cell: str) -> frozenset[str]:
    return frozenset(re.findall(r"`([\w.*]+)`", cell))


def read_table() -> Iterator[tuple[str, Row]]:
    for parts, ours, outside in re.findall(r"^\|(.*)\|(.*)\|(.*)\|$", LAYERS, re.MULTILINE):
        anywhere, _, in_functions = ours.partition("in functions")
        for part in names(parts):
            yield part, Row(names(anywhere), names(in_functions), names(outside))


ROWS = dict(read_table())
# Of every part of the bot.
ANY = ROWS.pop("*")


def part_of(module: str) -> str:
    """The row of a module of ours, which is the longest that fits; empty for none."""
    name = module.removeprefix("feishu_bot.")
    return max((part for part in ROWS if f"{name}.".startswith(f"{part}.")), key=len, default="")


def import_statements(
    nodes: Iterable[ast.AST], *, is_inner: bool = False
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The imports among these statements and in their blocks, and whether a function does it."""
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, is_inner
            continue
        inside = is_inner or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for block in ("body", "handlers", "orelse", "finalbody", "cases"):
            yield from import_statements(getattr(node, block, ()), is_inner=inside)


def imports_in(source: str) -> Iterator[Import]:
    for node, is_inner in import_statements(ast.parse(source).body):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, is_inner) for alias in node.names)
        else:
            module = "." * node.level + (node.module or "")
            found = (f"{module}.{alias.name}" for alias in node.names)
            yield from (Import(name if name in MODULES else module, is_inner) for name in found)


@functools.cache
def imports_of(module: str) -> tuple[Import, ...]:
    """What a module of ours imports."""
    return tuple(imports_in(MODULES[module].read_text("utf-8")))


def is_allowed(part: str, imported: Import) -> bool:
    row, package = ROWS.get(part, Row()), imported.name.partition(".")[0]
    if package in STANDARD_LIBRARY | row.outside | ANY.outside:
        return True
    ours = {part} | row.ours | (row.in_functions if imported.is_inner else set())
    if part != "feishu_simulator":
        # The package itself has the version and nothing else.
        ours |= ANY.ours | {""}
    return imported.name in MODULES and part_of(imported.name) in ours


def refused(module: str, imports: Iterable[Import]) -> list[str]:
    part = part_of(module)
    return [found.name for found in imports if not is_allowed(part, found)]


def test_every_module_has_a_row() -> None:
    assert [module for module in MODULES if not part_of(module)] == ["feishu_bot"]


def test_a_module_imports_only_what_its_part_may() -> None:
    against = {module: refused(module, imports_of(module)) for module in MODULES}

    assert {module: names for module, names in against.items() if names} == {}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("feishu_bot.core.quotas", "from feishu_bot.core.commands.registry import Commands"),
        ("feishu_bot.core.quotas", "from feishu_bot.core import commands"),
        ("feishu_bot.core.commands.help", "from feishu_bot.core.bot import Bot"),
        ("feishu_bot.core.bot", "import sqlalchemy"),
        ("feishu_bot.core.bot", "from feishu_bot import settings"),
        ("feishu_bot.web.health", "def check():\n    from feishu_bot.core import bot"),
        ("feishu_bot.cli", "from feishu_bot import simulated_run"),
        ("feishu_bot.stores.inbox", "from .schema import inbox"),
        ("feishu_simulator.feishu", "from feishu_bot import logs"),
        ("feishu_simulator.feishu", "import feishu_bot"),
    ],
)
def test_an_import_against_the_table_is_seen(module: str, line: str) -> None:
    assert refused(module, imports_in(line)) != []


def test_the_table_allows_nothing_that_nobody_imports() -> None:
    unused = {part: set(row.ours | row.in_functions | row.outside) for part, row in ROWS.items()}
    for module in MODULES:
        for imported in imports_of(module):
            used = {part_of(imported.name), imported.name.partition(".")[0]}
            unused.get(part_of(module), set()).difference_update(used)

    assert {part: names for part, names in unused.items() if names} == {}


def test_neither_parts_nor_modules_import_each_other_in_a_circle() -> None:
    parts = {part: row.ours for part, row in ROWS.items()}
    modules = {
        module: {found.name for found in imports_of(module) if not found.is_inner}
        for module in MODULES
    }

    # Raises CycleError, which names them.
    for graph in (parts, modules):
        graphlib.TopologicalSorter(graph).prepare()


def test_the_heavy_sdk_is_not_imported_by_the_core_and_what_reads_events() -> None:
    modules = ["core.bot", "stores", "feishu.events.messages", "feishu.cards.answer"]
    lines = [f"import feishu_bot.{name}\nprint('lark_oapi' in sys.modules)" for name in modules]
    code = "\n".join(["import sys", *lines])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)

    loads_it = dict(zip(modules, done.stdout.decode().split(), strict=True))
    assert loads_it == dict.fromkeys(modules, "False")
