"""Files at a record: kept by the service whose record it is, in its own database; elsewhere only referred to.

One room for leads, opportunities and bookings: tables, acts and the look at what is there. Lists never touch the bytes.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy import Column, MetaData, Table

from libs.common import audit
from libs.common.columns import Aggregate, UtcDateTime
from libs.common.contracts.parts import FileAt
from libs.common.errors import Conflict, Fault, Invalid, NotFound, TooLarge, WrongType
from libs.common.filekinds import SPOKEN, Sent, kind_of
from libs.common.schema.texts import says_nothing
from libs.common.store import Store
from libs.common.tx import Tx

MIB = 1024 * 1024
MOST_BYTES, MOST_FILES = 10 * MIB, 50  #: of one file, and at one record
LONGEST_NAME = 255

FileRow = sa.Row[Any]


@dataclass(frozen=True)
class Shelf:
    """A service's files: what is said of each, and the bytes of those that it keeps, in pieces."""

    files: Table
    pieces: Table


def shelf(metadata: MetaData) -> Shelf:
    """Adds the tables to a service's metadata. ``kept``: its bytes are here; else ``href`` is another owner's door."""
    files = Table(
        "files",
        metadata,
        Column("record_id", sa.Uuid, primary_key=True),
        Column("id", sa.Uuid, primary_key=True),
        Column("name", sa.Text, nullable=False),
        Column("kind", sa.String(100), nullable=False),
        Column("size", sa.BigInteger, nullable=False),
        Column("sha256", sa.String(64), nullable=False),
        Column("added_by", sa.String(80), nullable=False),
        Column("added_at", UtcDateTime, nullable=False),
        Column("href", sa.Text, nullable=False),
        Column("kept", sa.Boolean, nullable=False),
    )
    pieces = Table(
        "file_pieces",
        metadata,
        Column("file_id", sa.Uuid, primary_key=True),
        Column("place", sa.Integer, primary_key=True, autoincrement=False),
        Column("content", sa.LargeBinary, nullable=False),
    )
    return Shelf(files, pieces)


# -- what is there


def of(tx: Tx, here: Shelf, records: Iterable[UUID]) -> Sequence[FileRow]:
    """What is said of the files at these records, the oldest first."""
    return tx.execute(_at(here.files), {"records": list(records)}).all()


@functools.cache
def _at(files: sa.Table) -> sa.Select[Any]:
    there = files.c.record_id.in_(sa.bindparam("records", expanding=True))
    return sa.select(files).where(there).order_by(files.c.added_at, files.c.id)


def find(tx: Tx, here: Shelf, record: UUID, ident: UUID) -> FileRow:
    """A file that is kept here. Raises NotFound, also for one that was removed."""
    mine = (here.files.c.record_id == record, here.files.c.id == ident, here.files.c.kept)
    row = tx.execute(sa.select(here.files).where(*mine)).first()
    if row is None:
        raise NotFound(f"there is no file {ident} here; it may have been removed")
    return row


def told(row: FileRow) -> FileAt:
    """As a fact says it."""
    return msgspec.convert({field: getattr(row, field) for field in FileAt.__dataclass_fields__}, FileAt)


def pieces(store: Store, here: Shelf, ident: UUID) -> Iterator[bytes]:
    """The bytes, a piece at a time and each by a look of its own: who takes long to read holds nothing up.

    Raises NotFound for one that is removed half-way.
    """
    place = 0
    asked = sa.select(here.pieces.c.content).where(here.pieces.c.file_id == ident)
    last = sa.select(sa.func.max(here.pieces.c.place)).where(here.pieces.c.file_id == ident)
    with store.reading() as tx:
        many = tx.execute(last).scalar()
    while many is not None and place <= many:
        with store.reading() as tx:
            piece = tx.execute(asked.where(here.pieces.c.place == place)).scalar()
        if piece is None:
            raise NotFound("the file was removed while it was read")
        yield bytes(piece)
        place += 1


# -- acts


def add(tx: Tx, here: Shelf, record: Aggregate, sent: Sent, door: str) -> FileAt:
    """Keeps a file at a record that this act holds. ``door`` is where this record's files are had.

    Raises Invalid for a name that is none, WrongType for no kind that is kept, TooLarge, Conflict where it is full.
    """
    name, kind = _name(sent.filename), kind_of(sent)
    if sent.size > MOST_BYTES:
        most = f"is larger than the {MOST_BYTES // MIB} MB that a file may have"
        raise TooLarge(f"the file {most}", errors=[Fault("/file", most)])
    if kind is None:
        what = f"this is none of the kinds of file that are kept, whatever its name says: {SPOKEN}"
        raise WrongType(what, errors=[Fault("/file", f"is none of these: {SPOKEN}")])
    many = sa.select(sa.func.count()).select_from(here.files)
    if (tx.execute(many.where(here.files.c.record_id == record.id, here.files.c.kept)).scalar() or 0) >= MOST_FILES:
        raise Conflict(f"there are {MOST_FILES} files at this record, and no more are kept: remove one first")
    ident = tx.store.ids()
    one = FileAt(
        id=ident,
        name=name,
        kind=kind.type,
        size=sent.size,
        sha256=sent.sha256,
        added_by=tx.actor,
        added_at=tx.now,
        href=f"{door}/{ident}",
    )
    tx.execute(sa.insert(here.files), _row(record.id, one, kept=True))
    for place, content in enumerate(sent.pieces()):
        tx.execute(sa.insert(here.pieces), {"file_id": ident, "place": place, "content": content})
    audit.also(tx, record, "files", None, _audited(one))
    return one


def remove(tx: Tx, here: Shelf, record: Aggregate, ident: UUID, *, reason: str) -> FileAt:
    """Takes a file away for good, bytes and all; what it was called and why it went stays in the audit."""
    one = told(find(tx, here, record.id, ident))
    tx.execute(sa.delete(here.pieces).where(here.pieces.c.file_id == ident))
    forget(tx, here, record.id, [ident])
    audit.also(tx, record, "files", _audited(one), {"removed": one.name, "reason": reason})
    return one


def _name(typed: str) -> str:
    """As it was typed. Raises Invalid for what nobody can call it by."""
    wrong = next(
        (
            text
            for text, holds in (
                ("has no name", says_nothing(typed)),
                (f"has a name of more than {LONGEST_NAME} characters", len(typed) > LONGEST_NAME),
                ("has a name that holds NUL", "\0" in typed),
            )
            if holds
        ),
        None,
    )
    if wrong is not None:
        raise Invalid(f"the file {wrong}", errors=[Fault("/file", wrong)])
    return typed


def _row(record: UUID, one: FileAt, *, kept: bool) -> dict[str, Any]:
    return {**{field: getattr(one, field) for field in FileAt.__dataclass_fields__}, "record_id": record, "kept": kept}


def _audited(one: FileAt) -> dict[str, Any]:
    return {"id": str(one.id), "name": one.name, "kind": one.kind, "size": one.size, "sha256": one.sha256}


# -- files of others, shown here


def refer(tx: Tx, here: Shelf, record: UUID, others: Iterable[FileAt]) -> bool:
    """Shows files that another service keeps at a record of this one. Whether any of them is new here."""
    rows = [_row(record, one, kept=False) for one in others]
    if not rows:
        return False
    known = {one.id for one in of(tx, here, [record])}
    tx.execute(tx.insert(here.files).on_conflict_do_nothing(), rows)
    return any(row["id"] not in known for row in rows)


def refer_to_these(tx: Tx, here: Shelf, record: UUID, others: Sequence[FileAt], *, of_records: Iterable[UUID]) -> None:
    """The same, and of these records' files to no others any more."""
    wanted, theirs = {one.id for one in others}, {str(one) for one in of_records}
    shown = [one for one in of(tx, here, [record]) if not one.kept and one.id not in wanted]
    forget(tx, here, record, [one.id for one in shown if not theirs.isdisjoint(one.href.split("/"))])
    refer(tx, here, record, others)


def forget(tx: Tx, here: Shelf, record: UUID, idents: Iterable[UUID]) -> bool:
    """Shows these no more. Whether there was any."""
    wanted = here.files.c.id.in_(list(idents))
    gone = tx.execute(sa.delete(here.files).where(here.files.c.record_id == record, wanted))
    return bool(gone.rowcount)
