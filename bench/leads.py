"""The leads service as it runs in production: its api and its worker, processes of their own on PostgreSQL."""

import contextlib
import functools
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from bench.load import Caller, request
from bench.noise import Run
from bench.place import Place, until
from libs.common.tokens import Signer
from libs.local.ports import free_port

SERVICE = "leads"
LEAD = {
    "channel": "web",
    "emails": ["prospect@example.com"],
    "trade": "hvac",
    "request": "Wants a price for a new heat pump, and to know how soon it could be put in.",
    "interest_level": "high",
    "address": {"line1": "12 Sample Street", "city": "Nashville", "region": "TN", "postal_code": "37201"},
}
signer = Signer.new()


@functools.cache
def TOKEN() -> str:  # noqa: N802 - a constant that is made when first asked for
    return signer.issue(UUID(int=11), name="A CSR", roles=["csr", "manager"])


@contextlib.contextmanager
def keys() -> Iterator[str]:
    """Where the keys are published that the token is signed with, as staff does it."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = msgspec.json.encode(signer.jwks())
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/jwks"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def leads_api(place: Place, **env: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """``python -m services.leads api``, ready."""
    port = free_port()
    place.empty(SERVICE)
    with keys() as url:
        given = place.environment(SERVICE, PLUMBLINE_BIND=f"127.0.0.1:{port}", PLUMBLINE_JWKS_URL=url, **env)
        with place.running(place.module("services.leads", "api"), given) as process:
            until(functools.partial(_answers, port), "the api answers", every=0.01, process=process)
            yield process, port


def _answers(port: int) -> bool:
    caller = Caller(port)
    try:
        return caller.ask(request("GET", "/api/v1/leads?limit=1", Authorization=f"Bearer {TOKEN()}"))[0] == 200
    except OSError:
        return False
    finally:
        caller.close()


# -- memory and start


def api(place: Place) -> Run:
    """Until it answers, and what one of its processes holds when it has worked a while."""
    began = time.perf_counter()
    with leads_api(place, PLUMBLINE_WEB_WORKERS="1", PLUMBLINE_WEB_THREADS="8") as (process, port):
        started = time.perf_counter() - began
        caller = Caller(port)
        for number in range(100):
            body = {**LEAD, "person_name": f"Prospect {number}", "emails": [f"p{number}@example.com"]}
            key = {"Authorization": f"Bearer {TOKEN()}", "Idempotency_Key": f"k{number}"}
            assert caller.ask(request("POST", "/api/v1/leads", body, **key))[0] == 201
            assert caller.ask(request("GET", "/api/v1/leads", Authorization=key["Authorization"]))[0] == 200
        caller.close()
        held = [megabytes(pid) for pid in children(process.pid)]
    return {"rate": 1 / started, "start_s": started, "mb": max(held)}


def worker(place: Place) -> Run:
    """Until each of its parts says that it is well, and what it holds when its facts are sent."""
    place.sql(SERVICE, "TRUNCATE worker_status")
    began = time.perf_counter()
    env = place.environment(SERVICE, PLUMBLINE_MANAGEMENT_URL=place.broker.management_url)
    with place.running(place.module("services.leads", "worker"), env) as process:
        until(lambda: _well(place), "every part is well", every=0.01, process=process)
        started = time.perf_counter() - began
        left = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        until(lambda: place.sql(SERVICE, left) == [(0,)], "the facts are sent", process=process)
        held = megabytes(process.pid)
    return {"rate": 1 / started, "start_s": started, "mb": held}


def _well(place: Place) -> bool:
    parts = {part for part, ok in place.sql(SERVICE, "SELECT part, ok FROM worker_status") if ok}
    return {"relay", "timers", "consumer", "bindings"} <= parts


def megabytes(pid: int) -> float:
    """Resident, in 10^6 bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]
