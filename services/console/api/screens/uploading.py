"""A form with a file, passed on as the multipart body that its owner reads."""

import json
import secrets
from collections.abc import Iterable
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from services.console.api.acts import Field


def parts(fields: Iterable[Field], body: dict[str, Any], files: MultiDict[str, FileStorage]) -> dict[str, Any]:
    """What ``Doors.ask`` takes: the content and its kind."""
    boundary = secrets.token_hex(16)
    sent: list[bytes] = []
    for name, value in body.items():
        if not name.startswith("?"):
            sent.append(_part(boundary, f'name="{name}"', _text(value).encode()))
    for one in fields:
        given = files.get(one.name) if one.kind == "file" else None
        if given is not None and given.filename:
            name = given.filename.replace('"', "").replace("\r", "").replace("\n", "")
            sent.append(_part(boundary, f'name="{one.name}"; filename="{name}"', given.read()))
    content = b"".join(sent) + f"--{boundary}--\r\n".encode()
    return {"content": content, "kind": f"multipart/form-data; boundary={boundary}"}


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _part(boundary: str, named: str, content: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode() + content + b"\r\n"
