"""Files at a job over HTTP."""

from uuid import UUID

from flask import Blueprint

from libs.common import files
from libs.common.files import FileRow
from libs.common.tx import Tx
from libs.common.web import visible
from libs.common.web.files import FileDoor, add
from services.bookings.model import SHELF, Job
from services.bookings.usecases import filing

bp = Blueprint("job_files", __name__, url_prefix="/api/v1/bookings/jobs")


def found(tx: Tx, job_id: UUID, file_id: UUID) -> FileRow:
    """A file of a job that the caller may read. Raises NotFound."""
    return files.find(tx, SHELF, visible(tx, Job, job_id, "job.read").id, file_id)


add(
    bp,
    FileDoor(
        kind=Job,
        where="/<uuid:job_id>",
        shelf=SHELF,
        reads="job.read",
        adds="job.file",
        listed=filing.at,
        add=filing.put,
        remove=filing.remove,
        found=found,
    ),
)
