"""Reads what stands on a paper of ours, and in the mail that brings it."""

import base64
import re
import zlib
from typing import Any

import sqlalchemy as sa

from embedded.testing import Bench

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\) Tj")


def words(pdf: bytes) -> str:
    """Its texts, one after the other, where they are of plain letters."""
    assert pdf.startswith(b"%PDF-"), pdf[:80]
    shown = b" ".join(one for stream in STREAM.findall(pdf) for one in SHOWN.findall(_unpacked(stream)))
    plain = re.sub(rb"\\([()\\])", rb"\1", re.sub(rb"\\([0-7]{3})", lambda it: bytes([int(it[1], 8) % 256]), shown))
    return " ".join(plain.decode("latin-1").split())


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
    except (ValueError, zlib.error):
        return b""  # a font


def mails(bench: Bench, service: str) -> list[Any]:
    """What a service has to send: each with ``recipient``, ``subject``, ``body`` and ``paper``, its PDF's words."""
    store = bench.system.parts[service].store
    mail = store.tables.mail
    with store.alone(changing=False) as one:
        rows = one.execute(sa.select(mail).order_by(mail.c.due_at, mail.c.recipient)).all()
    return [{**row._mapping, "paper": [_attached(one) for one in row.attachments]} for row in rows]


def _attached(one: Any) -> tuple[str, str, str]:
    return one["name"], one["kind"], words(base64.b64decode(one["content"]))
