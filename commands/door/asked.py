"""What a command is told of a system's address and of a token: what is wrong with it is said before it is used."""

import urllib.parse

import click


def address(_context: click.Context, _option: click.Parameter, said: str | None) -> str | None:
    """Of a system: http or https, a host, perhaps a port."""
    if said is None:
        return None
    try:
        parts = urllib.parse.urlsplit(said)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise click.BadParameter(f"{said!r} is no address such as http://127.0.0.1:8080")
    return said


def bearer(_context: click.Context, _option: click.Parameter, said: str | None) -> str | None:
    """A token as it was copied: the end of its line is none of it."""
    token = said.strip() if said else None
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise click.BadParameter("a token has letters, digits, dots, hyphens and underscores only")
    return token
