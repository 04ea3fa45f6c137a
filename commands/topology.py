"""Make what there must be on the broker: exchanges, queues, bindings, and a user with least rights for each service."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click

import services
from commands import ROOT
from commands.distributed.broker import told, why_away
from commands.door.asked import Folder
from libs.common import config
from libs.common.bus import BusDown
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rabbit.leaderless import take_away
from libs.common.rabbit.management import Management, Refusal, Starting
from libs.common.rabbit.subscribers import Remembered, take_refusing
from libs.common.rabbit.topology import Account, Mismatch, provision

AGAIN_S = 10.0
DELETED = "The queue {} had no leader, and stopped its publishers: deleted."
REFUSING = "The queue {} would refuse facts once it is full (x-overflow), and stop their publishers: deleted."
BACK = "The broker was wiped: {} may read along as before, and was not asked for a new password."
START_S, LOOK_S = 60.0, 0.5  #: how long a broker that has just been started may take to have its queues


@click.command("topology")
@click.option("-v", "--verbose", is_flag=True, help="Name everything that is there now.")
@click.option("--watch", is_flag=True, help="Do it again and again, so that what is lost comes back; until SIGTERM.")
@click.option(
    "--data",
    type=Folder(),
    help=f"Of `up --distributed`; {ROOT / 'var'} unless a broker is named.",
)
def command(verbose: bool, watch: bool, data: Path | None) -> None:
    """Make the broker ready, as its administrator; safe to repeat.

    Which broker: the one that PLUMBLINE_AMQP_URL and PLUMBLINE_MANAGEMENT_URL name, with users for the services that
    PLUMBLINE_BROKER_PASSWORDS names; else that of the `up --distributed` in --data. What exists in another form is left
    alone, and ends this with 2.
    """
    settings = config.load_or_exit(told(os.environ, data, default=ROOT / "var"), "topology")
    accounts = {name: Account(name, password) for name, password in settings.broker_passwords.items()}
    strangers = set(accounts) - set(services.NAMES)
    if strangers:
        config.quit_with(f"PLUMBLINE_BROKER_PASSWORDS names {', '.join(sorted(strangers))}, which is no service")
    broker = Management(settings.management_url, settings.amqp_url)
    looks: dict[str, int] = {}
    readers = Remembered(broker)

    def make() -> list[str]:
        return provision(broker, services.every(), accounts, PUBLISHERS)

    def mend() -> None:
        spare_publishers(broker)
        make()
        for name in readers.put_back():  # now that there is what they bind to
            click.echo(BACK.format(name), err=True)

    if watch:
        keep(lambda: take_away(broker, looks), mend)
        return
    try:
        made = once_started(make)
    except Mismatch as wrong:
        config.quit_with(str(wrong))
    except Refusal as refusal:
        config.quit_with(f"RabbitMQ refuses: {refusal}", code=1)
    except BusDown as away:
        why = why_away(os.environ, data, default=ROOT / "var", away=away)
        config.quit_with(why, code=config.EXIT_NOT_READY)
    if verbose:
        click.echo("\n".join(made))
    click.echo(f"The broker is ready: {len(made)} things are as they must be.", file=sys.stderr)


def spare_publishers(broker: Management) -> None:
    for name in take_refusing(broker):
        click.echo(REFUSING.format(name), err=True)


def once_started(make: Callable[[], list[str]]) -> list[str]:
    """What it makes, as soon as the broker has come far enough."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            return make()
        except Starting:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_S)


def keep(look: Callable[[], Iterable[str]], make: Callable[[], object]) -> None:
    """Until SIGTERM or Ctrl-C. ``look`` gives each queue as it deletes it. What stands in the way is told once, and
    waited for."""
    stop, told = threading.Event(), ""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(AGAIN_S):
        try:
            for name in look():  # first: what is ours is made again below
                click.echo(DELETED.format(name), err=True)
            make()
            trouble = ""
        except (BusDown, Mismatch, Refusal) as wrong:
            trouble = str(wrong)
        if trouble != told:
            click.echo(trouble or "The broker is as it must be again.", file=sys.stderr)
        told = trouble
