"""An embedded system that does not run, opened for one command: the same routes, called without a server."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from werkzeug.test import Client as Wsgi

import services
from commands.door import Door, quit_with
from embedded.__main__ import bring_up_to_date, own_signer
from embedded.gateway import Gateway
from embedded.system import System
from libs.local import NotReady
from libs.local.folder import owned


class Inside(Door):
    """Its facts move while we wait for them: there is nobody else to carry them."""

    def __init__(self, system: System, token: str) -> None:
        super().__init__("http://localhost", token)
        self._system, self._client = system, Wsgi(Gateway(system))

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, str | None, bytes]:
        answer = self._client.open(path, method=method, data=data, headers=dict(headers))
        return answer.status_code, answer.headers.get("ETag"), answer.get_data()

    def breathe(self) -> None:
        for part in self._system.parts.values():
            part.consumer.retry_due()
        self._system.settle()


@contextlib.contextmanager
def inside(data: Path) -> Iterator[Inside]:
    """Nobody can start the system meanwhile. What it was asked to do is done before this ends."""
    from commands.door import _token

    with taken(data) as system:
        door = Inside(system, _token(data))
        yield door
        door.breathe()


@contextlib.contextmanager
def taken(data: Path) -> Iterator[System]:
    """The system itself, until the end of the block; NotReady ends the process with plain words."""
    try:
        with owned(data):
            click.echo(f"plumbline: {data} is not running; its files are opened for this", err=True)
            bring_up_to_date(data)
            signer = own_signer(data / "signing-key.pem")
            system = System.on_files(data, services.every(), signer=signer)
            try:
                yield system
            finally:
                system.close()
    except NotReady as reason:
        quit_with(str(reason), code=reason.code)
