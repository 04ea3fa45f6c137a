"""What has happened: follow the facts of all services, or show one."""

import json
from pathlib import Path
from uuid import UUID

import click

from commands import ROOT
from commands.door import history
from commands.door.asked import Folder, broker_address
from commands.door.moments import EXAMPLES, shown
from libs.common.contracts.base import Message
from libs.common.contracts.patterns import instead_of, meant_by
from libs.common.contracts.schemas import facts


@click.group()
def command() -> None:
    """The history of facts: the stream plumbline.history, or the outboxes of an embedded system merged by time."""


_data = click.option("--data", type=Folder(), default=ROOT / "var", help="Its folder.")
_amqp = click.option(
    "--amqp-url", envvar="PLUMBLINE_AMQP_URL", callback=broker_address, help="Of the broker; else --data's."
)
_json = click.option("--json", "as_json", is_flag=True, help="Each as its CloudEvent, a line each.")


@command.command()
@click.option("--type", "pattern", default="#", help="Only these, such as plumbline.booking.# or lead.*.v1")
@click.option("--from", "begin", help=f"first, an event's id, or a time: {EXAMPLES}. Else from now on.")
@click.option("-n", "--limit", "most", type=click.IntRange(min=1), help="End after so many.")
@click.option("--no-follow", is_flag=True, help="End where nothing more has happened.")
@_json
@_amqp
@_data
def tail(
    *, pattern: str, begin: str | None, most: int | None, no_follow: bool, as_json: bool, amqp_url: str | None,
    data: Path,
) -> None:  # fmt: skip
    """Print facts as they happen, until Ctrl-C."""
    matches = meant_by(checked(pattern))
    printed = 0

    def take(message: Message) -> bool:
        nonlocal printed
        if matches(message.type):
            click.echo(message.encode().decode() if as_json else line(message))
            printed += 1
        return printed != most

    begin = begin or ("first" if no_follow else None)
    try:
        history.read(amqp_url, data, begin, take, follow=not no_follow)
    except KeyboardInterrupt:
        return


@command.command()
@click.argument("ident", type=click.UUID, metavar="ID")
@_json
@_amqp
@_data
def show(*, ident: UUID, as_json: bool, amqp_url: str | None, data: Path) -> None:
    """Print the fact with this ID, whole."""
    found: list[Message] = []

    def take(message: Message) -> bool:
        if message.id == ident:
            found.append(message)
        return not found

    history.read(amqp_url, data, str(ident), take, follow=False)
    body = found[0].encode().decode()
    click.echo(body if as_json else json.dumps(json.loads(body), indent=2, ensure_ascii=False))


def checked(pattern: str) -> str:
    """Refuses one that can match nothing there is, for who waits for it would wait for ever."""
    if there := instead_of(pattern, [fact.name for fact in facts()]):
        raise click.BadParameter(
            f"{pattern!r} means no fact there is; possible: {', '.join(there)}", param_hint="'--type'"
        )
    return pattern


def line(message: Message) -> str:
    who = message.actor or "system"
    return f"{shown(message.time)}  {message.type:42} {message.subject} #{message.sequence}  by {who}  {message.id}"
