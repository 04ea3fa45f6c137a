"""Photos and documents at an opportunity, and the job that shows them, too."""

import sqlalchemy as sa
from alembic import op

from libs.common.migrations import files_0001

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    files_0001.create()
    op.add_column("opportunities", sa.Column("files_job_id", sa.Uuid(), nullable=True))
