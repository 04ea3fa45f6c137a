"""Files at a job: its own, and those that came with the sale, which the opportunity's and the lead's owners keep."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from libs.common import files
from libs.common.contracts.parts import FileAt
from libs.common.contracts.sales import JobFileAdded, JobFileRemoved
from libs.common.errors import Conflict
from libs.common.filekinds import Sent
from libs.common.files import FileRow
from libs.common.tx import Tx
from services.bookings.model import SHELF, Job
from services.bookings.usecases import facts

DOOR = "/api/v1/bookings/jobs/{}/files"


def at(tx: Tx, job: Job) -> Sequence[FileRow]:
    """Every file at it."""
    return files.of(tx, SHELF, [job.id])


def put(tx: Tx, job: Job, sent: Sent) -> FileAt:
    """Keeps a file at a job. Raises Conflict for one that was cancelled."""
    if not job.takes_files:
        raise Conflict(f"job {job.number} was cancelled: nothing is put at it any more")
    one = files.add(tx, SHELF, job, sent, DOOR.format(job.id))
    tx.publish(JobFileAdded(**facts.job(job), file=one), of=job)
    return one


def remove(tx: Tx, job: Job, ident: UUID, *, reason: str) -> FileAt:
    """Takes a file away for good, whatever has become of the job."""
    one = files.remove(tx, SHELF, job, ident, reason=reason)
    tx.publish(JobFileRemoved(**facts.job(job), file=one, reason=reason), of=job)
    return one


def came(tx: Tx, job_id: UUID, these: Sequence[FileAt], *, of_records: Iterable[UUID]) -> None:
    """All that came with a sale: what is among it no more was removed where it is kept, at one of these records."""
    if tx.get(Job, job_id).takes_files:
        files.refer_to_these(tx, SHELF, job_id, these, of_records=of_records)


def came_later(tx: Tx, job_id: UUID, one: FileAt) -> None:
    if tx.get(Job, job_id).takes_files:
        files.refer(tx, SHELF, job_id, [one])


def went(tx: Tx, job_id: UUID, one: FileAt) -> None:
    files.forget(tx, SHELF, job_id, [one.id])


def give_back(tx: Tx, job: Job) -> None:
    """The last sale was undone: what came with it is its opportunity's alone again."""
    files.forget(tx, SHELF, job.id, [row.id for row in at(tx, job) if not row.kept])
