"""Make what there must be on the database server: a database and a role for each service."""

import os
import sys
from urllib.parse import parse_qsl, unquote, urlsplit

import click
import psycopg

import services
from libs.common import config
from libs.local.database import DatabaseServer


@click.command("provision")
def command() -> None:
    """Make the databases ready, as the server's administrator (PLUMBLINE_DATABASE_URL); safe to repeat.

    Each service that PLUMBLINE_DATABASE_PASSWORDS names gets a database that only its own role may connect to. Again:
    what is there stays, and the roles have the passwords that are given now.
    """
    settings = config.load_or_exit(os.environ, "provision")
    strangers = set(settings.database_passwords) - set(services.NAMES)
    if strangers:
        config.quit_with(f"PLUMBLINE_DATABASE_PASSWORDS names {', '.join(sorted(strangers))}, which is no service")
    parts = urlsplit(settings.database_url)
    server = DatabaseServer(
        host=parts.hostname or "localhost",
        port=parts.port or 5432,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        how=dict(parse_qsl(parts.query)),
    )
    try:
        server.shut_to_the_public()
        for name, password in settings.database_passwords.items():
            server.create_database(name, owner=name, password=password)
    except psycopg.OperationalError as away:
        config.quit_with(f"the database server cannot be reached: {away}", code=config.EXIT_NOT_READY)
    click.echo(f"{len(settings.database_passwords)} databases are as they must be.", file=sys.stderr)
