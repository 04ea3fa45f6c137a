"""Check the audit: that no row of it was altered, put in or taken out."""

from collections.abc import Iterator
from typing import Any

import click

import services
from commands.door import Door, Reach, quit_with, reaching, told
from libs.common.progress import counted


@click.command()
@click.option("--service", "of", multiple=True, type=click.Choice(services.NAMES), help="Only of this service.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, in one line.")
@reaching
def command(*, reach: Reach, of: tuple[str, ...], as_json: bool) -> None:
    """Check the chain that binds each row of a service's audit to all before it.

    Whoever keeps the last link elsewhere finds a chain that was made anew as a whole, or cut at its end, too.
    """
    with reach() as door:
        found = [{"service": service, **_checked(door, service)} for service in of or services.NAMES]
    broken = [one for one in found if one["broken_at"] is not None]
    if as_json:
        told(found)
    else:
        for one in found:
            click.echo(f"{one['service']:14} {one['position']:>10} rows  {one['hash']}")
    if broken:
        quit_with(*(f"{one['service']}: row {one['broken_at']} does not follow from the one before" for one in broken))


def _stretches(door: Door, service: str) -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {"position": 0, "more": True}
    while found["more"]:
        found = door.get(f"/api/v1/{service}/audit/chain?after={found['position']}")
        yield found


def _checked(door: Door, service: str) -> dict[str, Any]:
    """The last stretch of it, or the one that does not hold."""
    *_, found = counted(f"{service}, rows checked", _stretches(door, service), lambda one: int(one["rows"]))
    return {name: found[name] for name in ("position", "hash", "broken_at")}
