"""Drive a file of enquiries through a throw-away system and print its funnel."""

import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import ROOT
from commands.door.asked import File, Folder

if TYPE_CHECKING:
    from demo.drive import Case
    from demo.report import Result

SAMPLE = ROOT / "demo" / "sample_leads.csv"
QUIET_S = 120  #: how long the last facts may take to arrive


@click.command()
@click.option("--leads", type=File(), default=SAMPLE, help="A CSV.")
@click.option("--seed", default=1, show_default=True, help="The same seed and file give the same lives.")
@click.option("--keep", type=Folder(), help="Keep the system's files there.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def command(*, leads: Path, seed: int, keep: Path | None, as_json: bool) -> None:
    """Take the enquiries of a CSV in and drive each through a plausible life, up to its hand-over to operations.

    Ends with the funnel as a table and a check that the books balance. Without --leads it uses the shipped sample.
    """
    from demo.client import Refused
    from demo.report import text
    from libs.common.csvfiles import Unreadable
    from libs.common.errors import Invalid
    from libs.local import NotReady

    with tempfile.TemporaryDirectory(prefix="plumbline-demo-") as directory:
        try:
            result = run(leads, seed, (keep or Path(directory)).absolute())
        except (Refused, Unreadable, Invalid) as refusal:
            click.echo(f"plumbline: {leads.name} cannot be taken in: {refusal}", err=True)
            sys.exit(1)
        except NotReady as reason:
            click.echo(f"plumbline: {reason}", err=True)
            sys.exit(3)
    click.echo(json.dumps(asdict(result), default=str) if as_json else text(result))
    sys.exit(1 if result.faults or result.trouble else 0)


def run(file: Path, seed: int, data: Path) -> "Result":
    """A system of its own, the file taken in, everybody driven to their end, the books compared."""
    from commands.leads import rows_of, send
    from commands.up import environment, wait_ready
    from demo import drive, report
    from demo.crew import Crew
    from demo.loader import load_once
    from libs.common.errors import Invalid
    from libs.common.leadcolumns import mapping
    from libs.common.signingkey import signing_key
    from libs.local.folder import owned
    from libs.local.ports import free_port
    from libs.local.supervisor import Supervisor

    _, columns, count = rows_of(file)  # what is no list of enquiries is refused before anything is started for it
    mapping(columns)
    if not count:
        raise Invalid("it has a header and no rows; give a file with enquiries")
    with owned(data):
        url, supervisor = f"http://127.0.0.1:{(port := free_port())}", Supervisor()
        args = [sys.executable, "-m", "embedded", "--data", str(data), "--port", str(port)]
        child = supervisor.add("embedded", args, log=data / "embedded.log", env=environment())
        try:
            _say("Starting a throw-away system")
            wait_ready(url, supervisor, lambda: child.process.log_tail() if child.process else "")
            load_once(url, signing_key(data / "signing-key.pem"), data / "demo-company")
            crew, began = Crew(url), time.monotonic()
            taken = send(crew.one(_home(), "office", 0).at_work(), file, "{}", dry_run=False)
            if not (taken["created"] or taken["already"]):
                raise Invalid(nobody(taken["rejected"], file))
            cases = _cases(crew, seed)
            with click.progressbar(
                length=len(cases) * 6, label="Driving", file=sys.stderr, hidden=not sys.stderr.isatty(), show_eta=True
            ) as bar:
                drive.drive(crew, cases, bar.update)
            seconds = time.monotonic() - began
            books = _books(data)
            stages, told, faults = report.funnel(crew.one(_home(), "auditor", 0).at_work())
        finally:
            supervisor.stop()
    return report.Result(
        seconds=seconds,
        rows=taken["created"] + taken["already"] + len(taken["rejected"]),
        rejected=len(taken["rejected"]),
        stages=stages,
        notifications=told,
        facts=books.by_type,
        applied=books.applied,
        faults=[*books.faults, *faults],
        trouble=report.troubles(cases),
    )


def nobody(rejected: list[dict[str, Any]], file: Path) -> str:
    """Why there is nobody to drive, and what to do."""
    first = rejected[0]
    return (
        f"none of its {len(rejected)} rows is an enquiry (line {first['line']}: {'; '.join(first['errors'])}); where a"
        f" system runs, ./plumbline leads import {file} --dry-run says what is wrong with each"
    )


def _cases(crew: Any, seed: int) -> "list[Case]":
    """Every lead that came in, in the order of the file, with the life that the seed gives it."""
    import csv

    from demo.drive import TASKS, Case
    from demo.life import plan
    from demo.loader import COMPANY

    for task in csv.DictReader((COMPANY / "price_book.csv").open()):
        TASKS.setdefault(task["trade"], []).append(task)
    leads = list(crew.one(_home(), "auditor", 0).at_work().items("/api/v1/leads?limit=200"))
    leads.sort(key=lambda one: one["number"])
    return [
        Case(turn, lead, plan(seed, lead["number"], _hint(lead)), lead["branch"] or _home())
        for turn, lead in enumerate(leads)
    ]


def _hint(lead: dict[str, Any]) -> dict[str, Any]:
    """What the file itself tells of an enquiry's life."""
    went_on = (lead["details"] or {}).get("extra", {}).get("Converted")
    return {"trade": lead["trade"]} | ({"converted": went_on == "1"} if went_on in ("0", "1") else {})


def _home() -> str:
    from demo.loader import home_branch

    return str(home_branch())


def _books(data: Path) -> Any:
    """The books, once the last facts have arrived."""
    import services
    from embedded.balance import balance
    from embedded.system import System

    system = System.on_files(data, services.every())
    try:
        deadline = time.monotonic() + QUIET_S
        while (books := balance(system)).faults and time.monotonic() < deadline:
            time.sleep(0.5)
        return books
    finally:
        system.close()


def _say(text: str) -> None:
    if sys.stderr.isatty():
        click.echo(text, err=True)
