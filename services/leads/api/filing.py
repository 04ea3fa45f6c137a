"""Files at a lead over HTTP."""

from uuid import UUID

from flask import Blueprint

from libs.common import files
from libs.common.errors import NotFound
from libs.common.files import FileRow
from libs.common.tx import Tx
from libs.common.web import caller
from libs.common.web.files import FileDoor, add
from services.leads.model import SHELF, Lead
from services.leads.usecases import filing

bp = Blueprint("lead_files", __name__, url_prefix="/api/v1/leads")


def found(tx: Tx, lead_id: UUID, file_id: UUID) -> FileRow:
    """A file of a lead that the caller may read. Raises NotFound."""
    if not filing.may_read(tx, caller(), lead_id):
        raise NotFound(f"there is no lead {lead_id}")
    return files.find(tx, SHELF, lead_id, file_id)


add(
    bp,
    FileDoor(
        kind=Lead,
        where="/<uuid:lead_id>",
        shelf=SHELF,
        reads="lead.read",
        adds="lead.file",
        listed=filing.at,
        add=filing.put,
        remove=filing.remove,
        found=found,
        more_read=("opportunity.read", "job.read"),
    ),
)
