"""Make the passwords and keys that docker-compose.yml hands to its containers, a file each."""

from pathlib import Path

import click

from commands import ROOT
from commands.distributed.secrets import write
from commands.door.asked import Folder, server


@click.command("secrets")
@click.option("--into", type=Folder(), default=ROOT / "deploy" / "secrets")
@click.option("--database", callback=server, default="postgres:5432", show_default=True, help="Where the database is.")
@click.option("--broker", callback=server, default="rabbitmq:5672", show_default=True, help="Where the broker is.")
@click.option("--tls", is_flag=True, help="The broker speaks AMQPS; production demands it.")
def command(*, into: Path, database: str, broker: str, tls: bool) -> None:
    """Make what is missing; what is there stays. Only you may enter the folder."""
    # Containers are given the files one by one, under users of their own: the folder keeps others out, not the files.
    write(into, database=database, broker=broker, tls=tls, mode=0o444)
    click.echo(f"Everything is in {into}; keep a copy where only you get at it.", err=True)
