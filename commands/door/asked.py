"""What a command is told of a system's address, of a token, a folder or a file: what is wrong with it is said before it
is used."""

import os
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Read = Callable[[click.Context, click.Parameter, str | None], str | None]


def _address(example: str, *schemes: str) -> Read:
    """One of these schemes, a host, perhaps a port. What was said is not said again: a password may be in it."""

    def read(_context: click.Context, _option: click.Parameter, said: str | None) -> str | None:
        if said is not None and not _names_host(said, schemes):
            raise click.BadParameter(f"it is no address such as {example}")
        return said

    return read


def _names_host(said: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urllib.parse.urlsplit(said)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


address = _address("http://127.0.0.1:8080", "http", "https")  #: of a system
_of_broker = _address("amqp://name:password@127.0.0.1:5672/%2F", "amqp", "amqps")


def broker_address(context: click.Context, option: click.Parameter, said: str | None) -> str | None:
    """Said, or kept in the file that a container is told of."""
    file = os.environ.get(f"{option.envvar}_FILE") if said is None else None
    try:
        return _of_broker(context, option, Path(file).read_text().strip() if file else said)
    except OSError as wrong:
        raise click.BadParameter(f"{option.envvar}_FILE cannot be read: {wrong.strerror}") from wrong


def server(_context: click.Context, _option: click.Parameter, said: str) -> str:
    """Where one listens, as other addresses are made of it."""
    if not _names_host(f"amqp://{said}", ("amqp",)) or set(said) & set("/@?# ") or not said[-1].isdigit():
        raise click.BadParameter(f"{said!r} is no host and port such as mq.example.com:5671")
    return said


def bearer(_context: click.Context, _option: click.Parameter, said: str | None) -> str | None:
    """A token as it was copied: the end of its line is none of it."""
    token = said.strip() if said else None
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise click.BadParameter("a token has letters, digits, dots, hyphens and underscores only")
    return token


class Folder(click.Path):
    """One that may not be there yet. No name, as of a variable that is not set, is not the one the user stands in."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it names no folder", param, ctx)
        return super().convert(value, param, ctx)


class File(click.Path):
    """One that is there, and can be read more than once."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found: Any = super().convert(value, param, ctx)
        if not Path(found).is_file():
            self.fail(f"{value!r} is no file on a disk; write what comes from there into one", param, ctx)
        return found
