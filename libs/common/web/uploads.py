"""The parts of a multipart body, and what such a body is compared by when it is sent again."""

import hashlib
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Request, Response, after_this_request
from werkzeug.datastructures import FileStorage

from libs.common.errors import Fault, Invalid, TooLarge, WrongType
from libs.common.filekinds import PIECE, Sent
from libs.common.schema.files import Upload
from libs.common.strict_json import escape


class Measured:
    """A body that is read as it comes, and no further than it may be long. Raises TooLarge."""

    def __init__(self, stream: Any, limit: int) -> None:
        self._stream, self._limit, self._left = stream, limit, limit

    def read(self, size: int = -1) -> bytes:
        got: bytes = self._stream.read(min(size, PIECE) if size >= 0 else PIECE)
        return self._counted(got)

    def readline(self, size: int = -1) -> bytes:
        got: bytes = self._stream.readline(min(size, PIECE) if size >= 0 else PIECE)
        return self._counted(got)

    def _counted(self, got: bytes) -> bytes:
        self._left -= len(got)
        if self._left < 0:
            raise too_large(self._limit)
        return got


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than the {limit // 1024} KiB that are read here")


def measure(request: Request, limit: int) -> None:
    """Has the body read by pieces, onto the disk where it is no small one. Raises TooLarge for one that says so."""
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    request.max_content_length = None
    request._get_file_stream = lambda *_, **__: spool()  # type: ignore[method-assign]  # a broken body leaves werkzeug's open
    request.environ["wsgi.input"] = Measured(request.environ["wsgi.input"], limit)


def spool() -> IO[bytes]:
    """A place for a file while its request is answered: on the disk, once it is no small one."""
    place: IO[bytes] = SpooledTemporaryFile(max_size=PIECE)  # noqa: SIM115 - closed below

    def done(answer: Response) -> Response:
        place.close()
        return answer

    after_this_request(done)
    return place


def sent(file: FileStorage) -> Sent:
    """A file's bytes where they lie, measured."""
    digest, size = hashlib.sha256(), 0
    while piece := file.stream.read(PIECE):
        digest.update(piece)
        size += len(piece)
    return Sent(file.filename or "", file.stream, size, digest.hexdigest())  # type: ignore[arg-type]


def parts(request: Request, *, in_pieces: bool = False) -> dict[str, Any]:
    """The parts by name, files as Upload or, ``in_pieces``, Sent. Raises WrongType, or Invalid for one sent twice."""
    if request.mimetype != "multipart/form-data" or "boundary" not in request.mimetype_params:
        raise WrongType("send the file as multipart/form-data")
    found: dict[str, Any] = {}
    given: list[tuple[str | None, Any]] = [*request.form.items(multi=True)]
    for name, file in request.files.items(multi=True):
        one = sent(file) if in_pieces else Upload((file.filename or "")[:255], file.read())
        given.append((name, one))
    for named, value in given:
        if named is None:
            raise Invalid("a part of the body has no name", errors=[Fault("", "has a part without a name")])
        name = named
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
    return {name: _comparable(value) for name, value in given.items()}


def _comparable(value: Any) -> Any:
    if isinstance(value, Sent):
        return [value.filename, value.sha256]
    return [value.filename, hashlib.sha256(value.content).hexdigest()] if isinstance(value, Upload) else value
