"""For developers: write a service's next migration from what its classes have and its migrations have not."""

import tempfile
from pathlib import Path

import click

import services
from libs.common import migrate, orm


@click.command()
@click.argument("service", type=click.Choice(services.NAMES))
@click.argument("message")
@click.option("--anew", is_flag=True, help="Before the first release only: drop all earlier ones and write one.")
def command(*, service: str, message: str, anew: bool) -> None:
    """Write the next migration of SERVICE; read it before you commit it."""
    spec = services.spec(service)
    if anew:
        for old in spec.migrations.glob("[0-9]*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory() as directory:
        database = orm.connect(f"sqlite:///{Path(directory) / 'now.db'}")
        migrate.upgrade(spec, database)
        click.echo(migrate.write(spec, database, message))
        database.dispose()
