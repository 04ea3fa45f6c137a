"""A file of enquiries comes in: each row once, by its own hash, however often and wherever the file is sent again."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common import leadvalues, people, workhours
from libs.common.auth import Caller
from libs.common.csvfiles import BadRow, CsvFile
from libs.common.errors import Invalid
from libs.common.leadcolumns import Mapping as Columns
from libs.common.leadcolumns import as_lead
from libs.common.leadvalues import Where
from libs.common.tx import Tx
from services.leads.model import ImportedRow, Lead
from services.leads.usecases import duplicates
from services.leads.usecases.capture import capture

ROWS: Any = ImportedRow.__table__
BATCH = 100  #: rows a commit, which others' acts wait for; what a lost connection can cost is sent again and found done

COUNTED = (
    "is a day as a spreadsheet counts it; give the column a format of dates there, as in 2026-03-01, and save it again"
)

Check = Callable[[Mapping[str, Any]], dict[str, Any]]  #: a lead's body checked as at any other door; raises Invalid


@dataclass
class Report:
    """What became of a file's rows."""

    columns: dict[str, str]
    unknown: list[str]
    created: int = 0
    already: int = 0
    duplicates: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def reject(self, line: int, *errors: str) -> None:
        self.rejected.append({"line": line, "errors": list(errors)})

    def add(self, more: "Report") -> None:
        """Counts in what became of more of its rows."""
        self.created += more.created
        self.already += more.already
        self.duplicates += more.duplicates
        self.rejected += more.rejected


@dataclass
class Tried:
    """What a dry run would have taken in: each batch is undone, and the next is to find what came before it."""

    rows: set[str] = field(default_factory=set)
    recognised_by: set[tuple[str, str]] = field(default_factory=set)

    def knows(self, lead: Lead) -> bool:
        return not self.recognised_by.isdisjoint(duplicates.keys_of(lead))

    def add(self, rows: Mapping[str, Lead]) -> None:
        self.rows |= rows.keys()
        self.recognised_by.update(*map(duplicates.keys_of, rows.values()))


@dataclass(frozen=True)
class Enquiry:
    """One row that can be taken in."""

    line: int
    hash: str
    body: dict[str, Any]


def written_at(tx: Tx, postal_code: str, by: Caller) -> Where:
    """Where a row's times are meant: at the branch which the lead will belong to, else where its reader reads them."""
    branch = people.home_branch(tx, {"postal_code": postal_code}) or by.home
    return Where(workhours.zone(people.seat(tx, branch)), people.country(tx, branch))


def batches(
    file: CsvFile, columns: Columns, check: Check, report: Report, where: Callable[[str], Where]
) -> Iterator[list[Enquiry]]:
    """The file's rows as bodies of leads, so many at a time; what is wrong with a row goes to the report."""
    good = _enquiries(file, columns, check, report, where)
    while batch := list(islice(good, BATCH)):
        yield batch


def _enquiries(
    file: CsvFile, columns: Columns, check: Check, report: Report, where: Callable[[str], Where]
) -> Iterator[Enquiry]:
    for row in file:
        if isinstance(row, BadRow):
            report.reject(row.line, row.message)
            continue
        said = as_lead(row.values, columns, where)
        kept = {name: said.pop(name) for name in ("external_id", "extra") if name in said}
        try:
            body = check({"channel": "import"} | said)
        except Invalid as wrong:
            better = {"/received_at": COUNTED} if leadvalues.counted(said.get("received_at", "")) else {}
            report.reject(row.line, *(f"{one.pointer} {better.get(one.pointer, one.detail)}" for one in wrong.errors))
            continue
        digest = hashlib.sha256(msgspec.json.encode(sorted(row.values.items()))).hexdigest()
        yield Enquiry(row.line, digest, body | {"details": kept})


def take_in(tx: Tx, batch: Sequence[Enquiry], report: Report, *, by: Caller, tried: Tried | None = None) -> None:
    """One commit's worth of rows. A row that was taken in before, in this file or another, is only counted.

    ``tried`` is what a dry run has of the batches before.
    """
    mine, refused, taken = _claimed(tx, batch), [], dict[str, Lead]()
    for one in batch:
        ident = mine.pop(one.hash, None)
        if ident is None or (tried is not None and one.hash in tried.rows):
            report.already += 1
            continue
        try:
            lead = capture(tx, by=by, ident=ident, **one.body)
        except Invalid as wrong:
            report.reject(one.line, *(f"{fault.pointer} {fault.detail}" for fault in wrong.errors))
            refused.append(one.hash)
            continue
        report.created += 1
        report.duplicates += bool(lead.duplicates) or (tried is not None and tried.knows(lead))
        taken[one.hash] = lead
    if refused:  # once it is put right, it comes in
        tx.execute(sa.delete(ROWS).where(ROWS.c.hash.in_(refused)))
    if tried is not None:
        tried.add(taken)  # at the end: who does this batch anew is not to find its own rows


def _claimed(tx: Tx, batch: Sequence[Enquiry]) -> dict[str, UUID]:
    """The rows that nobody has taken in, each with its lead's id to be.

    The insert is the check: where the same file comes twice at once, the second waits here for the first.
    """
    idents = {one.hash: tx.store.ids() for one in batch}  # in the file's order, which lists show
    rows = [{"hash": digest, "lead_id": ident, "at": tx.now} for digest, ident in sorted(idents.items())]
    claim = tx.insert(ROWS).on_conflict_do_nothing().returning(ROWS.c.hash, ROWS.c.lead_id)
    return {row.hash: row.lead_id for row in tx.execute(claim, rows)}
