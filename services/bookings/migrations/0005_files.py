"""Photos and documents at a job."""

from libs.common.migrations import files_0001

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    files_0001.create()
