"""A data folder as `up` leaves it, and the operator's commands on it."""

import atexit
import contextlib
import functools
import json
import shutil
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import click
from click.testing import CliRunner, Result

import services
from embedded.system import System
from libs.common.bus import Delivery
from libs.common.contracts.base import Message
from libs.common.signingkey import signing_key
from libs.common.tokens import Signer

ADMIN = UUID(int=101)


@functools.cache
def _new() -> Path:
    """The databases of a system that nobody has used yet: made once a process, copied for each test."""
    folder = tempfile.mkdtemp(prefix="plumbline-new-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with contextlib.closing(System.on_files(Path(folder), services.every(), durable=False)):
        return Path(folder)


class Stopped:
    """A data folder as `up` leaves it, and the commands on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.signer = Signer(signing_key(data / "signing-key.pem"))
        for file in _new().glob("*.db"):
            shutil.copy(file, data)

    def opened(self) -> Any:
        return contextlib.closing(System.on_files(self.data, services.every(), signer=self.signer, durable=False))

    def run(self, *words: str) -> Result:
        command: click.Command = import_module(f"commands.{words[0]}").command
        return CliRunner().invoke(command, [*words[1:], "--data", str(self.data)])

    def asked(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        token = self.signer.issue(ADMIN, roles=["admin", "office"])
        service = path.split("/")[3]
        with self.opened() as system:
            client = system.parts[service].app.test_client()
            answer = client.open(path, method=method, json=body, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code < 300, answer.text
            system.settle()
            return answer.json

    def lead(self, name: str) -> str:
        body = {"channel": "phone", "person_name": name, "request": "a boiler", "emails": [f"{name}@example.com"]}
        return str(self.call("POST", "/api/v1/leads", body)["id"])

    def misfit(self, service: str = "opportunities") -> UUID:
        """A fact whose payload does not fit, and one behind it."""
        subject = uuid4()
        with self.opened() as system:
            for number in ("1", "2"):
                message = Message(
                    id=uuid4(), source="/plumbline/leads", type="plumbline.lead.validated.v1", subject=subject,
                    sequence=number, time=datetime.now(UTC), correlationid=subject, causationid="test", data={},
                )  # fmt: skip
                system.parts[service].consumer.deliver([Delivery(message.encode())])
        return subject

    def junk(self, service: str, body: bytes) -> None:
        with self.opened() as system:
            system.parts[service].consumer.deliver([Delivery(body)])
