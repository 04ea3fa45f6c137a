"""Measure relay, consumer, chain, HTTP and processes side by side with the peers' idiom and the raw limits."""

import json
import signal
import sys
import tempfile
from pathlib import Path

import click

PARTS = ("relay", "latency", "consumer", "chain", "write", "list", "process", "funnels")


@click.command()
@click.option("--only", default=",".join(PARTS), show_default=True, help="Parts, with commas between them.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 100), help="How often each is measured.")
@click.option(
    "--peers/--no-peers",
    default=True,
    help="Fetch FastStream, FastAPI and what a container has, and measure with them.",
)
@click.option("--tiny", is_flag=True, help="So little that only the effects are proved: the figures mean nothing.")
@click.option("--json", "as_json", is_flag=True, help="Every figure as JSON.")
def command(*, only: str, rounds: int, peers: bool, tiny: bool, as_json: bool) -> None:
    """Measure on a database and a broker of its own, and say which of the promised ratios hold.

    Variants take turns in every round; of each the three rounds count that others on this machine disturbed least.
    All of it takes a quarter to half an hour. bench/README.md has the method and the last table. Ends with 1 when a
    variant could not be measured; a ratio that is missed is told, and is no failure.
    """
    parts = only.split(",")
    if unknown := set(parts) - set(PARTS):
        raise click.BadParameter(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what it started ends with it
    from bench import fetch, table
    from bench.measure import measure
    from libs.local import NotReady

    ours, others = Path(sys.executable), None
    if peers:
        try:
            _say("fetching the peers and what a container has, unless they are there")
            ours, others = fetch.deployed(), fetch.peers()
        except NotReady as reason:
            _say(f"{reason}; going on without")
    size = table.TINY if tiny else table.Size()
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as home:
        try:
            measured, faults = measure(Path(home), ours, others, parts, rounds, size, _say)
        except NotReady as reason:
            _say(str(reason))
            sys.exit(3)
    click.echo(json.dumps(measured, indent=1) if as_json else table.text(measured))
    sys.exit(1 if faults else 0)


def _say(text: str) -> None:
    click.echo(f"plumbline: {text}", err=True)
