"""Print a service's HTTP contract as an OpenAPI 3.1 document."""

import json

import click

import services


@click.command("openapi")
@click.option("--service", type=click.Choice(services.NAMES), required=True, help="Whose.")
def command(service: str) -> None:
    """Print the OpenAPI 3.1 document of a service as JSON; nothing needs to run.

    A running service serves it at /api/v1/SERVICE/openapi.json, with a page to try it at /api/v1/SERVICE/docs.
    """
    from embedded.described import app
    from libs.common.web.openapi import document

    click.echo(json.dumps(document(app(services.spec(service))), indent=1, ensure_ascii=False))
