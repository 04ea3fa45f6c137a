"""A write and a list over HTTP: Flask by hand, the kernel alone, FastAPI with SQLAlchemy, and the whole POST /leads."""

import contextlib
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bench import toy
from bench.consumer import PEERS
from bench.leads import LEAD, TOKEN, leads_api
from bench.load import CLIENTS, Caller, load, request
from bench.noise import Run, cpu_of
from bench.place import Place, until
from libs.local.ports import free_port

PATH = "/api/v1/desk/enquiries"
WORKERS = {"PLUMBLINE_WEB_WORKERS": "2", "PLUMBLINE_WEB_THREADS": str(CLIENTS)}
Server = tuple[Callable[[], float], int]  #: its CPU seconds so far, its port


def writes(place: Place, seconds: float) -> dict[str, Callable[[], Run]]:
    """Each run starts a server of two processes."""
    found = {name: partial(_write, place, server, seconds) for name, server in _servers(place).items()}
    return {**found, "POST /leads, whole": partial(_lead, place, seconds)}


def lists(place: Place, seconds: float) -> dict[str, Callable[[], Run]]:
    return {name: partial(_list, place, server, seconds) for name, server in _servers(place).items()}


def _servers(place: Place) -> dict[str, Any]:
    peers = {"FastAPI and SQLAlchemy": _fastapi} if place.peers else {}
    return {"Flask and psycopg by hand": _by_hand, "the kernel": _kernel, **peers}


def _write(place: Place, server: Any, seconds: float) -> Run:
    with server(place) as (cpu, port):
        asked = request("POST", PATH, toy.ENQUIRY)
        run = load(place, cpu, port, lambda: asked, 201, seconds)
    for table in ("enquiries", "outbox"):
        [(rows,)] = place.sql("desk", f"SELECT count(*) FROM {table}")
        if rows != run["asked"]:
            raise RuntimeError(f"{rows} rows in {table} of {run['asked']} that were answered")
    return run


def _list(place: Place, server: Any, seconds: float) -> Run:
    with server(place) as (cpu, port):
        caller = Caller(port)
        for _ in range(60):
            assert caller.ask(request("POST", PATH, toy.ENQUIRY))[0] == 201
        asked = request("GET", f"{PATH}?limit=50")
        found = json.loads(caller.ask(asked)[1])
        caller.close()
        rows = found["items"] if isinstance(found, dict) else found
        if len(rows) != 50 or len(rows[0]) != 11:
            raise RuntimeError(f"{len(rows)} rows of {len(rows[0])} fields")
        return load(place, cpu, port, lambda: asked, 200, seconds)


def _lead(place: Place, seconds: float) -> Run:
    """As a program sends it: signed in, with a key, with a name and an address that nobody had before."""

    def asked() -> bytes:
        tag = uuid.uuid4().hex
        body = {**LEAD, "person_name": f"Prospect {tag[:12]}", "emails": [f"{tag}@example.com"]}
        return request("POST", "/api/v1/leads", body, Authorization=f"Bearer {TOKEN()}", Idempotency_Key=tag)

    with leads_api(place, **WORKERS) as (process, port):
        run = load(place, lambda: cpu_of(process.pid), port, asked, 201, seconds)
    for table in ("leads", "outbox", "idempotency"):
        [(rows,)] = place.sql("leads", f"SELECT count(*) FROM {table}")
        if rows < run["asked"]:
            raise RuntimeError(f"{rows} rows in {table} of {run['asked']} that were answered")
    return run


@contextlib.contextmanager
def _serving(place: Place, command: Any, port: int, **env: str) -> Iterator[Server]:
    place.empty("desk")
    given = place.environment("desk", PLUMBLINE_BIND=f"127.0.0.1:{port}", **WORKERS)
    with place.running(command, given | env) as process:
        until(partial(answers, port), "the server answers", process=process)
        yield lambda: cpu_of(process.pid), port


def answers(port: int, path: str = PATH) -> bool:
    caller = Caller(port)
    try:
        return caller.ask(request("GET", path))[0] == 200
    except OSError:
        return False
    finally:
        caller.close()


def _kernel(place: Place) -> Any:
    return _serving(place, place.role("api", "desk")[0], free_port())


def _by_hand(place: Place) -> Any:
    return _serving(place, [sys.executable, "-m", "bench.byhand"], free_port())


def _fastapi(place: Place) -> Any:
    port = free_port()
    uvicorn = [
        place.peers,
        "-m",
        "uvicorn",
        "--workers",
        "2",
        "--port",
        port,
        "--log-level",
        "error",
        "fastapi_app:app",
    ]
    return _serving(place, uvicorn, port, PYTHONPATH=str(PEERS))
