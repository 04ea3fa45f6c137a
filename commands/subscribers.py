"""Users of the broker for other systems: `subscribers add NAME --pattern 'plumbline.booking.#'`, list, remove."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from commands import ROOT
from commands.distributed.broker import Place, find, why_away
from commands.door.asked import Folder
from libs.common import config
from libs.common.bus import BusDown
from libs.common.contracts.commands import COMMANDS
from libs.common.rabbit import subscribers
from libs.common.rabbit.management import Refusal
from libs.common.rabbit.subscribers import Subscriber, Waiting

at = click.option(
    "--data",
    type=Folder(),
    help=f"Of `up --distributed`; {ROOT / 'var'} unless a broker is named.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def command() -> None:
    """Let other systems read along, and ask.

    On which broker: the one that PLUMBLINE_AMQP_URL (as its administrator) and PLUMBLINE_MANAGEMENT_URL name, as for
    `topology`; else that of the `up --distributed` in --data. How to read: docs/subscribe.md.
    """


@command.command()
@click.argument("name")
@click.option("--pattern", "patterns", multiple=True, help="What it reads; * is one word, # any. Repeatable.")
@click.option(
    "--command", "wishes", multiple=True, type=click.Choice(sorted(COMMANDS)), help="What it may ask for. Repeatable."
)
@click.option("--no-history", is_flag=True, help="It may not read plumbline.history, which holds every fact there was.")
@click.option("--new-password", is_flag=True, help="The one it had opens nothing any more.")
@at
@as_json
def add(
    *,
    name: str,
    patterns: tuple[str, ...],
    wishes: tuple[str, ...],
    no_history: bool,
    new_password: bool,
    data: Path | None,
    as_json: bool,
) -> None:
    """Make a user that reads PATTERN into queues named subscriber.NAME.*, and print its AMQP address.

    Again: the user has exactly the rights that are given now, and the password it had. What it bound beyond them is
    unbound; where rights or password are others, its connections are closed. A broker does not tell passwords: where
    none is kept in --data, the address then comes without it.
    """
    if not patterns and not wishes:
        raise click.UsageError("say what it reads (--pattern 'plumbline.booking.#') or may ask for (--command)")
    with broker_of(data) as place:
        who = subscribers.checked(Subscriber(name, patterns, wishes, not no_history))
        if not place.is_ready():
            config.quit_with("the broker has no exchange plumbline.events: run ./plumbline topology first", code=3)
        new = not subscribers.exists(place.broker, who)
        password = place.password_of(name, new=new_password, made=new)
        subscribers.put(place.broker, who, password)
        url = place.url(who.user, password)
    if as_json:
        more = {"patterns": who.patterns, "commands": who.commands, "history": who.history}
        click.echo(json.dumps({"name": who.name, "amqp_url": url, "queues": f"{who.queues}*", "new": new, **more}))
        return
    said = [f"reads {pattern}" for pattern in who.patterns] + [f"may send {one}" for one in who.commands]
    said += ["may read plumbline.history"] * who.history
    click.echo(f"{name} {'is there' if new else 'was there already'}: {', '.join(said)}.", err=True)
    if password is None:
        click.echo("Its password stays as it was, and only its owner knows it; --new-password makes another.", err=True)
    click.echo(url)


@command.command("list")
@at
@as_json
def list_(*, data: Path | None, as_json: bool) -> None:
    """Everybody who reads along, what waits for them, and which of their queues are full or have no reader."""
    with broker_of(data) as place:
        rows = [(one, subscribers.waiting(place.broker, one)) for one in subscribers.known(place.broker)]
    if as_json:
        keys = ("name", "patterns", "commands", "history")
        click.echo(json.dumps([{key: getattr(one, key) for key in keys} | _told(queues) for one, queues in rows]))
        return
    for one, queues in rows:
        reads = " ".join([*one.patterns, *(f"(may send {wish})" for wish in one.commands)])
        click.echo(f"{one.name:20} {reads}{'' if one.history else ' (no history)'}")
        for queue, it in sorted(queues.items()):
            much = f"{it.messages} waiting{'' if it.readers else ', no reader'}"
            click.echo(f"{'':20} {queue}: {much}{', full: its oldest are dropped' if it.full else ''}")
    if not rows:
        click.echo("Nobody reads along.", err=True)


def _told(queues: Mapping[str, Waiting]) -> dict[str, Any]:
    """In each how many wait, and the names of those that are full and of those that nobody reads."""
    return {
        "queues": {name: one.messages for name, one in queues.items()},
        "full": sorted(name for name, one in queues.items() if one.full),
        "unread": sorted(name for name, one in queues.items() if not one.readers),
    }


@command.command()
@click.argument("name")
@at
def remove(*, name: str, data: Path | None) -> None:
    """Take a user away, with its connections and its queues. That there is none is fine."""
    with broker_of(data) as place:
        gone = subscribers.remove(place.broker, subscribers.checked(Subscriber(name)))
        place.forget(name)
    click.echo("\n".join(f"removed {one}" for one in gone) or f"There is no {name}; nothing was removed.", err=True)


@contextmanager
def broker_of(data: Path | None) -> Iterator[Place]:
    """The broker in question; what goes wrong with it ends the process with a line and a code."""
    try:
        yield find(os.environ, data, default=ROOT / "var")
    except subscribers.Wrong as wrong:
        raise click.UsageError(str(wrong)) from wrong
    except Refusal as refusal:
        config.quit_with(f"RabbitMQ refuses: {refusal}", code=1)
    except BusDown as away:
        why = why_away(os.environ, data, default=ROOT / "var", away=away)
        config.quit_with(why, code=config.EXIT_NOT_READY)
