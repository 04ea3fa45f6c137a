"""Check the environment as a service would, or print .env.example."""

import os

import click

from commands import ROOT
from libs.common import config

ROLES = ("api", "worker", "migrate", "verifier", "signer", "provision", "topology", "subscribers")


@click.group("config")
def command() -> None:
    """What the environment says, and what it may say."""


@command.command()
@click.argument("roles", nargs=-1, type=click.Choice(ROLES))
def check(roles: tuple[str, ...]) -> None:
    """Check PLUMBLINE_* for processes in these ROLES (none: only what is given).

    Every service's api is also a verifier of tokens, but for staff's, which is a signer.
    """
    config.load_or_exit(os.environ, *roles)
    click.echo("The environment is as it should be.")


@command.command()
@click.option("--write", is_flag=True, help="Into .env.example instead of the terminal.")
def example(write: bool) -> None:
    """Every setting, what it is for and who needs it."""
    if write:
        (ROOT / ".env.example").write_text(config.example())
    else:
        click.echo(config.example(), nl=False)
