"""A file in a multipart body, and what such a body is compared by when it is sent again."""

import hashlib
from dataclasses import dataclass
from typing import Any

from flask import Request
from marshmallow import ValidationError

from libs.common.errors import Invalid, WrongType
from libs.common.web.value import Value


@dataclass(frozen=True)
class Upload:
    """A file as it was sent; its name is the sender's and is trusted for nothing."""

    filename: str
    content: bytes


class File(Value):
    """A part that is a file."""

    def read(self, value: Any) -> Upload:
        if not isinstance(value, Upload):
            raise ValidationError("is not a file")
        if not value.content:
            raise ValidationError("is an empty file")
        return value

    def described(self) -> dict[str, Any]:
        return {"type": "string", "contentMediaType": "application/octet-stream"}


def parts(request: Request) -> dict[str, Any]:
    """The parts by name, files as Upload. Raises WrongType, or Invalid for a part that comes twice."""
    if request.mimetype != "multipart/form-data" or "boundary" not in request.mimetype_params:
        raise WrongType("send the file as multipart/form-data")
    found: dict[str, Any] = {}
    given: list[tuple[str, Any]] = [*request.form.items(multi=True)]
    for name, file in request.files.items(multi=True):
        given.append((name, Upload((file.filename or "")[:255], file.read())))
    for name, value in given:
        if name in found:
            raise Invalid(f"the part {name[:80]!a} is sent twice")
        if "\0" in name or (isinstance(value, str) and "\0" in value):
            raise Invalid(f"the part {name[:80]!a} holds NUL")
        found[name] = value
    return found


def comparable(given: dict[str, Any]) -> dict[str, Any]:
    """The parts without what differs between two sendings of the same: the boundary, and their order."""
    return {
        name: [value.filename, hashlib.sha256(value.content).hexdigest()] if isinstance(value, Upload) else value
        for name, value in given.items()
    }
