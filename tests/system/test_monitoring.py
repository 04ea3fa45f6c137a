"""What watches over Plumbline raises the right alarm for each trouble, in words that say where to look; no other."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from commands import ROOT
from libs.local.debian import Tree

MONITORING, PAGE = ROOT / "deploy" / "monitoring", "docs/operations.md"
RULES = MONITORING / "alerts.yml"
SERVICES = ("staff", "leads", "opportunities", "estimates", "bookings", "notifications", "console")
COUNT = 'plumbline_http_request_seconds_count{service="leads",route="/x",status="%s"}'
BUCKET = 'plumbline_http_request_seconds_bucket{service="leads",route="/x",le="%s"}'
UP = {f'up{{job="plumbline",service="{name}",instance="{name}:8000"}}': "1x60" for name in SERVICES}


class Trouble(NamedTuple):
    """``shown``: what Prometheus hears every minute, in its own shorthand; ``minutes``: by when somebody must know."""

    alarm: str
    minutes: int
    severity: str
    summary: str
    shown: dict[str, str]
    labels: dict[str, str] = {"service": "leads"}  # noqa: RUF012 - nobody changes it


def waiting(what: str, *values: str) -> dict[str, str]:
    """Of two apis, which tell the same."""
    return {
        f'plumbline_{what}{{service="leads",instance="{n}"}}': value for n, value in enumerate(values or ("1x60",) * 2)
    }


TROUBLES = [
    Trouble(
        "PlumblineServiceDown",
        2,
        "critical",
        "leads: no api answers",
        {**UP, next(key for key in UP if "leads" in key): "0x60"},
    ),
    Trouble(
        "PlumblineServiceMissing",
        6,
        "critical",
        "console: there is no api",
        {key: value for key, value in UP.items() if "console" not in key},
        {"service": "console", "job": "plumbline"},
    ),
    Trouble(
        "PlumblineDatabaseDown",
        2,
        "critical",
        "leads: its database does not answer, so it answers 503",
        waiting("database_up", "0x60", "0x60"),
    ),
    Trouble(
        "PlumblineRefusesChanges",
        0,
        "critical",
        "leads: too much waits to be sent, so changes are refused",
        waiting("outbox_full"),
    ),
    Trouble(
        "PlumblinePartDown",
        2,
        "warning",
        "leads: relay is not well; /readyz says why",
        {
            'plumbline_part_up{service="leads",part="relay"}': "0x60",
            'plumbline_part_up{service="leads",part="timers"}': "1x60",
        },
        {"service": "leads", "part": "relay"},
    ),
    Trouble(
        "PlumblineFactsNotSent",
        3,
        "warning",
        "leads: a fact waits for 3m 0s to be sent",
        waiting("unpublished_oldest_seconds", "0+60x60"),
    ),
    Trouble(
        "PlumblineFactsHeld",
        3,
        "warning",
        "leads: a fact waits for 3m 0s for what comes before it",
        waiting("held_oldest_seconds", "0+60x60"),
    ),
    Trouble("PlumblineFactsParked", 0, "warning", "leads: facts that could not be applied: 1", waiting("parked")),
    Trouble(
        "PlumblineTimersGivenUp",
        0,
        "warning",
        "leads: deadlines and reminders that are tried no more: 1",
        waiting("timers_given_up"),
    ),
    Trouble("PlumblineMailGivenUp", 0, "warning", "leads: mails that no server took: 1", waiting("mail_given_up")),
    Trouble(
        "PlumblineErrors",
        12,
        "warning",
        "leads: more than one answer in a hundred is a fault of ours",
        {COUNT % "200": "0+900x60", COUNT % "503": "0+20x60"},
    ),
    Trouble(
        "PlumblineSlow",
        20,
        "warning",
        "leads: one request in a hundred takes 2s",
        {BUCKET % "1": "0+97x60", BUCKET % "2": "0+99x60", BUCKET % "+Inf": "0+100x60"},
    ),
]
WELL = {
    **UP,
    **{
        key: "0x60"
        for what in (
            "outbox_full",
            "unpublished_oldest_seconds",
            "held_oldest_seconds",
            "parked",
            "timers_given_up",
            "mail_given_up",
        )
        for key in waiting(what)
    },
    **waiting("database_up", "1x60", "1x60"),
    'plumbline_part_up{service="leads",part="relay"}': "1x60",
    COUNT % "200": "0+1000x60",
    COUNT % "503": "0+5x60",
    BUCKET % "1": "0+100x60",
    BUCKET % "+Inf": "0+100x60",
}


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])


def told(shown: dict[str, str]) -> list[dict[str, str]]:
    return [{"series": series, "values": values} for series, values in shown.items()]


def test_each_trouble_raises_its_alarm_in_time_and_a_system_that_is_well_raises_none(
    prometheus: Tree, tmp_path: Path
) -> None:
    books = {rule["alert"]: rule["annotations"]["runbook"] for rule in rules()}
    assert [one.alarm for one in TROUBLES] == list(books), "each alarm is raised here"
    cases: list[dict[str, Any]] = [
        {
            "interval": "1m",
            "input_series": told(one.shown),
            "alert_rule_test": [
                {
                    "eval_time": f"{one.minutes}m",
                    "alertname": one.alarm,
                    "exp_alerts": [
                        {
                            "exp_labels": {"severity": one.severity, **one.labels},
                            "exp_annotations": {"summary": one.summary, "runbook": books[one.alarm]},
                        }
                    ],
                }
            ],
        }
        for one in TROUBLES
    ]
    nothing = [{"eval_time": "30m", "alertname": name, "exp_alerts": []} for name in books]
    cases.append({"interval": "1m", "input_series": told(WELL), "alert_rule_test": nothing})
    book = tmp_path / "cases.yml"
    book.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": cases}))

    promtool = prometheus.program("prometheus", 1)
    for words in (("test", "rules", book), ("check", "config", MONITORING / "prometheus.yml")):
        done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alarm_leads_to_a_part_of_the_page_for_operators() -> None:
    headings = re.findall(r"^##+ (.+)$", Path(ROOT, PAGE).read_text(), re.MULTILINE)
    anchors = {f"{PAGE}#{one.lower().replace(' ', '-')}" for one in headings}
    assert {rule["annotations"]["runbook"] for rule in rules()} <= anchors


def test_the_dashboard_leaves_the_choice_of_the_prometheus_to_whoever_imports_it() -> None:
    board = json.loads((MONITORING / "dashboard.json").read_text())
    sources = [one["datasource"]["uid"] for panel in board["panels"] for one in (panel, *panel["targets"])]
    assert set(sources) == {"${datasource}"}
    assert [one["name"] for one in board["templating"]["list"]] == ["datasource"]
