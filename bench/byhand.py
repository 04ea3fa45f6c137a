"""The raw limit of a write and a list over HTTP: Flask and psycopg, two inserts, no validation, the same server."""

import json
import os
import sys
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from flask import Flask, Response, request
from psycopg.rows import dict_row

from bench import toy
from libs.common import config
from libs.common.cli import server_settings
from libs.common.web.server import serve

COLUMNS = "id, name, email, phone, address, job_kind, budget_cents, currency, notes, status, created_at"
WRITE = f"""
INSERT INTO enquiries ({COLUMNS}, version, agg_seq, number, created_by, updated_at, updated_by)
VALUES (%(id)s, %(name)s, %(email)s, %(phone)s, %(address)s, %(job_kind)s, %(budget_cents)s, %(currency)s, %(notes)s,
        'new', %(now)s, 1, 1, 0, 'public', %(now)s, 'public')
"""
FACT = "INSERT INTO outbox (event_id, agg, agg_seq, type, body, created_at) VALUES (%s, %s, 1, %s, %s, %s)"
here = threading.local()


def database() -> Any:
    if not hasattr(here, "connection"):
        url = os.environ["PLUMBLINE_DATABASE_URL"].replace("+psycopg", "")
        here.connection = psycopg.connect(url, row_factory=dict_row)
    return here.connection


def app() -> Flask:
    made = Flask("byhand")
    path = "/api/v1/desk/enquiries"

    @made.post(path)
    def take() -> Response:
        given, ident, now = request.get_json(), uuid.uuid4(), datetime.now(UTC)
        said = {"specversion": "1.0", "id": str(uuid.uuid4()), "type": toy.EnquiryMade.name, "data": given}
        with database().transaction():
            database().execute(WRITE, {**given, "id": ident, "now": now})
            database().execute(FACT, (said["id"], ident, said["type"], json.dumps(said).encode(), now))
        return Response(json.dumps({"id": str(ident), "status": "new"}), 201, mimetype="application/json")

    @made.get(path)
    def enquiries() -> Response:
        with database().transaction():
            rows = database().execute(f"SELECT {COLUMNS} FROM enquiries ORDER BY created_at DESC LIMIT 50").fetchall()
        return Response(msgspec.json.encode(rows), mimetype="application/json")

    return made


if __name__ == "__main__":
    settings = config.load(os.environ, "api")
    sys.argv[1:] = []  # gunicorn would read them
    serve(app, server_settings(toy.SERVICES["desk"], settings))
