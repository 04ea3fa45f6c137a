"""A bearer token for scripts, from a system that runs embedded or on this machine for development."""

from pathlib import Path
from typing import Any

import click

from commands import ROOT
from commands.door import signer_of
from commands.door.asked import Folder
from libs.common.auth import Role

LIFE_S = 8 * 3600


@click.command()
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="What it may do.")
@click.option("--data", type=Folder(), default=ROOT / "var", help="Of the system.")
def command(*, role: str, data: Path) -> None:
    """Print a token with ROLE, good for a working day, in the demo company's home branch and for nobody in person."""
    from demo.loader import home_branch, ident

    signer = signer_of(data, "start one with ./plumbline up, or name its folder")
    who: dict[str, Any] = {"name": f"Script ({role})", "roles": [role], "branch": home_branch(), "life": LIFE_S}
    click.echo(signer.issue(ident(f"script {role}"), **who))
