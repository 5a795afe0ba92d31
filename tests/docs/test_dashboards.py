"""The dashboards and alerts that operators are given: every series that they ask for exists."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cantata.server.metrics import Metrics

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/cantata.json").read_text())
ALERTS = (DEPLOY / "prometheus/alerts.yml").read_text()
OF_PROMETHEUS = {"up"}
OF_LINUX = {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_start_time_seconds"}

_NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|\bup\b")
_NO_SERIES = re.compile(r'"[^"]*"|\bby \([^)]*\)|(?:ignoring|on) \([^)]*\)|\$__\w+|\$\w+')
_FUNCTIONS = {"histogram_quantile", "group_left"}


def series(expressions: list[str]) -> set[str]:
    """Return the names of series in PromQL expressions."""
    return {name for told in expressions for name in _NAME.findall(_NO_SERIES.sub("", told))} - _FUNCTIONS


def served() -> set[str]:
    """Return the names of the series that a process can serve."""
    names = set()
    for family in Metrics().registry.collect():
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"], "summary": ["_count", "_sum"]}
        names |= {family.name + ending for ending in endings.get(family.type, [""])}
    return names | OF_LINUX


def test_every_series_of_the_dashboard_exists() -> None:
    asked = series([target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])])

    assert len(asked) > 25
    assert asked - served() == set()


def test_every_series_of_the_alerts_exists() -> None:
    expressions = re.findall(r"expr: (?:>-\n((?: {10}.*\n)+)|(.*))", ALERTS)
    asked = series(["".join(pair) for pair in expressions])

    assert len(asked) > 5
    assert asked - served() - OF_PROMETHEUS == set()


def test_every_panel_of_the_dashboard_says_what_it_shows() -> None:
    shown = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

    assert [panel["title"] for panel in shown if not panel["description"]] == []
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_takes_the_configuration_where_it_is_installed() -> None:
    done = subprocess.run(
        ["promtool", "check", "config", "prometheus.yml"],
        cwd=DEPLOY / "prometheus",
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
