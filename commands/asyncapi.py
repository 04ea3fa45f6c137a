"""Print the bus as an AsyncAPI 3 document: every fact, the commands, where they are and what is in them."""

import json

import click

import services
from libs.common.contracts import catalogue


@click.command("asyncapi")
@click.option("--service", type=click.Choice(services.NAMES), help="Only what this one says and takes.")
def command(service: str | None) -> None:
    """Print the AsyncAPI 3 document of the whole bus as JSON, or a service's part of it.

    A service serves its own part at /api/v1/SERVICE/asyncapi.json.
    """
    subscribers = {one.name: one.subscriptions.facts for one in services.every()}
    click.echo(json.dumps(catalogue.asyncapi(service, subscribers), indent=1, ensure_ascii=False))
