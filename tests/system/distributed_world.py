"""A whole distributed system for a test: started as a user starts it, and a client that does not give up on it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

from demo.client import Client, Refused
from demo.loader import home_branch, ident
from libs.common.tokens import Signer
from libs.local.ports import free_port

ROOT = Path(__file__).parents[2]
HEALS_S, STOPS_S = 60, 60
FOLDERS = {
    "rabbitmq": "rabbit/rabbit",
    "epmd": "rabbit/epmd",
    "postgres": "postgres/postgres",
    "gateway": "gateway/nginx",
}


class Distributed:
    """`./plumbline up --distributed --json` in a folder; ``said`` is what it said when it was ready."""

    said: dict[str, Any]

    def __init__(self, data: Path, *, empty: bool = True, started: bool = True) -> None:
        self.data, self.port, self.empty = data, free_port(), empty
        self._clients: list[Client] = []
        if started:
            self.start()

    def command(self) -> list[str]:
        up = [sys.executable, "-m", "commands", "up", "--distributed", *(["--empty"] if self.empty else []), "--json"]
        return [*up, "--port", str(self.port), "--data", str(self.data)]

    def start(self) -> None:
        log = self.data.with_suffix(".log")
        with log.open("a") as errors:
            self._process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, log.read_text()
        self.said = json.loads(line)

    def stop(self) -> int:
        """As an operator does with what it said; the exit code."""
        for client in self._clients:
            client.close()
        os.kill(self.said["pid"], signal.SIGTERM)
        code = self._process.wait(STOPS_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def told(self) -> list[str]:
        """What it has said on stderr, over all its starts."""
        return self.data.with_suffix(".log").read_text().splitlines()

    def pid(self, name: str) -> int:
        """Of the process that has this name now."""
        return int((self.data / f"{FOLDERS.get(name, f'log/{name}')}.pid").read_text().split()[0])

    def client(self, role: str | None = None) -> Client:
        """Somebody with this role, or nobody in particular."""
        signer = Signer((self.data / "signing-key.pem").read_bytes())
        who: dict[str, Any] = {"name": role, "roles": [role], "branch": home_branch(), "life": 3600}
        self._clients.append(Client(self.said["url"], role and signer.issue(ident(f"test {role}"), **who)))
        return self._clients[-1]


def until_taken(act: Callable[[str], Any]) -> Any:
    """Repeats an act under one key, as a good client does, until it is answered; a real refusal ends the test."""
    key = str(uuid4())
    return until(lambda: act(key), "an answer")


def until(found: Callable[[], Any], what: str, seconds: float = HEALS_S) -> Any:
    """What is found, as soon as it is; that somebody is away meanwhile is no refusal."""
    deadline, trouble = time.monotonic() + seconds, ""
    while time.monotonic() < deadline:
        try:
            if result := found():
                return result
        except Refused as refusal:
            if refusal.status not in (502, 503, 504):
                raise
            trouble = str(refusal)
        except (OSError, HTTPException) as away:
            trouble = str(away)
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:.0f} s: {what} {trouble}")


def exists(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone, or going as it was looked at
        return False
