"""Run the whole system until Ctrl-C: embedded on SQLite files, or --distributed on PostgreSQL and RabbitMQ."""

import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import click

import services
from commands.door.asked import Folder
from commands.door.running import kept_beside, remember
from libs.common.signingkey import signing_key
from libs.local import NotReady
from libs.local.folder import owned, private
from libs.local.process import end_predecessor
from libs.local.progress import tell
from libs.local.supervisor import Supervisor

ROOT = Path(__file__).parent.parent
READY_S = 60
HARDLY_ANY = 1 << 20  #: bytes of room on a disk
WITHOUT = "begun without it\n"
BESIDE = (
    "plumbline: {data} has records of `{other}`, too: they are a system of their own, kept but not shown by this one."
)


@click.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="Where to listen.")
@click.option("--data", type=Folder(), default=ROOT / "var", help="Its files.")
@click.option("--empty", is_flag=True, help="Without the demo company; a system that was begun so stays so.")
@click.option("--distributed", is_flag=True, help="Every service as its own processes, on PostgreSQL and RabbitMQ.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON once it is ready.")
def command(*, port: int, data: Path, empty: bool, distributed: bool, as_json: bool) -> None:
    """Run the whole system until Ctrl-C or SIGTERM; started again it has everything."""
    data = data.absolute()
    try:
        with owned(data):
            if other := kept_beside(data, distributed=distributed):
                click.echo(BESIDE.format(data=data, other=other), err=True)
            if distributed:
                from commands.distributed import run
            else:
                run = run_embedded
            run(data, port, empty=empty, as_json=as_json)
    except NotReady as reason:
        click.echo(f"plumbline: {reason}", err=True)
        if is_full(data):
            click.echo(f"plumbline: the disk of {data} is full; make room, and start again", err=True)
        sys.exit(reason.code)


def is_full(data: Path) -> bool:
    """Whether that may be why something did not start: what it wanted to say of it may have found no room, either."""
    try:
        return shutil.disk_usage(data).free < HARDLY_ANY
    except OSError:
        return False


def run_embedded(data: Path, port: int, *, empty: bool, as_json: bool) -> None:
    """One serving process that holds every service; this one watches over it."""
    url = f"http://127.0.0.1:{port}"
    end_predecessor(data / "log" / "embedded.pid")  # of a killed `up`; it may still hold the port
    demand_free(port)
    supervisor = Supervisor()
    supervisor.take_signals()
    log = private(data / "log") / "embedded.log"
    args = [sys.executable, "-m", "embedded", "--data", str(data), "--port", str(port)]
    child = supervisor.add("embedded", args, log=log, env=environment())
    try:
        wait_ready(url, supervisor, lambda: child.process.log_tail() if child.process else "")
        if not supervisor.stopping.is_set():
            announce(url, data, supervisor, empty=empty, as_json=as_json)
            supervisor.watch()
    finally:
        supervisor.stop()


def announce(
    url: str, data: Path, supervisor: Supervisor, *, empty: bool, as_json: bool, marker: Path | None = None, **more: str
) -> None:
    """Loads the demo company the first time and says where everything is. ``marker`` tells it from later ones.

    A system that was begun without it stays so: it is a company's own, and everybody knows the demo's password.
    """
    marker = marker or data / "demo-company"
    if empty and not marker.exists():
        marker.write_text(WITHOUT)
    empty = empty or (marker.exists() and marker.read_text() == WITHOUT)
    if not empty:
        from demo.client import Refused
        from demo.loader import load_once

        if not marker.exists():
            tell("letting the demo company move in")
        try:
            load_once(url, signing_key(data / "signing-key.pem"), marker)
        except Refused as refusal:
            raise NotReady(f"the demo company cannot be loaded, started again it goes on: {refusal}") from None
    remember(data, url, embedded="amqp_url" not in more)
    if as_json:
        click.echo(json.dumps({"url": url, **more, "data": str(data), "pid": os.getpid(), "pids": supervisor.pids()}))
        return
    click.echo(f"Plumbline is running at {url}")
    if not empty:
        from demo.loader import ACCOUNTS, PASSWORD

        click.echo("Open it in a browser and step into a role: one click, no password. Programs sign in with")
        click.echo(f"the password {PASSWORD}:")
        for email, what in ACCOUNTS:
            click.echo(f"  {email:30} {what}")
    click.echo(f"Everything is kept in {data}. Ctrl-C ends it; nothing is lost.")


def wait_ready(url: str, supervisor: Supervisor, log_tail: Callable[[], str]) -> None:
    """Returns when every service says that it can do its work. Raises NotReady with the end of the log."""
    deadline = time.monotonic() + READY_S
    for name in services.NAMES:
        while not supervisor.stopping.is_set():
            try:
                with urllib.request.urlopen(f"{url}/api/v1/{name}/readyz", timeout=5):  # noqa: S310 - our own
                    break
            except (OSError, urllib.error.URLError) as reason:
                for process in [child.process for child in supervisor.children if child.process and child.dead]:
                    if plain := process.last_words():
                        raise NotReady(plain, code=process.code or 3) from None
                    deadline = 0.0
                if time.monotonic() > deadline:
                    raise NotReady(f"{name} does not get ready ({reason}); the end of the log:\n{log_tail()}") from None
                time.sleep(0.05)


def demand_free(port: int) -> None:
    """Raises NotReady when somebody listens there already."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise NotReady(f"port {port} is taken; choose another with --port") from None


def environment() -> dict[str, str]:
    """Ours, with the repository as the import root."""
    return {"MALLOC_ARENA_MAX": "2", **os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
