"""Who waits long for a database looks whether anybody is there: at its address, or its file where that is a folder."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from libs.common import pgtimeouts
from libs.common.pgtimeouts import Impatient


@pytest.fixture(params=["an address", "a folder"])
def door(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, Any]]:
    """Where somebody listens, and a connection that was made there."""
    with tempfile.TemporaryDirectory() as folder:
        host, port = folder, 5432
        if request.param == "a folder":
            listens = socket.socket(socket.AF_UNIX)
            listens.bind(str(Path(folder) / f".s.PGSQL.{port}"))
            listens.listen()
        else:
            listens = socket.create_server(("127.0.0.1", 0))
            host, port = listens.getsockname()
        with listens:
            there = SimpleNamespace(hostaddr=b"", host=host.encode(), port=str(port).encode())
            yield listens, SimpleNamespace(pgconn=there)


def test_a_server_that_answers_at_its_door_is_there(door: tuple[socket.socket, Any]) -> None:
    listens, connection = door

    def answer() -> None:
        asked, _ = listens.accept()
        with asked:
            asked.recv(8)
            asked.sendall(b"N")

    answering = threading.Thread(target=answer)
    answering.start()
    assert Impatient._somebody_there(connection)
    answering.join()


def test_a_server_that_stands_still_is_not(door: tuple[socket.socket, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its machine takes whoever comes, in its name."""
    monkeypatch.setattr(pgtimeouts, "ANSWER_S", 0.05)

    assert not Impatient._somebody_there(door[1])
