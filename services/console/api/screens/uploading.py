"""A form with a file, passed on as the multipart body that its owner reads, and never in memory whole."""

import json
import secrets
import shutil
from collections.abc import Iterable
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from libs.common.filekinds import PIECE
from libs.common.web.uploads import spool
from services.console.api.acts import Field


def parts(fields: Iterable[Field], body: dict[str, Any], files: MultiDict[str, FileStorage]) -> dict[str, Any]:
    """What ``Doors.ask`` takes: the content, its kind and its length."""
    boundary = secrets.token_hex(16)
    sent = spool()
    for name, value in body.items():
        if not name.startswith("?"):
            sent.write(_head(boundary, f'name="{name}"') + _text(value).encode() + b"\r\n")
    for one in fields:
        given = files.get(one.name) if one.kind == "file" else None
        if given is not None and given.filename:
            name = given.filename.replace('"', "").replace("\r", "").replace("\n", "")
            sent.write(_head(boundary, f'name="{one.name}"; filename="{name}"'))
            shutil.copyfileobj(given.stream, sent, PIECE)
            sent.write(b"\r\n")
    sent.write(f"--{boundary}--\r\n".encode())
    length = sent.tell()
    sent.seek(0)
    return {"content": sent, "kind": f"multipart/form-data; boundary={boundary}", "length": length}


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _head(boundary: str, named: str) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode()
