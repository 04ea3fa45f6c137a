"""The parts of a multipart body, and what such a body is compared by when it is sent again."""

import hashlib
from typing import Any

from flask import Request

from libs.common.errors import Fault, Invalid, WrongType
from libs.common.schema.files import Upload
from libs.common.strict_json import escape


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
            raise _bad(name, "is sent twice")
        if "\0" in name or (isinstance(value, str) and "\0" in value):
            raise _bad(name, "holds NUL")
        found[name] = value
    return found


def _bad(name: str, what: str) -> Invalid:
    said = name[:80].replace("\0", "\\x00")
    return Invalid(f"the part {said!a} {what}", errors=[Fault(f"/{escape(said)}", what)])


def comparable(given: dict[str, Any]) -> dict[str, Any]:
    """The parts without what differs between two sendings of the same: the boundary, and their order."""
    return {
        name: [value.filename, hashlib.sha256(value.content).hexdigest()] if isinstance(value, Upload) else value
        for name, value in given.items()
    }
