"""``…/files``: what is put at a record, listed, read and removed; the same door at every kind of record."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response

from libs.common import files
from libs.common.auth import May
from libs.common.columns import Aggregate
from libs.common.contracts.parts import FileAt
from libs.common.filekinds import BY_TYPE, KINDS, Sent
from libs.common.files import FileRow, Shelf
from libs.common.idempotency import Answer
from libs.common.schema import fields
from libs.common.schema.strict import Given, Schema
from libs.common.tx import Tx
from libs.common.web.acts import begin, reading, visible
from libs.common.web.context import store
from libs.common.web.endpoint import endpoint
from libs.common.web.paging import items

BODY = files.MOST_BYTES + 64 * 1024  #: a file with what stands around it
#: whatever else is in a file: nothing of it runs or loads, and it is of no page's origin; a browser dresses a picture
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


class FileIn(Schema):
    file = fields.File(required=True)


class FileRemoveIn(Schema):
    reason = fields.Text(required=True, max_length=2000)


class FileOut(Schema):
    """``href`` is where its bytes are had: at another record's door where it was put there first."""

    id = fields.Uuid()
    name = fields.Text()
    kind = fields.Text()
    size = fields.Whole()
    sha256 = fields.Text()
    added_by = fields.Text()
    added_at = fields.Instant()
    href = fields.Text()


@dataclass(frozen=True)
class FileDoor:
    """A kind of record at which files are kept, and what its service makes of it.

    ``where`` is its place with one id, as the blueprint has it. ``found`` is the file that this caller may read.
    """

    kind: type[Aggregate]
    where: str
    shelf: Shelf
    reads: May
    adds: May
    listed: Callable[[Tx, Any], Sequence[FileRow]]
    add: Callable[[Tx, Any, Sent], FileAt]
    remove: Callable[..., FileAt]
    found: Callable[[Tx, UUID, UUID], FileRow]
    more_read: tuple[str, ...] = ()  #: permissions by which some of its files are read, beside ``reads``


def add(bp: Blueprint, door: FileDoor) -> None:
    """The four routes of a kind of record."""
    also = (door.reads,) if isinstance(door.reads, str) else door.reads

    @endpoint(may=door.reads, answer=FileOut, many=True)
    def record_files(**where: UUID) -> Answer:
        """What is said of the files at the record, the oldest first; not their bytes."""
        with reading() as tx:
            return items(FileOut, door.listed(tx, visible(tx, door.kind, _only(where))))

    @endpoint(may=door.adds, body=FileIn, answer=FileOut, status=201, upload=True, in_pieces=True, limit=BODY)
    def put_file(given: Given, **where: UUID) -> Answer:
        """Put a photo, a PDF or an office document there, up to 10 MiB. What it is its bytes say, not its name."""
        with begin() as tx:
            kept = door.add(tx, visible(tx, door.kind, _only(where)), given["file"])
            return tx.answer(FileOut(), kept, 201, {"Location": kept.href})

    @endpoint(may=(*also, *door.more_read), kinds=tuple(kind.type for kind in KINDS))
    def file_itself(file_id: UUID, **where: UUID) -> Response:
        """The file itself. Only a picture may be shown where it is opened; anything else is saved."""
        with reading() as tx:
            row = door.found(tx, _only(where), file_id)
        return served(row, files.pieces(store(), door.shelf, row.id))

    @endpoint(may=door.adds, body=FileRemoveIn, answer=FileOut)
    def remove_file(given: Given, file_id: UUID, **where: UUID) -> Answer:
        """Remove a file for good, for a reason; that it was there stays in the audit."""
        with begin() as tx:
            record = visible(tx, door.kind, _only(where))
            return tx.answer(FileOut(), door.remove(tx, record, file_id, **given))

    one = f"{door.where}/files/<uuid:file_id>"
    bp.get(f"{door.where}/files")(record_files)
    bp.post(f"{door.where}/files")(put_file)
    bp.get(one)(file_itself)
    bp.post(f"{one}/remove")(remove_file)


def _only(where: Mapping[str, UUID]) -> UUID:
    """The record's id: each kind of record calls it otherwise in its path."""
    [ident] = where.values()
    return ident


def served(row: FileRow, content: Iterator[bytes]) -> Response:
    """A file's bytes as an answer. The first piece is read at once, while a trouble can still be told."""
    first = next(content, b"")
    answer = Response(chain((first,), content), content_type=row.kind)
    answer.content_length = row.size
    answer.headers["Content-Disposition"] = disposition(row.name, row.kind)
    answer.headers["Content-Security-Policy"] = ALONE
    return answer


def disposition(name: str, kind: str) -> str:
    """How a browser treats it, and what it calls it when it is saved: by an ending that says what it is.

    What is unseen in a name, or turns it round, is no part of a file's name on a disk.
    """
    known = BY_TYPE.get(kind)
    ends, drawn = (known.ends, known.drawn) if known else ((".bin",), False)
    plain = "".join("_" if unicodedata.category(one)[0] == "C" or one in '/\\:*?"<>|' else one for one in name).strip()
    plain = plain if plain.lower().endswith(ends) else plain + ends[0]
    ascii_ = "".join(one if one.isascii() and one not in "%';" else "_" for one in plain)
    way = "inline" if drawn else "attachment"
    return f"{way}; filename=\"{ascii_}\"; filename*=UTF-8''{quote(plain, safe='')}"
