"""A service tells again what it told since a time: for a lost queue, a new subscriber, a read model built anew."""

import sys
from datetime import datetime
from typing import Any

import click

import services
from commands.door import Reach, reaching, told
from commands.door.moments import EXAMPLES, Moment, shown


@click.command()
@click.option("--service", type=click.Choice(services.NAMES), required=True, help="Who tells again.")
@click.option("--since", type=Moment(), required=True, help=f"From when on: {EXAMPLES}.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@reaching
def command(*, reach: Reach, service: str, since: datetime, as_json: bool) -> None:
    """Send facts once more, in order. Subscribers that have them skip them; outside readers see them twice.

    New facts of the service wait behind them; it goes on in pieces, so that they do not wait long.
    """
    body: dict[str, Any] = {"since": shown(since)}
    count, kept_since, total = 0, None, 0
    with reach() as door, _bar() as bar:
        while True:
            piece = door.post(f"/api/v1/{service}/replay", body)
            count, kept_since = count + piece["count"], kept_since or piece["kept_since"]
            total = total or piece["count"] + piece["left"]
            bar.length = max(total, 1)
            bar.update(total - piece["left"] - bar.pos)
            if piece["next"] is None:
                break
            body["cursor"] = piece["next"]
            if not piece["count"]:
                door.breathe()
    if kept_since:
        click.echo(f"plumbline: {service} keeps no facts from before {kept_since}", err=True)
    if as_json:
        told({"service": service, "since": body["since"], "count": count, "kept_since": kept_since})
    else:
        click.echo(f"{count} facts of {service} since {body['since']} are sent again.")


def _bar() -> Any:
    return click.progressbar(length=1, label="Sending again", file=sys.stderr, hidden=not sys.stderr.isatty())
