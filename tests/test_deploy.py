"""What `deploy/` ships: rules and dashboard ask for figures that exist, and the unit is sound."""

from __future__ import annotations

import configparser
import copy
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import prometheus_client
import promql_parser
import pytest
import yaml
from flask import Flask

from bench.running_bot import IMAGE
from feishu_bot import metrics
from feishu_bot.cli import main
from feishu_bot.settings import SETTINGS, Settings
from feishu_bot.web import health

ROOT = Path(__file__).parents[1]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "feishu_bot.json"
UNIT = ROOT / "deploy" / "systemd" / "feishu-bot.service"

RULES = [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
         for rule in group["rules"]]  # fmt: skip
PANELS = [
    panel for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"] if panel["type"] != "row"
]
# What Prometheus adds when it scrapes.
SCRAPED = {"job", "instance"}


def metric_labels() -> dict[str, set[str]]:
    """The labels of each sample that the bot can expose, by the sample's name."""
    found = {}
    for metric in vars(metrics).values():
        if isinstance(metric, prometheus_client.metrics.MetricWrapperBase):
            labels = set(metric._labelnames)
            match metric._type:
                case "counter":
                    found[f"{metric._name}_total"] = labels
                case "histogram":
                    found[f"{metric._name}_bucket"] = labels | {"le"}
                    found |= {f"{metric._name}_{end}": labels for end in ("sum", "count")}
                case "gauge":
                    found[metric._name] = labels
    (info,) = metrics._BuildInfo().collect()
    return found | {info.name: set(info.samples[0].labels)}


KNOWN = metric_labels()


def dashboard_expressions() -> Iterator[tuple[str, str]]:
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


EXPRESSIONS = [(rule["alert"], rule["expr"]) for rule in RULES] + list(dashboard_expressions())


def parsed(expression: str) -> Any:
    for variable, value in {"$__rate_interval": "5m", "$job": ".*", "$instance": ".*"}.items():
        expression = expression.replace(variable, value)
    return promql_parser.parse(expression)


def nodes_of(expression: str) -> list[Any]:
    nodes: list[Any] = []
    promql_parser.walk(parsed(expression), nodes.append)
    return nodes


def selectors_in(expression: str) -> list[Any]:
    """The vector selectors, those inside of ranges as well."""
    found = [getattr(node, "vector_selector", node) for node in nodes_of(expression)]
    return [node for node in found if isinstance(node, promql_parser.VectorSelector)]


def faults_in(expression: str) -> list[str]:
    """Metrics that don't exist, labels that they don't have, and counters used as they are."""
    selectors = selectors_in(expression)
    faults = [] if selectors else ["asks for nothing"]
    labels = set(SCRAPED)
    for selector in selectors:
        if selector.name not in KNOWN:
            faults.append(f"no metric {selector.name}")
            continue
        labels |= KNOWN[selector.name]
        named = {matcher.name for matcher in selector.matchers.matchers}
        strange = named - KNOWN[selector.name] - SCRAPED
        faults += [f"{selector.name} has no label {name}" for name in strange]
    for node in nodes_of(expression):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier:
            faults += [f"no label {name}" for name in node.modifier.labels if name not in labels]
    counters = re.findall(r"(\w+)\((feishu_bot_\w+_(?:total|bucket|count|sum))\b", expression)
    grown = {name for function, name in counters if function in ("rate", "increase")}
    faults += [
        f"{s.name} is used without rate or increase"
        for s in selectors
        if re.search("_(total|bucket|count|sum)$", s.name) and s.name not in grown
    ]
    return faults


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS, ids=[t for t, _ in EXPRESSIONS])
def test_every_expression_asks_for_figures_that_exist(title, expression):
    assert faults_in(expression) == []


@pytest.mark.parametrize(
    "expression",
    [
        "sum(feishu_bot_ready_total)",
        'rate(feishu_bot_answers_total{result="x"}[5m])',
        "sum by (model) (rate(feishu_bot_answers_total[5m]))",
        "sum(feishu_bot_answers_total)",
        "1 + 1",
    ],
)
def test_an_expression_that_asks_for_something_else_is_seen(expression):
    assert faults_in(expression) != []


def test_a_wrong_expression_is_no_promql():
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        parsed("sum by (rate(feishu_bot_answers_total[5m])")


def test_every_metric_is_on_the_dashboard_or_in_an_alert():
    asked = {s.name for _, expression in EXPRESSIONS for s in selectors_in(expression)}
    bases = {re.sub("_(total|bucket|count|sum)$", "", name) for name in KNOWN}

    assert bases == {re.sub("_(total|bucket|count|sum)$", "", name) for name in asked}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_in_both_languages_what_happened_and_what_to_do(rule):
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("warning", "critical")
    for text in (rule["annotations"]["summary"], rule["annotations"]["description"]):
        assert re.search("[一-鿿]", text)
        assert re.search("[a-z]{3}", text)
        # The labels that a text names are those that the expression leaves.
        for label in re.findall(r"\$labels\.(\w+)", text):
            assert re.search(rf"by \([^)]*\b{label}\b", rule["expr"])


def test_the_dashboard_can_be_imported_anywhere():
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    variables = {entry["name"]: entry for entry in dashboard["templating"]["list"]}
    ids = [panel["id"] for panel in dashboard["panels"]]

    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    assert len(ids) == len(set(ids))
    assert "id" not in dashboard
    used = set(re.findall(r"\$\{?(\w+)", DASHBOARD.read_text("utf-8"))) - {"__rate_interval"}
    assert used - {"__all"} <= set(variables)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_panel_is_explained_and_has_a_unit(panel):
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in ("short", "s", "cpm", "percentunit")
    assert {t["datasource"]["uid"] for t in panel["targets"]} == {"${datasource}"}
    is_seconds = any("_seconds" in target["expr"] for target in panel["targets"])
    assert (panel["fieldConfig"]["defaults"]["unit"] == "s") == is_seconds


def test_no_panel_covers_another():
    cells = [
        (x, y)
        for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


MONITORING = pytest.mark.parametrize("page", ["monitoring.md", "monitoring.zh-CN.md"])


@MONITORING
def test_every_metric_is_documented_with_its_labels_and_no_other(page):
    text = (ROOT / "docs" / page).read_text("utf-8")
    rows = re.findall(r"^\| `(feishu_bot_\w+)` \| (\w+) \| (.*?) ?\|", text, re.MULTILINE)
    documented = {name: (kind, set(re.findall(r"`(\w+)`", cell))) for name, kind, cell in rows}
    real = {
        name.removesuffix("_bucket"): labels - {"le"}
        for name, labels in KNOWN.items()
        if not re.search("_(sum|count)$", name)
    }

    assert {name: labels for name, (_, labels) in documented.items()} == real
    for name, (kind, _) in documented.items():
        assert (kind == "counter") == name.endswith("_total")
        assert (kind == "histogram") == (f"{name}_bucket" in KNOWN)


@MONITORING
def test_every_alert_is_documented_and_no_other(page):
    text = (ROOT / "docs" / page).read_text("utf-8")

    assert re.findall(r"^\| `(FeishuBot\w+)` \|", text, re.MULTILINE) == [r["alert"] for r in RULES]


# The systemd unit


def unit() -> configparser.SectionProxy:
    class Several(dict[str, Any]):
        """An option that comes again adds to itself, as in systemd."""

        def __setitem__(self, name: str, value: Any) -> None:
            if isinstance(value, list) and name in self:
                value = self[name] + value
            super().__setitem__(name, value)

    parser = configparser.RawConfigParser(dict_type=Several, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text("utf-8"))
    return parser["Service"]


def test_the_unit_gives_the_bot_the_time_that_it_gives_its_answers():
    default = next(f.default for f in Settings.__dataclass_fields__.values()
                   if f.name == "shutdown_grace")  # fmt: skip
    allowed = float(unit()["TimeoutStopSec"])

    # gunicorn waits five seconds longer than the answers.
    assert allowed > default + 5
    assert f"above {int(allowed) - 10}" in UNIT.read_text("utf-8")
    assert (unit()["KillMode"], unit()["KillSignal"]) == ("mixed", "SIGTERM")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_understands_the_unit_and_finds_it_closed(tmp_path):
    copy = tmp_path / UNIT.name
    # What it runs isn't installed here.
    copy.write_text(UNIT.read_text("utf-8").replace("/opt/feishu-bot/bin/feishu-bot", "/bin/true"))

    for arguments in (
        ["verify", "--man=no", copy],
        ["security", "--offline=true", "--threshold=20", copy],
    ):
        done = subprocess.run(
            ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""


# Containers

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_container_is_closed_and_its_log_bounded(name):
    service = COMPOSE["services"][name]

    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]
    assert {"max-size", "max-file"} <= service["logging"]["options"].keys()
    # Those of ours have their user in the image.
    assert service.get("user", "") not in ("0", "root")
    assert "user" in service or "build" in service


def test_every_base_image_names_its_release_and_can_be_pinned():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    (python,) = set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))

    images = [service["image"] for service in COMPOSE["services"].values()]
    defaults = [
        re.fullmatch(r"\$\{[A-Z]+_?IMAGE:-(\S+)\}|\$\{IMAGE:-feishu_bot\}", i) for i in images
    ]
    assert all(defaults)
    for image in [python, *(found[1] for found in defaults if found[1])]:
        assert re.fullmatch(r"\w+:\d+[\w.-]*", image), image


def test_no_password_has_a_default():
    text = (ROOT / "compose.yaml").read_text("utf-8")

    assert re.findall(r"\$\{\w*PASSWORD(\S*?)\}", text) == [":-", ":-"]
    assert "${POSTGRES_PASSWORD:-}" in COMPOSE["services"]["replica"]["environment"]["DATABASE_URL"]


@pytest.mark.parametrize("page", ["deploy-by-hand.md", "deploy-by-hand.zh-CN.md"])
def test_the_documented_container_is_as_closed_as_that_of_compose(page):
    text = (ROOT / "docs" / page).read_text("utf-8")
    (command,) = re.findall(r"docker run -d --name feishu_bot \\\n(?:.*\\\n)+", text)

    for option in (
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--read-only --tmpfs /tmp",
        "--log-opt max-size=",
    ):
        assert option in command


# Kubernetes

MANIFESTS = [
    manifest
    for path in sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text("utf-8"))
]
MANIFEST = {manifest["kind"]: manifest for manifest in MANIFESTS}


@pytest.mark.parametrize("version", ["1.30", "1.34"])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest["kind"])
def test_kubernetes_knows_every_field(manifest, version):
    kubernetes_validate.validate(manifest, version, strict=True)


def test_a_field_that_does_not_exist_is_seen():
    broken = copy.deepcopy(MANIFEST["Deployment"])
    broken["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, "1.34", strict=True)


def test_the_manifests_belong_together():
    pod = MANIFEST["Deployment"]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    labels = pod["metadata"]["labels"]

    assert MANIFEST["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFEST["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFEST["Service"]["spec"]["selector"] == labels
    assert MANIFEST["Service"]["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]
    (source,) = container["envFrom"]
    assert source["secretRef"]["name"] == MANIFEST["Secret"]["metadata"]["name"]


def test_a_pod_has_the_time_to_hand_over_and_answers_its_probes():
    pod = MANIFEST["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    environ = {entry["name"]: entry["value"] for entry in container["env"]}
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    app = Flask(__name__)
    app.register_blueprint(health.blueprint("1", lambda: ["feishu", "gateway"], None))

    assert pod["terminationGracePeriodSeconds"] > pause + float(environ["SHUTDOWN_GRACE"]) + 5
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert app.test_client().get(container[probe]["httpGet"]["path"]).status_code == 200
    # Without the database it takes nothing in.
    app = Flask(__name__)
    app.register_blueprint(health.blueprint("1", lambda: ["database"], None))
    path = container["readinessProbe"]["httpGet"]["path"]
    assert app.test_client().get(path).status_code == 503


def test_the_secret_names_settings_only_and_all_that_are_required():
    named = MANIFEST["Secret"]["stringData"].keys()
    required = {setting.name for setting in SETTINGS if setting.default is None}

    assert required | {"DATABASE_URL"} <= named <= {setting.name for setting in SETTINGS}
    assert not any(MANIFEST["Secret"]["stringData"].values())


# The image


def test_the_benchmark_measures_what_the_image_sets():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")

    assert all(f"\nENV {name}={value}\n" in dockerfile for name, value in IMAGE.items())
    # Bytecode is made for no other level, and the bot's user may write none.
    levels = re.findall(r"compileall .*-o (\d)", dockerfile)
    assert levels == [IMAGE["PYTHONOPTIMIZE"]] * dockerfile.count("compileall ")


@pytest.mark.parametrize("name", [None, *main.commands])
def test_help_is_no_docstring_which_the_image_drops(name):
    command = main.commands[name] if name else main

    assert command.help
    assert command.help != inspect.getdoc(command.callback)


def test_the_command_of_the_image_runs_in_any_folder(tmp_path):
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    script = re.search(r"printf '(#!/bin/sh.*?)' > /opt/venv/bin/feishu-bot", dockerfile)[1]
    command = tmp_path / "feishu-bot"
    subprocess.run(["sh", "-c", f"printf '{script}' > {command}"], check=True)
    command.write_text(command.read_text().replace("/opt/venv/bin/python", sys.executable))
    command.chmod(0o755)
    assert "PYTHONPATH=/app" in dockerfile

    done = subprocess.run(
        [command, "--version"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("feishu-bot, version ")


def test_what_the_set_up_writes_in_the_image_outlives_the_container():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    (volume,) = re.findall(r"^VOLUME (\S+)$", dockerfile, re.MULTILINE)
    (file,) = re.findall(r"\bSETTINGS_FILE=(\S+)", dockerfile)

    assert Path(file).is_relative_to(volume)
    # Without an app it asks for one, in place of a list of what is missing.
    assert 'CMD ["feishu-bot", "run"]' in dockerfile


@pytest.mark.parametrize("page", ["deploy.md", "deploy.zh-CN.md"])
def test_the_short_way_starts_a_container_as_closed_as_the_long_one(page):
    pages = (ROOT / "docs" / name for name in (page, page.replace("deploy", "deploy-by-hand")))
    short, long = (
        set(re.findall(r"^  (--\S.*|-[pv] \S+.*?)(?: \\)$", text.read_text("utf-8"), re.MULTILINE))
        for text in pages
    )

    assert len(short) == 5
    assert short <= long
