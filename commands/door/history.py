"""The history of facts, wherever a system keeps it: the broker's stream, or the outboxes of an embedded one."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import click

from commands.door import moments, quit_with
from commands.door.running import known, start_of
from libs.common.bus import BusDown, Delivery
from libs.common.contracts.base import BadEnvelope, Message, decode

LOOK_S = 0.3  #: how often the outboxes are looked at for something new
EARLIER = timedelta(minutes=2)  #: clocks differ, and facts travel

ANEW = "plumbline: the broker was wiped and begins its history anew; what it is told again is shown again"

Take = Callable[[Message], bool]  #: whether to go on


def read(amqp_url: str | None, data: Path, begin: str | None, take: Take, *, follow: bool) -> None:
    """From where there is a history. Ends the process with 2 for a wrong beginning and 3 where there is none."""
    here, stopped = known(data), ""
    if amqp_url is None and here.broker is not None:
        amqp_url = here.broker.read_text().strip()
        stopped = "" if here.running else f"{data} is not running; start it first: {start_of(here)}"
    if amqp_url is not None:
        _from_broker(amqp_url, begin, take, follow=follow, stopped=stopped)
    elif here.embedded:
        _from_outboxes(data, begin, take, follow=follow)
    else:
        quit_with(f"{data} holds no system; name its folder with --data, or give --amqp-url", code=3)


def _from_outboxes(data: Path, begin: str | None, take: Take, *, follow: bool) -> None:
    from sqlalchemy.exc import DBAPIError

    from embedded.history import Outboxes
    from libs.common.errors import Unavailable

    outboxes, nap = Outboxes.in_folder(data), threading.Event()
    try:
        ident, since = _beginning(begin)
        if ident is not None:
            place = outboxes.before(ident)
            if place is None:
                quit_with(f"no fact {ident} is in the history")
        else:
            place = outboxes.at(since) if since is not None else outboxes.end()
        wanted = _from_there(ident, since, take)
        while True:
            for _at, body in outboxes.read(place):
                if not wanted(decode(body)):
                    return
            if not follow:
                return
            nap.wait(LOOK_S)
    except (DBAPIError, Unavailable) as wrong:
        why = wrong.orig if isinstance(wrong, DBAPIError) else wrong
        quit_with(f"{data} holds no system that can be read ({why}); name its folder with --data", code=3)
    finally:
        outboxes.close()


def _from_broker(url: str, begin: str | None, take: Take, *, follow: bool, stopped: str) -> None:
    from libs.common.rabbit import history as stream

    ident, since = _beginning(begin)
    earlier = None if since is None else max(since - EARLIER, moments.FIRST)
    found, asked, oldest = ident is None, datetime.now(UTC), moments.FIRST

    def take_found(message: Message) -> bool:
        nonlocal found
        found = True
        return take(message)

    wanted = _from_there(ident, since, take_found)

    def waiting(why: str) -> None:
        click.echo(f"plumbline: {why}; waiting until the broker is back", err=True)

    def anew() -> None:
        nonlocal oldest
        oldest = earlier or asked - EARLIER
        click.echo(ANEW, err=True)

    def take_bytes(delivery: Delivery) -> bool:
        try:
            message = decode(delivery.body)
        except BadEnvelope as wrong:
            click.echo(f"plumbline: something in the history is no fact: {wrong}", err=True)
            return True
        return message.time < oldest or wanted(message)

    try:
        if follow:
            stream.follow(url, earlier, take_bytes, waiting, anew)
        elif earlier is not None:
            stream.read(url, earlier, take_bytes)
    except BusDown as away:
        quit_with(stopped or f"the history cannot be read: {away}", code=3)
    if not found:
        quit_with(f"no fact {ident} is in the history")


def _beginning(begin: str | None) -> tuple[UUID | None, datetime | None]:
    """The fact to begin with, if one is named, and the time before which it cannot be."""
    if begin is None:
        return None, None
    if since := moments.read(begin):
        return None, since
    try:
        ident = UUID(begin)
    except ValueError:
        raise click.BadParameter(
            f"{begin!r} is no event's id and no time such as {moments.EXAMPLES}", param_hint="--from"
        ) from None
    made = datetime.fromtimestamp((ident.int >> 80) / 1000, UTC) if ident.version == 7 else moments.FIRST
    return ident, made


def _from_there(ident: UUID | None, since: datetime | None, take: Take) -> Take:
    """Lets nothing through that is before the beginning: neither an older fact nor one before the fact named."""
    begun = ident is None

    def wanted(message: Message) -> bool:
        nonlocal begun
        begun = begun or message.id == ident
        if not begun or (ident is None and since is not None and message.time < since):
            return True
        return take(message)

    return wanted
