"""A bearer token for scripts, from a system that runs embedded or on this machine for development."""

import sys
from pathlib import Path
from typing import Any

import click

from commands import ROOT
from commands.door.asked import Folder
from libs.common.auth import Role

LIFE_S = 8 * 3600


@click.command()
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="What it may do.")
@click.option("--data", type=Folder(), default=ROOT / "var", help="Of the system.")
def command(*, role: str, data: Path) -> None:
    """Print a token with ROLE, good for a working day, in the demo company's home branch and for nobody in person."""
    from demo.loader import home_branch, ident
    from libs.common.tokens import Signer

    key = data / "signing-key.pem"
    if not key.exists():
        click.echo(f"plumbline: {data} holds no system; start one with ./plumbline up, or name its folder", err=True)
        sys.exit(3)
    who: dict[str, Any] = {"name": f"Script ({role})", "roles": [role], "branch": home_branch(), "life": LIFE_S}
    click.echo(Signer(key.read_bytes()).issue(ident(f"script {role}"), **who))
