"""Facts that could not be applied: list them, show one, replay or discard it."""

import base64
import json
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import click

import services
from commands.door import Door, Reach, quit_with, reaching, told
from demo.client import Refused

SHOWN = 4_000  #: characters of what came; the broker lets 20 MB through


@click.group()
def command() -> None:
    """What could not be applied, and what becomes of it. Each is named SERVICE:NUMBER, as the list does."""


class Named(click.ParamType[tuple[str, str]]):
    """``leads:12``."""

    name = "service:number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        service, _, number = str(value).partition(":")
        if service not in services.NAMES or not (number.isascii() and number.isdecimal()):
            self.fail(f"{value!r} is not named as the list does, such as leads:12", param, ctx)
        return service, number


_of = click.option("--service", "of", multiple=True, type=click.Choice(services.NAMES), help="Only of this service.")
_why = click.option("--reason", help="Only what has this reason, such as handler_error.")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON, in one line.")


@command.command("list")
@_of
@_why
@_json
@reaching
def list_(*, reach: Reach, of: tuple[str, ...], reason: str | None, as_json: bool) -> None:
    """What is parked, oldest first, by service."""
    with reach() as door:
        found = _found(door, of, reason)
    if as_json:
        told(found)
        return
    for one in found:
        blocks = "  (its record waits)" if one["blocks"] else ""
        about = " ".join(_visible(one[name]) for name in ("type", "subject") if one[name])
        click.echo(f"{_name(one):18} {one['parked_at'][:19]}Z  {one['reason']:18} {about}{blocks}")
        click.echo(f"{'':18} {_visible(one['detail'].splitlines()[0][:150]) if one['detail'] else ''}")
    click.echo("Nothing is parked." if not found else f"{len(found)} parked.", err=True)


@command.command()
@click.argument("which", type=Named())
@click.option("--raw", is_flag=True, help="Only the bytes as they came, all of them; > FILE keeps them.")
@_json
@reaching
def show(*, reach: Reach, which: tuple[str, str], raw: bool, as_json: bool) -> None:
    """All about one: why, and what came."""
    service, number = which
    with reach() as door:
        one = door.get(f"/api/v1/{service}/parked/{number}")
    content = base64.b64decode(one["body_base64"])
    if raw:
        if sys.stdout.isatty() and not _harmless(content):
            quit_with(f"{len(content):,} bytes that are no text would garble this terminal; add > FILE")
        sys.stdout.buffer.write(content)
    elif as_json:
        told({"service": service, **one})
    else:
        for name in ("reason", "detail", "type", "producer", "subject", "sequence", "event_id", "parked_at"):
            click.echo(f"{name:10} {_visible(one[name]) if one[name] is not None else '–'}")
        click.echo(f"{'waiting':10} {one['waiting']} facts behind it")
        shown = _pretty(content)
        click.echo(shown[:SHOWN])
        if len(shown) > SHOWN:
            click.echo(f"… and more, {len(content):,} bytes in all; the whole: --raw > FILE", err=True)


@command.command()
@click.argument("which", type=Named(), nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that are parked, oldest first.")
@_of
@_why
@_json
@reaching
def replay(
    *, reach: Reach, which: tuple[tuple[str, str], ...], every: bool, of: tuple[str, ...], reason: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Give facts back to their records; what waited behind them follows in order.

    One that fails again is parked again, under a new number.
    """
    _decide(reach, "replay", {}, which, every=every, of=of, reason=reason, as_json=as_json)


@command.command()
@click.argument("which", type=Named(), nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that are parked.")
@_of
@_why
@click.option("--note", default="", help="Why; it is kept in the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
@reaching
def discard(
    *, reach: Reach, which: tuple[tuple[str, str], ...], every: bool, of: tuple[str, ...], reason: str | None,
    note: str, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Give facts up for good: their effect will be missing here, and their records go on behind them."""
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("what is discarded is gone: say --yes")
        click.confirm("What is discarded is gone, and its effect will be missing here. Go on?", abort=True, err=True)
    body = {"note": note} if note else {}
    _decide(reach, "discard", body, which, every=every, of=of, reason=reason, as_json=as_json)


def _decide(
    reach: Reach, act: str, body: dict[str, Any], which: tuple[tuple[str, str], ...], *, every: bool,
    of: tuple[str, ...], reason: str | None, as_json: bool,
) -> None:  # fmt: skip
    if every == bool(which) or (which and (of or reason)):
        raise click.UsageError("name them, as in leads:12, or say --all, with --service and --reason if need be")
    done, refused = [], []
    with reach() as door:
        chosen = list(which) or [(one["service"], one["id"]) for one in _found(door, of, reason)]
        label, quiet = f"To {act}", not sys.stderr.isatty()
        with click.progressbar(chosen, label=label, file=sys.stderr, hidden=quiet) as bar:
            for service, number in bar:
                try:
                    door.post(f"/api/v1/{service}/parked/{number}/{act}", body)
                    done.append(f"{service}:{number}")
                except Refused as refusal:
                    if refusal.status not in (404, 409, 422, 500):  # a bug in one is none in the others
                        raise
                    refused.append({"name": f"{service}:{number}", "detail": refusal.problem.get("detail")})
    if as_json:
        told({f"{act}ed": done, "refused": refused})
    else:
        click.echo(f"{len(done)} {act}ed.")
    if refused:
        quit_with(f"{len(refused)} could not be {act}ed:", *(f"  {one['name']}: {one['detail']}" for one in refused))


def _found(door: Door, of: Iterable[str], reason: str | None) -> list[dict[str, Any]]:
    query = f"?{urlencode({'reason': reason})}" if reason else ""
    found: list[dict[str, Any]] = []
    for service in of or services.NAMES:
        mine = [{"service": service, **one} for one in door.items(f"/api/v1/{service}/parked{query}")]
        found += sorted(mine, key=lambda one: int(one["id"]))
    return found


def _name(one: dict[str, Any]) -> str:
    return f"{one['service']}:{one['id']}"


def _pretty(content: bytes) -> str:
    try:
        return _visible(json.dumps(json.loads(content), indent=2, ensure_ascii=False))
    except (ValueError, RecursionError):
        return repr(content)


def _visible(said: object) -> str:
    """What a stranger wrote, with nothing in it that a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in str(said))


def _harmless(content: bytes) -> bool:
    try:
        text = content.decode()
    except ValueError:
        return False
    return _visible(text) == text
