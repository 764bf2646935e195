"""Who may import whom: the table of docs/architecture.md."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "feishu_bot"
SIMULATOR = Path(__file__).parents[1] / "feishu_simulator"
LEAVES = {"errors", "metrics", "settings", "logs"}

OURS = {
    "errors": set(),
    "metrics": {"errors"},
    "settings": {"errors"},
    "logs": {"errors"},
    "core": {"errors", "logs", "metrics"},
    "content": {"core", "errors", "logs"},
    "stores": {"core", "errors", "logs"},
    "llm": {"core", "errors", "logs"},
    "feishu": {"core", "content", "errors", "logs", "metrics", "settings"},
    "web": set(),
    "app": LEAVES | {"core", "content", "stores", "llm", "feishu", "web"},
    "cli": {"settings", "errors", ""},
    "simulated_run": {"browser", "bot_process"},
    "bot_process": set(),
    "browser": set(),
    "__main__": {"cli"},
    "__init__": set(),
}
INSIDE_FUNCTIONS = {"cli": {"simulated_run"}}
OUTSIDE = {
    "metrics": {"prometheus_client"},
    "settings": {"dotenv"},
    "content": {"yaml"},
    "stores": {"sqlalchemy", "alembic", "cachetools"},
    "llm": {"openai", "httpx2", "httpcore2"},
    "feishu": {"lark_oapi", "cachetools", "urllib3", "Crypto", "requests_toolbelt"},
    "web": {"flask"},
    "app": {"flask", "prometheus_client"},
    "cli": {"click"},
    "simulated_run": {"click", "feishu_simulator"},
}


def imports(path: Path):
    """Every module a file imports, and whether it does so inside a function."""
    tree = ast.parse(path.read_text())
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in inner) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
            if node.module in {"feishu_bot", "feishu_bot.web"}:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((name, id(node) in inner) for name in names)


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_a_module_imports_only_what_its_layer_may(path):
    part = part_of(path)
    wrong = []
    for name, is_inner in imports(path):
        top, _, rest = name.partition(".")
        if top == "feishu_bot":
            target = rest.partition(".")[0].replace("__version__", "")
            allowed = OURS[part] | (INSIDE_FUNCTIONS.get(part, set()) if is_inner else set())
            if target != part and target not in allowed:
                wrong.append(name)
        elif top not in sys.stdlib_module_names and top not in OUTSIDE.get(part, set()):
            wrong.append(name)

    assert wrong == []


@pytest.mark.parametrize(
    "module", ["core.bot", "stores", "feishu.webhook.messages", "feishu.cards.answer"]
)
def test_the_heavy_sdk_is_not_imported_by(module):
    code = f"import feishu_bot.{module}, sys; sys.exit('lark_oapi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, check=False)

    assert done.returncode == 0


@pytest.mark.parametrize("path", sorted(SIMULATOR.rglob("*.py")), ids=lambda p: str(p.name))
def test_the_simulator_imports_nothing_of_the_bot(path):
    allowed = {"feishu_simulator", "flask", "werkzeug", "cryptography", "_typeshed"}
    tops = {name.partition(".")[0] for name, _ in imports(path)}

    assert tops - sys.stdlib_module_names <= allowed
