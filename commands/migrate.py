"""Bring services' databases to the shape that this code expects."""

import os
import sys

import click
import sqlalchemy as sa

import services
from libs.common import config, migrate, orm
from libs.common.errors import Unavailable


@click.command("migrate")
@click.argument("names", nargs=-1, type=click.Choice(services.NAMES))
def command(names: tuple[str, ...]) -> None:
    """Migrate the databases of these services, or of all.

    PLUMBLINE_DATABASE_URL is one service's; for several, it holds {service} where their names differ:
    postgresql://…/{service}
    """
    settings = config.load_or_exit(os.environ, "migrate")
    wanted = names or services.NAMES
    if len(wanted) > 1 and "{service}" not in settings.database_url:
        config.quit_with("PLUMBLINE_DATABASE_URL names one database: say whose it is, or write {service} in it")
    for name in wanted:
        bring_up_to_date(name, settings.database_url.replace("{service}", name))


def bring_up_to_date(name: str, url: str) -> None:
    """Ends the process, with a line that says why, where it cannot be."""
    database = orm.connect(url)
    try:
        migrate.upgrade(services.spec(name), database)
    except Unavailable as newer:
        config.quit_with(newer.detail)
    except sa.exc.OperationalError as away:
        config.quit_with(f"{name}'s database cannot be reached: {away.orig}", code=config.EXIT_NOT_READY)
    finally:
        database.dispose()
    click.echo(f"{name} is up to date.", file=sys.stderr)
