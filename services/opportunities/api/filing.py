"""Files at an opportunity over HTTP."""

from uuid import UUID

from flask import Blueprint

from libs.common import files
from libs.common.files import FileRow
from libs.common.tx import Tx
from libs.common.web import caller, visible
from libs.common.web.files import FileDoor, add
from services.opportunities.model import SHELF, Opportunity
from services.opportunities.usecases import filing

bp = Blueprint("opportunity_files", __name__, url_prefix="/api/v1/opportunities")


def found(tx: Tx, opportunity_id: UUID, file_id: UUID) -> FileRow:
    """A file of an opportunity that the caller may read. Raises NotFound."""
    opportunity = tx.session.get(Opportunity, opportunity_id)
    if opportunity is None or not filing.job_shows(opportunity, caller()):
        visible(tx, Opportunity, opportunity_id, "opportunity.read")
    return files.find(tx, SHELF, opportunity_id, file_id)


add(
    bp,
    FileDoor(
        kind=Opportunity,
        where="/<uuid:opportunity_id>",
        shelf=SHELF,
        reads="opportunity.read",
        adds="opportunity.file",
        listed=filing.at,
        add=filing.put,
        remove=filing.remove,
        found=found,
        more_read=("job.read",),
    ),
)
