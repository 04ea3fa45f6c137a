"""How an operator's commands reach a system: by its HTTP door, or inside an embedded one that does not run.

No command itself. It says plainly why it cannot, and ends with 1 (refused) or 3 (nobody there).
"""

import contextlib
import functools
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from commands import ROOT
from commands.door.asked import Folder, address, bearer
from commands.door.running import known, start_of
from demo.client import Client, Refused
from libs.common.auth import Role

if TYPE_CHECKING:
    from libs.common.tokens import Signer

Command = Callable[..., None]
Reach = Callable[[], contextlib.AbstractContextManager["Door"]]

BEARER = "A bearer token; else an administrator's for --data."
BREATH_S = 0.5  #: how long a system is given to do what it was asked, before it is asked for more


def reaching(command: Command) -> Command:
    """Adds --url, --token and --data; the command gets ``reach`` instead, to be called for a Door."""

    @click.option("--url", callback=address, help="Of the running system; else as --data knows it.")
    @click.option("--token", envvar="PLUMBLINE_TOKEN", callback=bearer, show_envvar=True, help=BEARER)
    @click.option("--data", type=Folder(), default=ROOT / "var", help="Its folder.")
    @functools.wraps(command)
    def with_door(*, url: str | None, token: str | None, data: Path, **more: Any) -> None:
        command(reach=functools.partial(opened, url, token, data), **more)

    return with_door


class Door(Client):
    """The system's HTTP door, where it is running."""

    def breathe(self) -> None:
        """Leaves the system time to do what it was asked."""
        time.sleep(BREATH_S)


@contextlib.contextmanager
def opened(url: str | None, token: str | None, data: Path) -> Iterator[Door]:
    """The door, until the end of the block; whatever is refused inside it ends the process with plain words."""
    here = known(data)
    try:
        if url is None and token is None and here.embedded and not here.running:
            from commands.door.inside import inside

            with inside(data) as door:
                yield door
        else:
            yield Door(url or here.url, token or _token(data))
    except Refused as refusal:
        quit_with(str(refusal), *(f"  {one['pointer']}: {one['detail']}" for one in refusal.problem.get("errors", [])))
    except OSError as reason:
        quit_with(f"nobody answers at {url or here.url} ({reason}); is it running? {start_of(here)}", code=3)


def _token(data: Path) -> str:
    from demo.loader import home_branch, ident

    signer = signer_of(data, "name its folder with --data, or give --url and --token")
    return signer.issue(ident("script operator"), name="Operator", roles=[str(Role.ADMIN)], branch=home_branch())


def signer_of(data: Path, otherwise: str) -> "Signer":
    """Of the system in the folder. Ends the process where there is none, with what to do ``otherwise``."""
    from libs.common.tokens import Signer

    key = data / "signing-key.pem"
    try:
        return Signer(key.read_bytes())
    except FileNotFoundError:
        quit_with(f"{data} holds no system; {otherwise}", code=3)
    except (IsADirectoryError, ValueError) as wrong:
        quit_with(f"{key} cannot be used as the signing key: {wrong}", code=2)


def quit_with(*lines: str, code: int = 1) -> NoReturn:
    for number, line in enumerate(lines):
        click.echo(line if number else f"plumbline: {line}", err=True)
    sys.exit(code)


def told(answer: object) -> None:
    """An answer as JSON, in one line."""
    click.echo(json.dumps(answer))
