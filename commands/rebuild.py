"""A service builds its read models anew from the history of facts, while the live ones serve."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

import services
from commands import ROOT
from commands.door import quit_with, told
from commands.door.asked import Folder
from commands.door.running import known
from libs.common.bus import Delivery
from libs.common.progress import counted

BATCH = 200


@click.command()
@click.option("--service", type=click.Choice(services.NAMES), required=True, help="Whose read models.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@click.option("--data", type=Folder(), default=ROOT / "var", help="Its folder.")
def command(*, service: str, as_json: bool, data: Path) -> None:
    """Put a read model in the place of one that is wrong, as if all its facts had come anew.

    It is built beside the live one and takes its place in one transaction, or not at all. A distributed system goes on
    meanwhile; an embedded one must not run. In containers: `python -m services.NAME rebuild`, as a worker is started.
    """
    here = known(data)
    if here.broker is not None and here.running:
        models = _apart(service, data)
    elif here.broker is not None:
        quit_with(f"{data} is not running; start it first: ./plumbline up --distributed", code=3)
    elif here.embedded and not here.running:
        models = _inside(service, data)
    elif here.embedded:
        quit_with(f"{data} is running; stop it first: nobody else may write to its files", code=3)
    else:
        quit_with(f"{data} holds no system; name its folder with --data", code=3)
    if as_json:
        told({"service": service, "models": models})
        return
    for model in models:
        click.echo(f"{', '.join(model['tables'])} of {service} are built anew, from {model['records']} records' facts.")
    if not models:
        click.echo(f"{service} has no read model.")


def _apart(service: str, data: Path) -> list[dict[str, Any]]:
    """A process of the service's, which knows what its worker knows."""
    secrets = data / "secrets"
    given = {
        "PLUMBLINE_DATABASE_URL_FILE": str(secrets / f"{service}-database-url"),
        "PLUMBLINE_AMQP_URL_FILE": str(secrets / f"{service}-amqp-url"),
        "PLUMBLINE_LOG_LEVEL": "warning",
        "PYTHONPATH": str(ROOT),
    }
    env = {key: value for key, value in os.environ.items() if not key.startswith("PLUMBLINE_")} | given
    asked = [sys.executable, "-m", f"services.{service}", "rebuild"]
    done = subprocess.run(asked, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _inside(service: str, data: Path) -> list[dict[str, Any]]:
    """Nobody can start the system meanwhile; the outboxes are its history."""
    from commands.door.inside import taken
    from embedded.history import Outboxes
    from libs.common.errors import Conflict
    from libs.common.rebuild import models_of, rebuild

    def history(since: datetime | None) -> Iterator[Sequence[Delivery]]:
        place = outboxes.start() if since is None else outboxes.at(since)
        facts = outboxes.read(place)
        some = iter(lambda: [Delivery(body) for _at, body in islice(facts, BATCH)], [])
        yield from counted("facts read", some)

    with taken(data) as system:
        outboxes, part = Outboxes.in_folder(data), system.parts[service]
        try:
            return [
                {
                    "tables": [table.name for table in model.tables],
                    "records": rebuild(part.store, part.consumer, model, history),
                }
                for model in models_of(part.service)
            ]
        except Conflict as refused:
            quit_with(refused.detail)
        finally:
            outboxes.close()
