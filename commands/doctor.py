"""Show what this machine has, what would be used, and what to do about what is missing."""

import json
import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from commands import ROOT, version
from libs.local import chromium, provide
from libs.local.debian import cache

NOT_READY = 3
DISK_NEEDED = 1.0  # GB: packages, a broker's and a database's programs, and some data
PORT = 8080


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``todo`` is empty where all is well. ``tests``: nothing but `./plumbline test` needs it."""

    what: str
    found: str
    todo: str = ""
    tests: bool = False


def python() -> Finding:
    return Finding("python", f"{sys.version.split()[0]} in {sys.prefix}")


def packages() -> Finding:
    marker = Path(sys.prefix) / "plumbline.json"
    if not marker.exists():
        return Finding("packages", "an environment that ./plumbline did not make", "run ./plumbline doctor")
    locks = json.loads(marker.read_text())["locks"]
    return Finding("packages", f"installed from the {' and '.join(sorted(locks))} lock")


def database() -> Finding:
    return provided("database", "postgresql", provide.DATABASE_URL)


def broker() -> Finding:
    return provided("broker", "rabbitmq-server", provide.AMQP_URL)


def gateway() -> Finding:
    return provided("gateway", "nginx", None)


def browser() -> Finding:
    return provided("browser", chromium.PACKAGE, chromium.GIVEN)


def driver() -> Finding:
    return provided("driver", chromium.DRIVERS, None)


def clock() -> Finding:
    return provided("clock", "libfaketime", None)


def provided(what: str, package: str, given: str | None) -> Finding:
    way = provide.route(package, given)
    fetched = way == provide.FETCHED
    return Finding(what, f"{package}: {way}", "" if can_fetch() or not fetched else f"install {package}")


def can_fetch() -> bool:
    return bool(shutil.which("apt-get") and shutil.which("dpkg"))


def port() -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError as error:
            return Finding("port", f"{PORT}: {error.strerror}", "./plumbline up --port ANOTHER")
    return Finding("port", f"{PORT} is free")


def disk() -> Finding:
    existing = next(path for path in (cache(), *cache().parents) if path.exists())
    spare = min(shutil.disk_usage(place).free for place in (ROOT, existing)) / 1e9
    todo = (
        ""
        if spare >= DISK_NEEDED
        else f"make {DISK_NEEDED:.0f} GB of room, or set PLUMBLINE_CACHE to a folder that has it"
    )
    return Finding("disk", f"{spare:.1f} GB free for {ROOT} and {cache()}", todo)


def checkout() -> Finding:
    kind = "can be written to" if os.access(ROOT, os.W_OK) else "is read-only: name a folder for data with --data"
    return Finding("checkout", f"{ROOT} {kind}")


Look = Callable[[], Finding]

LOOKS: list[Look] = [python, packages, checkout, database, broker, gateway, port, disk]
FOR_TESTS: list[Look] = [browser, driver, clock]


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(as_json: bool) -> None:
    """Show what this machine has and what would be used; exit 3 if something must be done before the system runs."""
    findings = [*(look() for look in LOOKS), *(replace(look(), tests=True) for look in FOR_TESTS)]
    if as_json:
        click.echo(json.dumps({"version": version(), "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            click.echo(f"{'!!' if finding.todo else 'ok'}  {finding.what:9} {finding.found}")
            if finding.todo:
                click.echo(f"    {'':9} -> {finding.todo}{' (for ./plumbline test only)' if finding.tests else ''}")
    sys.exit(NOT_READY if any(finding.todo and not finding.tests for finding in findings) else 0)
